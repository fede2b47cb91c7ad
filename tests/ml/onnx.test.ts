/** What Python makes of our ONNX files and of MLflow's folders: onnxruntime and mlflow, where the Python has them. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Classifier,
  type Dataset,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  ElasticNet,
  type Estimator,
  GaussianNB,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  isClassifier,
  KMeans,
  KNeighborsClassifier,
  LinearRegression,
  LogisticRegression,
  loadIris,
  MinMaxScaler,
  PCA,
  Pipeline,
  type Predictor,
  RandomForestClassifier,
  RandomForestRegressor,
  StandardScaler,
  saveMlflowModel,
  type Transformer,
  toOnnx,
} from "../../src/ml/index.ts";

const python = process.env["TRADEWIND_TEST_PYTHON"];
const has = (modules: string): boolean => {
  if (python === undefined) return false;
  try {
    execFileSync(python, ["-c", `import ${modules}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const runOnnx = `
import json, sys
import numpy as np, onnxruntime
X = np.array(json.load(open(sys.argv[1])))
answer = {}
for path in sys.argv[2:]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    answer[path] = {name: value.tolist() for name, value in zip(names, session.run(None, {"X": X}))}
print(json.dumps(answer))
`;

const folder = mkdtempSync(join(tmpdir(), "tradewind-onnx-"));
let iris: Dataset;
beforeAll(async () => {
  iris = await loadIris();
});
afterAll(() => rm(folder, { recursive: true }));

const models: [string, Estimator][] = [
  ["standard scaler", new StandardScaler()],
  ["min-max scaler", new MinMaxScaler({ featureRange: [-1, 2], clip: true })],
  ["principal components", new PCA({ nComponents: 2 })],
  ["linear regression", new LinearRegression()],
  ["elastic net", new ElasticNet({ alpha: 0.05 })],
  ["logistic regression", new LogisticRegression()],
  ["decision tree", new DecisionTreeClassifier({ maxDepth: 4 })],
  ["random forest", new RandomForestClassifier({ nEstimators: 20 })],
  ["regression tree", new DecisionTreeRegressor({ maxDepth: 4 })],
  ["regression forest", new RandomForestRegressor({ nEstimators: 10 })],
  ["boosted regression", new GradientBoostingRegressor({ nEstimators: 20 })],
  ["boosted classes", new GradientBoostingClassifier({ nEstimators: 10 })],
  ["naive Bayes", new GaussianNB()],
  ["k-means", new KMeans({ nClusters: 3 })],
  [
    "pipeline",
    new Pipeline([
      ["scale", new StandardScaler()],
      ["reduce", new PCA({ nComponents: 3 })],
      ["model", new LogisticRegression({ C: 10 })],
    ]),
  ],
];

function expectNear(actual: number[], wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  // Trees answer in 32 bits.
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - wanted[i])));
  expect(worst).toBeLessThan(1e-5);
}

function expectSame(model: Estimator, answer: Record<string, number[] | number[][]>): void {
  if (isClassifier(model)) {
    expectNear(answer["probabilities"].flat(), (model as Classifier).predictProba(iris.x).data);
    expect(answer["label"]).toEqual(Array.from((model as Classifier).predict(iris.x)));
  } else if ("predict" in model)
    expectNear(answer["variable"].flat(), (model as unknown as Predictor).predict(iris.x));
  else expectNear(answer["transformed"].flat(), (model as Transformer).transform(iris.x).data);
}

describe("models as ONNX", () => {
  it.skipIf(!has("onnxruntime"))("give the same answers in onnxruntime", { timeout: 240_000 }, async () => {
    const rows = join(folder, "rows.json");
    await writeFile(rows, JSON.stringify(iris.x.toArrays()));
    const files = await Promise.all(
      models.map(async ([name, model]) => {
        const file = join(folder, `${name}.onnx`);
        await writeFile(file, toOnnx(model.fit(iris.x, iris.y), { features: 4 }));
        return file;
      }),
    );
    const { stdout } = await promisify(execFile)(python as string, ["-c", runOnnx, rows, ...files], {
      maxBuffer: 1 << 26,
    });
    const answers = JSON.parse(stdout) as Record<string, Record<string, number[]>>;
    for (const [i, [, model]] of models.entries()) expectSame(model, answers[files[i]]);
  });

  it("are refused where ONNX has no operators, or when not fitted", () => {
    const neighbours = new KNeighborsClassifier().fit(iris.x, iris.y);
    expect(() => toOnnx(neighbours, { features: 4 })).toThrow("KNeighborsClassifier has no form in ONNX");
    expect(() => toOnnx(new LinearRegression(), { features: 4 })).toThrow("is not fitted yet");
  });
});

const loadModel = `
import json, sys
import pandas as pd, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
frame = pd.DataFrame(json.loads(sys.argv[2]), columns=["d", "a", "b", "c"])
answer = model.predict(frame)
print(json.dumps({name: value.tolist() for name, value in answer.items()}))
`;

describe("MLflow's folder", () => {
  it.skipIf(!has("mlflow.pyfunc, onnx, onnxruntime, pandas"))(
    "is loaded by mlflow.pyfunc, which puts columns in order by name",
    { timeout: 240_000 },
    async () => {
      const model = new RandomForestClassifier({ nEstimators: 10 }).fit(iris.x, iris.y);
      const place = join(folder, "model");
      await saveMlflowModel(place, model, { features: ["a", "b", "c", "d"], inputExample: [[5, 3, 1, 0.2]] });
      const rows = iris.x.toArrays().map(([a, b, c, d]) => [d, a, b, c]);
      const { stdout } = await promisify(execFile)(
        python as string,
        ["-c", loadModel, place, JSON.stringify(rows)],
        {
          maxBuffer: 1 << 26,
        },
      );
      const answer = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, number[]>;
      expect(answer["label"]).toEqual(Array.from(model.predict(iris.x)));
      for (const k of [0, 1, 2]) expectNear(answer[`probability_${k}`], model.predictProba(iris.x).column(k));
    },
  );

  it("does not replace another one, and leaves nothing behind", async () => {
    const model = new LinearRegression().fit(iris.x, iris.y);
    const options = { features: ["a", "b", "c", "d"] };
    await saveMlflowModel(join(folder, "once"), model, options);
    await expect(saveMlflowModel(join(folder, "once"), model, options)).rejects.toMatchObject({
      code: "TW_ML_FORMAT",
    });
  });
});
