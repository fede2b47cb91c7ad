/** Values for params, and the small parsers of the authoring side. */
import { describe, expect, it } from "vitest";
import { type ArgumentNames, argumentNames } from "../../src/sdk/arg-list.ts";
import { userFrame } from "../../src/sdk/call-site.ts";
import { parseDuration } from "../../src/sdk/duration.ts";
import { resolveParams } from "../../src/sdk/validate-params.ts";

describe("resolveParams", () => {
  const specs = {
    trees: { value: 10, schema: { type: "integer", minimum: 1 } },
    kind: { value: "s", schema: { enum: ["s", "l"] } },
    day: { value: "2026-01-01", schema: { type: "string", format: "date" } },
    need: { schema: { type: "string" } },
    pair: {
      value: [1, "a"],
      schema: { type: "array", prefixItems: [{ type: "number" }, { type: "string" }], items: false },
    },
  };
  const complaint = (given: { [name: string]: never }, options = {}): Promise<string> =>
    resolveParams(specs, { need: "x", ...given } as never, options).then(
      () => "fine",
      (error: Error) => error.message,
    );

  it("lays given values over defaults", async () => {
    expect(await resolveParams(specs, { trees: 3, need: "x" })).toEqual({
      trees: 3,
      kind: "s",
      day: "2026-01-01",
      need: "x",
      pair: [1, "a"],
    });
  });

  it.each([
    [{ trees: 0 }, 'param "trees" of the Dag must be >= 1, got 0'],
    [{ trees: "3" }, 'param "trees" of the Dag must be integer, got "3"'],
    [{ kind: "m" }, 'param "kind" of the Dag must be equal to one of the allowed values: ["s","l"], got "m"'],
    [{ day: "2026-13-01" }, 'param "day" of the Dag must match format "date", got "2026-13-01"'],
    [{ pair: ["a", 1] }, 'param "pair" of the Dag must be number at /0, got ["a",1]'],
    [{ tree: 1 }, 'the Dag has no param "tree": did you mean "trees"?'],
  ])("refuses %j", async (given, message) => {
    expect(await complaint(given as never)).toBe(message);
  });

  it("asks for what has no default", async () => {
    await expect(resolveParams(specs, {}, { owner: 'Dag "a"' })).rejects.toThrow(
      'param "need" of Dag "a" has no default and was not given',
    );
  });

  it("lets a run's conf hold other things", async () => {
    expect(await complaint({ other: 1 as never }, { allowUnknown: true })).toBe("fine");
  });
});

describe("durations", () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    [{ minutes: 5 }, 300],
    [{ weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 500 }, 694_861.5],
    [{ hours: 1, minutes: -30 }, 1800],
    ["PT5M", 300],
    ["P1DT12H", 129_600],
    ["P2W", 1_209_600],
    ["PT0.5S", 0.5],
  ])("reads %j", (value, seconds) => {
    expect(parseDuration(value)).toBe(seconds);
  });

  it.each([
    -1,
    Number.NaN,
    Infinity,
    "5 minutes",
    "P",
    "PT",
    "P1M",
    {},
    { minute: 1 },
    { hours: -1 },
    { hours: "1" },
    null,
    [],
    true,
  ])("refuses %j", (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

function handlerWithThis(this: unknown, { a }: { a: number }): unknown {
  return [this, a];
}

describe("argument names", () => {
  const known = (...names: string[]): ArgumentNames => ({ names, open: false });
  it.each<[string, (...args: never[]) => unknown, ArgumentNames | undefined]>([
    ["an arrow function", ({ a, b }: { a: number; b: number }) => a + b, known("a", "b")],
    ["an async arrow function", async ({ a }: { a: number }) => a, known("a")],
    [
      "a named function",
      function named({ a, b }: { a: number; b: number }) {
        return a + b;
      },
      known("a", "b"),
    ],
    ["renaming", ({ a: x }: { a: number }) => x, known("a")],
    ["defaults", ({ a = 3, b }: { a?: number; b: number }) => a + b, known("a", "b")],
    ["a rest", ({ a, ...rest }: { a: number }) => [a, rest], { names: ["a"], open: true }],
    ["no argument", () => 1, known()],
    ["a whole argument", (inputs: { a: number }) => inputs.a, undefined],
    ["a pattern in a pattern", ({ a: { b } }: { a: { b: number } }) => b, undefined],
    ["a native function", Math.max, undefined],
    ["a bound function", handlerWithThis.bind(null), undefined],
  ])("of %s", (_what, handler, names) => {
    expect(argumentNames(handler)).toEqual(names);
  });
});

describe("the user's frame of a stack", () => {
  const sdk = new URL("../../src/sdk/dag.ts", import.meta.url).href;
  it("is the first outside of the SDK and of packages, without a version's mark", () => {
    const stack = [
      "Error: call site",
      `    at new Dag (${sdk}:10:5)`,
      "    at wrapper (file:///project/node_modules/helper/index.js:3:1)",
      "    at file:///dags/my%20dags/iris.ts?tradewind=abc123:7:13",
      "    at ModuleJob.run (node:internal/modules/esm/module_job:1:1)",
    ].join("\n");
    expect(userFrame(stack)).toEqual({ file: "/dags/my dags/iris.ts", line: 7, column: 13 });
  });

  it("is none where there is no user", () => {
    expect(userFrame(`Error\n    at new Dag (${sdk}:10:5)\n    at node:internal/main:1:1`)).toBeUndefined();
  });
});
