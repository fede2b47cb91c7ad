/**
 * The way from servers to the estimators. Numeric code is compiled under settings of its own (tsconfig.ml.json: its
 * loops index arrays without a check for every element), so what serves it reaches it by an address that the compiler
 * does not follow, and through the few words below. A server that holds no model of ours does not load it at all.
 */

/** Shape (rows, cols), row-major. */
export interface MatrixLike {
  readonly data: Float64Array;
  toArrays(): number[][];
}

/** What an estimator can do, where it can. */
export interface ServableEstimator {
  readonly kind: string;
  predict?(x: MatrixLike): Float64Array;
  predictProba?(x: MatrixLike): MatrixLike;
  transform?(x: MatrixLike): MatrixLike;
}

export interface TableLike {
  readonly names: readonly string[];
  readonly rows: number;
  value(name: string, row: number): string | number | boolean | null;
}

export interface NumericCode {
  readonly Matrix: new (rows: number, cols: number) => MatrixLike;
  modelFromJson(json: unknown): ServableEstimator;
  parseCsv(text: string): TableLike;
}

let loaded: Promise<NumericCode> | undefined;

export function numericCode(): Promise<NumericCode> {
  // Sources run as .ts, the published build as .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  loaded ??= import(new URL(`../index${extension}`, import.meta.url).href) as Promise<NumericCode>;
  return loaded;
}
