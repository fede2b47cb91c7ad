/** The list of Dags with what stands beside each: newest runs, favourites, counts for the filters. */
import type { DagRunState, DagRunType } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import type { DagRow } from "../dags.ts";
import type { Statement } from "../sql.ts";
import { containing, sql } from "../sql.ts";

export interface DagListFilter {
  /** Null: all of them. */
  readonly permitted: readonly string[] | null;
  readonly userId: number | null;
  /** Part of the id, the display name or the description, any case. */
  readonly search?: string | null;
  readonly tags?: readonly string[] | null;
  readonly tagsMatch?: "any" | "all";
  readonly owners?: readonly string[] | null;
  readonly isPaused?: boolean | null;
  readonly onlyFavorites?: boolean;
  /** State of the newest run. */
  readonly lastState?: DagRunState | null;
}

export const dagListOrders = {
  name: sql`lower(d.display_name), d.dag_id`,
  "-name": sql`lower(d.display_name) DESC, d.dag_id DESC`,
  next: sql`d.next_dagrun_create_after NULLS LAST, d.dag_id`,
  "-last": sql`last.run_after DESC NULLS LAST, d.dag_id`,
  last: sql`last.run_after NULLS FIRST, d.dag_id`,
} as const;

export type DagListOrder = keyof typeof dagListOrders;

/** The newest run of each Dag is looked for only where somebody asks for it: it costs more than all the rest. */
const newestRun = sql`
  LEFT JOIN LATERAL (
    SELECT state, run_after FROM dag_run r WHERE r.dag_id = d.dag_id ORDER BY run_after DESC, id DESC LIMIT 1
  ) last ON true`;

function from(f: DagListFilter, orderBy: DagListOrder): Statement {
  const search = containing(f.search);
  const lastState = f.lastState ?? null;
  const needsRun = lastState !== null || orderBy === "last" || orderBy === "-last";
  return sql`
    FROM dag d ${needsRun ? newestRun : sql``}
    WHERE NOT d.is_stale
      AND (${f.permitted}::text[] IS NULL OR d.dag_id = ANY (${f.permitted}))
      AND (${search}::text IS NULL OR d.dag_id ILIKE ${search} OR d.display_name ILIKE ${search}
           OR d.description ILIKE ${search})
      AND (${f.isPaused ?? null}::boolean IS NULL OR d.is_paused = ${f.isPaused ?? null})
      AND (${f.owners ?? null}::text[] IS NULL OR d.owners && ${f.owners ?? null})
      AND (${f.tags ?? null}::text[] IS NULL
           OR CASE WHEN ${f.tagsMatch === "all"}::boolean THEN d.tags @> ${f.tags ?? null}
                   ELSE d.tags && ${f.tags ?? null} END)
      AND (NOT ${f.onlyFavorites ?? false}::boolean
           OR EXISTS (SELECT FROM dag_favorite v WHERE v.dag_id = d.dag_id AND v.user_id = ${f.userId}))
      ${lastState === null ? sql`` : sql`AND last.state = ${lastState}`}`;
}

export interface DagListRow
  extends Pick<
    DagRow,
    | "dagId"
    | "displayName"
    | "description"
    | "language"
    | "relativeFile"
    | "isPaused"
    | "hasImportErrors"
    | "tags"
    | "owners"
  > {
  readonly schedule: string | null;
  readonly scheduleWords: string | null;
  readonly nextRun: number | null;
  readonly isFavorite: boolean;
}

export async function listDagsForPage(
  executor: Executor,
  filter: DagListFilter,
  page: { orderBy: DagListOrder; limit: number; offset: number },
): Promise<{ rows: DagListRow[]; total: number }> {
  const rows = await executor.rows<DagListRow & { total: number }>(sql`
    SELECT d.dag_id AS "dagId", d.display_name AS "displayName", d.description, d.language,
      d.relative_file AS "relativeFile", d.is_paused AS "isPaused", d.has_import_errors AS "hasImportErrors",
      d.tags, d.owners, d.timetable_summary AS schedule, d.timetable_description AS "scheduleWords",
      CASE WHEN d.is_paused THEN NULL ELSE d.next_dagrun_create_after END AS "nextRun",
      EXISTS (SELECT FROM dag_favorite v WHERE v.dag_id = d.dag_id AND v.user_id = ${filter.userId}) AS "isFavorite",
      count(*) OVER () AS total
    ${from(filter, page.orderBy)} ORDER BY ${dagListOrders[page.orderBy]} LIMIT ${page.limit} OFFSET ${page.offset}`);
  return { rows, total: rows[0]?.total ?? 0 };
}

export interface RecentRun {
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly runType: DagRunType;
  readonly runAfter: number;
  readonly logicalDate: number | null;
  readonly startDate: number | null;
  readonly endDate: number | null;
}

const runColumns = sql`
  dag_id AS "dagId", run_id AS "runId", state, run_type AS "runType", run_after AS "runAfter",
  logical_date AS "logicalDate", start_date AS "startDate", end_date AS "endDate"`;

/** The newest runs of each Dag, oldest first (index dag_run_recent, `count` entries a Dag). */
export function recentRunsOf(
  executor: Executor,
  dagIds: readonly string[],
  count: number,
): Promise<RecentRun[]> {
  return executor.rows(sql`
    SELECT r.* FROM unnest(${dagIds}::text[]) AS d (dag_id)
    CROSS JOIN LATERAL (
      SELECT ${runColumns} FROM dag_run WHERE dag_run.dag_id = d.dag_id
      ORDER BY run_after DESC, id DESC LIMIT ${count}
    ) r ORDER BY r."dagId", r."runAfter", r."runId"`);
}

/** The newest runs of all Dags (index dag_run_by_time). */
export function newestRuns(
  executor: Executor,
  permitted: readonly string[] | null,
  limit: number,
): Promise<RecentRun[]> {
  return executor.rows(sql`
    SELECT ${runColumns} FROM dag_run
    WHERE (${permitted}::text[] IS NULL OR dag_id = ANY (${permitted}))
    ORDER BY run_after DESC, id DESC LIMIT ${limit}`);
}

export interface DagFacetCounts {
  readonly tags: { name: string; count: number }[];
  readonly owners: { name: string; count: number }[];
  readonly counts: {
    all: number;
    active: number;
    paused: number;
    failed: number;
    running: number;
    favorite: number;
  };
}

/** What the filters of the list offer, with how many Dags each would leave. */
export async function dagFacets(
  executor: Executor,
  permitted: readonly string[] | null,
  userId: number | null,
): Promise<DagFacetCounts> {
  const seen = sql`NOT is_stale AND (${permitted}::text[] IS NULL OR dag_id = ANY (${permitted}))`;
  const [tags, owners, counts] = await Promise.all([
    executor.rows<{ name: string; count: number }>(sql`
      SELECT name, count(*)::int AS count FROM dag, unnest(tags) AS name WHERE ${seen} GROUP BY name ORDER BY name`),
    executor.rows<{ name: string; count: number }>(sql`
      SELECT name, count(*)::int AS count FROM dag, unnest(owners) AS name WHERE ${seen} GROUP BY name ORDER BY name`),
    executor.row<DagFacetCounts["counts"]>(sql`
      SELECT count(*)::int AS "all", count(*) FILTER (WHERE NOT is_paused)::int AS active,
        count(*) FILTER (WHERE is_paused)::int AS paused, count(*) FILTER (WHERE last.state = 'failed')::int AS failed,
        count(*) FILTER (WHERE last.state = 'running')::int AS running,
        count(*) FILTER (WHERE EXISTS (
          SELECT FROM dag_favorite v WHERE v.dag_id = seen.dag_id AND v.user_id = ${userId}))::int AS favorite
      FROM (SELECT dag_id, is_paused FROM dag WHERE ${seen}) seen
      LEFT JOIN LATERAL (
        SELECT state FROM dag_run r WHERE r.dag_id = seen.dag_id ORDER BY run_after DESC, id DESC LIMIT 1
      ) last ON true`),
  ]);
  return {
    tags,
    owners,
    counts: counts ?? { all: 0, active: 0, paused: 0, failed: 0, running: 0, favorite: 0 },
  };
}
