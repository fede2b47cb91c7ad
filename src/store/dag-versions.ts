/**
 * Versions of a Dag: its serialized form with the text of every file that it imports. A version is never changed;
 * a Dag that comes back to an earlier text comes back to the earlier version.
 */
import type { DagSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { instant, json, sql } from "./sql.ts";

export interface DagVersion {
  readonly id: number;
  readonly dagId: string;
  readonly versionNumber: number;
  readonly hash: string;
  readonly spec: DagSpec;
  /** Path relative to the Dags folder → hash of its text. */
  readonly files: { readonly [relativeFile: string]: string };
  readonly interpreter: string;
  readonly createdAt: number;
}

export interface ImportedDag {
  readonly spec: DagSpec;
  /** Of the serialized Dag and the text of all its files. */
  readonly hash: string;
  readonly files: { readonly [relativeFile: string]: string };
  /** Texts of all files, by hash. */
  readonly texts: ReadonlyMap<string, string>;
  readonly interpreter: string;
  readonly bundleName: string;
  /** The commit of a Git bundle. */
  readonly bundleVersion?: string | null;
  readonly dagsFolder: string;
  readonly timetableSummary: string | null;
  readonly timetableDescription: string | null;
  /** How long the import of its file took. */
  readonly seconds?: number | null;
  /** For a Dag that is new, and does not say so itself. */
  readonly pausedAtCreation: boolean;
}

export interface StoredDag {
  readonly versionId: number;
  readonly versionNumber: number;
  /** The Dag had no row before. */
  readonly isNew: boolean;
  /** The version that is now current was not before. */
  readonly versionChanged: boolean;
}

const columns = sql`
  id, dag_id AS "dagId", version_number AS "versionNumber", hash, spec, files, interpreter, created_at AS "createdAt"`;

/**
 * Stores what an import found, in one transaction of the caller: the Dag's row, its version and the texts. The
 * row is locked first, so that two processors that import the same Dag number its versions one after the other.
 */
export async function storeDag(tx: Executor, dag: ImportedDag, now: number): Promise<StoredDag> {
  await lockTexts(tx, "shared");
  const before = await lockRow(tx, dag, now);
  const version = (await findVersion(tx, dag)) ?? (await insertVersion(tx, dag, now));
  const { spec } = dag;
  await tx.run(sql`
    UPDATE dag SET display_name = ${spec.displayName}, description = ${spec.description ?? null}, language = ${spec.language},
      bundle_name = ${dag.bundleName}, dags_folder = ${dag.dagsFolder}, relative_file = ${spec.relativeFile},
      is_stale = false, has_import_errors = false, current_version_id = ${version.id}, owners = ${spec.owners},
      tags = ${spec.tags}, timetable_summary = ${dag.timetableSummary},
      timetable_description = ${dag.timetableDescription}, max_active_runs = ${spec.maxActiveRuns},
      max_active_tasks = ${spec.maxActiveTasks}, max_consecutive_failed_dag_runs = ${spec.maxConsecutiveFailedDagRuns},
      timetable_kind = ${spec.timetable.kind}, has_task_limits = ${spec.tasks.some(hasLimits)},
      allowed_run_types = ${spec.allowedRunTypes ?? null}, last_parsed_at = ${instant(now)},
      last_parse_seconds = ${dag.seconds ?? null}
    WHERE dag_id = ${spec.dagId}`);
  return {
    versionId: version.id,
    versionNumber: version.number,
    isNew: before.isNew,
    versionChanged: before.currentVersionId !== version.id,
  };
}

function hasLimits(task: DagSpec["tasks"][number]): boolean {
  return task.maxActiveTisPerDag !== undefined || task.maxActiveTisPerDagrun !== undefined;
}

async function lockRow(
  tx: Executor,
  dag: ImportedDag,
  now: number,
): Promise<{ isNew: boolean; currentVersionId: number | null }> {
  const { spec } = dag;
  const paused = spec.isPausedUponCreation ?? dag.pausedAtCreation;
  const made = await tx.run(sql`
    INSERT INTO dag (dag_id, display_name, language, dags_folder, relative_file, is_paused, max_active_runs,
      max_active_tasks, last_parsed_at)
    VALUES (${spec.dagId}, ${spec.displayName}, ${spec.language}, ${dag.dagsFolder}, ${spec.relativeFile}, ${paused},
      ${spec.maxActiveRuns}, ${spec.maxActiveTasks}, ${instant(now)})
    ON CONFLICT (dag_id) DO NOTHING`);
  const row = await tx.row<{ currentVersionId: number | null }>(
    sql`SELECT current_version_id AS "currentVersionId" FROM dag WHERE dag_id = ${spec.dagId} FOR UPDATE`,
  );
  return { isNew: made === 1, currentVersionId: row?.currentVersionId ?? null };
}

function findVersion(tx: Executor, dag: ImportedDag): Promise<{ id: number; number: number } | null> {
  return tx.row(sql`
    SELECT id, version_number AS number FROM dag_version WHERE dag_id = ${dag.spec.dagId} AND hash = ${dag.hash}`);
}

async function insertVersion(
  tx: Executor,
  dag: ImportedDag,
  now: number,
): Promise<{ id: number; number: number }> {
  const texts = [...dag.texts];
  await tx.run(sql`
    INSERT INTO code_file (hash, content)
    SELECT * FROM unnest(${texts.map(([hash]) => hash)}::text[], ${texts.map(([, text]) => text)}::text[])
    ON CONFLICT (hash) DO NOTHING`);
  const row = await tx.row<{ id: number; number: number }>(sql`
    INSERT INTO dag_version (dag_id, version_number, hash, spec, files, interpreter, bundle_version, created_at)
    SELECT ${dag.spec.dagId}, 1 + coalesce(max(version_number), 0), ${dag.hash}, ${json(dag.spec as never)}::jsonb,
      ${json(dag.files)}::jsonb, ${dag.interpreter}, ${dag.bundleVersion ?? null}, ${instant(now)}
    FROM dag_version WHERE dag_id = ${dag.spec.dagId}
    RETURNING id, version_number AS number`);
  if (row === null)
    throw new TradewindError("TW_INTERNAL", `expected version of ${dag.spec.dagId} to be stored`);
  return row;
}

export function findVersionById(executor: Executor, versionId: number): Promise<DagVersion | null> {
  return executor.row(sql`SELECT ${columns} FROM dag_version WHERE id = ${versionId}`);
}

export function findVersionByNumber(
  executor: Executor,
  dagId: string,
  versionNumber: number,
): Promise<DagVersion | null> {
  return executor.row(sql`
    SELECT ${columns} FROM dag_version WHERE dag_id = ${dagId} AND version_number = ${versionNumber}`);
}

/** The version that new runs get. */
export function currentVersion(executor: Executor, dagId: string): Promise<DagVersion | null> {
  return executor.row(sql`
    SELECT ${columns} FROM dag_version
    WHERE id = (SELECT d.current_version_id FROM dag d WHERE d.dag_id = ${dagId})`);
}

/** Current versions of all Dags that a file defines, e.g. for a scheduler's start. */
export function currentVersions(
  executor: Executor,
  dagIds: readonly string[] | null = null,
): Promise<DagVersion[]> {
  return executor.rows(sql`
    SELECT ${columns} FROM dag_version
    WHERE id IN (SELECT d.current_version_id FROM dag d
                 WHERE NOT d.is_stale AND (${dagIds}::text[] IS NULL OR d.dag_id = ANY (${dagIds})))
    ORDER BY dag_id`);
}

/** Of the versions that new runs get, and of those that runs which are not over have. */
export async function interpretersInUse(executor: Executor): Promise<ReadonlySet<string>> {
  const rows = await executor.rows<{ interpreter: string }>(sql`
    SELECT DISTINCT v.interpreter FROM dag_version v
    WHERE v.id IN (SELECT current_version_id FROM dag WHERE NOT is_stale)
      OR v.id IN (SELECT version_id FROM dag_run WHERE end_date IS NULL)`);
  return new Set(rows.map(({ interpreter }) => interpreter));
}

/** Newest first. */
export function listVersions(executor: Executor, dagId: string): Promise<Omit<DagVersion, "spec">[]> {
  return executor.rows(sql`
    SELECT id, dag_id AS "dagId", version_number AS "versionNumber", hash, files, interpreter, created_at AS "createdAt"
    FROM dag_version WHERE dag_id = ${dagId} ORDER BY version_number DESC`);
}

/** Texts of a version's files, by path relative to the Dags folder. */
export async function readSources(executor: Executor, versionId: number): Promise<Map<string, string>> {
  const rows = await executor.rows<{ file: string; content: string }>(sql`
    SELECT f.key AS file, c.content
    FROM dag_version v CROSS JOIN LATERAL jsonb_each_text(v.files) AS f
    JOIN code_file c ON c.hash = f.value
    WHERE v.id = ${versionId} ORDER BY f.key`);
  return new Map(rows.map(({ file, content }) => [file, content]));
}

/** Imports share the lock; whoever takes texts away has it alone. Until the transaction's end. */
export async function lockTexts(tx: Executor, how: "shared" | "alone"): Promise<void> {
  if (how === "shared") await tx.run(sql`SELECT pg_advisory_xact_lock_shared(10, 1)`);
  else await tx.run(sql`SELECT pg_advisory_xact_lock(10, 1)`);
}
