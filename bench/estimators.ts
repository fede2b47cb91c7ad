/**
 * Fits and predicts with each estimator on 20 000 × 20 and, when a Python with scikit-learn is named, with scikit-learn's
 * single job:
 *   node bench/estimators.ts [--python PATH] [name …]
 * Prints seconds of processor time and the score on 5000 other rows; the last line is JSON.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  accuracyScore,
  GaussianNB,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  isClassifier,
  KMeans,
  KNeighborsClassifier,
  LinearRegression,
  LogisticRegression,
  Matrix,
  type Predictor,
  RandomForestRegressor,
  RandomState,
  Ridge,
  r2Score,
} from "../src/ml/index.ts";

const train = 20_000;
const test = 5_000;
const features = 20;

const models: Record<string, () => Predictor> = {
  LinearRegression: () => new LinearRegression(),
  Ridge: () => new Ridge(),
  LogisticRegression: () => new LogisticRegression(),
  GaussianNB: () => new GaussianNB(),
  KMeans: () => new KMeans({ nClusters: 8 }),
  KNeighborsClassifier: () => new KNeighborsClassifier(),
  GradientBoostingRegressor: () => new GradientBoostingRegressor(),
  GradientBoostingClassifier: () => new GradientBoostingClassifier(),
  RandomForestRegressor: () => new RandomForestRegressor({ nEstimators: 20 }),
};

/** A target of ten of the twenty features, and its sign as classes with five in a hundred flipped. */
function makeSamples(): { x: Matrix; values: Float64Array; classes: Float64Array } {
  const random = new RandomState(0);
  const x = new Matrix(train + test, features);
  const values = new Float64Array(x.rows);
  const classes = new Float64Array(x.rows);
  for (let i = 0; i < x.rows; i++) {
    const row = x.row(i);
    for (let j = 0; j < features; j++) row[j] = random.gauss();
    values[i] = row[0] * 3 - row[1] * 2 + Math.sin(2 * row[2]) * 2 + row[3] * row[4] + 0.3 * random.gauss();
    classes[i] = (random.uniform() < 0.05 ? -values[i] : values[i]) > 0 ? 1 : 0;
  }
  return { x, values, classes };
}

const peer = `
import json, sys, time
import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
folder, train, features, names = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
X = np.fromfile(folder + "/x.bin").reshape(-1, features)
values, classes = np.fromfile(folder + "/values.bin"), np.fromfile(folder + "/classes.bin")
options = {"KMeans": {"n_clusters": 8, "n_init": 1, "random_state": 0}, "RandomForestRegressor": {"n_estimators": 20, "n_jobs": 1}}
answer = {}
for name in names:
    y = values if name in ("LinearRegression", "Ridge", "GradientBoostingRegressor", "RandomForestRegressor") else classes
    model = globals()[name](**options.get(name, {}))
    start = time.process_time(); model.fit(X[:train], y[:train]); fit = time.process_time() - start
    start = time.process_time(); model.predict(X[train:]); predict = time.process_time() - start
    answer[name] = {"fit": fit, "predict": predict, "score": float(model.score(X[train:], y[train:]))}
print(json.dumps(answer))
`;

interface Timing {
  fit: number;
  predict: number;
  score: number;
}

function seconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1e6;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string" } },
});
const names = positionals.length > 0 ? positionals : Object.keys(models);
const { x, values, classes } = makeSamples();
const rows = Int32Array.from({ length: x.rows }, (_, i) => i);
const [xTrain, xTest] = [x.select(rows.subarray(0, train)), x.select(rows.subarray(train))];
const folder = mkdtempSync(join(tmpdir(), "tradewind-estimators-"));
let theirs: Record<string, Timing> = {};
try {
  writeFileSync(join(folder, "x.bin"), x.data);
  writeFileSync(join(folder, "values.bin"), values);
  writeFileSync(join(folder, "classes.bin"), classes);
  if (flags.python !== undefined) {
    const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
    const args = ["-c", peer, folder, String(train), String(features), ...names];
    theirs = JSON.parse(execFileSync(flags.python, args, { encoding: "utf8", env }));
  }
} finally {
  rmSync(folder, { recursive: true });
}
const results: Record<string, { ours: Timing; theirs: Timing | undefined }> = {};
const show = (timing: Timing | undefined): string =>
  timing === undefined
    ? ""
    : `${timing.fit.toFixed(3)} s  ${timing.predict.toFixed(3)} s  ${timing.score.toFixed(4)}`;
console.log(`${"".padEnd(28)}ours: fit, predict, score       scikit-learn: fit, predict, score`);
for (const name of names) {
  const model = (models[name] ?? models["Ridge"])();
  const y = isClassifier(model) || name === "KMeans" ? classes : values;
  // Once on a few rows: what is measured is not the compiler.
  const few = Int32Array.from({ length: 400 }, (_, i) => i);
  for (let i = 0; i < 3; i++)
    model.withParams({}).fit(xTrain.select(few), y.subarray(0, 400)).predict(xTest.select(few));
  const fit = seconds(() => model.fit(xTrain, y.subarray(0, train)));
  let predicted: Float64Array = new Float64Array();
  const predict = seconds(() => {
    predicted = model.predict(xTest);
  });
  const score = (isClassifier(model) ? accuracyScore : r2Score)(y.subarray(train), predicted);
  results[name] = { ours: { fit, predict, score }, theirs: theirs[name] };
  console.log(`${name.padEnd(28)}${show(results[name].ours).padEnd(32)}${show(theirs[name])}`);
}
console.log(JSON.stringify({ workload: `estimators on ${train} × ${features}`, results }));
