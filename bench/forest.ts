/**
 * Fits a random forest of 100 trees on 20 000 × 20 and, when a Python with scikit-learn is named, the same data with
 * scikit-learn's single job:
 *   node bench/forest.ts [--python PATH] [--repeat N]
 * Prints seconds (median), accuracy on 5000 other rows, and as last line JSON.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { accuracyScore, Matrix, RandomForestClassifier, RandomState } from "../src/ml/index.ts";

const train = 20_000;
const test = 5_000;
const features = 20;

/** Two classes of four clusters each in ten informative dimensions, ten of noise, five labels in a hundred flipped. */
function makeSamples(seed: number): { x: Matrix; y: Float64Array } {
  const random = new RandomState(seed);
  const centres = Array.from({ length: 8 }, () =>
    Array.from({ length: 10 }, () => (random.interval(1) - 0.5) * 1.5),
  );
  const x = new Matrix(train + test, features);
  const y = new Float64Array(train + test);
  for (let i = 0; i < x.rows; i++) {
    const cluster = random.interval(7);
    for (let j = 0; j < features; j++) x.data[i * features + j] = random.gauss() + (centres[cluster][j] ?? 0);
    y[i] = random.uniform() < 0.05 ? random.interval(1) : cluster % 2;
  }
  return { x, y };
}

interface Timing {
  name: string;
  seconds: number;
  accuracy: number;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measureOwn(x: Matrix, y: Float64Array, repeat: number): Timing {
  const rows = Int32Array.from({ length: x.rows }, (_, i) => i);
  const [xTrain, xTest] = [x.select(rows.subarray(0, train)), x.select(rows.subarray(train))];
  const seconds: number[] = [];
  const scores: number[] = [];
  for (let seed = 0; seed < repeat; seed++) {
    const started = performance.now();
    const forest = new RandomForestClassifier({ nEstimators: 100, seed }).fit(xTrain, y.subarray(0, train));
    seconds.push((performance.now() - started) / 1000);
    scores.push(accuracyScore(y.subarray(train), forest.predict(xTest)));
  }
  return { name: "tradewind/ml", seconds: median(seconds), accuracy: median(scores) };
}

const peer = `
import json, statistics, sys, time
import numpy as np
from sklearn.ensemble import RandomForestClassifier
folder, train, features, repeat = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
X = np.fromfile(folder + "/x.bin").reshape(-1, features); y = np.fromfile(folder + "/y.bin")
times, scores = [], []
for seed in range(repeat):
    start = time.perf_counter()
    model = RandomForestClassifier(100, random_state=seed, n_jobs=1).fit(X[:train], y[:train])
    times.append(time.perf_counter() - start); scores.append(model.score(X[train:], y[train:]))
print(json.dumps({"name": "scikit-learn, one job", "seconds": statistics.median(times), "accuracy": statistics.median(scores)}))
`;

function measurePeer(python: string, x: Matrix, y: Float64Array, repeat: number): Timing {
  const folder = mkdtempSync(join(tmpdir(), "tradewind-forest-"));
  try {
    writeFileSync(join(folder, "x.bin"), x.data);
    writeFileSync(join(folder, "y.bin"), y);
    const args = ["-c", peer, folder, String(train), String(features), String(repeat)];
    return JSON.parse(execFileSync(python, args, { encoding: "utf8" })) as Timing;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: { python: { type: "string" }, repeat: { type: "string", default: "3" } },
});
const repeat = Number(values.repeat);
const { x, y } = makeSamples(0);
const timings = [measureOwn(x, y, repeat)];
if (values.python !== undefined) timings.push(measurePeer(values.python, x, y, repeat));
for (const { name, seconds, accuracy } of timings) {
  console.log(`${name.padEnd(24)} ${seconds.toFixed(2).padStart(6)} s   accuracy ${accuracy.toFixed(4)}`);
}
console.log(JSON.stringify({ workload: `forest of 100 trees on ${train} × ${features}`, timings }));
