import { expect, it } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { asRows } from "../../ui/src/components/as-rows.ts";

it.each<[string, Json, unknown]>([
  ["objects", [{ a: 1, b: "x" }, { a: 2 }], [{ a: 1, b: "x" }, { a: 2 }]],
  [
    "rows of a cursor",
    [
      [1, "x"],
      [2, null],
    ],
    [
      { 0: 1, 1: "x" },
      { 0: 2, 1: null },
    ],
  ],
  ["pandas' split", { columns: ["a", "b"], index: [0], data: [[1, 2]] }, [{ a: 1, b: 2 }]],
  [
    "columns",
    { x: [1, 2], y: [3, 4] },
    [
      { x: 1, y: 3 },
      { x: 2, y: 4 },
    ],
  ],
])("shows %s as a table", (_, value, rows) => {
  expect(asRows(value)).toEqual(rows);
});

it.each<[string, Json]>([
  ["a plain list", [1, 2, 3]],
  ["lists of different lengths", [[1], [1, 2]]],
  ["columns of different lengths", { x: [1], y: [1, 2] }],
  ["one list under a name", { x: [1, 2] }],
  ["values within values", [{ a: { b: 1 } }]],
  ["nothing", []],
  ["an empty object", {}],
  ["a text", "abc"],
])("leaves %s as JSON", (_, value) => {
  expect(asRows(value)).toBeNull();
});
