/** Categories as numbers, as scikit-learn's `OneHotEncoder`, `OrdinalEncoder` and `TargetEncoder`. */
import { TradewindError } from "../../errors.ts";
import { Matrix, type Targets } from "../data/matrix.ts";
import type { Cell, Cells } from "../data/table.ts";
import { checkOption } from "../options.ts";
import { kFold } from "../selection/folds.ts";
import { FittedEncoder } from "./table-step.ts";

/** Sorted distinct cells: numbers before texts before booleans, a missing one last. */
export function categoriesOf(cells: Cells): Cell[] {
  const rank = (cell: Cell): number => ["number", "string", "boolean", "object"].indexOf(typeof cell);
  return [...new Set(cells)].sort(
    (a, b) => rank(a) - rank(b) || ((a as never) < (b as never) ? -1 : a === b ? 0 : 1),
  );
}

const text = (cell: Cell): string => (cell === null ? "missing" : JSON.stringify(cell));

function unknownCategory(kind: string, cell: Cell, column: number, known: readonly Cell[]): never {
  throw new TradewindError(
    "TW_ML_DATA",
    `${kind}: column ${column} has the category ${text(cell)}, which training had not`,
    {
      hint: `It had ${known.slice(0, 10).map(text).join(", ")}${known.length > 10 ? ", …" : ""}; handleUnknown says what else to do.`,
    },
  );
}

export interface OneHotOptions {
  /** What a category does that training had not: fails, or is all zeros. */
  handleUnknown: "error" | "ignore";
  /** Leaves out the first category of each column, or of those with two. */
  drop: "first" | "if_binary" | null;
}

export class OneHotEncoder extends FittedEncoder<OneHotOptions, { categories: Cell[][] }> {
  constructor(options: Partial<OneHotOptions> = {}) {
    super("OneHotEncoder", { handleUnknown: "error", drop: null }, options);
    const { handleUnknown } = this.params;
    checkOption(
      this.kind,
      "handleUnknown",
      handleUnknown,
      ["error", "ignore"].includes(handleUnknown),
      '"error" or "ignore"',
    );
  }

  get categories(): readonly (readonly Cell[])[] {
    return this.fitted.categories;
  }

  fit(columns: readonly Cells[]): this {
    this.state = { categories: columns.map(categoriesOf) };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    const { categories } = this.fitted;
    this.checkWidth(columns, categories.length);
    const rows = columns[0]?.length ?? 0;
    const kept = categories.map((list) => this.#kept(list));
    const result = new Matrix(
      rows,
      kept.reduce((sum, list) => sum + list.length, 0),
    );
    let start = 0;
    for (const [j, cells] of columns.entries()) {
      const position = new Map(kept[j].map((category, at) => [category, start + at]));
      const known = new Set(categories[j]);
      for (let i = 0; i < rows; i++) {
        if (!known.has(cells[i]) && this.params.handleUnknown === "error")
          unknownCategory(this.kind, cells[i], j, categories[j]);
        const at = position.get(cells[i]);
        if (at !== undefined) result.row(i)[at] = 1;
      }
      start += kept[j].length;
    }
    return result;
  }

  outputNames(names: readonly string[]): string[] {
    return this.fitted.categories.flatMap((list, j) =>
      this.#kept(list).map((category) => `${names[j]}_${category ?? "None"}`),
    );
  }

  #kept(categories: readonly Cell[]): readonly Cell[] {
    const { drop } = this.params;
    return drop === "first" || (drop === "if_binary" && categories.length === 2)
      ? categories.slice(1)
      : categories;
  }
}

export interface OrdinalOptions {
  /** "error" fails; a number stands for every category that training had not. */
  handleUnknown: "error" | number;
}

export class OrdinalEncoder extends FittedEncoder<OrdinalOptions, { categories: Cell[][] }> {
  constructor(options: Partial<OrdinalOptions> = {}) {
    super("OrdinalEncoder", { handleUnknown: "error" }, options);
  }

  fit(columns: readonly Cells[]): this {
    this.state = { categories: columns.map(categoriesOf) };
    return this;
  }

  /** A missing value stays missing. */
  transform(columns: readonly Cells[]): Matrix {
    const { categories } = this.fitted;
    this.checkWidth(columns, categories.length);
    const { handleUnknown } = this.params;
    return Matrix.fromColumns(
      columns.map((cells, j) => {
        const position = new Map(categories[j].map((category, at) => [category, at]));
        return Float64Array.from(cells, (cell) => {
          const at = position.get(cell);
          if (cell === null) return Number.NaN;
          if (at !== undefined) return at;
          return handleUnknown === "error"
            ? unknownCategory(this.kind, cell, j, categories[j])
            : handleUnknown;
        });
      }),
    );
  }

  outputNames(names: readonly string[]): string[] {
    return [...names];
  }
}

export interface TargetEncoderOptions {
  /** "auto" shrinks by the variances (empirical Bayes); a number counts as so many samples of the overall mean. */
  smooth: "auto" | number;
  /** Folds of `fitTransform`: a sample is encoded without its own target. */
  cv: number;
  seed: number;
}

interface TargetState {
  mean: number;
  categories: Cell[][];
  encodings: Float64Array[];
}

/** A category as the mean of the target among its samples, shrunk towards the overall mean. */
export class TargetEncoder extends FittedEncoder<TargetEncoderOptions, TargetState> {
  constructor(options: Partial<TargetEncoderOptions> = {}) {
    super("TargetEncoder", { smooth: "auto", cv: 5, seed: 0 }, options);
    const { smooth } = this.params;
    checkOption(this.kind, "smooth", smooth, smooth === "auto" || smooth >= 0, '"auto" or at least 0');
  }

  fit(columns: readonly Cells[], y?: Targets): this {
    if (y === undefined)
      throw new TradewindError("TW_ML_DATA", "TargetEncoder needs the targets of the training part");
    const all = Float64Array.from(y);
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    const categories = columns.map(categoriesOf);
    const encodings = columns.map((cells, j) => this.#encode(cells, categories[j], all, mean));
    this.state = { mean, categories, encodings };
    return this;
  }

  /** A category that training had not is the overall mean. */
  transform(columns: readonly Cells[]): Matrix {
    const { mean, categories, encodings } = this.fitted;
    this.checkWidth(columns, categories.length);
    return Matrix.fromColumns(
      columns.map((cells, j) => {
        const value = new Map(categories[j].map((category, at) => [category, encodings[j][at]]));
        return Float64Array.from(cells, (cell) => value.get(cell) ?? mean);
      }),
    );
  }

  /** For the training part: each fold is encoded by what the others say, so that no sample sees its own target. */
  fitTransform(columns: readonly Cells[], y: Targets): Matrix {
    this.fit(columns, y);
    const rows = y.length;
    const result = new Matrix(rows, columns.length);
    for (const { train, test } of kFold(rows, { folds: this.params.cv, seed: this.params.seed })) {
      const pick = (from: ArrayLike<number>, cells: Cells): Cells => Array.from(from, (row) => cells[row]);
      const inner = this.fresh().fit(
        columns.map((cells) => pick(train, cells)),
        Array.from(train, (row) => y[row]),
      );
      const encoded = inner.transform(columns.map((cells) => pick(test, cells)));
      test.forEach((row, at) => result.row(row).set(encoded.row(at)));
    }
    return result;
  }

  outputNames(names: readonly string[]): string[] {
    return [...names];
  }

  #encode(cells: Cells, categories: readonly Cell[], y: Float64Array, mean: number): Float64Array {
    const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
    return Float64Array.from(categories, (category) => {
      const targets = y.filter((_, row) => cells[row] === category);
      const sum = targets.reduce((a, b) => a + b, 0);
      const own = sum / targets.length;
      if (this.params.smooth !== "auto")
        return (sum + this.params.smooth * mean) / (targets.length + this.params.smooth);
      const spread = targets.reduce((total, value) => total + (value - own) ** 2, 0) / targets.length;
      const weight =
        variance * targets.length === 0 && spread === 0
          ? 1
          : (variance * targets.length) / (variance * targets.length + spread);
      return weight * own + (1 - weight) * mean;
    });
  }
}
