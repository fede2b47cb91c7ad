/** Classes of a target: their labels in ascending order, and which samples belong to each. */
import { TradewindError } from "../../errors.ts";
import type { Targets } from "../data/matrix.ts";

/** Sorted distinct labels, and for each the row numbers that carry it, in order. */
export function groupByClass(y: Targets): { classes: Float64Array; members: Int32Array[] } {
  const { classes, codes } = encodeClasses(y);
  const members: number[][] = Array.from(classes, () => []);
  codes.forEach((code, row) => members[code].push(row));
  return { classes, members: members.map((rows) => Int32Array.from(rows)) };
}

/** Sorted distinct labels, and each sample's position among them. */
export function encodeClasses(y: Targets): { classes: Float64Array; codes: Int32Array } {
  const labels = new Set<number>();
  for (let i = 0; i < y.length; i++) labels.add(y[i]);
  const classes = Float64Array.from(labels).sort();
  const position = new Map(Array.from(classes, (label, code) => [label, code]));
  const codes = new Int32Array(y.length);
  for (let i = 0; i < y.length; i++) codes[i] = position.get(y[i]) as number;
  return { classes, codes };
}

/** Like `encodeClasses`, and refuses a target of a single class (`TW_ML_DATA`). */
export function encodeForClassifier(y: Targets, model: string): { classes: Float64Array; codes: Int32Array } {
  const encoded = encodeClasses(y);
  if (encoded.classes.length < 2) {
    throw new TradewindError(
      "TW_ML_DATA",
      `${model} needs at least 2 classes, got only class ${encoded.classes[0]}`,
    );
  }
  return encoded;
}

/** Turns text labels into numbers 0…k−1 in sorted order: scikit-learn's `LabelEncoder`. */
export function encodeLabels(labels: readonly string[]): { codes: Int32Array; names: string[] } {
  const names = [...new Set(labels)].sort();
  const position = new Map(names.map((name, code) => [name, code]));
  return { codes: Int32Array.from(labels, (label) => position.get(label) ?? -1), names };
}
