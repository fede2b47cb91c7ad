/**
 * Scaling of features, column by column, as scikit-learn's `StandardScaler` and `MinMaxScaler`
 * (sklearn/preprocessing/_data.py): a constant column is only shifted, never divided by zero.
 */
import { checkSamples, checkWidth, Matrix } from "../data/matrix.ts";
import { checkOption, completeOptions, type Params } from "../options.ts";
import { fitted, type ModelJson, modelFormatVersion, type Transformer } from "./estimator.ts";

interface Affine {
  /** y = (x − shift) / scale, then for min-max times the width of the range, plus its start. */
  shift: Float64Array;
  scale: Float64Array;
}

export interface StandardScalerOptions {
  withMean: boolean;
  withStd: boolean;
}

/** (x − mean) / standard deviation of the population (divided by n, not n − 1). */
export class StandardScaler implements Transformer {
  readonly kind = "StandardScaler";
  readonly params: Readonly<StandardScalerOptions>;
  #state: Affine | null = null;

  constructor(options: Partial<StandardScalerOptions> = {}) {
    this.params = completeOptions(this.kind, { withMean: true, withStd: true }, options);
  }

  get mean(): Float64Array {
    return fitted(this.#state, this.kind).shift;
  }

  get scale(): Float64Array {
    return fitted(this.#state, this.kind).scale;
  }

  withParams(overrides: Params): StandardScaler {
    return new StandardScaler({ ...this.params, ...overrides });
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const shift = new Float64Array(x.cols);
    const scale = new Float64Array(x.cols).fill(1);
    for (let j = 0; j < x.cols; j++) {
      const column = x.column(j);
      const mean = column.reduce((sum, value) => sum + value, 0) / x.rows;
      // Corrected two-pass sum of squares: Chan, Golub & LeVeque, The American Statistician 37 (1983), eq. 1.7.
      let squares = 0;
      let correction = 0;
      for (const value of column) {
        squares += (value - mean) ** 2;
        correction += value - mean;
      }
      const variance = (squares - correction ** 2 / x.rows) / x.rows;
      if (this.params.withMean) shift[j] = mean;
      if (this.params.withStd && !isConstant(variance, mean, x.rows)) scale[j] = Math.sqrt(variance);
    }
    this.#state = { shift, scale };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { shift, scale } = fitted(this.#state, this.kind);
    checkWidth(x, shift.length, this.kind);
    return mapColumns(x, (value, j) => (value - shift[j]) / scale[j]);
  }

  inverseTransform(x: Matrix): Matrix {
    const { shift, scale } = fitted(this.#state, this.kind);
    checkWidth(x, shift.length, this.kind);
    return mapColumns(x, (value, j) => value * scale[j] + shift[j]);
  }

  toJSON(): ModelJson {
    return {
      model: this.kind,
      format: modelFormatVersion,
      params: this.params,
      state: saveAffine(this.#state),
    };
  }

  static fromJSON(json: ModelJson): StandardScaler {
    const scaler = new StandardScaler(json.params);
    scaler.#state = loadAffine(json.state);
    return scaler;
  }
}

export interface MinMaxScalerOptions {
  /** Where the smallest and the largest value of the training set go. */
  featureRange: readonly [number, number];
  /** Keeps transformed values inside the range, whatever comes later. */
  clip: boolean;
}

/** Maps the training set's smallest value to the range's start and the largest to its end. */
export class MinMaxScaler implements Transformer {
  readonly kind = "MinMaxScaler";
  readonly params: Readonly<MinMaxScalerOptions>;
  #state: Affine | null = null;

  constructor(options: Partial<MinMaxScalerOptions> = {}) {
    this.params = completeOptions<MinMaxScalerOptions>(
      this.kind,
      { featureRange: [0, 1], clip: false },
      options,
    );
    const [low, high] = this.params.featureRange;
    checkOption(this.kind, "featureRange", this.params.featureRange, low < high, "an ascending pair");
  }

  get dataMin(): Float64Array {
    return fitted(this.#state, this.kind).shift;
  }

  /** Largest minus smallest value; 1 in a constant column. */
  get dataRange(): Float64Array {
    return fitted(this.#state, this.kind).scale;
  }

  withParams(overrides: Params): MinMaxScaler {
    return new MinMaxScaler({ ...this.params, ...overrides });
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const shift = new Float64Array(x.cols).fill(Number.POSITIVE_INFINITY);
    const high = new Float64Array(x.cols).fill(Number.NEGATIVE_INFINITY);
    for (let at = 0; at < x.data.length; at++) {
      const j = at % x.cols;
      shift[j] = Math.min(shift[j], x.data[at]);
      high[j] = Math.max(high[j], x.data[at]);
    }
    const scale = high.map((value, j) => value - shift[j] || 1);
    this.#state = { shift, scale };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { shift, scale } = fitted(this.#state, this.kind);
    checkWidth(x, shift.length, this.kind);
    const [low, high] = this.params.featureRange;
    const scaled = mapColumns(x, (value, j) => ((value - shift[j]) / scale[j]) * (high - low) + low);
    return this.params.clip ? mapColumns(scaled, (value) => Math.min(high, Math.max(low, value))) : scaled;
  }

  inverseTransform(x: Matrix): Matrix {
    const { shift, scale } = fitted(this.#state, this.kind);
    checkWidth(x, shift.length, this.kind);
    const [low, high] = this.params.featureRange;
    return mapColumns(x, (value, j) => ((value - low) / (high - low)) * scale[j] + shift[j]);
  }

  toJSON(): ModelJson {
    return {
      model: this.kind,
      format: modelFormatVersion,
      params: this.params,
      state: saveAffine(this.#state),
    };
  }

  static fromJSON(json: ModelJson): MinMaxScaler {
    const scaler = new MinMaxScaler(json.params);
    scaler.#state = loadAffine(json.state);
    return scaler;
  }
}

/** A variance that rounding alone explains: the bound of sklearn.preprocessing._data._is_constant_feature. */
function isConstant(variance: number, mean: number, samples: number): boolean {
  const bound = samples * Number.EPSILON * variance + (samples * mean * Number.EPSILON) ** 2;
  return variance <= bound;
}

function mapColumns(x: Matrix, change: (value: number, column: number) => number): Matrix {
  const changed = new Matrix(x.rows, x.cols);
  for (let i = 0, at = 0; i < x.rows; i++) {
    for (let j = 0; j < x.cols; j++, at++) changed.data[at] = change(x.data[at], j);
  }
  return changed;
}

function saveAffine(state: Affine | null): unknown {
  return state && { shift: Array.from(state.shift), scale: Array.from(state.scale) };
}

function loadAffine(state: unknown): Affine | null {
  if (state === null) return null;
  const { shift, scale } = state as { shift: number[]; scale: number[] };
  return { shift: Float64Array.from(shift), scale: Float64Array.from(scale) };
}
