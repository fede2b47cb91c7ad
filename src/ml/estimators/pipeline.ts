/**
 * Transformers in a row with a last estimator, fitted and used as one: scikit-learn's `Pipeline`. Options of a step
 * are reached as `step__option`, so that a search can vary them.
 */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import { type Params } from "../options.ts";
import {
  type Classifier,
  type Estimator,
  isClassifier,
  isPredictor,
  isTransformer,
  type ModelJson,
  modelFormatVersion,
  type Predictor,
  type Transformer,
} from "./estimator.ts";

export type Step = readonly [name: string, estimator: Estimator];

export class Pipeline implements Classifier {
  readonly kind = "Pipeline";
  readonly steps: readonly Step[];

  /** All steps but the last must transform (`TW_ML_PARAM`). */
  constructor(steps: readonly Step[]) {
    if (steps.length === 0)
      throw new TradewindError("TW_ML_PARAM", "expected at least one step in a Pipeline, got none");
    for (const [at, [name, estimator]] of steps.entries()) {
      if (steps.findIndex(([other]) => other === name) !== at || name.includes("__") || name === "") {
        throw new TradewindError("TW_ML_PARAM", `expected distinct step names without "__", got "${name}"`);
      }
      if (at < steps.length - 1 && !isTransformer(estimator)) {
        throw new TradewindError(
          "TW_ML_PARAM",
          `expected every step but the last to have transform, got ${estimator.kind} as "${name}"`,
        );
      }
    }
    this.steps = steps;
  }

  /** Options of all steps as `step__option`. */
  get params(): Params {
    const entries = this.steps.flatMap(([name, estimator]) =>
      Object.entries(estimator.params).map(([option, value]) => [`${name}__${option}`, value] as const),
    );
    return Object.fromEntries(entries);
  }

  get classes(): Float64Array {
    return this.#lastClassifier().classes;
  }

  /** The estimator of that step. */
  step(name: string): Estimator {
    const found = this.steps.find(([stepName]) => stepName === name);
    if (found) return found[1];
    throw new TradewindError("TW_ML_PARAM", `the pipeline has no step "${name}"`, {
      hint: `Its steps are ${this.steps.map(([stepName]) => stepName).join(", ")}.`,
    });
  }

  withParams(overrides: Params): Pipeline {
    const perStep = new Map<string, Record<string, unknown>>();
    for (const [path, value] of Object.entries(overrides)) {
      const border = path.indexOf("__");
      const name = border === -1 ? path : path.slice(0, border);
      this.step(name);
      if (border === -1) {
        throw new TradewindError(
          "TW_ML_PARAM",
          `expected an option of a step as "${path}__option", got "${path}"`,
        );
      }
      perStep.set(name, { ...perStep.get(name), [path.slice(border + 2)]: value });
    }
    return new Pipeline(
      this.steps.map(([name, estimator]) => [name, estimator.withParams(perStep.get(name) ?? {})]),
    );
  }

  fit(x: Matrix, y?: Targets): this {
    let input = x;
    for (const [at, [, estimator]] of this.steps.entries()) {
      estimator.fit(input, y);
      if (at < this.steps.length - 1) input = (estimator as Transformer).transform(input);
    }
    return this;
  }

  transform(x: Matrix): Matrix {
    const last = this.#last();
    if (isTransformer(last)) return last.transform(this.#transformed(x));
    throw new TradewindError("TW_ML_PARAM", `the last step, ${last.kind}, does not transform`);
  }

  predict(x: Matrix): Float64Array {
    return this.#lastPredictor().predict(this.#transformed(x));
  }

  predictProba(x: Matrix): Matrix {
    return this.#lastClassifier().predictProba(this.#transformed(x));
  }

  toJSON(): ModelJson {
    const state = this.steps.map(([name, estimator]) => ({ name, ...estimator.toJSON() }));
    return { model: this.kind, format: modelFormatVersion, params: {}, state };
  }

  #transformed(x: Matrix): Matrix {
    return this.steps.slice(0, -1).reduce((input, [, step]) => (step as Transformer).transform(input), x);
  }

  #last(): Estimator {
    return this.steps[this.steps.length - 1][1];
  }

  #lastPredictor(): Predictor {
    const last = this.#last();
    if (isPredictor(last)) return last;
    throw new TradewindError("TW_ML_PARAM", `the last step, ${last.kind}, does not predict`);
  }

  #lastClassifier(): Classifier {
    const last = this.#last();
    if (isClassifier(last)) return last;
    throw new TradewindError("TW_ML_PARAM", `the last step, ${last.kind}, does not give probabilities`);
  }
}
