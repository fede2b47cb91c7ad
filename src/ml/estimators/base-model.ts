/** What all models share: checked options, a state that fitting fills, copies, and JSON of both. */
import type { Matrix, Targets } from "../data/matrix.ts";
import { completeOptions, type Params } from "../options.ts";
import { type Estimator, fitted, type ModelJson, modelFormatVersion } from "./estimator.ts";
import { stateFromJson, stateToJson } from "./state-json.ts";

export abstract class BaseModel<Options extends object, State> implements Estimator {
  readonly kind: string;
  readonly params: Readonly<Options>;
  protected state: State | null = null;

  constructor(kind: string, defaults: Options, options: Partial<Options>) {
    this.kind = kind;
    this.params = completeOptions(kind, defaults, options);
  }

  /** TW_ML_NOT_FITTED before `fit`. */
  protected get fitted(): State {
    return fitted(this.state, this.kind);
  }

  withParams(overrides: Params): this {
    const Same = this.constructor as new (options: Partial<Options>) => this;
    return new Same({ ...this.params, ...(overrides as Partial<Options>) });
  }

  abstract fit(x: Matrix, y?: Targets): this;

  toJSON(): ModelJson {
    const params = stateToJson(this.params) as Params;
    return { model: this.kind, format: modelFormatVersion, params, state: stateToJson(this.state) };
  }

  /** Takes the state of a saved model of the same class. */
  restore(state: unknown): this {
    this.state = stateFromJson(state) as State | null;
    return this;
  }
}
