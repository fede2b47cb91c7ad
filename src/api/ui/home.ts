/** The first page: what needs a person now, the health of the parts, what ran and what comes. */
import { listImportErrors } from "../../store/import-errors.ts";
import { type JobKind, listJobs } from "../../store/jobs.ts";
import { listPluginImportErrors } from "../../store/plugins.ts";
import { listPoolUsage } from "../../store/pools.ts";
import { dagFacets, newestRuns } from "../../store/views/dag-list.ts";
import {
  activeInstances,
  activeRuns,
  failedDags,
  lateRuns,
  runsByHour,
  waitingInstances,
} from "../../store/views/home.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { causeOf } from "./attempt-log.ts";
import type * as page from "./contract.ts";
import { plannedRuns } from "./planned-runs.ts";

const dayMs = 24 * 3600 * 1000;
/** What waits longer than this for a worker is stuck, and a run that is later than this is late. */
const stuckMs = 5 * 60 * 1000;
const lateMs = 2 * 60 * 1000;
const failuresOf = 7 * dayMs;

export function registerHome(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/home",
    { config: { access: can("read", "Website") } },
    async ({ user }): Promise<page.Home> => {
      const { database, clock } = parts;
      const permitted = await permittedDagIds(user, "read", "DAGs");
      const now = clock.now();
      const [
        attention,
        health,
        facets,
        importErrors,
        runs,
        instances,
        history,
        recent,
        upcoming,
        pools,
        pluginErrors,
      ] = await Promise.all([
        attentionOf(parts, permitted, now),
        healthOf(parts, now),
        dagFacets(database, permitted, user.id),
        listImportErrors(database),
        activeRuns(database, permitted),
        activeInstances(database, permitted),
        runsByHour(database, permitted, now - dayMs),
        newestRuns(database, permitted, 12),
        plannedRuns(parts, permitted, { until: now + dayMs, count: 24 }),
        listPoolUsage(database),
        user.permissions.may("read", "Plugins") ? listPluginImportErrors(database) : [],
      ]);
      return {
        now,
        attention,
        health,
        dags: {
          active: facets.counts.active,
          paused: facets.counts.paused,
          importErrors: importErrors.length,
        },
        pluginErrors: pluginErrors.length,
        runs,
        instances: Object.fromEntries(instances.map(({ state, count }) => [state, count])),
        history: hoursOf(history),
        recent: [...recent],
        upcoming: upcoming.filter(({ runAfter }) => runAfter >= now - lateMs).slice(0, 200),
        pools: pools.map((pool) => ({
          name: pool.name,
          slots: pool.slots,
          running: pool.runningSlots,
          queued: pool.queuedSlots,
          scheduled: pool.scheduledSlots,
          deferred: pool.deferredSlots,
        })),
      };
    },
  );
}

async function attentionOf(
  parts: ApiParts,
  permitted: readonly string[] | null,
  now: number,
): Promise<page.HomeItem[]> {
  const { database } = parts;
  const [failed, waiting, late] = await Promise.all([
    failedDags(database, permitted, now - failuresOf),
    waitingInstances(database, permitted, now - stuckMs),
    lateRuns(database, permitted, now - lateMs),
  ]);
  const failures = await Promise.all(
    failed.map(
      async ({ endDate: at, ...item }): Promise<page.HomeItem> => ({
        kind: "failed",
        dagId: item.dagId,
        runId: item.runId,
        taskId: item.taskId,
        mapIndex: item.mapIndex ?? -1,
        at,
        text: await failureText(parts, item),
      }),
    ),
  );
  const waits = waiting.map(
    ({ state, since, ...item }): page.HomeItem => ({
      kind: state === "awaiting_input" ? "person" : "stuck",
      ...item,
      at: since,
      text: state,
    }),
  );
  const lates = late.map(
    ({ dagId, runId, at }): page.HomeItem => ({
      kind: "late",
      dagId,
      runId,
      taskId: null,
      mapIndex: -1,
      at,
      text: "",
    }),
  );
  return [
    ...waits.filter(({ kind }) => kind === "person"),
    ...failures,
    ...lates,
    ...waits.filter(({ kind }) => kind === "stuck"),
  ];
}

/** The first line of what the task said when it failed. */
async function failureText(
  parts: ApiParts,
  at: { dagId: string; runId: string; taskId: string | null; mapIndex: number | null },
): Promise<string> {
  if (at.taskId === null) return "";
  const { taskId } = at;
  // The newest of a few tries: a task rarely has more, and a log that is not there costs nothing.
  for (let tryNumber = 5; tryNumber >= 1; tryNumber--) {
    const cause = await causeOf(parts, { ...at, taskId, mapIndex: at.mapIndex ?? -1, tryNumber });
    if (cause !== null) return cause.message.split("\n", 1)[0]?.slice(0, 300) ?? "";
  }
  return "";
}

const kinds: readonly JobKind[] = ["scheduler", "triggerer", "dag-processor", "worker", "api"];

async function healthOf({ database, config }: ApiParts, now: number): Promise<page.HealthPart[]> {
  const limit = config.scheduler.healthCheckThreshold * 1000;
  const parts = await Promise.all(
    kinds.map(async (part): Promise<page.HealthPart> => {
      const jobs = await listJobs(database, { kind: part, onlyRunning: true, limit: 50 });
      const alive = jobs.filter(({ latestHeartbeat }) => now - latestHeartbeat <= limit);
      const latest =
        jobs.length === 0 ? null : Math.max(...jobs.map(({ latestHeartbeat }) => latestHeartbeat));
      const status = alive.length > 0 ? "healthy" : jobs.length > 0 ? "unhealthy" : "absent";
      return { part, status, latestHeartbeat: latest, count: alive.length };
    }),
  );
  return [{ part: "database", status: "healthy", latestHeartbeat: now, count: 1 }, ...parts];
}

function hoursOf(counts: Awaited<ReturnType<typeof runsByHour>>): page.Home["history"] {
  const hours = new Map<number, page.Home["history"][number]>();
  for (const { hour, state, count } of counts) {
    const found = hours.get(hour) ?? { hour, success: 0, failed: 0, running: 0, queued: 0 };
    found[state] += count;
    hours.set(hour, found);
  }
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}
