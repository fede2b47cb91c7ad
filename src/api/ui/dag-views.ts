/** What the tabs of a Dag show. */
import { z } from "zod";
import { dagRunStates, runTypes } from "../../core/states.ts";
import { checkTimeZone } from "../../core/time-zone.ts";
import { TradewindError } from "../../errors.ts";
import { type BackfillProgress, backfillProgress } from "../../store/backfills.ts";
import {
  currentVersion,
  type DagVersion,
  findVersionByNumber,
  listVersions,
  readSources,
} from "../../store/dag-versions.ts";
import { getDag } from "../../store/dags.ts";
import { runDurations, runsByDay, taskDurations } from "../../store/views/run-views.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import type * as page from "./contract.ts";
import { DagParams } from "./dag-list.ts";
import { gridData } from "./grid.ts";
import { structureText } from "./known-structures.ts";
import { plannedRuns } from "./planned-runs.ts";
import { structureOf } from "./structure.ts";

const GridQuery = z.object({
  limit: z.int().min(1).max(365).default(25),
  before: z.int().optional(),
  state: z.array(z.enum(dagRunStates)).optional(),
  run_type: z.array(z.enum(runTypes)).optional(),
});

const CalendarQuery = z.object({
  from: z.int(),
  to: z.int(),
  timezone: z.string().refine(isTimeZone, "expected the name of a time zone").default("UTC"),
  unit: z.enum(["day", "hour"]).default("day"),
});

function isTimeZone(name: string): boolean {
  try {
    checkTimeZone(name);
    return true;
  } catch {
    return false;
  }
}

const VersionParams = DagParams.extend({ version: z.int() });

const ofRuns = { access: can("read", "DAG Runs") };

export function registerDagViews(app: ApiApp, parts: ApiParts): void {
  registerStructure(app, parts);
  registerGrid(app, parts);
  registerCalendar(app, parts);
  registerDurations(app, parts);
  registerBackfills(app, parts);
  registerVersionList(app, parts);
  registerVersion(app, parts);
}

function registerStructure(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/structure",
    {
      config: { access: can("read", "DAGs") },
      schema: { params: DagParams, querystring: z.object({ version: z.int().optional() }) },
    },
    async ({ params, query }, reply) => {
      const { dag_id: dagId } = params;
      if (query.version !== undefined) {
        const { spec, versionNumber } = await versionOf(parts, dagId, query.version);
        return structureOf(spec, versionNumber);
      }
      const { currentVersionId } = await getDag(database, dagId);
      const text = await structureText(database, currentVersionId ?? -1, () => versionOf(parts, dagId));
      return reply.type("application/json; charset=utf-8").send(text);
    },
  );
}

function registerGrid(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/dags/:dag_id/grid",
    { config: ofRuns, schema: { params: DagParams, querystring: GridQuery } },
    ({ params, query }) =>
      gridData(parts, params.dag_id, {
        limit: query.limit,
        before: query.before ?? null,
        states: query.state ?? null,
        runTypes: query.run_type ?? null,
      }),
  );
}

function registerCalendar(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/dags/:dag_id/calendar",
    { config: ofRuns, schema: { params: DagParams, querystring: CalendarQuery } },
    ({ params, query }) => calendar(parts, params.dag_id, query),
  );
}

function registerDurations(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/dags/:dag_id/durations",
    {
      config: ofRuns,
      schema: { params: DagParams, querystring: z.object({ limit: z.int().min(1).max(1000).default(100) }) },
    },
    ({ params, query }) => durations(parts, params.dag_id, query.limit),
  );
}

function registerBackfills(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/dags/:dag_id/backfills",
    { config: { access: can("read", "Backfills") }, schema: { params: DagParams } },
    ({ params }) => backfills(parts, params.dag_id),
  );
}

function registerVersionList(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/versions",
    { config: { access: can("read", "DAG Versions") }, schema: { params: DagParams } },
    async ({ params }): Promise<page.VersionItem[]> => {
      const dag = await getDag(database, params.dag_id);
      return (await listVersions(database, params.dag_id)).map((version) => ({
        versionNumber: version.versionNumber,
        createdAt: version.createdAt,
        files: Object.keys(version.files),
        isCurrent: version.id === dag.currentVersionId,
      }));
    },
  );
}

function registerVersion(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/dags/:dag_id/versions/:version",
    { config: { access: can("read", "DAG Code") }, schema: { params: VersionParams } },
    async ({ params }): Promise<page.VersionSource> => {
      const version = await versionOf(parts, params.dag_id, params.version);
      const { relativeFile: mainFile, language } = version.spec;
      const files = [...(await readSources(database, version.id))]
        .map(([path, content]) => ({ path, content }))
        .sort(
          (a, b) => Number(b.path === mainFile) - Number(a.path === mainFile) || (a.path < b.path ? -1 : 1),
        );
      return { versionNumber: version.versionNumber, language, mainFile, files };
    },
  );
}

const mostBackfills = 200;

async function backfills({ database }: ApiParts, dagId: string): Promise<page.BackfillItem[]> {
  await getDag(database, dagId);
  const rows = await backfillProgress(database, dagId, mostBackfills);
  return rows.map((one) => {
    const { queued, running, success, failed } = one;
    const total = one.dates - one.skipped;
    const none = one.completedAt === null ? Math.max(0, total - queued - running - success - failed) : 0;
    return {
      id: one.id,
      fromDate: one.fromDate,
      toDate: one.toDate,
      state: backfillState(one),
      reprocessBehavior: one.reprocessBehavior,
      maxActiveRuns: one.maxActiveRuns,
      createdAt: one.createdAt,
      total,
      counts: { success, failed, running, queued, none },
      skipped: one.skipped,
    };
  });
}

/** One that was paused while its last runs ended has run whole, too. */
function backfillState({ cancelledAt, completedAt, isPaused }: BackfillProgress): page.BackfillItem["state"] {
  if (cancelledAt !== null) return "cancelled";
  if (completedAt !== null) return "completed";
  return isPaused ? "paused" : "running";
}

/** The current one where none is asked for. */
async function versionOf({ database }: ApiParts, dagId: string, number?: number): Promise<DagVersion> {
  const version =
    number === undefined
      ? await currentVersion(database, dagId)
      : await findVersionByNumber(database, dagId, number);
  if (version !== null) return version;
  const dag = await getDag(database, dagId);
  throw new TradewindError(
    "TW_DAG_VERSION_NOT_FOUND",
    `expected a version of ${dag.dagId}, got ${number === undefined ? "none that is current" : number}`,
  );
}

const mostPlanned = 2000;

async function calendar(
  parts: ApiParts,
  dagId: string,
  query: z.output<typeof CalendarQuery>,
): Promise<page.CalendarDay[]> {
  const { database, clock } = parts;
  const { from, to, timezone, unit } = query;
  const days = new Map<string, page.CalendarDay>();
  const dayOf = (day: string): page.CalendarDay => {
    const known = days.get(day);
    if (known !== undefined) return known;
    const fresh = { day, success: 0, failed: 0, running: 0, queued: 0, planned: 0 };
    days.set(day, fresh);
    return fresh;
  };
  for (const { day, state, count } of await runsByDay(database, dagId, { from, to, timezone, unit }))
    dayOf(day)[state] += count;
  const format = dayFormat(timezone, unit);
  const now = clock.now();
  for (const { runAfter } of await plannedRuns(parts, [dagId], { until: to, count: mostPlanned }))
    if (runAfter >= Math.max(from, now)) dayOf(format(runAfter)).planned++;
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** "2026-01-31", or "2026-01-31T08", in a time zone. */
function dayFormat(timeZone: string, unit: "day" | "hour"): (at: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...(unit === "hour" ? { hour: "2-digit", hourCycle: "h23" } : {}),
  });
  return (at) => format.format(at).replace(" ", "T");
}

async function durations(parts: ApiParts, dagId: string, limit: number): Promise<page.Durations> {
  const { database, clock } = parts;
  const now = clock.now();
  const rows = await runDurations(database, dagId, limit);
  const runs = rows.reverse().map((run) => ({
    runId: run.runId,
    state: run.state,
    runAfter: run.runAfter,
    queued: Math.max(0, (run.startDate ?? now) - run.queuedAt),
    ran: run.startDate === null ? 0 : (run.endDate ?? now) - run.startDate,
    landing: run.endDate === null ? null : run.endDate - run.runAfter,
  }));
  const tasks = await taskDurations(
    database,
    rows.map(({ id }) => id),
  );
  return { runs, tasks };
}
