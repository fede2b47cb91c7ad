/**
 * Keeps the tables that grow as small as their use: finished runs go by age and by number per Dag, and with them
 * their instances, values and history; then versions that nothing names, texts of no version, asset events, the
 * audit log and ended jobs. Each batch is one short transaction, so that nobody waits for it.
 */
import type { Executor, Transactor } from "./connect.ts";
import type { DeletedRuns } from "./run-deletion.ts";
import { batchOfRuns, deleteRuns } from "./run-deletion.ts";
import { instant, sql } from "./sql.ts";

export interface RetentionPolicy {
  /** Finished runs that ended before this instant go; null keeps them all. */
  readonly runsBefore: number | null;
  /** Finished runs kept for each Dag, the newest; null keeps them all. */
  readonly runsPerDag: number | null;
  /** Entries of the audit log before this instant go. */
  readonly auditBefore: number | null;
}

/**
 * One batch of runs; call it until it returns none. A run that the scheduler holds a lock on is left for later,
 * and so is the newest scheduled one of each Dag, which the next schedule counts from.
 */
export function pruneRuns(database: Transactor, policy: RetentionPolicy): Promise<DeletedRuns> {
  return database.transaction(async (tx) => {
    const ids = await tx.rows<{ id: number }>(sql`
      WITH kept AS (
        SELECT DISTINCT ON (dag_id) id FROM dag_run WHERE run_type = 'scheduled' ORDER BY dag_id, run_after DESC, id DESC
      ), surplus AS (
        SELECT s.id FROM (SELECT DISTINCT dag_id FROM dag_run) d
        CROSS JOIN LATERAL (
          SELECT r.id FROM dag_run r WHERE r.dag_id = d.dag_id AND r.end_date IS NOT NULL
          ORDER BY r.run_after DESC, r.id DESC OFFSET ${policy.runsPerDag}
        ) s WHERE ${policy.runsPerDag}::bigint IS NOT NULL
      )
      SELECT id FROM dag_run r
      WHERE end_date IS NOT NULL AND id NOT IN (SELECT id FROM kept)
        AND (end_date < ${instant(policy.runsBefore)}::timestamptz OR id IN (SELECT id FROM surplus))
      ORDER BY id LIMIT ${batchOfRuns} FOR UPDATE SKIP LOCKED`);
    return deleteRuns(
      tx,
      ids.map(({ id }) => id),
    );
  });
}

export interface PrunedRest {
  readonly versions: number;
  readonly texts: number;
  readonly assetEvents: number;
  readonly auditEntries: number;
  readonly jobs: number;
}

const batchOfRows = 5000;

/** What no run refers to any more. Cheap when there is nothing; run it after the runs. */
export async function pruneRest(database: Executor, policy: RetentionPolicy): Promise<PrunedRest> {
  const before = instant(policy.runsBefore);
  const versions = await pruneVersions(database);
  const texts = await database.run(sql`
    DELETE FROM code_file WHERE NOT EXISTS (
      SELECT FROM dag_version v, jsonb_each_text(v.files) f WHERE f.value = code_file.hash)`);
  const assetEvents = await inBatches(() =>
    database.run(sql`
      DELETE FROM asset_event WHERE id IN (
        SELECT e.id FROM asset a CROSS JOIN LATERAL (
          SELECT x.id FROM asset_event x WHERE x.asset_id = a.id AND x."timestamp" < ${before}::timestamptz
            AND NOT EXISTS (SELECT FROM asset_dag_run_queue q WHERE q.asset_id = a.id AND q.created_at <= x."timestamp")
          ORDER BY x."timestamp" LIMIT ${batchOfRows}
        ) e LIMIT ${batchOfRows})`),
  );
  if (assetEvents > 0) {
    await database.run(
      sql`DELETE FROM asset_alias_event x WHERE NOT EXISTS (SELECT FROM asset_event e WHERE e.id = x.event_id)`,
    );
  }
  const auditEntries = await inBatches(() =>
    database.run(sql`
      DELETE FROM log WHERE id IN (
        SELECT id FROM log WHERE dttm < ${instant(policy.auditBefore)}::timestamptz ORDER BY dttm LIMIT ${batchOfRows})`),
  );
  const jobs = await database.run(
    sql`DELETE FROM job WHERE state <> 'running' AND ended_at < ${before}::timestamptz`,
  );
  return { versions, texts, assetEvents, auditEntries, jobs };
}

/** Versions that are not current and that no run, instance or history was made by; the numbers of the rest stay. */
function pruneVersions(database: Executor): Promise<number> {
  return database.run(sql`
    DELETE FROM dag_version v
    WHERE NOT EXISTS (SELECT FROM dag d WHERE d.current_version_id = v.id)
      AND v.id < (SELECT coalesce(max(id), 0) FROM dag_version)
      AND NOT EXISTS (SELECT FROM dag_run r WHERE r.dag_id = v.dag_id AND r.version_id = v.id)
      AND NOT EXISTS (SELECT FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
                      WHERE r.dag_id = v.dag_id AND t.version_id = v.id)
      AND NOT EXISTS (SELECT FROM dag_run r JOIN task_instance_history h ON h.run_pk = r.id
                      WHERE r.dag_id = v.dag_id AND h.version_id = v.id)`);
}

async function inBatches(once: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await once();
    total += count;
    if (count < batchOfRows) return total;
  }
}
