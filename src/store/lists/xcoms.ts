/** Lists of XComs, of an instance, a run or everything; without their values. */
import type { Json } from "../../core/dag-model.ts";
import type { Executor } from "../connect.ts";
import {
  allOf,
  equals,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinInstants,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import { sql } from "../sql.ts";
import { ofDagsWithName } from "./dags-named.ts";

export interface XComEntry {
  readonly key: string;
  readonly createdAt: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly logicalDate: number | null;
  readonly runAfter: number;
  readonly versionId: number;
  readonly displayName: string;
}

export interface XComEntryWithValue extends XComEntry {
  /** Of a value in place. */
  readonly value: Json;
  /** Of one in a file. */
  readonly ref: { uri: string; bytes: number; mediaType: string } | null;
}

export interface XComListFilter {
  readonly dagIds?: readonly string[] | null | undefined;
  readonly runId?: string | null | undefined;
  readonly taskId?: string | null | undefined;
  readonly key?: string | null | undefined;
  readonly mapIndex?: number | null | undefined;
  readonly keyPattern?: string | null | undefined;
  readonly keyPrefix?: string | null | undefined;
  readonly namePattern?: string | null | undefined;
  readonly namePrefix?: string | null | undefined;
  readonly runIdPattern?: string | null | undefined;
  readonly runIdPrefix?: string | null | undefined;
  readonly taskIdPattern?: string | null | undefined;
  readonly taskIdPrefix?: string | null | undefined;
  readonly logicalDate?: Range | undefined;
  readonly runAfter?: Range | undefined;
}

export const xcomListColumns = {
  key: { column: sql`x.key`, type: "text", required: true },
  dag_id: { column: sql`r.dag_id`, type: "text" },
  run_id: { column: sql`r.run_id`, type: "text" },
  task_id: { column: sql`x.task_id`, type: "text", required: true },
  map_index: { column: sql`x.map_index`, type: "bigint", required: true },
  timestamp: { column: sql`x.created_at`, type: "timestamptz" },
  run_after: { column: sql`r.run_after`, type: "timestamptz" },
  run_pk: { column: sql`x.run_pk`, type: "bigint", required: true },
} as const satisfies ListColumns;

const displayName = sql`coalesce((SELECT d.display_name FROM dag d WHERE d.dag_id = r.dag_id), r.dag_id)`;
const from = sql`dag_run r JOIN xcom x ON x.run_pk = r.id`;
const select = sql`
  x.key, x.created_at AS "createdAt", r.dag_id AS "dagId", r.run_id AS "runId", x.task_id AS "taskId",
  x.map_index AS "mapIndex", r.logical_date AS "logicalDate", r.run_after AS "runAfter", r.version_id AS "versionId",
  ${displayName} AS "displayName"`;

export async function listXComEntries(
  executor: Executor,
  f: XComListFilter,
  page: ListPage,
): Promise<ListResult<XComEntry>> {
  const where = allOf([
    f.dagIds === null || f.dagIds === undefined ? null : sql`r.dag_id = ANY (${f.dagIds}::text[])`,
    equals(sql`r.run_id`, f.runId),
    equals(sql`x.task_id`, f.taskId),
    equals(sql`x.key`, f.key),
    equals(sql`x.map_index`, f.mapIndex),
    matches(sql`x.key`, f.keyPattern),
    startsWith(sql`x.key`, f.keyPrefix),
    ofDagsWithName(sql`r.dag_id`, { pattern: f.namePattern, prefix: f.namePrefix }),
    matches(sql`r.run_id`, f.runIdPattern),
    startsWith(sql`r.run_id`, f.runIdPrefix),
    matches(sql`x.task_id`, f.taskIdPattern),
    startsWith(sql`x.task_id`, f.taskIdPrefix),
    withinInstants(sql`r.logical_date`, f.logicalDate),
    withinInstants(sql`r.run_after`, f.runAfter),
  ]);
  // Every XCom has its run: what asks nothing of the run need not join it.
  const filtered = asksForRuns(f) ? from : sql`xcom x`;
  const ordered = page.order.some(({ name }) => orderedByRun.has(name)) ? from : filtered;
  return readList(
    executor,
    {
      select,
      from,
      where,
      columns: xcomListColumns,
      mayBeLong: true,
      countFrom: filtered,
      key: { columns: sql`x.run_pk, x.task_id, x.map_index, x.key`, from: ordered, join: joined },
    },
    page,
  );
}

const orderedByRun: ReadonlySet<string> = new Set(["dag_id", "run_id", "run_after"]);

const joined = sql`
  JOIN xcom x ON x.run_pk = chosen.run_pk AND x.task_id = chosen.task_id AND x.map_index = chosen.map_index
    AND x.key = chosen.key
  JOIN dag_run r ON r.id = x.run_pk`;

function asksForRuns(f: XComListFilter): boolean {
  const asked = [
    f.dagIds,
    f.runId,
    f.namePattern,
    f.namePrefix,
    f.runIdPattern,
    f.runIdPrefix,
    f.logicalDate,
    f.runAfter,
  ];
  return asked.some((one) => one !== null && one !== undefined);
}

export function findXComEntry(
  executor: Executor,
  at: { dagId: string; runId: string; taskId: string; mapIndex: number; key: string },
): Promise<XComEntryWithValue | null> {
  return executor.row(sql`
    SELECT ${select}, x.value, x.ref FROM ${from}
    WHERE r.dag_id = ${at.dagId} AND r.run_id = ${at.runId} AND x.task_id = ${at.taskId}
      AND x.map_index = ${at.mapIndex} AND x.key = ${at.key}`);
}
