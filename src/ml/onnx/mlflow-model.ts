/**
 * A model as a folder that MLflow loads: `MLmodel` with the flavors `onnx` and `python_function`, the model as ONNX, the
 * requirements of a Python that runs it, and beside them the model as our own JSON.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { TradewindError } from "../../errors.ts";
import { systemClock } from "../../time.ts";
import { type Estimator, isClassifier, isPredictor } from "../estimators/estimator.ts";
import { toOnnx } from "./convert.ts";

export interface MlflowModelOptions {
  /** Names of the features, in the order in which the model takes them. */
  features: readonly string[];
  /** For `input_example.json`. */
  inputExample?: readonly (readonly number[])[];
  /** What else `MLmodel` says: free text by name. */
  metadata?: Readonly<Record<string, string>>;
  /** The version of MLflow whose layout it is. */
  mlflowVersion?: string;
}

const requirements = ["mlflow", "onnx>=1.14", "onnxruntime>=1.16", "pandas", "numpy"];

/**
 * Writes the folder; it appears whole or not at all. An existing one is refused (`TW_ML_FORMAT`), a model without a form in
 * ONNX as well (`TW_ML_ONNX`).
 */
export async function saveMlflowModel(
  folder: string,
  model: Estimator,
  options: MlflowModelOptions,
): Promise<void> {
  const onnx = toOnnx(model, { features: options.features.length, probabilityColumns: true });
  const draft = join(dirname(folder), `.${process.pid}-${Math.abs(hashOf(folder))}.draft`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, "model.onnx"), onnx);
    await writeFile(join(draft, "model.json"), JSON.stringify(model));
    await writeFile(join(draft, "MLmodel"), stringify(modelFile(model, options, onnx.length)));
    await writeFile(join(draft, "requirements.txt"), `${requirements.join("\n")}\n`);
    await writeFile(join(draft, "python_env.yaml"), stringify(pythonEnvironment));
    await writeFile(join(draft, "conda.yaml"), stringify(condaEnvironment));
    if (options.inputExample !== undefined)
      await writeFile(
        join(draft, "input_example.json"),
        JSON.stringify({ columns: options.features, data: options.inputExample }),
      );
    await rename(draft, folder);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
    throw new TradewindError("TW_ML_FORMAT", "expected a folder that does not exist yet", {
      at: { file: folder },
      cause,
    });
  }
}

const hashOf = (text: string): number =>
  [...text].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7);

const pythonEnvironment = {
  python: "3.11",
  build_dependencies: ["pip"],
  dependencies: ["-r requirements.txt"],
};

const condaEnvironment = {
  name: "mlflow-env",
  channels: ["conda-forge"],
  dependencies: ["python=3.11", "pip", { pip: requirements }],
};

function modelFile(model: Estimator, options: MlflowModelOptions, bytes: number): object {
  const { features, metadata, mlflowVersion = "3.11.1" } = options;
  return {
    artifact_path: "model",
    flavors: {
      onnx: { code: null, data: "model.onnx", onnx_version: "1.14.0", providers: ["CPUExecutionProvider"] },
      python_function: {
        data: "model.onnx",
        env: { conda: "conda.yaml", virtualenv: "python_env.yaml" },
        loader_module: "mlflow.onnx",
        python_version: "3.11",
      },
      tradewind: { data: "model.json", model: model.kind },
    },
    ...(metadata === undefined ? {} : { metadata }),
    mlflow_version: mlflowVersion,
    model_size_bytes: bytes,
    ...(options.inputExample === undefined
      ? {}
      : {
          saved_input_example_info: {
            artifact_path: "input_example.json",
            pandas_orient: "split",
            type: "dataframe",
          },
        }),
    signature: {
      inputs: JSON.stringify(features.map((name) => ({ type: "double", name, required: true }))),
      outputs: JSON.stringify(outputsOf(model)),
      params: null,
    },
    utc_time_created: new Date(systemClock.now()).toISOString().replace("T", " ").slice(0, 23),
  };
}

/** Columns of the data frame that `mlflow.pyfunc` answers with. */
function outputsOf(model: Estimator): object[] {
  if (!isClassifier(model))
    return [{ type: "double", name: isPredictor(model) ? "variable" : "transformed", required: true }];
  const labels = Array.from(model.classes);
  const type = labels.every(Number.isInteger) ? "long" : "double";
  const probabilities = labels.map((label) => ({
    type: "double",
    name: `probability_${label}`,
    required: true,
  }));
  return [{ type, name: "label", required: true }, ...probabilities];
}
