/**
 * Iris: load → preprocess → train → evaluate. The first pipeline, and the one that `npm start` runs.
 *
 * A task is a function with an id. Calling what `dag.task` returns places the task, and giving it another task's
 * reference makes the edge: `train({ split })` runs after the task that returns `split`, with its value. The compiler
 * checks that the value fits. Values are small (paths, numbers); what is large goes to files below the param `folder`.
 *
 * Run it once, with progress:      tradewind dags test iris
 * Run it under the scheduler:      tradewind dags trigger iris --wait
 */
import { join } from "node:path";
import { Dag, Param } from "tradewind";
import { evaluateModel, preprocessData, saveIrisData, trainModel } from "./steps.ts";

export const iris = new Dag("iris", {
  description: "Classify irises with a random forest",
  // No schedule: a run starts when somebody, another Dag or the API asks for one.
  schedule: null,
  startDate: "2024-01-01",
  catchup: false,
  tags: ["mlops", "demo"],
  defaultArgs: { owner: "tradewind", retries: 1, retryDelay: { seconds: 10 } },
  params: {
    folder: new Param(join(import.meta.dirname, "data"), {
      type: "string",
      description: "Each run writes its files into a folder of its own in here",
    }),
  },
});

const loadData = iris.task("load_data", saveIrisData);
const preprocess = iris.task("preprocess", preprocessData);
const train = iris.task("train", trainModel);
const evaluate = iris.task("evaluate", evaluateModel, { multipleOutputs: true });

const split = preprocess({ data: loadData() });
evaluate({ split, model: train({ split }) });
