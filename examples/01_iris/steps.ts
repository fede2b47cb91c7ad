/** What the tasks of the iris pipeline do: plain functions, each of which can be called and tested by itself. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getContext } from "tradewind";
import {
  accuracyScore,
  isTracked,
  loadIris,
  loadModel,
  RandomForestClassifier,
  readCsv,
  saveModel,
  type Table,
  trainTestIndices,
  withRun,
  writeCsv,
} from "tradewind/ml";

/** Where the two halves of the data are. */
export interface SplitFiles {
  train: string;
  test: string;
}

/** Writes the data set as CSV and returns its path. */
export async function saveIrisData(): Promise<string> {
  const { table } = await loadIris();
  return save("iris.csv", table);
}

/** Sets a fifth of the rows aside for the test. The seed makes it the same fifth every time, and the same as in Python. */
export async function preprocessData({ data }: { data: string }): Promise<SplitFiles> {
  const table = await readCsv(data);
  const rows = trainTestIndices(table.rows, { testSize: 0.2, seed: 42 });
  getContext().logger.info("split the data", { train: rows.train.length, test: rows.test.length });
  return {
    train: await save("train.csv", table.select(rows.train)),
    test: await save("test.csv", table.select(rows.test)),
  };
}

/** Fits a forest of a hundred trees and returns the path of the saved model. */
export async function trainModel({ split }: { split: SplitFiles }): Promise<string> {
  const { x, y } = await readSamples(split.train);
  const model = new RandomForestClassifier({ nEstimators: 100, seed: 42 }).fit(x, y);
  const path = join(await runFolder(), "model.json");
  await saveModel(path, model);
  return path;
}

/** Scores the model on rows that it has not seen; the accuracy goes to a file and to the XCom `accuracy`. */
export async function evaluateModel({
  split,
  model,
}: {
  split: SplitFiles;
  model: string;
}): Promise<{ accuracy: number; file: string }> {
  const { x, y } = await readSamples(split.test);
  const forest = await loadModel(model, "RandomForestClassifier");
  const accuracy = accuracyScore(y, forest.predict(x));
  const file = join(await runFolder(), "accuracy.txt");
  await writeFile(file, `Accuracy: ${accuracy}\n`);
  getContext().logger.info(`accuracy ${accuracy}`, { samples: x.rows });
  if (isTracked()) await track(forest, { accuracy });
  return { accuracy, file };
}

/** Under a server that keeps track: the run, and the model as a version of `iris`. */
async function track(forest: RandomForestClassifier, figures: { accuracy: number }): Promise<void> {
  await withRun({ experiment: "iris", name: getContext().runId }, async (run) => {
    await run.logParams(forest.params);
    run.logMetrics(figures);
    const features = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    await run.logModel(forest, { name: "forest", features, registeredModelName: "iris" });
  });
}

async function readSamples(path: string) {
  const table = await readCsv(path, { types: { target: "number" } });
  const features = table.names.filter((name) => name !== "target");
  return { x: table.matrix(features), y: table.numbers("target") };
}

async function save(name: string, table: Table): Promise<string> {
  const path = join(await runFolder(), name);
  await writeCsv(path, table);
  return path;
}

/** The folder of this run below the param `folder`. */
async function runFolder(): Promise<string> {
  const { params, runId } = getContext();
  const folder = join(String(params["folder"]), runId.replaceAll(/[^\w.+-]/g, "_"));
  await mkdir(folder, { recursive: true });
  return folder;
}
