/** What the tasks of the ad-click pipeline do. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getContext, SkipException } from "tradewind";
import {
  accuracyScore,
  confusionMatrix,
  generateAdClicks,
  isTracked,
  LogisticRegression,
  loadModel,
  MinMaxScaler,
  Pipeline,
  readCsv,
  rocAucScore,
  StandardScaler,
  saveModel,
  selectTargets,
  snapshotOf,
  Table,
  trainTestIndices,
  withRun,
  writeCsv,
} from "tradewind/ml";

const target = "Clicked on Ad";
/** The columns that say something about a visitor; topic, city, country and time of the visit are left out. */
const features = ["Daily Time Spent on Site", "Age", "Area Income", "Daily Internet Usage", "Male"];

export interface DataOutputs {
  train: string;
  test: string;
}

/** The rows of the file in the param `data`, or generated ones; checked to have the columns that are needed. */
export async function loadData(): Promise<string> {
  const { params, logger } = getContext();
  const path = params["data"];
  const table = typeof path === "string" ? await readCsv(path) : generateAdClicks(1000, 42);
  for (const name of [...features, target]) table.numbers(name);
  logger.info(typeof path === "string" ? `read ${path}` : "generated rows", { rows: table.rows });
  return save("clicks.csv", table);
}

/**
 * Sets 30 % aside for the test and scales the features, first to [0, 1], then to mean 0 and deviation 1. The scalers
 * see only the training rows: a test row must not tell anything before the test.
 */
export async function preprocessData({ data }: { data: string }): Promise<string> {
  const table = await readCsv(data);
  const rows = trainTestIndices(table.rows, { testSize: 0.3, seed: 42 });
  const x = table.matrix(features);
  const minMax = new MinMaxScaler().fit(x.select(rows.train));
  const standard = new StandardScaler().fit(minMax.transform(x.select(rows.train)));
  const scaled = standard.transform(minMax.transform(x));
  const isTest = new Float64Array(table.rows);
  for (const row of rows.test) isTest[row] = 1;
  const columns = Object.fromEntries(features.map((name, j) => [name, scaled.column(j)]));
  return save("scaled.csv", Table.from({ ...columns, [target]: table.numbers(target), is_test: isTest }));
}

/** Training rows into one file, test rows into another. */
export async function separateDataOutputs({ data }: { data: string }): Promise<DataOutputs> {
  const table = await readCsv(data);
  const isTest = table.numbers("is_test");
  const where = (value: number) => Array.from(isTest.keys()).filter((row) => isTest[row] === value);
  const rows = table.without(["is_test"]);
  return {
    train: await save("train.csv", rows.select(where(0))),
    test: await save("test.csv", rows.select(where(1))),
  };
}

/** Fits logistic regression and returns the path of the saved model. */
export async function buildModel({ outputs }: { outputs: DataOutputs }): Promise<string> {
  const table = await readCsv(outputs.train);
  const model = new LogisticRegression().fit(table.matrix(features), table.numbers(target));
  const path = join(await runFolder(), "model.json");
  await saveModel(path, model);
  return path;
}

/** Loads the model as a server would, and scores it on the test rows. */
export async function loadAndScoreModel({
  outputs,
  model,
}: {
  outputs: DataOutputs;
  model: string;
}): Promise<{ accuracy: number; auc: number }> {
  const table = await readCsv(outputs.test);
  const x = table.matrix(features);
  const y = table.numbers(target);
  const loaded = await loadModel(model, "LogisticRegression");
  const predicted = loaded.predict(x);
  const accuracy = accuracyScore(y, predicted);
  const auc = rocAucScore(y, loaded.predictProba(x).column(1));
  getContext().logger.info("scored the model", { accuracy, auc, confusion: confusionMatrix(y, predicted) });
  return { accuracy, auc };
}

/**
 * Keeps the run with its figures, and scaling and model as one pipeline, so that what serves it takes what visitors send.
 * With the param `wandb` the run is written for Weights & Biases as well. Returns where the model is.
 */
export async function trackModel({
  data,
  scored,
}: {
  data: string;
  scored: { accuracy: number; auc: number };
}): Promise<string> {
  if (!isTracked()) throw new SkipException("nothing keeps track here: there is no API server");
  const table = await readCsv(data);
  const rows = trainTestIndices(table.rows, { testSize: 0.3, seed: 42 }).train;
  const pipeline = new Pipeline([
    ["minmax", new MinMaxScaler()],
    ["standard", new StandardScaler()],
    ["model", new LogisticRegression()],
  ]).fit(table.matrix(features).select(rows), selectTargets(table.numbers(target), rows));
  const { params, runId } = getContext();
  const wandb = params["wandb"] === true && { project: "ad_clicks", folder: await runFolder() };
  return withRun({ experiment: "ad_click_rate", name: runId, wandb }, async (run) => {
    await run.logParams({ rows: table.rows, testSize: 0.3 });
    run.logMetrics(scored);
    await run.setTags({ data: snapshotOf(table).digest });
    return (await run.logModel(pipeline, { name: "clicks", features })).modelUri;
  });
}

async function save(name: string, table: Table): Promise<string> {
  const path = join(await runFolder(), name);
  await writeCsv(path, table);
  return path;
}

async function runFolder(): Promise<string> {
  const { params, runId } = getContext();
  const folder = join(String(params["folder"]), runId.replaceAll(/[^\w.+-]/g, "_"));
  await mkdir(folder, { recursive: true });
  return folder;
}
