/**
 * Saved models: JSON with the class name, the format version, the options and what fitting found. Numbers come back
 * bit for bit (ECMA-262 writes the shortest text that reads back as the same double).
 */
import { readFile, writeFile } from "node:fs/promises";
import { TradewindError } from "../../errors.ts";
import { type Estimator, type ModelJson, modelFormatVersion } from "./estimator.ts";
import { DecisionTreeClassifier, RandomForestClassifier } from "./forest.ts";
import { GradientBoostingClassifier, GradientBoostingRegressor } from "./gradient-boosting.ts";
import { KMeans } from "./k-means.ts";
import { ElasticNet, LinearRegression, Ridge } from "./linear-models.ts";
import { LogisticRegression } from "./logistic-regression.ts";
import { GaussianNB, MultinomialNB } from "./naive-bayes.ts";
import { KNeighborsClassifier, KNeighborsRegressor } from "./nearest-neighbours.ts";
import { PCA } from "./pca.ts";
import { Pipeline } from "./pipeline.ts";
import { DecisionTreeRegressor, RandomForestRegressor } from "./regression-trees.ts";
import { MinMaxScaler, StandardScaler } from "./scalers.ts";
import { stateFromJson } from "./state-json.ts";

/** A class whose saved state a new instance takes. */
function restored<M>(Model: new (options: never) => { restore(state: unknown): M }): (json: ModelJson) => M {
  return (json) => new Model(stateFromJson(json.params) as never).restore(json.state);
}

const models = {
  DecisionTreeClassifier: DecisionTreeClassifier.fromJSON,
  DecisionTreeRegressor: restored(DecisionTreeRegressor),
  ElasticNet: restored(ElasticNet),
  GaussianNB: restored(GaussianNB),
  GradientBoostingClassifier: restored(GradientBoostingClassifier),
  GradientBoostingRegressor: restored(GradientBoostingRegressor),
  KMeans: restored(KMeans),
  KNeighborsClassifier: restored(KNeighborsClassifier),
  KNeighborsRegressor: restored(KNeighborsRegressor),
  LinearRegression: restored(LinearRegression),
  LogisticRegression: LogisticRegression.fromJSON,
  MinMaxScaler: MinMaxScaler.fromJSON,
  MultinomialNB: restored(MultinomialNB),
  PCA: PCA.fromJSON,
  Pipeline: pipelineFromJson,
  RandomForestClassifier: RandomForestClassifier.fromJSON,
  RandomForestRegressor: restored(RandomForestRegressor),
  Ridge: restored(Ridge),
  StandardScaler: StandardScaler.fromJSON,
};

type ModelsByName = { [Name in keyof typeof models]: ReturnType<(typeof models)[Name]> };

/** Writes a model to a file as JSON. */
export async function saveModel(path: string, model: Estimator): Promise<void> {
  await writeFile(path, JSON.stringify(model));
}

/** Reads a model that `saveModel` wrote. With `kind` given, another model is refused (`TW_ML_FORMAT`). */
export async function loadModel<K extends keyof ModelsByName>(
  path: string,
  kind: K,
): Promise<ModelsByName[K]>;
export async function loadModel(path: string): Promise<Estimator>;
export async function loadModel(path: string, kind?: string): Promise<Estimator> {
  const text = await readFile(path, "utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TradewindError("TW_ML_FORMAT", "expected a model as JSON, got something else", {
      cause,
      at: { file: path },
    });
  }
  const model = modelFromJson(json);
  if (kind === undefined || model.kind === kind) return model;
  throw new TradewindError("TW_ML_FORMAT", `expected a ${kind}, got a ${model.kind}`, { at: { file: path } });
}

/** A model from what `toJSON` gave (`TW_ML_FORMAT` when it is none). */
export function modelFromJson(json: unknown): Estimator {
  if (!isModelJson(json)) {
    throw new TradewindError(
      "TW_ML_FORMAT",
      'expected an object with "model", "format", "params" and "state"',
    );
  }
  if (json.format > modelFormatVersion) {
    throw new TradewindError(
      "TW_ML_FORMAT",
      `expected model format ${modelFormatVersion} or older, got ${json.format}`,
      {
        hint: "A newer version of Tradewind wrote this model.",
      },
    );
  }
  if (!Object.hasOwn(models, json.model)) {
    throw new TradewindError("TW_ML_FORMAT", `there is no model "${json.model}"`, {
      hint: `The models are ${Object.keys(models).join(", ")}.`,
    });
  }
  try {
    return models[json.model as keyof typeof models](json);
  } catch (cause) {
    if (cause instanceof TradewindError) throw cause;
    throw new TradewindError("TW_ML_FORMAT", `the state of the saved ${json.model} is incomplete`, { cause });
  }
}

function pipelineFromJson(json: ModelJson): Pipeline {
  const steps = json.state as ({ name: string } & ModelJson)[];
  return new Pipeline(steps.map((step) => [step.name, modelFromJson(step)]));
}

function isModelJson(json: unknown): json is ModelJson {
  if (typeof json !== "object" || json === null) return false;
  const { model, format, params, state } = json as Partial<ModelJson>;
  const hasParams = typeof params === "object" && params !== null;
  return typeof model === "string" && typeof format === "number" && hasParams && state !== undefined;
}
