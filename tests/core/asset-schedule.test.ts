import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assetRunDue, assetsOf, assetsSatisfied } from "../../src/core/asset-schedule.ts";
import type { AssetExpression } from "../../src/core/dag-model.ts";

const asset = (name: string): { name: string; uri: string } => ({ name, uri: `s3://bucket/${name}` });
const on = (name: string): AssetExpression => ({ asset: asset(name) });

describe("an asset expression", () => {
  it("waits for all of a list, and for any of a choice", () => {
    const expression: AssetExpression = { all: [on("a"), { any: [on("b"), on("c")] }] };
    expect(assetsSatisfied(expression, [asset("a")])).toBe(false);
    expect(assetsSatisfied(expression, [asset("b"), asset("c")])).toBe(false);
    expect(assetsSatisfied(expression, [asset("a"), asset("c")])).toBe(true);
  });

  it("takes an alias for any of the assets that it has stood for", () => {
    const expression: AssetExpression = { all: [on("a"), { alias: { name: "latest", group: "asset" } }] };
    const queued = [asset("a"), asset("b")];
    expect(assetsSatisfied(expression, queued)).toBe(false);
    expect(assetsSatisfied(expression, queued, () => [asset("x")])).toBe(false);
    expect(
      assetsSatisfied(expression, queued, (name) => (name === "latest" ? [asset("x"), asset("b")] : [])),
    ).toBe(true);
  });

  it("finds an asset by a reference to its name or its URI", () => {
    expect(assetsSatisfied({ ref: { name: "a" } }, [asset("a")])).toBe(true);
    expect(assetsSatisfied({ ref: { uri: "s3://bucket/a" } }, [asset("a")])).toBe(true);
    expect(assetsSatisfied({ ref: { name: "b" } }, [asset("a")])).toBe(false);
  });

  it("names every asset, alias and reference once", () => {
    const alias: AssetExpression = { alias: { name: "latest", group: "asset" } };
    const found = assetsOf({
      any: [on("a"), { all: [on("b"), on("a"), alias, { ref: { name: "c" } }] }, alias],
    });
    expect(found).toEqual({ assets: [asset("a"), asset("b")], aliases: ["latest"], refs: [{ name: "c" }] });
  });

  it("once satisfied, stays so when more assets are queued", () => {
    const names = ["a", "b", "c", "d"];
    const { expression } = fc.letrec<{ expression: AssetExpression }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...names).map(on),
        fc.record({ all: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
        fc.record({ any: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    fc.assert(
      fc.property(expression, fc.subarray(names), fc.subarray(names), (one, some, more) => {
        if (!assetsSatisfied(one, some.map(asset))) return;
        expect(assetsSatisfied(one, [...some, ...more].map(asset))).toBe(true);
      }),
    );
  });
});

describe("an asset-triggered run", () => {
  it("takes everything queued, and runs after the newest of it", () => {
    const queued = [
      { ...asset("a"), queuedAt: 1000 },
      { ...asset("b"), queuedAt: 3000 },
    ];
    expect(assetRunDue({ all: [on("a"), on("b")] }, queued, 500)).toEqual({
      runAfter: 3000,
      eventsAfter: 500,
      eventsUpTo: 3000,
      consumed: queued,
    });
  });

  it("does not start while its expression is not satisfied or nothing is queued", () => {
    expect(assetRunDue({ all: [on("a"), on("b")] }, [{ ...asset("a"), queuedAt: 1 }], null)).toBeNull();
    expect(assetRunDue({ all: [] }, [], null)).toBeNull();
  });
});
