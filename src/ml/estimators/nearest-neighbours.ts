/** k nearest neighbours by Euclidean distance, for classification and regression, as scikit-learn's. */
import { TradewindError } from "../../errors.ts";
import { checkSamples, checkWidth, Matrix, type Targets } from "../data/matrix.ts";
import { checkOption } from "../options.ts";
import { encodeForClassifier } from "../selection/classes.ts";
import { BaseModel } from "./base-model.ts";
import { type Classifier, mostProbable, type Predictor } from "./estimator.ts";
import { type Found, nearestOfAll } from "./nearest.ts";

export interface NeighboursOptions {
  nNeighbors: number;
  /** "distance" weighs by the inverse of the distance; a sample at distance 0 alone decides. */
  weights: "uniform" | "distance";
}

const defaults: NeighboursOptions = { nNeighbors: 5, weights: "uniform" };

function weightsOf({ distances }: Found, kind: NeighboursOptions["weights"]): Float64Array {
  if (kind === "uniform") return new Float64Array(distances.length).fill(1);
  if (distances.includes(0)) return distances.map((distance) => (distance === 0 ? 1 : 0));
  return distances.map((distance) => 1 / distance);
}

function checkNeighbours(kind: string, options: NeighboursOptions, samples?: number): void {
  const { nNeighbors, weights } = options;
  checkOption(kind, "nNeighbors", nNeighbors, Number.isInteger(nNeighbors) && nNeighbors >= 1, "at least 1");
  checkOption(
    kind,
    "weights",
    weights,
    weights === "uniform" || weights === "distance",
    '"uniform" or "distance"',
  );
  if (samples !== undefined && samples < nNeighbors)
    throw new TradewindError(
      "TW_ML_DATA",
      `${kind}: expected at least ${nNeighbors} samples, got ${samples}`,
    );
}

export class KNeighborsClassifier
  extends BaseModel<NeighboursOptions, { classes: Float64Array; codes: Int32Array; samples: Matrix }>
  implements Classifier
{
  constructor(options: Partial<NeighboursOptions> = {}) {
    super("KNeighborsClassifier", defaults, options);
    checkNeighbours(this.kind, this.params);
  }

  get classes(): Float64Array {
    return this.fitted.classes;
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    checkNeighbours(this.kind, this.params, x.rows);
    this.state = { ...encodeForClassifier(y, this.kind), samples: x };
    return this;
  }

  predictProba(x: Matrix): Matrix {
    const { classes, codes, samples } = this.fitted;
    checkSamples(x);
    checkWidth(x, samples.cols, this.kind);
    const probabilities = new Matrix(x.rows, classes.length);
    for (const [i, found] of nearestOfAll(samples, x, this.params.nNeighbors).entries()) {
      const weights = weightsOf(found, this.params.weights);
      const total = weights.reduce((a, b) => a + b, 0);
      const row = probabilities.row(i);
      found.rows.forEach((neighbour, k) => {
        row[codes[neighbour]] += weights[k] / total;
      });
    }
    return probabilities;
  }

  predict(x: Matrix): Float64Array {
    return mostProbable(this.predictProba(x), this.classes);
  }
}

export class KNeighborsRegressor
  extends BaseModel<NeighboursOptions, { targets: Float64Array; samples: Matrix }>
  implements Predictor
{
  constructor(options: Partial<NeighboursOptions> = {}) {
    super("KNeighborsRegressor", defaults, options);
    checkNeighbours(this.kind, this.params);
  }

  fit(x: Matrix, y: Targets): this {
    checkSamples(x, y);
    checkNeighbours(this.kind, this.params, x.rows);
    this.state = { targets: Float64Array.from(y), samples: x };
    return this;
  }

  predict(x: Matrix): Float64Array {
    const { targets, samples } = this.fitted;
    checkSamples(x);
    checkWidth(x, samples.cols, this.kind);
    return Float64Array.from(nearestOfAll(samples, x, this.params.nNeighbors), (found) => {
      const weights = weightsOf(found, this.params.weights);
      let sum = 0;
      let total = 0;
      found.rows.forEach((neighbour, k) => {
        sum += weights[k] * targets[neighbour];
        total += weights[k];
      });
      return sum / total;
    });
  }
}
