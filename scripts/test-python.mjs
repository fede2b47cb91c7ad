// A virtual environment with the Python packages that tests use, made once in .cache/test-python.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bin/bring-node.mjs";

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
  const python = join(place, "bin", "python");
  if (existsSync(join(place, "complete"))) return python;
  rmSync(place, { recursive: true, force: true });
  console.error("Making a Python environment for the tests (once) …");
  const steps = [
    ["python3", ["-m", "venv", place]],
    [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
    if (status === 0) continue;
    const why = error?.message ?? stderr.trim().split("\n").at(-1);
    console.error(
      `There is none: ${command} ${args.slice(0, 3).join(" ")} … ended with ${status}: ${why}. Tests that need it are skipped.`,
    );
    rmSync(place, { recursive: true, force: true });
    return null;
  }
  writeFileSync(join(place, "complete"), "");
  return python;
}
