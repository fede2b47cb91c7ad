/** Scalers that change the shape of a distribution: by a power, or by ranks. scikit-learn's, column by column. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix } from "../data/matrix.ts";
import { BaseModel } from "../estimators/base-model.ts";
import type { Transformer } from "../estimators/estimator.ts";
import { checkOption } from "../options.ts";
import { normalQuantile } from "../studies/normal.ts";
import { quantileOf } from "./scalers.ts";

export interface PowerTransformerOptions {
  /** "box-cox" takes values over 0 only. */
  method: "yeo-johnson" | "box-cox";
  /** To mean 0 and deviation 1 afterwards. */
  standardize: boolean;
}

interface PowerState {
  lambdas: Float64Array;
  means: Float64Array;
  scales: Float64Array;
}

/** Each column by the power that makes it most like a normal distribution: scikit-learn's `PowerTransformer`. */
export class PowerTransformer extends BaseModel<PowerTransformerOptions, PowerState> implements Transformer {
  constructor(options: Partial<PowerTransformerOptions> = {}) {
    super("PowerTransformer", { method: "yeo-johnson", standardize: true }, options);
    const { method } = this.params;
    const known = method === "yeo-johnson" || method === "box-cox";
    checkOption(this.kind, "method", method, known, '"yeo-johnson" or "box-cox"');
  }

  get lambdas(): Float64Array {
    return this.fitted.lambdas;
  }

  fit(x: Matrix): this {
    checkSamples(x);
    this.#checkPositive(x);
    const [lambdas, means, scales] = [0, 1, 2].map(() => new Float64Array(x.cols)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let j = 0; j < x.cols; j++) {
      const column = x.column(j);
      // A constant column has no best power, and stays as it is.
      lambdas[j] = momentsOf(column).variance === 0 ? 1 : lowest((lambda) => this.#badness(column, lambda));
      const changed = column.map((value) => this.#change(value, lambdas[j]));
      const { mean, variance } = momentsOf(changed);
      means[j] = this.params.standardize ? mean : 0;
      scales[j] = this.params.standardize ? Math.sqrt(variance) || 1 : 1;
    }
    this.state = { lambdas, means, scales };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { lambdas, means, scales } = this.fitted;
    checkWidth(x, lambdas.length, this.kind);
    this.#checkPositive(x);
    const changed = new Matrix(x.rows, x.cols);
    for (let at = 0; at < x.data.length; at++) {
      const j = at % x.cols;
      changed.data[at] = (this.#change(x.data[at], lambdas[j]) - means[j]) / scales[j];
    }
    return changed;
  }

  #change(value: number, lambda: number): number {
    return this.params.method === "box-cox" ? boxCox(value, lambda) : yeoJohnson(value, lambda);
  }

  /** The negative log-likelihood of the changed column being normal. */
  #badness(column: Float64Array, lambda: number): number {
    const { variance } = momentsOf(column.map((value) => this.#change(value, lambda)));
    const isBoxCox = this.params.method === "box-cox";
    let logs = 0;
    for (const value of column)
      logs += isBoxCox ? Math.log(value) : Math.sign(value) * Math.log1p(Math.abs(value));
    return (column.length / 2) * Math.log(variance) - (lambda - 1) * logs;
  }

  #checkPositive(x: Matrix): void {
    if (this.params.method !== "box-cox") return;
    const at = x.data.findIndex((value) => value <= 0);
    if (at < 0) return;
    const where = `row ${Math.floor(at / x.cols)}, column ${at % x.cols}`;
    throw new TradewindError(
      "TW_ML_DATA",
      `box-cox: expected numbers over 0, got ${x.data[at]} in ${where}`,
      {
        hint: 'method: "yeo-johnson" takes any number.',
      },
    );
  }
}

function boxCox(value: number, lambda: number): number {
  return lambda === 0 ? Math.log(value) : Math.expm1(lambda * Math.log(value)) / lambda;
}

function yeoJohnson(value: number, lambda: number): number {
  return value >= 0 ? boxCox(value + 1, lambda) : -boxCox(1 - value, 2 - lambda);
}

function momentsOf(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

/** Where a function with one valley is lowest: a bracket around it, then golden sections of that. */
function lowest(f: (x: number) => number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [-2, 2];
  while (f(low) < f(low + 0.5) && low > -64) low *= 2;
  while (f(high) < f(high - 0.5) && high < 64) high *= 2;
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [fa, fb] = [f(a), f(b)];
  while (high - low > 1e-9) {
    if (fa < fb) {
      [high, b, fb] = [b, a, fa];
      a = high - ratio * (high - low);
      fa = f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + ratio * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
}

export interface QuantileTransformerOptions {
  /** Landmarks of the distribution; never more than there are samples. */
  nQuantiles: number;
  outputDistribution: "uniform" | "normal";
}

/** As far as a value of the normal distribution goes, on either side. */
const edge = 1e-7;

/** Each value by its share of the training part that is smaller: scikit-learn's `QuantileTransformer`. */
export class QuantileTransformer
  extends BaseModel<QuantileTransformerOptions, { quantiles: Float64Array[] }>
  implements Transformer
{
  constructor(options: Partial<QuantileTransformerOptions> = {}) {
    super("QuantileTransformer", { nQuantiles: 1000, outputDistribution: "uniform" }, options);
    const { nQuantiles, outputDistribution: output } = this.params;
    checkOption(this.kind, "nQuantiles", nQuantiles, nQuantiles >= 2, "at least 2");
    const known = output === "uniform" || output === "normal";
    checkOption(this.kind, "outputDistribution", output, known, '"uniform" or "normal"');
  }

  fit(x: Matrix): this {
    checkSamples(x);
    const count = Math.min(this.params.nQuantiles, x.rows);
    const quantiles = Array.from({ length: x.cols }, (_, j) => {
      const sorted = x.column(j).sort();
      return Float64Array.from({ length: count }, (_, k) =>
        quantileOf(sorted, count === 1 ? 0 : k / (count - 1)),
      );
    });
    this.state = { quantiles };
    return this;
  }

  transform(x: Matrix): Matrix {
    const { quantiles } = this.fitted;
    checkWidth(x, quantiles.length, this.kind);
    const isNormal = this.params.outputDistribution === "normal";
    const [least, most] = [
      normalQuantile(edge - Number.EPSILON),
      normalQuantile(1 - (edge - Number.EPSILON)),
    ];
    const changed = new Matrix(x.rows, x.cols);
    for (let at = 0; at < x.data.length; at++) {
      const share = shareBelow(quantiles[at % x.cols], x.data[at], isNormal ? edge : 0);
      changed.data[at] = isNormal ? Math.min(most, Math.max(least, normalQuantile(share))) : share;
    }
    return changed;
  }
}

/** Linear between two landmarks, the middle of repeated ones; 0 and 1 outside of them and `slack` inside. */
function shareBelow(landmarks: Float64Array, value: number, slack: number): number {
  const last = landmarks.length - 1;
  if (value <= landmarks[0] || value - slack < landmarks[0]) return 0;
  if (value >= landmarks[last] || value + slack > landmarks[last]) return 1;
  let low = landmarks.findIndex((landmark) => landmark > value) - 1;
  if (landmarks[low] !== value)
    return (low + (value - landmarks[low]) / (landmarks[low + 1] - landmarks[low])) / last;
  const right = low;
  while (low > 0 && landmarks[low - 1] === value) low--;
  return (low + right) / 2 / last;
}
