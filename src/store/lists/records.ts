/** Lists of what the system writes down about itself: audit log, jobs, import errors, versions, backfills. */
import type { AuditEntry } from "../audit-log.ts";
import { type BackfillRow, backfillColumns } from "../backfills.ts";
import type { Executor } from "../connect.ts";
import type { ImportError } from "../import-errors.ts";
import type { JobRow } from "../jobs.ts";
import {
  allOf,
  equals,
  isOneOf,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinInstants,
  withinPending,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import { sql } from "../sql.ts";

export interface AuditRecord extends AuditEntry {
  readonly logicalDate: number | null;
  readonly displayName: string | null;
}

type Name = "dagId" | "taskId" | "runId" | "owner" | "event";

export interface AuditFilter {
  readonly exactly: { readonly [N in Name]?: string | null | undefined };
  readonly pattern: { readonly [N in Name]?: string | null | undefined };
  readonly prefix: { readonly [N in Name]?: string | null | undefined };
  readonly mapIndex?: number | null | undefined;
  readonly tryNumber?: number | null | undefined;
  readonly excludedEvents?: readonly string[] | null | undefined;
  readonly includedEvents?: readonly string[] | null | undefined;
  readonly when?: Range | undefined;
  /** Null: all of them, and what is about none. */
  readonly dagIds?: readonly string[] | null;
}

export const auditListColumns = {
  id: { column: sql`l.id`, type: "bigint", required: true },
  dttm: { column: sql`l.dttm`, type: "timestamptz" },
  dag_id: { column: sql`l.dag_id`, type: "text" },
  task_id: { column: sql`l.task_id`, type: "text" },
  run_id: { column: sql`l.run_id`, type: "text" },
  event: { column: sql`l.event`, type: "text" },
  owner: { column: sql`l.owner`, type: "text" },
  extra: { column: sql`l.extra`, type: "text" },
} as const satisfies ListColumns;

const auditNames: readonly [Name, ReturnType<typeof sql>][] = [
  ["dagId", sql`l.dag_id`],
  ["taskId", sql`l.task_id`],
  ["runId", sql`l.run_id`],
  ["owner", sql`l.owner`],
  ["event", sql`l.event`],
];

const auditSelect = sql`
  l.id, l.dttm, l.event, l.dag_id AS "dagId", l.task_id AS "taskId", l.run_id AS "runId", l.map_index AS "mapIndex",
  l.try_number AS "tryNumber", l.owner, l.extra,
  (SELECT r.logical_date FROM dag_run r WHERE r.dag_id = l.dag_id AND r.run_id = l.run_id) AS "logicalDate",
  (SELECT d.display_name FROM dag d WHERE d.dag_id = l.dag_id) AS "displayName"`;

export async function listAuditRecords(
  executor: Executor,
  f: AuditFilter,
  page: ListPage,
): Promise<ListResult<AuditRecord>> {
  const where = allOf([
    ...auditNames.flatMap(([name, column]) => [
      equals(column, f.exactly[name]),
      matches(column, f.pattern[name]),
      startsWith(column, f.prefix[name]),
    ]),
    equals(sql`l.map_index`, f.mapIndex),
    equals(sql`l.try_number`, f.tryNumber),
    isOneOf(sql`l.event`, f.includedEvents),
    (f.excludedEvents ?? []).length === 0 ? null : sql`l.event <> ALL (${f.excludedEvents}::text[])`,
    withinInstants(sql`l.dttm`, f.when),
    f.dagIds === null || f.dagIds === undefined
      ? null
      : sql`(l.dag_id IS NULL OR l.dag_id = ANY (${f.dagIds}::text[]))`,
  ]);
  return readList(
    executor,
    {
      select: auditSelect,
      from: sql`log l`,
      where,
      columns: auditListColumns,
      mayBeLong: true,
      key: { columns: sql`l.id`, from: sql`log l`, join: sql`JOIN log l ON l.id = chosen.id` },
    },
    page,
  );
}

export function findAuditRecord(executor: Executor, id: number): Promise<AuditRecord | null> {
  return executor.row(sql`SELECT ${auditSelect} FROM log l WHERE l.id = ${id}`);
}

export const jobListColumns = {
  id: { column: sql`j.id`, type: "bigint" },
  state: { column: sql`j.state`, type: "text" },
  job_type: { column: sql`j.kind`, type: "text" },
  start_date: { column: sql`j.started_at`, type: "timestamptz" },
  end_date: { column: sql`j.ended_at`, type: "timestamptz" },
  latest_heartbeat: { column: sql`j.latest_heartbeat`, type: "timestamptz" },
  hostname: { column: sql`j.hostname`, type: "text" },
} as const satisfies ListColumns;

export async function listJobRows(
  executor: Executor,
  f: {
    state?: string | null | undefined;
    kind?: string | null | undefined;
    hostname?: string | null | undefined;
    /** Running, and heard of since. */
    aliveSince?: number | null | undefined;
    ids?: readonly number[] | undefined;
    startDate?: Range | undefined;
    endDate?: Range | undefined;
  },
  page: ListPage,
  now: number,
): Promise<ListResult<JobRow>> {
  const where = allOf([
    equals(sql`j.state`, f.state),
    equals(sql`j.kind`, f.kind),
    equals(sql`j.hostname`, f.hostname),
    isOneOf(sql`j.id`, f.ids, "bigint"),
    f.aliveSince == null ? null : sql`j.state = 'running'`,
    f.aliveSince == null ? null : withinInstants(sql`j.latest_heartbeat`, { gte: f.aliveSince }),
    withinPending(sql`j.started_at`, f.startDate, now),
    withinPending(sql`j.ended_at`, f.endDate, now),
  ]);
  const select = sql`
    j.id, j.kind, j.state, j.hostname, j.pid, j.started_at AS "startedAt", j.latest_heartbeat AS "latestHeartbeat",
    j.ended_at AS "endedAt", j.details`;
  return readList(executor, { select, from: sql`job j`, where, columns: jobListColumns }, page);
}

export const importErrorListColumns = {
  id: { column: sql`e.id`, type: "bigint" },
  timestamp: { column: sql`e.occurred_at`, type: "timestamptz" },
  filename: { column: sql`e.relative_file`, type: "text" },
  bundle_name: { column: sql`e.bundle_name`, type: "text" },
  stacktrace: { column: sql`e.stacktrace`, type: "text" },
} as const satisfies ListColumns;

const importErrorSelect = sql`
  e.id, e.bundle_name AS "bundleName", e.relative_file AS "relativeFile", e.occurred_at AS "occurredAt", e.code,
  e.message, e.stacktrace, e.line, e."column"`;

export async function listImportErrorRows(
  executor: Executor,
  f: {
    filename?: string | null | undefined;
    pattern?: string | null | undefined;
    prefix?: string | null | undefined;
    bundleName?: string | null | undefined;
  },
  page: ListPage,
): Promise<ListResult<ImportError>> {
  const where = allOf([
    equals(sql`e.relative_file`, f.filename),
    matches(sql`e.relative_file`, f.pattern),
    startsWith(sql`e.relative_file`, f.prefix),
    equals(sql`e.bundle_name`, f.bundleName),
  ]);
  const columns = importErrorListColumns;
  return readList(executor, { select: importErrorSelect, from: sql`import_error e`, where, columns }, page);
}

export function findImportError(executor: Executor, id: number): Promise<ImportError | null> {
  return executor.row(sql`SELECT ${importErrorSelect} FROM import_error e WHERE e.id = ${id}`);
}

export interface VersionSummary {
  readonly id: number;
  readonly dagId: string;
  readonly versionNumber: number;
  readonly bundleName: string;
  readonly bundleVersion: string | null;
  readonly displayName: string;
  readonly createdAt: number;
}

export const versionListColumns = {
  id: { column: sql`v.id`, type: "bigint" },
  version_number: { column: sql`v.version_number`, type: "bigint" },
  bundle_name: { column: sql`d.bundle_name`, type: "text" },
} as const satisfies ListColumns;

const versionSelect = sql`
  v.id, v.dag_id AS "dagId", v.version_number AS "versionNumber", d.bundle_name AS "bundleName",
  v.bundle_version AS "bundleVersion", d.display_name AS "displayName", v.created_at AS "createdAt"`;
const versionFrom = sql`dag_version v JOIN dag d ON d.dag_id = v.dag_id`;

export async function listVersionSummaries(
  executor: Executor,
  f: {
    dagIds?: readonly string[] | null | undefined;
    versionNumber?: number | null | undefined;
    bundleName?: string | null | undefined;
  },
  page: ListPage,
): Promise<ListResult<VersionSummary>> {
  const where = allOf([
    f.dagIds === null || f.dagIds === undefined ? null : sql`v.dag_id = ANY (${f.dagIds}::text[])`,
    equals(sql`v.version_number`, f.versionNumber),
    equals(sql`d.bundle_name`, f.bundleName),
  ]);
  return readList(
    executor,
    { select: versionSelect, from: versionFrom, where, columns: versionListColumns },
    page,
  );
}

export function versionSummaries(executor: Executor, ids: readonly number[]): Promise<VersionSummary[]> {
  return executor.rows(
    sql`SELECT ${versionSelect} FROM ${versionFrom} WHERE v.id = ANY (${ids}::bigint[]) ORDER BY v.id`,
  );
}

export interface BackfillSummary extends BackfillRow {
  readonly displayName: string;
}

const backfillSelect = sql`${backfillColumns},
  coalesce((SELECT d.display_name FROM dag d WHERE d.dag_id = b.dag_id), b.dag_id) AS "displayName"`;

export const backfillListColumns = {
  id: { column: sql`b.id`, type: "bigint" },
} as const satisfies ListColumns;

export async function listBackfillSummaries(
  executor: Executor,
  f: { dagIds: readonly string[] | null },
  page: ListPage,
): Promise<ListResult<BackfillSummary>> {
  const where = allOf([f.dagIds === null ? null : sql`b.dag_id = ANY (${f.dagIds}::text[])`]);
  return readList(
    executor,
    { select: backfillSelect, from: sql`backfill b`, where, columns: backfillListColumns },
    page,
  );
}

export function findBackfillSummary(executor: Executor, id: number): Promise<BackfillSummary | null> {
  return executor.row(sql`SELECT ${backfillSelect} FROM backfill b WHERE b.id = ${id}`);
}
