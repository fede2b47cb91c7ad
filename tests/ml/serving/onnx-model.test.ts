/** ONNX files of ours by ONNX Runtime for Node, where somebody has installed it (`npm install onnxruntime-node --no-save --ignore-scripts`). */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Dataset,
  DecisionTreeClassifier,
  type Estimator,
  GaussianNB,
  GradientBoostingRegressor,
  isClassifier,
  LinearRegression,
  LogisticRegression,
  loadIris,
  Pipeline,
  type Predictor,
  RandomForestClassifier,
  StandardScaler,
  saveMlflowModel,
} from "../../../src/ml/index.ts";
import { loadServedModel, type ServedModel } from "../../../src/ml/serving/served-model.ts";

const runtime = "onnxruntime-node";
const isThere = await import(runtime).then(
  () => true,
  () => false,
);

describe.runIf(isThere)(
  `ONNX models${isThere ? "" : " (skipped: onnxruntime-node is not installed)"}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-onnx-model-"));
    const columns = ["a", "b", "c", "d"];
    let iris: Dataset;
    beforeAll(async () => {
      iris = await loadIris();
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    async function served(name: string, model: Estimator): Promise<ServedModel> {
      const place = join(folder, name);
      await saveMlflowModel(place, model.fit(iris.x, iris.y), { features: columns });
      // Without our own JSON beside it, the graph is what answers.
      const file = join(place, "MLmodel");
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace(/^ {2}tradewind:\n(?: {4}.*\n)+/m, ""));
      return loadServedModel(place, { pythonInterpreter: "python3", environment: {} });
    }

    it.each<[string, Estimator]>([
      ["least squares", new LinearRegression()],
      ["logistic regression", new LogisticRegression()],
      ["a tree", new DecisionTreeClassifier({ maxDepth: 4 })],
      ["a forest", new RandomForestClassifier({ nEstimators: 20 })],
      ["boosting", new GradientBoostingRegressor({ nEstimators: 20 })],
      ["naive Bayes", new GaussianNB()],
      [
        "a pipeline",
        new Pipeline([
          ["scale", new StandardScaler()],
          ["model", new LogisticRegression({ C: 10 })],
        ]),
      ],
    ])("answers as %s does", async (name, model) => {
      const onnx = await served(name, model);
      expect(onnx.platform).toBe("onnx_onnxv1");
      const { predictions } = await onnx.predict({ columns, rows: iris.x.toArrays() }, {});
      const wanted = (model as unknown as Predictor).predict(iris.x);
      const worst = Math.max(...predictions.map((value, i) => Math.abs(Number(value) - wanted[i])));
      // Trees answer in 32 bits.
      expect(worst).toBeLessThan(isClassifier(model) ? 1e-12 : 1e-5);
      await onnx.close();
    });

    it("refuses a file that is none, and one of an operator set that nobody knows, with the reason", async () => {
      const place = join(folder, "broken");
      await (await served("broken", new LinearRegression())).close();
      const file = join(place, "model.onnx");
      const bytes = await readFile(file);
      const load = () => loadServedModel(place, { pythonInterpreter: "python3", environment: {} });
      // The last entries of the file are the operator sets: the empty domain, and the version 18.
      const at = bytes.lastIndexOf(Buffer.of(0x10, 18));
      expect(at).toBeGreaterThan(0);
      await writeFile(
        file,
        Buffer.concat([bytes.subarray(0, at), Buffer.of(0x10, 99), bytes.subarray(at + 2)]),
      );
      await expect(load()).rejects.toMatchObject({
        code: "TW_MODEL_PACKAGE",
        message: expect.stringMatching(/Opset 99/),
      });
      await writeFile(file, "this is no ONNX");
      await expect(load()).rejects.toMatchObject({ code: "TW_MODEL_PACKAGE" });
      await writeFile(file, bytes.subarray(0, bytes.length / 2));
      await expect(load()).rejects.toMatchObject({ code: "TW_MODEL_PACKAGE" });
    });
  },
);
