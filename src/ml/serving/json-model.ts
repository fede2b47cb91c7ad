/** An estimator of `tradewind/ml`, in this process: its arithmetic is ours, so no code of a user runs. */
import { readFile } from "node:fs/promises";
import { TradewindError } from "../../errors.ts";
import type { ModelPackage } from "./model-package.ts";
import { type MatrixLike, type NumericCode, numericCode, type ServableEstimator } from "./numeric-code.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { ServedModel } from "./served-model.ts";
import type { Signature } from "./signature.ts";

export class JsonModel implements ServedModel {
  readonly platform = "tradewind_json";
  readonly signature: Signature | null;
  readonly inputExample: unknown;
  readonly #code: NumericCode;
  readonly #model: ServableEstimator;
  /** What the labels stand for; null: the numbers themselves. */
  readonly #labels: readonly unknown[] | null;

  constructor(code: NumericCode, json: unknown, { signature, inputExample, flavors }: ModelPackage) {
    this.signature = signature;
    this.inputExample = inputExample;
    this.#code = code;
    this.#model = code.modelFromJson(json);
    const labels = flavors["tradewind"]?.["labels"];
    this.#labels = Array.isArray(labels) ? labels : null;
  }

  static async load(described: ModelPackage, file: string): Promise<JsonModel> {
    let json: unknown;
    try {
      json = JSON.parse(await readFile(file, "utf8"));
    } catch (cause) {
      throw new TradewindError("TW_MODEL_PACKAGE", `${file}: expected a model as JSON`, { cause });
    }
    return new JsonModel(await numericCode(), json, described);
  }

  /** `params.predict_method` "predict_proba" answers the probabilities of the classes, as scikit-learn's flavor does. */
  predict(input: Rows, params: PredictParams): Prediction {
    const x = toMatrix(this.#code, input);
    const model = this.#model;
    const method = params["predict_method"] ?? "predict";
    if (method === "predict_proba") {
      if (model.predictProba === undefined)
        throw new TradewindError(
          "TW_MODEL_INPUT",
          `expected predict_method predict: a ${model.kind} has no predict_proba`,
        );
      return { predictions: model.predictProba(x).toArrays(), more: {} };
    }
    if (method !== "predict")
      throw new TradewindError(
        "TW_MODEL_INPUT",
        `expected predict_method predict or predict_proba, got ${JSON.stringify(method)}`,
      );
    if (model.predict !== undefined) {
      const labels = this.#labels;
      const answers = Array.from(model.predict(x));
      return {
        predictions: labels === null ? answers : answers.map((label) => labels[label] ?? label),
        more: {},
      };
    }
    if (model.transform !== undefined) return { predictions: model.transform(x).toArrays(), more: {} };
    throw new TradewindError("TW_MODEL_FAILED", `a ${model.kind} neither predicts nor transforms`);
  }

  async close(): Promise<void> {}
}

/** @throws TradewindError TW_MODEL_INPUT that names the first value that is no finite number */
function toMatrix(code: NumericCode, { columns, rows }: Rows): MatrixLike {
  const width = rows[0]?.length ?? 0;
  const matrix = new code.Matrix(rows.length, width);
  let at = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as readonly unknown[];
    if (row.length !== width)
      throw new TradewindError(
        "TW_MODEL_INPUT",
        `expected ${width} values in row ${index}, got ${row.length}`,
      );
    for (let j = 0; j < width; j++) {
      const value = row[j];
      if (typeof value !== "number" || !Number.isFinite(value)) {
        const name = columns?.[j] ?? j;
        throw new TradewindError(
          "TW_MODEL_INPUT",
          `expected a finite number for column ${name} in row ${index}, got ${typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value)}`,
        );
      }
      matrix.data[at++] = value;
    }
  }
  return matrix;
}
