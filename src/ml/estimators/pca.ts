/**
 * Principal component analysis by singular value decomposition of the centred data. Signs follow scikit-learn ≥ 1.5:
 * in each component the loading of largest size is positive (sklearn.utils.extmath.svd_flip, u_based_decision=False).
 */
import { checkSamples, checkWidth, Matrix } from "../data/matrix.ts";
import { checkOption, completeOptions, type Params } from "../options.ts";
import { fitted, type ModelJson, modelFormatVersion, type Transformer } from "./estimator.ts";
import { rightSingularVectors } from "./singular-values.ts";

export interface PcaOptions {
  /** How many components to keep; null keeps min(samples, features). */
  nComponents: number | null;
}

interface State {
  mean: Float64Array;
  /** Shape (components, features), orthonormal rows. */
  components: Matrix;
  explainedVariance: Float64Array;
  explainedVarianceRatio: Float64Array;
  singularValues: Float64Array;
}

export class PCA implements Transformer {
  readonly kind = "PCA";
  readonly params: Readonly<PcaOptions>;
  #state: State | null = null;

  constructor(options: Partial<PcaOptions> = {}) {
    this.params = completeOptions<PcaOptions>(this.kind, { nComponents: null }, options);
    const n = this.params.nComponents;
    checkOption(
      this.kind,
      "nComponents",
      n,
      n === null || (Number.isInteger(n) && n >= 1),
      "null or at least 1",
    );
  }

  get mean(): Float64Array {
    return fitted(this.#state, this.kind).mean;
  }

  /** Shape (components, features). */
  get components(): Matrix {
    return fitted(this.#state, this.kind).components;
  }

  /** Variance along each component, divided by n − 1. */
  get explainedVariance(): Float64Array {
    return fitted(this.#state, this.kind).explainedVariance;
  }

  get explainedVarianceRatio(): Float64Array {
    return fitted(this.#state, this.kind).explainedVarianceRatio;
  }

  get singularValues(): Float64Array {
    return fitted(this.#state, this.kind).singularValues;
  }

  withParams(overrides: Params): PCA {
    return new PCA({ ...this.params, ...overrides });
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const most = Math.min(x.rows, x.cols);
    const kept = this.params.nComponents ?? most;
    checkOption(this.kind, "nComponents", kept, kept <= most, `at most min(samples, features) = ${most}`);
    const mean = Float64Array.from(
      { length: x.cols },
      (_, j) => x.column(j).reduce((a, b) => a + b, 0) / x.rows,
    );
    const { values, vectors } = rightSingularVectors(centre(x, mean));
    const variances = values.map((value) => value ** 2 / Math.max(1, x.rows - 1));
    const total = variances.reduce((sum, variance) => sum + variance, 0);
    for (let k = 0; k < kept; k++) makeLargestPositive(vectors.row(k));
    this.#state = {
      mean,
      components: vectors.select(Array.from({ length: kept }, (_, k) => k)),
      explainedVariance: variances.slice(0, kept),
      explainedVarianceRatio: variances.slice(0, kept).map((variance) => variance / total),
      singularValues: values.slice(0, kept),
    };
    return this;
  }

  /** Shape (samples, components). */
  transform(x: Matrix): Matrix {
    const { mean, components } = fitted(this.#state, this.kind);
    checkWidth(x, mean.length, this.kind);
    const projected = new Matrix(x.rows, components.rows);
    for (let i = 0; i < x.rows; i++) {
      const row = x.row(i);
      for (let k = 0; k < components.rows; k++) {
        const component = components.row(k);
        let sum = 0;
        for (let j = 0; j < row.length; j++) sum += (row[j] - mean[j]) * component[j];
        projected.data[i * components.rows + k] = sum;
      }
    }
    return projected;
  }

  toJSON(): ModelJson {
    const state = this.#state && {
      mean: Array.from(this.#state.mean),
      components: this.#state.components.toArrays(),
      explainedVariance: Array.from(this.#state.explainedVariance),
      explainedVarianceRatio: Array.from(this.#state.explainedVarianceRatio),
      singularValues: Array.from(this.#state.singularValues),
    };
    return { model: this.kind, format: modelFormatVersion, params: this.params, state };
  }

  static fromJSON(json: ModelJson): PCA {
    const pca = new PCA(json.params);
    if (json.state === null) return pca;
    const state = json.state as Record<Exclude<keyof State, "components">, number[]> & {
      components: number[][];
    };
    pca.#state = {
      mean: Float64Array.from(state.mean),
      components: Matrix.from(state.components),
      explainedVariance: Float64Array.from(state.explainedVariance),
      explainedVarianceRatio: Float64Array.from(state.explainedVarianceRatio),
      singularValues: Float64Array.from(state.singularValues),
    };
    return pca;
  }
}

function centre(x: Matrix, mean: Float64Array): Matrix {
  const centred = new Matrix(x.rows, x.cols);
  for (let at = 0; at < x.data.length; at++) centred.data[at] = x.data[at] - mean[at % x.cols];
  return centred;
}

function makeLargestPositive(component: Float64Array): void {
  let largest = 0;
  for (let j = 1; j < component.length; j++) {
    if (Math.abs(component[j]) > Math.abs(component[largest])) largest = j;
  }
  if (component[largest] >= 0) return;
  for (let j = 0; j < component.length; j++) component[j] = -component[j];
}
