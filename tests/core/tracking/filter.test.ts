/** The filter grammar: MLflow's, with OR, NOT and parentheses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type FilterComparison,
  type FilterTree,
  parseFilter,
} from "../../../src/core/tracking/filter-syntax.ts";
import {
  experimentSubject,
  modelVersionSubject,
  readFilter,
  runSubject,
} from "../../../src/core/tracking/filter-terms.ts";
import { readOrder } from "../../../src/core/tracking/order-by.ts";

type Tree = FilterTree<FilterComparison>;

const key = fc.stringMatching(/^[a-z_][a-zA-Z0-9_ .]{0,8}[a-z]$/);
const comparison: fc.Arbitrary<FilterComparison> = fc.oneof(
  fc
    .record({
      entity: fc.constantFrom("metrics", "metric"),
      key,
      operator: fc.constantFrom("=", "!=", "<", "<=", ">", ">=" as const),
      number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    })
    .map(({ number, ...rest }) => ({
      ...rest,
      value: { kind: "number" as const, number, text: String(number) },
      text: "",
    })),
  fc
    .record({
      entity: fc.constantFrom("params", "tags"),
      key,
      operator: fc.constantFrom("=", "!=", "LIKE", "ILIKE" as const),
      text: fc.string({ maxLength: 12 }),
    })
    .map(({ text, ...rest }) => ({ ...rest, value: { kind: "string" as const, text }, text: "" })),
  fc
    .record({
      entity: fc.constant("tags"),
      key,
      operator: fc.constantFrom("IS NULL", "IS NOT NULL" as const),
    })
    .map((rest) => ({ ...rest, value: { kind: "none" as const }, text: "" })),
);

const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison.map((c): Tree => ({ kind: "compare", comparison: c })),
    tie("tree").map((part): Tree => ({ kind: "not", part })),
    fc
      .record({
        kind: fc.constantFrom("and", "or" as const),
        parts: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
      })
      .map((node): Tree => node),
  ),
})).tree;

/** Every node in parentheses, keys in backticks, strings with their quotes doubled. */
function write(node: Tree): string {
  switch (node.kind) {
    case "compare": {
      const { entity, key, operator, value } = node.comparison;
      const name = `${entity}.\`${key}\` ${operator}`;
      if (value.kind === "number") return `${name} ${value.text}`;
      return value.kind === "string" ? `${name} '${value.text.replaceAll("'", "''")}'` : name;
    }
    case "not":
      return `NOT (${write(node.part)})`;
    default:
      return node.parts.map((part) => `(${write(part)})`).join(` ${node.kind.toUpperCase()} `);
  }
}

const withoutText = (node: Tree): unknown =>
  JSON.parse(
    JSON.stringify(node, (name, value) => (name === "text" && typeof value === "string" ? "" : value)),
  );

describe("the grammar", () => {
  test("reads back every tree that it can write", () => {
    fc.assert(
      fc.property(tree, (node) => {
        const read = parseFilter(write(node));
        const strings = (n: Tree): string => write(n);
        expect(strings(read as Tree)).toBe(strings(node));
        expect(withoutText(read as Tree)).toEqual(withoutText(node));
      }),
      { numRuns: 300 },
    );
  });

  test("says what is wrong, and never anything else, whatever the text", () => {
    const pieces = fc.constantFrom(
      "metrics.a",
      "params.`b c`",
      "tags",
      ".",
      "=",
      ">",
      "'x'",
      "1e-3",
      "AND",
      "or",
      "NOT",
      "(",
      ")",
      "IN",
      "LIKE",
      "IS NULL",
      "'",
      '"',
      "`",
      ";",
      ",",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 14 }), (parts) => {
        try {
          readFilter(parts.join(" "), runSubject);
        } catch (error) {
          expect(error).toMatchObject({ code: "TW_TRACKING_VALUE" });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("AND binds closer than OR", () => {
    expect(parseFilter("metrics.a > 1 OR metrics.b > 1 and metrics.c > 1")).toMatchObject({
      kind: "or",
      parts: [{ kind: "compare" }, { kind: "and", parts: [{ kind: "compare" }, { kind: "compare" }] }],
    });
  });

  test("nesting that would cost the stack is refused", () => {
    const deep = `${"(".repeat(5000)}metrics.a > 1${")".repeat(5000)}`;
    expect(() => parseFilter(deep)).toThrow(/at most 100 levels/);
  });

  test("an empty filter is none", () => {
    for (const text of [null, undefined, "", "  "]) expect(readFilter(text, runSubject)).toBeNull();
  });
});

describe("names and values", () => {
  const term = (text: string, subject = runSubject) => {
    const read = readFilter(text, subject);
    return read?.kind === "compare" ? read.comparison : null;
  };

  test.each([
    ["metrics.accuracy >= 0.5", { entity: "metric", key: "accuracy", operator: ">=", value: 0.5 }],
    ["metric.`f1 score` < -1e-3", { entity: "metric", key: "f1 score", operator: "<", value: -0.001 }],
    ["params.\"my-param\" = 'x'", { entity: "param", key: "my-param", value: "x" }],
    ["tags.mlflow.parentRunId = 'abc'", { entity: "tag", key: "mlflow.parentRunId" }],
    ["tag.a IS NOT NULL", { entity: "tag", operator: "IS NOT NULL", value: null }],
    ["status = 'FINISHED'", { entity: "attribute", key: "status" }],
    ["attributes.`Run name` ILIKE '%x'", { entity: "attribute", key: "run_name", operator: "ILIKE" }],
    ["Created > 1700000000000", { entity: "attribute", key: "start_time", value: 1_700_000_000_000 }],
    ["run_id IN ('a', 'b')", { key: "run_id", operator: "IN", value: ["a", "b"] }],
    ["attribute.run_id not in ('a')", { operator: "NOT IN" }],
    ["dataset.digest != 'x'", { entity: "dataset", key: "digest" }],
  ])("%s", (text, expected) => {
    expect(term(text)).toMatchObject(expected);
  });

  test.each([
    ["metrics.a > 'a'", "Expected numeric value type for metric. Found 'a'"],
    ["params.a = 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"],
    [
      "foo.a = 'x'",
      "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    ],
    [
      "status IN ('a')",
      "Only the 'run_id' attribute supports comparison with a list of quoted string values.",
    ],
    ["params.a > 'x'", "Invalid comparator '>'"],
    ["nonsense = 'x'", "Invalid attribute key 'nonsense'"],
    ["metrics.a > 1 metrics.b > 1", "Invalid clause(s) in filter string"],
    ["metrics.a BETWEEN 1 AND 2", "Invalid clause(s) in filter string"],
  ])("%s is refused", (text, message) => {
    expect(() => readFilter(text, runSubject)).toThrow(message);
  });

  test("what other searches do not know is refused", () => {
    expect(() => readFilter("metrics.a > 1", experimentSubject)).toThrow("Invalid entity type 'metrics'");
    expect(() => readFilter("current_stage = 'Production'", modelVersionSubject)).toThrow(
      "Invalid attribute key",
    );
  });
});

describe("order_by", () => {
  const rules = { subject: runSubject, orderable: ["start_time", "run_name"] };
  test("reads keys and directions", () => {
    expect(
      readOrder(["metrics.`a b` DESC", "start_time", "params.x asc", "tags.mlflow.x desc"], rules),
    ).toEqual([
      { entity: "metric", key: "a b", descending: true },
      { entity: "attribute", key: "start_time", descending: false },
      { entity: "param", key: "x", descending: false },
      { entity: "tag", key: "mlflow.x", descending: true },
    ]);
  });

  test.each([[["nope"]], [["foo.x"]], [[""]], [["start_time", "attribute.start_time DESC"]]])(
    "%j is refused",
    (clauses) => {
      expect(() => readOrder(clauses, rules)).toThrow(/order_by/);
    },
  );
});
