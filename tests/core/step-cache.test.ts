/** What a key is made of, and why an earlier result does not count. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import {
  type CacheParts,
  cacheKey,
  cacheModeOf,
  canonicalJson,
  explainMiss,
  type KeptResult,
} from "../../src/core/step-cache.ts";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const json = fc.jsonValue() as fc.Arbitrary<Json>;
const digests = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 4 });
const partsOf: fc.Arbitrary<CacheParts> = fc.record({ code: digests, inputs: digests, params: digests });
const ids = fc.record({ dagId: fc.string({ maxLength: 5 }), taskId: fc.string({ maxLength: 5 }) });

/** The same value with the keys of its objects the other way round. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, turned(inner)]),
  );
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the key of a step", () => {
  it("is the same for equal values in whatever order, and another for any other", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(plain(value));
      }),
    );
    fc.assert(
      fc.property(ids, partsOf, ids, partsOf, (task, parts, otherTask, other) => {
        const same =
          canonicalJson([plain(task), plain(parts)] as Json) ===
          canonicalJson([plain(otherTask), plain(other)] as Json);
        expect(cacheKey(task, parts, hash) === cacheKey(otherTask, other, hash)).toBe(same);
      }),
    );
  });

  it("changes with each single part", () => {
    const parts: CacheParts = { code: { "a.ts": "1" }, inputs: { x: "1" }, params: { p: "1" } };
    const task = { dagId: "d", taskId: "t" };
    const keys = [
      parts,
      { ...parts, code: { "a.ts": "2" } },
      { ...parts, code: { "b.ts": "1" } },
      { ...parts, inputs: { x: "2" } },
      { ...parts, inputs: {}, params: { p: "1", x: "1" } },
      { ...parts, params: { p: "2" } },
    ].map((one) => cacheKey(task, one, hash));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("why it is a miss", () => {
  const parts: CacheParts = { code: { "a.ts": "1" }, inputs: { x: "1" }, params: { p: "1" } };
  const kept: KeptResult = {
    parts,
    surroundings: { logicalDate: "2026-01-01" },
    createdAt: 0,
    expiresAt: null,
  };
  const now = { parts, surroundings: { logicalDate: "2026-01-01" }, at: 61_000 };

  it.each([
    [now, null, "there is no earlier result of this task"],
    [
      { ...now, parts: { ...parts, code: { "a.ts": "2" } } },
      kept,
      "code: a.ts changed since the last result",
    ],
    [
      { ...now, parts: { ...parts, inputs: { y: "1" }, params: { p: "2" } } },
      kept,
      "input x is gone, input y is new, param p changed since the last result",
    ],
    [
      { ...now, surroundings: { logicalDate: "2026-01-02" } },
      kept,
      "the last result looked at logicalDate, which is another now",
    ],
    [now, { ...kept, expiresAt: 1000 }, "the last result expired 60 s ago"],
  ])("is said: %#", (look, newest, words) => {
    expect(explainMiss(look, newest)).toBe(words);
  });
});

it("is overridden by the run, for all tasks or for one", () => {
  expect(cacheModeOf({ tradewind_cache: "refresh" }, "a")).toBe("refresh");
  expect(cacheModeOf({ tradewind_cache: { a: "off", "*": "refresh" } }, "a")).toBe("off");
  expect(cacheModeOf({ tradewind_cache: { a: "off", "*": "refresh" } }, "b")).toBe("refresh");
  for (const conf of [null, {}, { tradewind_cache: "soup" }, { tradewind_cache: 3 }, []] as Json[])
    expect(cacheModeOf(conf, "a")).toBe("use");
});
