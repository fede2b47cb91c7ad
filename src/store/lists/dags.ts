/** Lists of Dags with what their newest version says, and of their tags and warnings. */
import type { DagRunState } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import { type DagRow, dagColumns } from "../dags.ts";
import {
  allOf,
  anyOf,
  equals,
  isOneOf,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinPending,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";

export interface DagSummary extends DagRow {
  readonly timetableKind: string;
  readonly hasTaskLimits: boolean;
  readonly allowedRunTypes: string[] | null;
  readonly lastParseSeconds: number | null;
  /** The commit of its bundle. */
  readonly bundleVersion: string | null;
}

export interface DagListFilter {
  /** Null: all of them. */
  readonly dagIds?: readonly string[] | null;
  readonly idPattern?: string | null | undefined;
  readonly idPrefix?: string | null | undefined;
  readonly namePattern?: string | null | undefined;
  readonly namePrefix?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly tagsMatch?: "any" | "all" | null | undefined;
  /** Parts of an owner's name, any case. */
  readonly owners?: readonly string[] | undefined;
  readonly isPaused?: boolean | null | undefined;
  readonly excludeStale?: boolean | undefined;
  readonly hasImportErrors?: boolean | null | undefined;
  readonly bundleName?: string | null | undefined;
  readonly timetableKinds?: readonly string[] | undefined;
  readonly hasAssetSchedule?: boolean | null | undefined;
  /** Name or URI of an asset that the Dag waits for, makes or reads. */
  readonly assetDependency?: string | null | undefined;
  readonly favoriteOf?: { readonly userId: number | null; readonly is: boolean } | undefined;
  /** About the newest run. */
  readonly lastRunState?: DagRunState | null | undefined;
  readonly runStates?: readonly string[] | undefined;
  readonly runStart?: Range | undefined;
  readonly runEnd?: Range | undefined;
}

export const dagListColumns = {
  dag_id: { column: sql`d.dag_id`, type: "text" },
  dag_display_name: { column: sql`d.display_name`, type: "text" },
  next_dagrun: { column: sql`d.next_dagrun`, type: "timestamptz" },
  last_run_state: { column: sql`last_run.state`, type: "text" },
  last_run_start_date: { column: sql`last_run.start_date`, type: "timestamptz" },
} as const satisfies ListColumns;

const select = sql`${dagColumns}, timetable_kind AS "timetableKind", has_task_limits AS "hasTaskLimits",
  allowed_run_types AS "allowedRunTypes", last_parse_seconds AS "lastParseSeconds",
  (SELECT v.bundle_version FROM dag_version v WHERE v.id = d.current_version_id) AS "bundleVersion"`;

export async function listDagSummaries(
  executor: Executor,
  filter: DagListFilter,
  page: ListPage,
  now: number,
): Promise<ListResult<DagSummary>> {
  const asksForRuns =
    page.order.some(({ name }) => name.startsWith("last_run")) ||
    [filter.lastRunState, filter.runStart, filter.runEnd].some((one) => one !== null && one !== undefined) ||
    (filter.runStates ?? []).length > 0;
  // Index dag_run_recent gives each Dag's newest run.
  const from = asksForRuns
    ? sql`dag d LEFT JOIN LATERAL (
        SELECT r.state, r.start_date, r.end_date FROM dag_run r
        WHERE r.dag_id = d.dag_id ORDER BY r.run_after DESC, r.id DESC LIMIT 1) last_run ON true`
    : sql`dag d`;
  return readList(executor, { select, from, where: where(filter, now), columns: dagListColumns }, page);
}

export function dagSummaries(executor: Executor, dagIds: readonly string[]): Promise<DagSummary[]> {
  return executor.rows(sql`SELECT ${select} FROM dag d WHERE d.dag_id = ANY (${dagIds}::text[])`);
}

function where(f: DagListFilter, now: number): Statement {
  return allOf([
    isOneOfOrNone(f.dagIds),
    f.excludeStale === false ? null : sql`NOT d.is_stale`,
    matches(sql`d.dag_id`, f.idPattern),
    startsWith(sql`d.dag_id`, f.idPrefix),
    matches(sql`d.display_name`, f.namePattern),
    startsWith(sql`d.display_name`, f.namePrefix),
    tags(f),
    owners(f.owners),
    equals(sql`d.is_paused`, f.isPaused),
    equals(sql`d.has_import_errors`, f.hasImportErrors),
    equals(sql`d.bundle_name`, f.bundleName),
    isOneOf(sql`d.timetable_kind`, f.timetableKinds),
    f.hasAssetSchedule == null
      ? null
      : equals(sql`(d.timetable_kind IN ('asset', 'asset-or-time'))`, f.hasAssetSchedule),
    assetDependency(f.assetDependency),
    favorite(f.favoriteOf),
    equals(sql`last_run.state`, f.lastRunState),
    isOneOf(sql`last_run.state`, f.runStates),
    withinPending(sql`last_run.start_date`, f.runStart, now),
    withinPending(sql`last_run.end_date`, f.runEnd, now),
  ]);
}

/** Unlike other lists of values an empty one is none: nobody may see anything. */
function isOneOfOrNone(dagIds: readonly string[] | null | undefined): Statement | null {
  return dagIds === null || dagIds === undefined ? null : sql`d.dag_id = ANY (${dagIds}::text[])`;
}

function tags({ tags: wanted = [], tagsMatch }: DagListFilter): Statement | null {
  if (wanted.length === 0) return null;
  return tagsMatch === "all" ? sql`d.tags @> ${wanted}::text[]` : sql`d.tags && ${wanted}::text[]`;
}

function owners(wanted: readonly string[] = []): Statement | null {
  if (wanted.length === 0) return null;
  const any = wanted.map(
    (owner) =>
      sql`EXISTS (SELECT FROM unnest(d.owners) AS owner WHERE strpos(lower(owner), ${owner.toLowerCase()}) > 0)`,
  );
  return sql`(${anyOf(any)})`;
}

function assetDependency(text: string | null | undefined): Statement | null {
  if (text === null || text === undefined) return null;
  return sql`EXISTS (
    SELECT FROM asset_reference x JOIN asset a ON a.id = x.asset_id
    WHERE x.dag_id = d.dag_id AND (${matches(sql`a.name`, text)} OR ${matches(sql`a.uri`, text)}))`;
}

function favorite(asked: DagListFilter["favoriteOf"]): Statement | null {
  if (asked === undefined) return null;
  const exists = sql`EXISTS (SELECT FROM dag_favorite x WHERE x.dag_id = d.dag_id AND x.user_id = ${asked.userId}::bigint)`;
  return asked.is ? exists : sql`NOT ${exists}`;
}

export const dagTagColumns = {
  name: { column: sql`t.tag`, type: "text" },
} as const satisfies ListColumns;

export async function listDagTags(
  executor: Executor,
  filter: {
    pattern?: string | null | undefined;
    prefix?: string | null | undefined;
    dagIds?: readonly string[] | null;
  },
  page: ListPage,
): Promise<ListResult<{ tag: string }>> {
  return readList(
    executor,
    {
      select: sql`t.tag`,
      from: sql`(SELECT DISTINCT unnest(d.tags) AS tag FROM dag d WHERE NOT d.is_stale AND ${allOf([isOneOfOrNone(filter.dagIds)])}) t`,
      where: allOf([matches(sql`t.tag`, filter.pattern), startsWith(sql`t.tag`, filter.prefix)]),
      columns: dagTagColumns,
    },
    page,
  );
}

export interface DagWarningRow {
  readonly dagId: string;
  readonly displayName: string;
  readonly kind: string;
  readonly message: string;
  readonly occurredAt: number;
}

export async function listDagWarnings(
  executor: Executor,
  filter: {
    dagId?: string | null | undefined;
    kind?: string | null | undefined;
    dagIds?: readonly string[] | null;
  },
  page: ListPage,
): Promise<ListResult<DagWarningRow>> {
  return readList(
    executor,
    {
      select: sql`w.dag_id AS "dagId", d.display_name AS "displayName", w.kind, w.message, w.occurred_at AS "occurredAt"`,
      from: sql`dag_warning w JOIN dag d ON d.dag_id = w.dag_id`,
      where: allOf([
        isOneOfOrNone(filter.dagIds),
        equals(sql`w.dag_id`, filter.dagId),
        equals(sql`w.kind`, filter.kind),
      ]),
      columns: dagWarningColumns,
    },
    page,
  );
}

export const dagWarningColumns = {
  dag_id: { column: sql`w.dag_id`, type: "text" },
  warning_type: { column: sql`w.kind`, type: "text" },
  message: { column: sql`w.message`, type: "text" },
  timestamp: { column: sql`w.occurred_at`, type: "timestamptz" },
} as const satisfies ListColumns;

/** Runs by Dag and state. Null: of all Dags. */
export async function countRunsByState(
  executor: Executor,
  dagIds: readonly string[] | null,
): Promise<{ dagId: string; state: DagRunState; count: number }[]> {
  return executor.rows(sql`
    SELECT dag_id AS "dagId", state, count(*) AS count FROM dag_run
    WHERE (${dagIds}::text[] IS NULL OR dag_id = ANY (${dagIds})) GROUP BY dag_id, state ORDER BY dag_id, state`);
}
