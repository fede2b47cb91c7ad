/** A scikit-learn model that MLflow saved, in a Python process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadServedModel, type ServedModel } from "../../../src/ml/serving/served-model.ts";
import { hasPackages, requirePython } from "../../python/find-python.ts";

const has = hasPackages("mlflow", "sklearn", "pandas");

const train = `
import sys, os, mlflow.pyfunc, mlflow.sklearn, pandas
from sklearn.linear_model import LogisticRegression
from mlflow.models import infer_signature

x = pandas.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 1.0, 0.0, 0.0]})
model = LogisticRegression().fit(x, [0, 0, 1, 1])
mlflow.sklearn.save_model(model, sys.argv[1] + "/good", signature=infer_signature(x, model.predict(x)), pip_requirements=[], serialization_format="cloudpickle")

class Odd(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        print("a line that is no answer")
        if model_input["a"][0] == 9:
            os._exit(3)
        if model_input["a"][0] == 7:
            return [mlflow.get_tracking_uri()]
        if model_input["a"][0] == 8:
            raise ValueError("no eights")
        return [float("nan")] * len(model_input)

mlflow.pyfunc.save_model(sys.argv[1] + "/odd", python_model=Odd(), signature=infer_signature(x, [1.0]), pip_requirements=[])
`;

describe.runIf(has)(`Python models${has ? "" : " (skipped: no Python with mlflow and scikit-learn)"}`, () => {
  let folder: string;
  const models: ServedModel[] = [];
  const load = async (name: string): Promise<ServedModel> => {
    const options = { pythonInterpreter: requirePython(), environment: process.env };
    const model = await loadServedModel(join(folder, name), options);
    models.push(model);
    return model;
  };
  const columns = ["a", "b"];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tw-python-model-"));
    const { status, stderr } = spawnSync(requirePython(), ["-c", train, folder], {
      cwd: folder,
      encoding: "utf8",
    });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    // Imports of MLflow and scikit-learn, on a machine that may be busy.
  }, 180_000);
  afterAll(async () => {
    for (const model of models) await model.close();
    rmSync(folder, { recursive: true });
  });

  it("answers what scikit-learn answers", async () => {
    const model = await load("good");
    expect(model.platform).toBe("mlflow_pyfunc");
    expect(model.signature?.columns?.map(({ name }) => name)).toEqual(columns);
    const { predictions } = await model.predict(
      {
        columns,
        rows: [
          [0, 1],
          [3, 0],
        ],
      },
      {},
    );
    expect(predictions).toEqual([0, 1]);
  });

  it("tells MLflow of a server, which makes a database in the working directory otherwise", async () => {
    const model = await load("odd");
    const { predictions } = await model.predict({ columns, rows: [[7, 1]] }, {});
    expect(predictions).toEqual(["http://127.0.0.1:8080"]);
  });

  it("keeps what the model prints out of its answers, and has no NaN in them", async () => {
    const model = await load("odd");
    expect(await model.predict({ columns, rows: [[1, 1]] }, {})).toEqual({ predictions: [null], more: {} });
  });

  it("tells a row that the model refuses from a process that died, and answers again after it", async () => {
    const model = await load("odd");
    const ask = async (a: number) => model.predict({ columns, rows: [[a, 1]] }, {});
    await expect(ask(8)).rejects.toMatchObject({
      code: "TW_MODEL_INPUT",
      message: expect.stringContaining("no eights"),
    });
    await expect(ask(9)).rejects.toMatchObject({
      code: "TW_MODEL_FAILED",
      message: expect.stringContaining("exit code 3"),
    });
    expect((await ask(1)).predictions).toEqual([null]);
  });

  it("says what the interpreter lacks", async () => {
    await expect(
      loadServedModel(join(folder, "good"), { pythonInterpreter: "/no/python", environment: process.env }),
    ).rejects.toMatchObject({
      code: "TW_MODEL_RUNTIME",
      message: expect.stringContaining("/no/python"),
      hint: expect.stringContaining("python.interpreter"),
    });
  });

  it("ends its process when it is closed", async () => {
    const model = await load("good");
    await model.close();
    await vi.waitFor(() =>
      expect(Promise.resolve(model.predict({ columns, rows: [[1, 1]] }, {}))).rejects.toMatchObject({
        code: "TW_MODEL_FAILED",
      }),
    );
  });
});
