/** Airflow's REST API v2, under /api/v2: one file for each resource. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { registerBulkInstances } from "./bulk-instances.ts";
import { registerClear } from "./clear.ts";
import { AirflowContext } from "./context.ts";
import { registerDagRunChanges } from "./dag-run-changes.ts";
import { registerDagRuns } from "./dag-runs.ts";
import { registerDags } from "./dags.ts";
import { registerInstanceChanges } from "./instance-changes.ts";
import { registerJobs } from "./jobs.ts";
import { registerTaskInstances } from "./task-instances.ts";
import { registerWait } from "./wait.ts";

const resources = [
  registerDags,
  registerDagRuns,
  registerDagRunChanges,
  registerWait,
  registerClear,
  registerTaskInstances,
  registerInstanceChanges,
  registerBulkInstances,
  registerJobs,
];

export async function registerAirflowRoutes(app: ApiApp, parts: ApiParts): Promise<void> {
  const context = new AirflowContext(parts);
  await app.register(
    async (scope) => {
      for (const register of resources) register(scope as unknown as ApiApp, context);
    },
    { prefix: "/api/v2" },
  );
}
