/**
 * Fitted models as ONNX files. The input is `X`, doubles of shape (samples, features). A classifier answers `label` and
 * `probabilities`, a regressor `variable`, a transformer `transformed`: the names that skl2onnx gives.
 */
import { TradewindError } from "../../errors.ts";
import { version } from "../../version.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { isClassifier, isPredictor, isTransformer } from "../estimators/estimator.ts";
import { Pipeline } from "../estimators/pipeline.ts";
import { OnnxGraph } from "./graph.ts";
import { classifierScores, regressorValues, transformed } from "./operators.ts";

export interface OnnxOptions {
  /** Features that the model was fitted on. */
  features: number;
  /** Name of the graph. Default: the model's kind. */
  name?: string;
  /** A vector per class, `probability_<label>`, in place of the matrix `probabilities`: what fits a data frame. */
  probabilityColumns?: boolean;
}

/** TW_ML_ONNX for a model that ONNX has no operators for. */
export function toOnnx(model: Estimator, options: OnnxOptions): Uint8Array {
  const graph = new OnnxGraph();
  const rows = "samples";
  let current = graph.input("X", "double", [rows, options.features]);
  const steps = model instanceof Pipeline ? model.steps.map(([, step]) => step) : [model];
  for (const step of steps.slice(0, -1)) current = transformed(graph, current, step);
  const last = steps[steps.length - 1];
  if (isClassifier(last)) {
    const probabilities = classifierScores(graph, current, last);
    const labels = Array.from(last.classes);
    const whole = labels.every(Number.isInteger);
    const table = graph.constant({
      type: whole ? "int64" : "double",
      shape: [labels.length],
      values: labels,
    });
    const position = graph.op("ArgMax", [probabilities], { axis: 1, keepdims: 0 });
    graph.output("label", graph.op("Gather", [table, position], { axis: 0 }), whole ? "int64" : "double", [
      rows,
    ]);
    if (options.probabilityColumns !== true)
      graph.output("probabilities", probabilities, "double", [rows, labels.length]);
    else
      for (const [k, label] of labels.entries()) {
        const column = graph.op(
          "Gather",
          [probabilities, graph.constant({ type: "int64", shape: [], values: [k] })],
          { axis: 1 },
        );
        graph.output(`probability_${label}`, column, "double", [rows]);
      }
  } else if (isPredictor(last)) {
    graph.output("variable", regressorValues(graph, current, last), "double", [rows, 1]);
  } else if (isTransformer(last)) {
    graph.output("transformed", transformed(graph, current, last), "double", [rows, "features"]);
  } else throw new TradewindError("TW_ML_ONNX", `${last.kind} neither predicts nor transforms`);
  return graph.encode(options.name ?? model.kind, { name: "tradewind", version });
}
