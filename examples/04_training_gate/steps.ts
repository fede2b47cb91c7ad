/** The tasks of the gated training. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FailException, getContext } from "tradewind";
import {
  accuracyScore,
  generateAdClicks,
  loadModel,
  RandomForestClassifier,
  RandomState,
  readCsv,
  rocAucScore,
  saveModel,
  snapshotOf,
  type Table,
  trainTestSplit,
  withRun,
  writeCsv,
} from "tradewind/ml";

const target = "Clicked on Ad";

export interface Candidate {
  path: string;
  maxDepth: number;
}

export interface Evaluation extends Candidate {
  accuracy: number;
  auc: number;
}

/** Stands for a query to a warehouse: rows of an ad-click log, some labels replaced by chance when asked for. */
export async function extractTrainingData(): Promise<string> {
  const { params } = getContext();
  const seed = 100 + Number(params["attempt"]);
  const table = generateAdClicks(Number(params["rows"]), seed);
  const random = new RandomState(seed);
  const labels = table
    .numbers(target)
    .map((label) => (random.uniform() < Number(params["label_noise"]) ? random.interval(1) : label));
  return save("extracted.csv", table.with({ [target]: labels }));
}

/** Numbers that a model can use: those of the log, the hour of the visit, and how much of the time online was here. */
export async function engineerFeatures({ data }: { data: string }): Promise<string> {
  return save("features.csv", withFeatures(await readCsv(data)));
}

function withFeatures(table: Table): Table {
  const onSite = table.numbers("Daily Time Spent on Site");
  const online = table.numbers("Daily Internet Usage");
  const hours = table.texts("Timestamp").map((time) => Number(time?.slice(11, 13)));
  return table
    .with({ "Share on Site": onSite.map((minutes, row) => minutes / online[row]), Hour: hours })
    .without(["Ad Topic Line", "City", "Country", "Timestamp"]);
}

/** What visitors are like when nothing has changed: what the endpoint is asked is compared with it. */
export async function usualVisitors(): Promise<Table> {
  return withFeatures(generateAdClicks(2000, 100)).without([target]);
}

/** Refuses rows with missing values and repeated rows. Trying again would not help, so it fails without a retry. */
export async function validateData({ data }: { data: string }): Promise<string> {
  const table = await readCsv(data);
  const gaps = Object.entries(table.missing()).filter(([, count]) => count > 0);
  if (gaps.length > 0) {
    const list = gaps.map(([name, count]) => `${name}: ${count}`).join(", ");
    throw new FailException(`the training data has missing values: ${list}`);
  }
  const repeated = table.duplicates();
  if (repeated.length > 0) {
    throw new FailException(
      `the training data has ${repeated.length} repeated rows, the first is row ${repeated[0]}`,
    );
  }
  getContext().logger.info("the training data is sound", { rows: table.rows, columns: table.names.length });
  return data;
}

/** One candidate; with three of them and two slots in the pool, the third waits. */
export async function trainModel({ data, maxDepth }: { data: string; maxDepth: number }): Promise<Candidate> {
  const { xTrain, yTrain } = await readSplit(data);
  const model = new RandomForestClassifier({ nEstimators: 50, maxDepth, seed: 42 }).fit(xTrain, yTrain);
  const path = join(await runFolder(), `model-depth-${maxDepth}.json`);
  await saveModel(path, model);
  return { path, maxDepth };
}

/** The candidate with the largest area under the ROC curve, with its figures. */
export async function evaluateModels({
  data,
  models,
}: {
  data: string;
  models: Candidate[];
}): Promise<Evaluation> {
  const { xTest, yTest } = await readSplit(data);
  const evaluations: Evaluation[] = [];
  for (const candidate of models) {
    const model = await loadModel(candidate.path, "RandomForestClassifier");
    const accuracy = accuracyScore(yTest, model.predict(xTest));
    const auc = rocAucScore(yTest, model.predictProba(xTest).column(1));
    evaluations.push({ ...candidate, accuracy, auc });
    getContext().logger.info(`depth ${candidate.maxDepth}`, { accuracy, auc });
  }
  return evaluations.reduce((best, other) => (other.auc > best.auc ? other : best));
}

/** Which way to go. A figure that is not a number compares as false, so what cannot be judged is not deployed. */
export async function checkPerformance({ best }: { best: Evaluation }): Promise<string> {
  const { params, logger } = getContext();
  const passed = best.accuracy > Number(params["min_accuracy"]) && best.auc >= Number(params["min_auc"]);
  const attempt = Number(params["attempt"]);
  logger.info(passed ? "the gate opens" : "the gate stays shut", { ...best, attempt });
  if (passed) return "track_model";
  return attempt < Number(params["max_retrains"]) ? "retrain" : "notify";
}

/** The run and its model in the tracking server, for people to compare. Returns where the model is. */
export async function trackModel({ data, best }: { data: string; best: Evaluation }): Promise<string> {
  const { params, runId } = getContext();
  const model = await loadModel(best.path, "RandomForestClassifier");
  const table = await readCsv(data);
  return withRun({ experiment: "training_gate", name: runId }, async (run) => {
    await run.logParams({
      maxDepth: best.maxDepth,
      nEstimators: 50,
      rows: table.rows,
      attempt: params["attempt"],
    });
    run.logMetrics({ accuracy: best.accuracy, auc: best.auc });
    await run.setTags({ data: snapshotOf(table).digest });
    const features = table.names.filter((name) => name !== target);
    const { modelUri } = await run.logModel(model, { name: "forest", features });
    return modelUri;
  });
}

/** The last way out: tell people. A pager or a chat would be called from here. */
export async function notifyTeam({ best }: { best: Evaluation }): Promise<void> {
  getContext().logger.warning("no model passed the gate; the deployed one stays", { ...best });
}

async function readSplit(path: string) {
  const table = await readCsv(path, { types: { [target]: "number" } });
  const names = table.names.filter((name) => name !== target);
  const y = table.numbers(target);
  return trainTestSplit(table.matrix(names), y, { testSize: 0.25, seed: 7, stratify: y });
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
