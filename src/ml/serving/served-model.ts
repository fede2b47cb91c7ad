/** A model that is loaded and answers. One interface for everything that serves: our JSON, ONNX, Python. */
import { TradewindError } from "../../errors.ts";
import { fileOf, type ModelPackage, readModelPackage } from "./model-package.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { Signature } from "./signature.ts";

export interface ServedModel {
  /** As the Open Inference Protocol names it: "tradewind_json", "onnx_onnxv1", "mlflow_pyfunc". */
  readonly platform: string;
  readonly signature: Signature | null;
  /** A body of `/invocations` to warm it up with; null when the model came without one. */
  readonly inputExample: unknown;
  /**
   * The rows have the signature's columns, in its order.
   * @throws TradewindError TW_MODEL_INPUT when the model cannot work with them, TW_MODEL_FAILED when it broke.
   */
  predict(input: Rows, params: PredictParams): Promise<Prediction> | Prediction;
  close(): Promise<void>;
}

export interface LoadOptions {
  /** For models in Python: the interpreter that has what the model imports. */
  readonly pythonInterpreter: string;
  /** What the process of a Python model inherits; without secrets of ours. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws TradewindError TW_MODEL_PACKAGE when the folder holds nothing that can be served; what loading throws. */
export async function loadServedModel(folder: string, options: LoadOptions): Promise<ServedModel> {
  const model = await readModelPackage(folder);
  // The first flavor that is there: those that need no process of their own come first.
  if (model.flavors["tradewind"] !== undefined) return loadJson(model);
  if (model.flavors["onnx"] !== undefined) return loadOnnx(model);
  if (model.flavors["python_function"] !== undefined) {
    const { PythonModel } = await import("./python-model.ts");
    return PythonModel.start(model, options);
  }
  throw new TradewindError(
    "TW_MODEL_PACKAGE",
    `${folder}: expected a flavor of tradewind, onnx or python_function, got ${Object.keys(model.flavors).join(", ") || "none"}`,
  );
}

async function loadJson(model: ModelPackage): Promise<ServedModel> {
  const { JsonModel } = await import("./json-model.ts");
  return JsonModel.load(model, fileOf(model, "tradewind", "data", "model.json"));
}

async function loadOnnx(model: ModelPackage): Promise<ServedModel> {
  const { OnnxModel } = await import("./onnx-model.ts");
  return OnnxModel.load(model, fileOf(model, "onnx", "data", "model.onnx"));
}
