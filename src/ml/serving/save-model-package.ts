/** Writing a fitted estimator as a folder in MLflow's layout, and reading it back. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { TradewindError } from "../../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { modelFromJson } from "../estimators/saved-models.ts";
import { fileOf, readModelPackage } from "./model-package.ts";
import type { ColumnType } from "./signature.ts";

export interface SaveModelOptions {
  /** Names and types of the features, in the order of the columns that the model was fitted on. */
  readonly inputs?: readonly { readonly name: string; readonly type?: ColumnType }[];
  /** What a label stands for: the name at its index is answered instead of the number. */
  readonly labels?: readonly string[];
  /** One row, to warm the model up with and to show how it is asked. */
  readonly inputExample?: readonly unknown[];
}

/**
 * Writes a fitted model as a folder that `tradewind serve` and the registry take.
 * @throws TradewindError TW_ML_NOT_FITTED
 */
export async function saveModelPackage(
  folder: string,
  model: Estimator,
  options: SaveModelOptions = {},
): Promise<void> {
  const json = model.toJSON();
  if (json.state === null)
    throw new TradewindError(
      "TW_ML_NOT_FITTED",
      `this ${model.kind} is not fitted yet; fit it before it is saved`,
    );
  const { inputs, labels, inputExample } = options;
  const columns = inputs?.map(({ name, type = "double" }) => ({ type, name, required: true }));
  const description = {
    flavors: {
      tradewind: { data: "model.json", model: model.kind, ...(labels ? { labels: [...labels] } : {}) },
    },
    ...(columns ? { signature: { inputs: JSON.stringify(columns), outputs: null, params: null } } : {}),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
  if (inputExample !== undefined) {
    const split = { ...(inputs ? { columns: inputs.map(({ name }) => name) } : {}), data: [inputExample] };
    await writeFile(join(folder, "serving_input_example.json"), JSON.stringify({ dataframe_split: split }));
  }
  // Last: a folder without it is no model, so one that is half-written is none.
  await writeFile(join(folder, "MLmodel"), stringify(description));
}

/** The estimator of a folder that `saveModelPackage` wrote. */
export async function loadModelPackage(folder: string): Promise<Estimator> {
  const model = await readModelPackage(folder);
  return modelFromJson(JSON.parse(await readFile(fileOf(model, "tradewind", "data", "model.json"), "utf8")));
}
