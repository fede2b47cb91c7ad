/** Scalers by quantiles and by the largest value, binning, and limits for outliers: column by column. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix } from "../data/matrix.ts";
import { BaseModel } from "../estimators/base-model.ts";
import type { Transformer } from "../estimators/estimator.ts";
import { checkOption } from "../options.ts";

/** Linear between the two nearest ranks, as NumPy's default. `sorted` is ascending. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

function mapColumns(x: Matrix, change: (value: number, column: number) => number): Matrix {
  const changed = new Matrix(x.rows, x.cols);
  for (let i = 0, at = 0; i < x.rows; i++)
    for (let j = 0; j < x.cols; j++, at++) changed.data[at] = change(x.data[at], j);
  return changed;
}

export interface RobustScalerOptions {
  /** In percent. */
  quantileRange: readonly [number, number];
  withCentering: boolean;
  withScaling: boolean;
}

/** (x − median) / range between two quantiles: outliers do not matter. */
export class RobustScaler
  extends BaseModel<RobustScalerOptions, { center: Float64Array; scale: Float64Array }>
  implements Transformer
{
  constructor(options: Partial<RobustScalerOptions> = {}) {
    super("RobustScaler", { quantileRange: [25, 75], withCentering: true, withScaling: true }, options);
    const [low, high] = this.params.quantileRange;
    checkOption(
      this.kind,
      "quantileRange",
      this.params.quantileRange,
      low >= 0 && low < high && high <= 100,
      "an ascending pair from 0 to 100",
    );
  }

  get center(): Float64Array {
    return this.fitted.center;
  }

  get scale(): Float64Array {
    return this.fitted.scale;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const [low, high] = this.params.quantileRange;
    const center = new Float64Array(x.cols);
    const scale = new Float64Array(x.cols).fill(1);
    for (let j = 0; j < x.cols; j++) {
      const sorted = x.column(j).sort();
      if (this.params.withCentering) center[j] = quantileOf(sorted, 0.5);
      if (this.params.withScaling)
        scale[j] = quantileOf(sorted, high / 100) - quantileOf(sorted, low / 100) || 1;
    }
    this.state = { center, scale };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { center, scale } = this.fitted;
    checkWidth(x, center.length, this.kind);
    return mapColumns(x, (value, j) => (value - center[j]) / scale[j]);
  }
}

/** x / largest absolute value. */
export class MaxAbsScaler
  extends BaseModel<Record<string, never>, { scale: Float64Array }>
  implements Transformer
{
  constructor(options: Record<string, never> = {}) {
    super("MaxAbsScaler", {}, options);
  }

  get scale(): Float64Array {
    return this.fitted.scale;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const scale = new Float64Array(x.cols);
    for (let at = 0; at < x.data.length; at++)
      scale[at % x.cols] = Math.max(scale[at % x.cols], Math.abs(x.data[at]));
    this.state = { scale: scale.map((value) => value || 1) };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { scale } = this.fitted;
    checkWidth(x, scale.length, this.kind);
    return mapColumns(x, (value, j) => value / scale[j]);
  }
}

export interface BinningOptions {
  nBins: number;
  /** Equally wide bins, or bins with equally many training samples. */
  strategy: "uniform" | "quantile";
  /** The number of the bin, or a column per bin. */
  encode: "ordinal" | "onehot";
}

/** Numbers as the bin that they fall in: scikit-learn's `KBinsDiscretizer`. Bins narrower than 1e-8 are merged. */
export class KBinsDiscretizer
  extends BaseModel<BinningOptions, { edges: Float64Array[] }>
  implements Transformer
{
  constructor(options: Partial<BinningOptions> = {}) {
    super("KBinsDiscretizer", { nBins: 5, strategy: "quantile", encode: "ordinal" }, options);
    checkOption(
      this.kind,
      "nBins",
      this.params.nBins,
      Number.isInteger(this.params.nBins) && this.params.nBins >= 2,
      "at least 2",
    );
  }

  /** Of each column the borders of its bins, first and last included. */
  get binEdges(): readonly Float64Array[] {
    return this.fitted.edges;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const edges = Array.from({ length: x.cols }, (_, j) => this.#edgesOf(x.column(j).sort(), j));
    this.state = { edges };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { edges } = this.fitted;
    checkWidth(x, edges.length, this.kind);
    const codes = mapColumns(x, (value, j) => binOf(edges[j], value));
    if (this.params.encode === "ordinal") return codes;
    const starts = edges.map((_, j) => edges.slice(0, j).reduce((sum, each) => sum + each.length - 1, 0));
    const width = edges.reduce((sum, each) => sum + each.length - 1, 0);
    const result = new Matrix(x.rows, width);
    for (let i = 0; i < x.rows; i++)
      for (const [j, start] of starts.entries()) result.row(i)[start + codes.get(i, j)] = 1;
    return result;
  }

  #edgesOf(sorted: Float64Array, column: number): Float64Array {
    const { nBins, strategy } = this.params;
    const [low, high] = [sorted[0], sorted[sorted.length - 1]];
    if (low === high)
      throw new TradewindError(
        "TW_ML_DATA",
        `column ${column} is constant (${low}): expected values that differ to bin`,
      );
    const borders = Array.from({ length: nBins + 1 }, (_, k) =>
      strategy === "uniform" ? low + ((high - low) * k) / nBins : quantileOf(sorted, k / nBins),
    );
    return Float64Array.from(borders.filter((border, k) => k === 0 || border - borders[k - 1] > 1e-8));
  }
}

/** The number of the bin; what is outside goes to the first or the last. */
function binOf(edges: Float64Array, value: number): number {
  let bin = 0;
  for (let k = 1; k < edges.length - 1 && value >= edges[k]; k++) bin = k;
  return bin;
}

export interface OutlierOptions {
  /** "iqr": beyond the quartiles by `factor` times their distance; "zscore": beyond the mean by `factor` deviations. */
  method: "iqr" | "zscore";
  /** Null is 1.5 for "iqr" and 3 for "zscore". */
  factor: number | null;
}

/** Limits learnt in training; values beyond them are cut off. `isOutlier` says which rows have one. */
export class OutlierClipper
  extends BaseModel<OutlierOptions, { low: Float64Array; high: Float64Array }>
  implements Transformer
{
  constructor(options: Partial<OutlierOptions> = {}) {
    super("OutlierClipper", { method: "iqr", factor: null }, options);
    const { method, factor } = this.params;
    checkOption(this.kind, "method", method, method === "iqr" || method === "zscore", '"iqr" or "zscore"');
    checkOption(this.kind, "factor", factor, factor === null || factor > 0, "null or over 0");
  }

  get limits(): { low: Float64Array; high: Float64Array } {
    return this.fitted;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const { method } = this.params;
    const factor = this.params.factor ?? (method === "iqr" ? 1.5 : 3);
    const low = new Float64Array(x.cols);
    const high = new Float64Array(x.cols);
    for (let j = 0; j < x.cols; j++) {
      const sorted = x.column(j).sort();
      const mean = sorted.reduce((a, b) => a + b, 0) / x.rows;
      const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.rows);
      const [first, third] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)];
      low[j] = method === "iqr" ? first - factor * (third - first) : mean - factor * deviation;
      high[j] = method === "iqr" ? third + factor * (third - first) : mean + factor * deviation;
    }
    this.state = { low, high };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { low, high } = this.fitted;
    checkWidth(x, low.length, this.kind);
    return mapColumns(x, (value, j) => Math.min(high[j], Math.max(low[j], value)));
  }

  /** True for rows with a value beyond the limits. */
  isOutlier(x: Matrix): boolean[] {
    const { low, high } = this.fitted;
    checkWidth(x, low.length, this.kind);
    return Array.from({ length: x.rows }, (_, i) =>
      x.row(i).some((value, j) => value < low[j] || value > high[j]),
    );
  }
}
