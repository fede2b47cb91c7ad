/** Airflow's REST API v2, under /api/v2: one file for each resource. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { registerAssets } from "./assets.ts";
import { registerBackfills } from "./backfills.ts";
import { registerBulkInstances } from "./bulk-instances.ts";
import { registerClear } from "./clear.ts";
import { registerConnectionTests } from "./connection-tests.ts";
import { registerConnections } from "./connections.ts";
import { AirflowContext } from "./context.ts";
import { registerDagFacts } from "./dag-facts.ts";
import { registerDagParsing } from "./dag-parsing.ts";
import { registerDagRunChanges } from "./dag-run-changes.ts";
import { registerDagRuns } from "./dag-runs.ts";
import { registerDags } from "./dags.ts";
import { registerFavorites } from "./favorites.ts";
import { registerHitl } from "./hitl.ts";
import { registerInstanceChanges } from "./instance-changes.ts";
import { registerInstanceFacts } from "./instance-facts.ts";
import { registerJobs } from "./jobs.ts";
import { registerLogs } from "./logs.ts";
import { registerPools } from "./pools.ts";
import { registerQueuedEvents } from "./queued-events.ts";
import { registerRecords } from "./records.ts";
import { registerStateStores } from "./state-stores.ts";
import { registerSystem } from "./system.ts";
import { registerTaskInstances } from "./task-instances.ts";
import { registerVariables } from "./variables.ts";
import { registerWait } from "./wait.ts";
import { registerXComs } from "./xcoms.ts";

const resources = [
  registerDags,
  registerDagFacts,
  registerDagParsing,
  registerFavorites,
  registerDagRuns,
  registerDagRunChanges,
  registerWait,
  registerClear,
  registerTaskInstances,
  registerInstanceChanges,
  registerInstanceFacts,
  registerBulkInstances,
  registerLogs,
  registerHitl,
  registerXComs,
  registerStateStores,
  registerAssets,
  registerQueuedEvents,
  registerBackfills,
  registerVariables,
  registerConnections,
  registerConnectionTests,
  registerPools,
  registerRecords,
  registerJobs,
  registerSystem,
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
