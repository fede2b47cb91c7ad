/** The list of Dags, its filters, and files that did not import. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { dagRunStates } from "../../core/states.ts";
import { isPartitioned } from "../../core/timetable/next-run.ts";
import { countDagRuns } from "../../store/dag-runs.ts";
import { currentVersion } from "../../store/dag-versions.ts";
import { getDag, listWarnings } from "../../store/dags.ts";
import { listFavorites } from "../../store/favorites.ts";
import { listImportErrors } from "../../store/import-errors.ts";
import {
  type DagListFilter,
  type DagListOrder,
  type DagListRow,
  dagFacets,
  dagListOrders,
  listDagsForPage,
  recentRunsOf,
} from "../../store/views/dag-list.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import type * as page from "./contract.ts";

/** Bars beside a Dag. */
const recentRuns = 14;

const orders = Object.keys(dagListOrders) as [DagListOrder, ...DagListOrder[]];

const ListQuery = z.object({
  search: z.string().optional(),
  tags: z.array(z.string()).optional(),
  tags_match: z.enum(["any", "all"]).optional(),
  owners: z.array(z.string()).optional(),
  show: z.enum(["active", "paused", "favorite", ...dagRunStates]).optional(),
  order_by: z.enum(orders).default("name"),
  limit: z.int().min(1).max(500).default(50),
  offset: z.int().min(0).default(0),
});

export const DagParams = z.object({ dag_id: z.string() });

export function registerDagList(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  const access = can("read", "DAGs");
  app.get("/ui/dags", { config: { access }, schema: { querystring: ListQuery } }, async (request) => {
    const { order_by: orderBy, limit, offset, ...query } = request.query;
    const permitted = await permittedDagIds(request.user, "read", "DAGs");
    const filter = filterOf(query, permitted, request.user.id);
    const { rows, total } = await listDagsForPage(database, filter, { orderBy, limit, offset });
    return { dags: await withRuns(parts, rows), total } satisfies page.DagList;
  });
  app.get(
    "/ui/dags/facets",
    { config: { access } },
    async ({ user }): Promise<page.DagFacets> =>
      dagFacets(database, await permittedDagIds(user, "read", "DAGs"), user.id),
  );
  app.get("/ui/dags/:dag_id", { config: { access }, schema: { params: DagParams } }, (request) =>
    dagHeader(parts, request.params.dag_id, request.user.id),
  );
  app.get("/ui/import-errors", { config: { access: can("read", "ImportError") } }, () =>
    importProblems(parts),
  );
}

type Query = Omit<z.output<typeof ListQuery>, "order_by" | "limit" | "offset">;

function filterOf(query: Query, permitted: readonly string[] | null, userId: number | null): DagListFilter {
  const { show } = query;
  const ofState = dagRunStates.find((state) => state === show);
  return {
    permitted,
    userId,
    search: query.search ?? null,
    tags: query.tags ?? null,
    tagsMatch: query.tags_match ?? "any",
    owners: query.owners ?? null,
    isPaused: show === "active" ? false : show === "paused" ? true : null,
    onlyFavorites: show === "favorite",
    lastState: ofState ?? null,
  };
}

async function withRuns(parts: ApiParts, rows: readonly DagListRow[]): Promise<page.DagListItem[]> {
  const ids = rows.map(({ dagId }) => dagId);
  const byDag = Map.groupBy(await recentRunsOf(parts.database, ids, recentRuns), ({ dagId }) => dagId);
  return rows.map((row) => ({ ...row, recentRuns: (byDag.get(row.dagId) ?? []).map(barOf) }));
}

export function barOf(run: page.RunBar): page.RunBar {
  const { runId, state, runType, runAfter, logicalDate, startDate, endDate } = run;
  return { runId, state, runType, runAfter, logicalDate, startDate, endDate };
}

async function dagHeader(parts: ApiParts, dagId: string, userId: number | null): Promise<page.DagHeader> {
  const { database } = parts;
  const dag = await getDag(database, dagId);
  const [version, runs, runCounts, warnings, favorites] = await Promise.all([
    currentVersion(database, dagId),
    recentRunsOf(database, [dagId], recentRuns),
    countDagRuns(database, dagId),
    listWarnings(database, dagId),
    userId === null ? Promise.resolve<string[]>([]) : listFavorites(database, userId),
  ]);
  const spec = version?.spec;
  return {
    dagId,
    displayName: dag.displayName,
    description: dag.description,
    language: dag.language,
    relativeFile: dag.relativeFile,
    isPaused: dag.isPaused,
    isFavorite: favorites.includes(dagId),
    hasImportErrors: dag.hasImportErrors,
    tags: dag.tags,
    owners: dag.owners,
    schedule: dag.timetableSummary,
    scheduleWords: dag.timetableDescription,
    nextRun: dag.isPaused ? null : dag.nextDagrunCreateAfter,
    recentRuns: runs.map(barOf),
    docMd: spec?.docMd ?? null,
    versionNumber: version?.versionNumber ?? null,
    bundleName: dag.bundleName,
    startDate: spec?.startDate ?? null,
    endDate: spec?.endDate ?? null,
    timezone: spec?.timezone ?? "UTC",
    catchup: spec?.catchup ?? false,
    maxActiveRuns: dag.maxActiveRuns,
    maxActiveTasks: dag.maxActiveTasks,
    maxConsecutiveFailedDagRuns: dag.maxConsecutiveFailedDagRuns,
    dagrunTimeoutSeconds: spec?.dagrunTimeout ?? null,
    lastParsedAt: dag.lastParsedAt,
    params: spec?.params ?? {},
    runCounts,
    hasAssetSchedule: spec?.timetable.kind === "asset" || spec?.timetable.kind === "asset-or-time",
    isPartitioned: spec !== undefined && isPartitioned(spec.timetable),
    warnings: warnings.map(({ kind, message }) => ({ kind, message })),
    taskCount: spec?.tasks.length ?? 0,
  };
}

/** Lines before and after the mistake. */
const around = 4;

async function importProblems({ database, config }: ApiParts): Promise<page.ImportProblem[]> {
  const errors = await listImportErrors(database);
  return Promise.all(
    errors.map(async ({ relativeFile, ...error }) => ({
      ...error,
      file: relativeFile,
      excerpt:
        error.line === null ? [] : await excerpt(join(config.paths.dagsFolder, relativeFile), error.line),
    })),
  );
}

/** Nothing where the file cannot be read here: it may be gone, or on another machine. */
async function excerpt(path: string, line: number): Promise<{ line: number; text: string }[]> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return [];
  const first = Math.max(0, line - 1 - around);
  return text
    .split(/\r?\n/)
    .slice(first, line + around)
    .map((text, index) => ({ line: first + index + 1, text: text.slice(0, 400) }));
}
