/** What scikit-learn answered (written by generate.py), and comparison of whole arrays within a tolerance. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { Matrix } from "../../../src/ml/index.ts";

export const goldens = JSON.parse(readFileSync(new URL("scikit-learn.json", import.meta.url), "utf8"));

/** Every number within `tolerance` of the golden, absolutely or relative to its size. */
export function expectClose(actual: Matrix | ArrayLike<number>, golden: unknown, tolerance: number): void {
  const got = actual instanceof Matrix ? Array.from(actual.data) : Array.from(actual);
  const wanted = (golden as number[]).flat(2);
  expect(got.length).toBe(wanted.length);
  const off = got.map((value, i) => Math.abs(value - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
  expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
}
