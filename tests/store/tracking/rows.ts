/** Experiments and runs for tests of the tracking store. */
import { randomBytes } from "node:crypto";
import { uuid7 } from "../../../src/ids.ts";
import type { Database } from "../../../src/store/connect.ts";
import { createExperiment } from "../../../src/store/tracking/experiments.ts";
import { createRun } from "../../../src/store/tracking/runs.ts";

export const noon = Date.UTC(2026, 0, 1, 12);

export function addExperiment(database: Database, name: string): Promise<number> {
  return createExperiment(
    database,
    { name, artifactLocation: null, tags: [] },
    { artifactRoot: "mlflow-artifacts:", now: noon },
  );
}

export async function addRun(
  database: Database,
  { experimentId = 0, name = "a-run", startTime = noon } = {},
): Promise<string> {
  const run = await createRun(database, {
    runId: uuid7(startTime, randomBytes(16)),
    experimentId: String(experimentId),
    name,
    userId: "me",
    startTime,
    tags: [],
    origin: null,
  });
  return run.runId;
}

export const point = (key: string, value: number, step = 0, timestamp = noon) => ({
  key,
  value,
  step,
  timestamp,
});
