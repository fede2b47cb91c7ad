/**
 * Fits and predicts with each estimator on 20 000 × 20 and, when a Python with scikit-learn is named, with scikit-learn's
 * single job:
 *   node bench/estimators.ts [--python PATH] [name …]
 * Prints milliseconds of processor time, the least of five, and the score on 5000 other rows, and whether ours took no longer; the
 * last line is JSON.
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

/** What takes seconds to fit is fitted once. */
const slow = ["GradientBoostingRegressor", "GradientBoostingClassifier", "RandomForestRegressor"];
const rounds = 5;

const models: Record<string, (x: Matrix) => Predictor> = {
  LinearRegression: () => new LinearRegression(),
  Ridge: () => new Ridge(),
  LogisticRegression: () => new LogisticRegression(),
  GaussianNB: () => new GaussianNB(),
  // From the same centres, so that both make the same iterations.
  KMeans: (x) => new KMeans({ nClusters: 8, init: x.select([0, 1, 2, 3, 4, 5, 6, 7]).toArrays() }),
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
folder, train, features, rounds, slow, names = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].split(","), sys.argv[6:]
X = np.fromfile(folder + "/x.bin").reshape(-1, features)
values, classes = np.fromfile(folder + "/values.bin"), np.fromfile(folder + "/classes.bin")
options = {"KMeans": {"n_clusters": 8, "n_init": 1, "random_state": 0, "init": X[:8]}, "RandomForestRegressor": {"n_estimators": 20, "n_jobs": 1}}
answer = {}
for name in names:
    y = values if name in ("LinearRegression", "Ridge", "GradientBoostingRegressor", "RandomForestRegressor") else classes
    model = globals()[name](**options.get(name, {}))
    fit, predict = [], []
    for round in range(rounds):
        if round == 0 or name not in slow: start = time.process_time(); model.fit(X[:train], y[:train]); fit.append(time.process_time() - start)
        start = time.process_time(); model.predict(X[train:]); predict.append(time.process_time() - start)
    answer[name] = {"fit": min(fit), "predict": min(predict), "score": float(model.score(X[train:], y[train:]))}
    if getattr(model, "n_iter_", None) is not None: answer[name]["iterations"] = int(np.max(model.n_iter_))
print(json.dumps(answer))
`;

interface Timing {
  fit: number;
  predict: number;
  score: number;
  iterations?: number;
}

function seconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
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
    const args = [
      "-c",
      peer,
      folder,
      String(train),
      String(features),
      String(rounds),
      slow.join(","),
      ...names,
    ];
    theirs = JSON.parse(execFileSync(flags.python, args, { encoding: "utf8", env }));
  }
} finally {
  rmSync(folder, { recursive: true });
}
const results: Record<string, { ours: Timing; theirs: Timing | undefined }> = {};
const show = (timing: Timing | undefined): string =>
  timing === undefined
    ? ""
    : `${ms(timing.fit)}  ${ms(timing.predict)}  ${timing.score.toFixed(4)}${timing.iterations === undefined ? "" : `  ${timing.iterations} iterations`}`;
const ms = (value: number): string => `${(value * 1000).toFixed(1)} ms`.padStart(10);
const verdict = (ours: Timing, other: Timing | undefined): string => {
  if (other === undefined) return "";
  const word = (mine: number, theirs: number): string => (mine <= theirs ? "met" : "missed");
  return `≤ scikit-learn: fit ${word(ours.fit, other.fit)}, predict ${word(ours.predict, other.predict)}`;
};
console.log(`${"".padEnd(28)}${"ours: fit, predict, score".padEnd(42)}scikit-learn: fit, predict, score`);
for (const name of names) {
  const model = (models[name] ?? models["Ridge"])(xTrain);
  const y = isClassifier(model) || name === "KMeans" ? classes : values;
  // Once on a few rows: what is measured is not the compiler.
  const few = Int32Array.from({ length: 400 }, (_, i) => i);
  for (let i = 0; i < 3; i++)
    model.withParams({}).fit(xTrain.select(few), y.subarray(0, 400)).predict(xTest.select(few));
  let [fit, predict] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let predicted: Float64Array = new Float64Array();
  for (let round = 0; round < rounds; round++) {
    if (round === 0 || !slow.includes(name))
      fit = Math.min(
        fit,
        seconds(() => model.fit(xTrain, y.subarray(0, train))),
      );
    const once = seconds(() => {
      predicted = model.predict(xTest);
    });
    predict = Math.min(predict, once);
  }
  const score = (isClassifier(model) ? accuracyScore : r2Score)(y.subarray(train), predicted);
  const iterations = "iterations" in model ? { iterations: Number(model.iterations) } : {};
  const ours = { fit, predict, score, ...iterations };
  results[name] = { ours, theirs: theirs[name] };
  console.log(
    `${name.padEnd(28)}${show(ours).padEnd(42)}${show(theirs[name]).padEnd(42)}${verdict(ours, theirs[name])}`,
  );
}
console.log(JSON.stringify({ workload: `estimators on ${train} × ${features}`, results }));
