/**
 * MLflow's own client, of 2.x and of 3.x, against the API server: every call that its users make, checked by its effect
 * (`client_calls.py`). Skipped by name where the environments are not made: `node scripts/test-mlflow.mjs` makes them.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { mlflowPython } from "../../../scripts/test-mlflow.mjs";
import { temporaryFolder } from "../../examples/temporary-folder.ts";
import { freshApi, passwordOf, userOf } from "../../support/api.ts";

interface Step {
  readonly step: string;
  readonly ok: boolean;
  readonly error?: string;
}

const common = [
  "experiments",
  "params_metrics_and_tags",
  "values_that_json_does_not_have",
  "what_may_not_be",
  "artifacts",
  "figures_and_images",
  "nested_and_resumed_runs",
  "search",
  "delete_and_restore",
  "datasets",
  "models_and_the_registry",
  "registry_entries",
  "autologging_of_a_grid_search",
];

const clients = [
  { major: 2, steps: [...common, "traces_of_2"] },
  { major: 3, steps: [...common, "logged_models", "traces", "traces_of_failures"] },
] as const;

async function callEverything(python: string): Promise<Step[]> {
  const api = await freshApi();
  await api.signedIn("User");
  const folder = await temporaryFolder();
  const child = spawn(python, [join(import.meta.dirname, "client_calls.py")], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      MLFLOW_TRACKING_URI: api.url,
      MLFLOW_TRACKING_USERNAME: userOf("User"),
      MLFLOW_TRACKING_PASSWORD: passwordOf("User"),
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const steps: Step[] = [];
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('{"step"')) steps.push(JSON.parse(line) as Step);
  return steps;
}

describe.each(clients)("the client of MLflow $major", ({ major, steps }) => {
  const python = mlflowPython(major);
  const name =
    python === null
      ? "every call (skipped: `node scripts/test-mlflow.mjs` makes its environment)"
      : "every call";
  test.skipIf(python === null)(
    name,
    async () => {
      const done = await callEverything(python as string);
      expect(done).toEqual(steps.map((step) => ({ step, ok: true })));
    },
    // Two or three minutes on a free machine: the client imports for seconds, and fits and packs models.
    1_800_000,
  );
});
