/** One run: its facts, its instances, their tries over time. */
import { z } from "zod";
import { dagRunStates, runTypes } from "../../core/states.ts";
import { type DagRunRow, dagRunOrders, getDagRun, listDagRuns } from "../../store/dag-runs.ts";
import { findVersionById } from "../../store/dag-versions.ts";
import { countStates } from "../../store/task-instances.ts";
import {
  failuresOfRun,
  instancesOfRun,
  instanceViewOrders,
  neighbours,
  triesOfRun,
} from "../../store/views/run-views.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { causeOf } from "./attempt-log.ts";
import type * as page from "./contract.ts";
import { barOf, DagParams } from "./dag-list.ts";

export const RunParams = DagParams.extend({ dag_run_id: z.string() });

const InstancesQuery = z.object({
  task_id: z.string().optional(),
  state: z.array(z.string()).optional(),
  search: z.string().optional(),
  order_by: z.enum(instanceViewOrders).default("task"),
  limit: z.int().min(1).max(10_000).default(1000),
  offset: z.int().min(0).default(0),
});

const RunsQuery = z.object({
  dag_id: z.string().optional(),
  search: z.string().optional(),
  state: z.array(z.enum(dagRunStates)).optional(),
  run_type: z.array(z.enum(runTypes)).optional(),
  /** Bounds of when runs became due, included. */
  from: z.int().optional(),
  to: z.int().optional(),
  order_by: z.enum(dagRunOrders).default("-run_after"),
  limit: z.int().min(1).max(1000).default(50),
  offset: z.int().min(0).default(0),
});

/** Failures whose cause is read from their logs. */
const mostFailures = 20;
const mostBars = 20_000;

const ofInstances = { access: can("read", "Task Instances") };

export function registerRunViews(app: ApiApp, parts: ApiParts): void {
  registerRunList(app, parts);
  registerRun(app, parts);
  registerInstances(app, parts);
  registerStates(app, parts);
  registerGantt(app, parts);
}

function registerRunList(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/runs",
    { config: { access: can("read", "DAG Runs") }, schema: { querystring: RunsQuery } },
    async ({ user, query }): Promise<page.RunList> => {
      const permitted = await permittedDagIds(user, "read", "DAG Runs");
      const { order_by: orderBy, limit, offset } = query;
      const asked = query.dag_id === undefined ? permitted : [query.dag_id];
      const filter = {
        dagIds: asked?.filter((id) => permitted === null || permitted.includes(id)) ?? null,
        runIdPattern: query.search ?? null,
        states: query.state ?? null,
        runTypes: query.run_type ?? null,
        runAfterFrom: query.from ?? null,
        runAfterTo: query.to ?? null,
      };
      const { rows, total } = await listDagRuns(database, filter, { orderBy, limit, offset });
      return { runs: rows.map((run) => ({ ...barOf(run), dagId: run.dagId })), total };
    },
  );
}

function registerRun(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id",
    { config: { access: can("read", "DAG Runs") }, schema: { params: RunParams } },
    async ({ params }) => runDetail(parts, await getDagRun(database, params.dag_id, params.dag_run_id)),
  );
}

function registerInstances(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id/instances",
    { config: ofInstances, schema: { params: RunParams, querystring: InstancesQuery } },
    async ({ params, query }): Promise<page.InstanceList> => {
      const run = await getDagRun(database, params.dag_id, params.dag_run_id);
      const filter = {
        taskId: query.task_id ?? null,
        states: query.state ?? null,
        search: query.search ?? null,
      };
      const { order_by: orderBy, limit, offset } = query;
      const { rows, total } = await instancesOfRun(database, run.id, filter, { limit, offset, orderBy });
      return { instances: rows, total };
    },
  );
}

function registerStates(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id/states",
    { config: ofInstances, schema: { params: RunParams } },
    async ({ params }): Promise<{ [taskId: string]: { [state: string]: number } }> => {
      const run = await getDagRun(database, params.dag_id, params.dag_run_id);
      const states = Map.groupBy(await countStates(database, run.id), ({ taskId }) => taskId);
      return Object.fromEntries(
        [...states].map(([taskId, rows]) => [
          taskId,
          Object.fromEntries(rows.map(({ state, count }) => [state ?? "none", count])),
        ]),
      );
    },
  );
}

function registerGantt(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id/gantt",
    { config: ofInstances, schema: { params: RunParams } },
    async ({ params }): Promise<page.Bar[]> => {
      const run = await getDagRun(database, params.dag_id, params.dag_run_id);
      return triesOfRun(database, run.id, mostBars);
    },
  );
}

async function runDetail(parts: ApiParts, run: DagRunRow): Promise<page.RunDetail> {
  const { database } = parts;
  const [version, states, failures, beside] = await Promise.all([
    findVersionById(database, run.versionId),
    countStates(database, run.id),
    failuresOfRun(database, run.id, mostFailures),
    neighbours(database, run.dagId, run),
  ]);
  const counts: Record<string, number> = {};
  for (const { state, count } of states) counts[state ?? "none"] = (counts[state ?? "none"] ?? 0) + count;
  const { id: _, versionId: _version, ...facts } = run;
  return {
    ...facts,
    versionNumber: version?.versionNumber ?? null,
    counts,
    failures: await Promise.all(
      failures.map(async (failure) => ({
        ...failure,
        error: (await causeOf(parts, { ...failure, dagId: run.dagId, runId: run.runId }))?.message ?? null,
      })),
    ),
    previousRunId: beside.previous,
    nextRunId: beside.next,
  };
}
