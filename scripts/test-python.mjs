// A virtual environment with the Python packages that tests use, made once in .cache/test-python.
import { join } from "node:path";
import { root } from "../bin/bring-node.mjs";
import { makeEnvironment, pythonIn } from "./make-environment.mjs";

const packages = [
  "jinja2",
  "polars",
  "pydantic",
  "attrs",
  "pyarrow",
  "pendulum",
  "pandas",
  "scikit-learn",
  "flask",
  "sqlalchemy",
  "psycopg2-binary",
  "paramiko",
  "pyftpdlib",
  "slack_sdk",
  "docker",
  "kubernetes",
  "papermill",
  "ipykernel",
  "boto3",
  // S3 and SageMaker for the tests; `moto[server]` would bring what other services need.
  "moto[s3]",
  "flask-cors",
  // boto3 takes no later one; said here, it is found at once.
  "python-dateutil<3",
  "onnxruntime",
  "onnx",
  "mlflow-skinny",
  "apache-airflow-client",
];

/** Path of its interpreter, or null with the reason printed: then the tests that need it are skipped by name. */
export function testPython() {
  if (process.env.TRADEWIND_TEST_PYTHON) return process.env.TRADEWIND_TEST_PYTHON;
  const place = join(root, ".cache", "test-python");
  const made = pythonIn(place, packages);
  if (made !== null) return made;
  console.error("Making a Python environment for the tests (once) …");
  const why = makeEnvironment(place, packages);
  if (why !== null) console.error(`There is none: ${why}. Tests that need it are skipped.`);
  return pythonIn(place, packages);
}
