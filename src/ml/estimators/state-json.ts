/**
 * What fitting found, as JSON and back: typed arrays, matrices and trees at any depth. Numbers come back bit for bit;
 * those that JSON cannot write travel as texts.
 */
import { Matrix } from "../data/matrix.ts";
import { Tree } from "./tree.ts";

type Tagged =
  | { $floats: (number | string)[] }
  | { $ints: number[] }
  | { $matrix: [rows: number, cols: number, data: (number | string)[]] }
  | { $tree: ReturnType<Tree["toJSON"]>; $classes: number }
  | { $number: string };

const write = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export function stateToJson(value: unknown): unknown {
  if (value instanceof Float64Array) return { $floats: Array.from(value, write) };
  if (value instanceof Int32Array) return { $ints: Array.from(value) };
  if (value instanceof Matrix) return { $matrix: [value.rows, value.cols, Array.from(value.data, write)] };
  if (value instanceof Tree) return { $tree: value.toJSON(), $classes: value.classes };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map(stateToJson);
  // A fitted model within a model writes itself.
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, stateToJson(inner)]));
}

export function stateFromJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(stateFromJson);
  if (typeof json !== "object" || json === null) return json;
  const tagged = json as Tagged;
  if ("$floats" in tagged) return Float64Array.from(tagged.$floats, Number);
  if ("$ints" in tagged) return Int32Array.from(tagged.$ints);
  if ("$number" in tagged) return Number(tagged.$number);
  if ("$tree" in tagged) return Tree.fromJSON(tagged.$tree, tagged.$classes);
  if ("$matrix" in tagged) {
    const [rows, cols, data] = tagged.$matrix;
    return new Matrix(rows, cols, Float64Array.from(data, Number));
  }
  return Object.fromEntries(Object.entries(json).map(([name, inner]) => [name, stateFromJson(inner)]));
}
