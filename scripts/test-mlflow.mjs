// Two virtual environments with MLflow's client, of 2.x and of 3.x, made once in .cache: for the tests that use it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";
import { makeEnvironment, pythonIn } from "./make-environment.mjs";

const environments = {
  // Its tracing needs the OpenTelemetry of its own time.
  2: ["mlflow==2.21.*", "setuptools<81", "opentelemetry-sdk==1.30.0"],
  // With what the examples in Python need besides.
  3: ["mlflow==3.11.*", "psycopg2-binary", "wandb==0.19.*"],
};

const placeOf = (major) => join(root, ".cache", `test-mlflow-${major}`);

/** Path of the interpreter of that major version, or null where it is not made. TRADEWIND_TEST_MLFLOW_2 and _3 name others. */
export function mlflowPython(major) {
  return process.env[`TRADEWIND_TEST_MLFLOW_${major}`] || pythonIn(placeOf(major), environments[major]);
}

/** Makes what is not there. Returns why it could not be, or null. */
export function makeMlflow(major) {
  return mlflowPython(major) === null ? makeEnvironment(placeOf(major), environments[major]) : null;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const major of [2, 3]) {
    const why = makeMlflow(major);
    console.log(why === null ? `MLflow ${major}: ${mlflowPython(major)}` : `MLflow ${major}: none: ${why}`);
  }
