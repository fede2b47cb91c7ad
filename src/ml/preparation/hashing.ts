/** Categories without a list of them: by how often they were there, or by a hash. */
import { Matrix } from "../data/matrix.ts";
import type { Cell, Cells } from "../data/table.ts";
import { checkOption } from "../options.ts";
import { categoriesOf } from "./encoders.ts";
import { FittedEncoder } from "./table-step.ts";

export interface FrequencyOptions {
  /** As a share of the training part; else the count. */
  normalize: boolean;
}

/** Each category as how often training had it; 0 for one that it had not. A missing value is a category. */
export class FrequencyEncoder extends FittedEncoder<
  FrequencyOptions,
  { categories: Cell[][]; frequencies: Float64Array[] }
> {
  constructor(options: Partial<FrequencyOptions> = {}) {
    super("FrequencyEncoder", { normalize: true }, options);
  }

  fit(columns: readonly Cells[]): this {
    const categories = columns.map(categoriesOf);
    const frequencies = columns.map((cells, j) => {
      const counts = new Map<Cell, number>();
      for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
      const of = this.params.normalize ? cells.length : 1;
      return Float64Array.from(categories[j] ?? [], (category) => (counts.get(category) ?? 0) / of);
    });
    this.state = { categories, frequencies };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    const { categories, frequencies } = this.fitted;
    this.checkWidth(columns, categories.length);
    return Matrix.fromColumns(
      columns.map((cells, j) => {
        const known = new Map(categories[j]?.map((category, at) => [category, frequencies[j]?.[at] ?? 0]));
        return Float64Array.from(cells, (cell) => known.get(cell) ?? 0);
      }),
    );
  }

  outputNames(names: readonly string[]): string[] {
    return names.map((name) => `${name}_frequency`);
  }
}

export interface HashingOptions {
  /** Columns of the output, whatever the number of categories. */
  nFeatures: number;
  /** Half of the categories count as −1, so that those that meet in a column cancel out on average. */
  alternateSign: boolean;
}

/**
 * Each cell into one of `nFeatures` columns by the hash of its column and value, as scikit-learn's `FeatureHasher` does with
 * `{"0": "red"}`: nothing is learnt, and a category that was never seen has its place, too. A missing value is nowhere.
 */
export class HashingEncoder extends FittedEncoder<HashingOptions, { columns: number }> {
  constructor(options: Partial<HashingOptions> = {}) {
    super("HashingEncoder", { nFeatures: 32, alternateSign: true }, options);
    const { nFeatures } = this.params;
    checkOption(
      this.kind,
      "nFeatures",
      nFeatures,
      Number.isInteger(nFeatures) && nFeatures >= 1,
      "at least 1",
    );
  }

  fit(columns: readonly Cells[]): this {
    this.state = { columns: columns.length };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    this.checkWidth(columns, this.fitted.columns);
    const { nFeatures, alternateSign } = this.params;
    const result = new Matrix(columns[0]?.length ?? 0, nFeatures);
    for (const [j, cells] of columns.entries())
      for (const [i, cell] of cells.entries()) {
        if (cell === null) continue;
        const hash = murmur3(`${j}=${String(cell)}`);
        result.row(i)[Math.abs(hash) % nFeatures] += alternateSign && hash < 0 ? -1 : 1;
      }
    return result;
  }

  outputNames(names: readonly string[]): string[] {
    return Array.from({ length: this.params.nFeatures }, (_, at) => `${names.join("_")}_hash${at}`);
  }
}

/** MurmurHash3 for 32 bits, seed 0, of the text in UTF-8; signed. By Austin Appleby's description, in the public domain. */
export function murmur3(text: string): number {
  const bytes = Buffer.from(text, "utf8");
  const whole = bytes.length & ~3;
  let hash = 0;
  const mixed = (word: number): number => {
    const scrambled = Math.imul(word, 0xcc9e2d51);
    return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  };
  for (let at = 0; at < whole; at += 4) {
    hash ^= mixed(bytes.readInt32LE(at));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes.readUInt8(at);
  if (bytes.length > whole) hash ^= mixed(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
