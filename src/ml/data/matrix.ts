/**
 * Dense matrices of 64-bit floats, rows one after another in one typed array. Everything in `tradewind/ml` takes
 * features as a `Matrix` of shape (samples, features) and targets as any array-like of numbers.
 */
import { TradewindError } from "../../errors.ts";

/** One number per sample: class labels or regression targets. */
export type Targets = ArrayLike<number>;

export class Matrix {
  readonly rows: number;
  readonly cols: number;
  /** Row-major: element (i, j) is at `i * cols + j`. */
  readonly data: Float64Array;

  /** Takes `data` as it is, without a copy; its length must be `rows × cols` (`TW_ML_SHAPE`). */
  constructor(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)) {
    if (data.length !== rows * cols) {
      throw new TradewindError(
        "TW_ML_SHAPE",
        `expected ${rows * cols} numbers for a matrix of ${rows} × ${cols}, got ${data.length}`,
      );
    }
    this.rows = rows;
    this.cols = cols;
    this.data = data;
  }

  /** From an array of equally long rows. */
  static from(rows: readonly ArrayLike<number>[]): Matrix {
    const cols = rows[0]?.length ?? 0;
    const matrix = new Matrix(rows.length, cols);
    rows.forEach((row, i) => {
      if (row.length !== cols) {
        throw new TradewindError("TW_ML_SHAPE", `expected ${cols} numbers in row ${i}, got ${row.length}`);
      }
      matrix.data.set(row, i * cols);
    });
    return matrix;
  }

  /** From equally long columns. */
  static fromColumns(columns: readonly ArrayLike<number>[]): Matrix {
    const rows = columns[0]?.length ?? 0;
    const matrix = new Matrix(rows, columns.length);
    columns.forEach((column, j) => {
      if (column.length !== rows) {
        throw new TradewindError(
          "TW_ML_SHAPE",
          `expected ${rows} numbers in column ${j}, got ${column.length}`,
        );
      }
      for (let i = 0; i < rows; i++) matrix.data[i * columns.length + j] = column[i] as number;
    });
    return matrix;
  }

  get(row: number, col: number): number {
    return this.data[row * this.cols + col] as number;
  }

  /** A view of one row; writing to it writes to the matrix. */
  row(index: number): Float64Array {
    return this.data.subarray(index * this.cols, (index + 1) * this.cols);
  }

  /** A copy of one column. */
  column(index: number): Float64Array {
    const column = new Float64Array(this.rows);
    for (let i = 0; i < this.rows; i++) column[i] = this.data[i * this.cols + index] as number;
    return column;
  }

  /** A new matrix of the given rows, in the given order; a row may come several times. */
  select(rows: ArrayLike<number>): Matrix {
    const selected = new Matrix(rows.length, this.cols);
    for (let i = 0; i < rows.length; i++) selected.data.set(this.row(rows[i] as number), i * this.cols);
    return selected;
  }

  /** A new matrix of the given columns, in the given order. */
  selectColumns(cols: ArrayLike<number>): Matrix {
    const selected = new Matrix(this.rows, cols.length);
    for (let i = 0; i < this.rows; i++) {
      for (let j = 0; j < cols.length; j++) {
        selected.data[i * cols.length + j] = this.data[i * this.cols + (cols[j] as number)] as number;
      }
    }
    return selected;
  }

  toArrays(): number[][] {
    return Array.from({ length: this.rows }, (_, i) => Array.from(this.row(i)));
  }
}

/** The targets at the given positions, in that order. */
export function selectTargets(y: Targets, rows: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows.length }, (_, i) => y[rows[i] as number] as number);
}

/** Less itself, a number that is not finite is NaN, and stays it: one look at the end, instead of one for each. */
function allFinite(data: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    sum += value - value;
  }
  return sum === 0;
}

/**
 * Refuses what no estimator can work with: no rows, no columns, a value that is not finite (`TW_ML_DATA`), or a
 * number of targets other than the number of rows (`TW_ML_SHAPE`).
 */
export function checkSamples(x: Matrix, y?: Targets): void {
  if (x.rows === 0 || x.cols === 0) {
    throw new TradewindError(
      "TW_ML_DATA",
      `expected at least one sample and one feature, got ${x.rows} × ${x.cols}`,
    );
  }
  if (!allFinite(x.data)) {
    const bad = x.data.findIndex((value) => !Number.isFinite(value));
    throw new TradewindError(
      "TW_ML_DATA",
      `expected finite numbers, got ${x.data[bad]} in row ${Math.floor(bad / x.cols)}, column ${bad % x.cols}`,
      { hint: "Drop rows with missing values, or fill them, before fitting." },
    );
  }
  if (y === undefined) return;
  if (y.length !== x.rows) {
    throw new TradewindError("TW_ML_SHAPE", `expected ${x.rows} targets, one per row, got ${y.length}`);
  }
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i])) {
      throw new TradewindError("TW_ML_DATA", `expected finite targets, got ${y[i]} in row ${i}`);
    }
  }
}

/** Refuses features of another width than the model was fitted on. */
export function checkWidth(x: Matrix, expected: number, model: string): void {
  if (x.cols === expected) return;
  throw new TradewindError("TW_ML_SHAPE", `${model} was fitted on ${expected} features, got ${x.cols}`);
}
