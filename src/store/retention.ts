/**
 * Keeps the tables that grow as small as their use: finished runs go by age and by number per Dag, and with them
 * their instances, values and history; then versions that nothing names, texts of no version, asset events, the
 * audit log and ended jobs. Each batch is one short transaction, so that nobody waits for it.
 */
import type { Transactor } from "./connect.ts";
import { lockTexts } from "./dag-versions.ts";
import { pruneOutcomes, pruneTraffic } from "./endpoint-traffic.ts";
import { pruneUses } from "./lineage/uses.ts";
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
  /** Minutes of endpoints' traffic before this instant go. */
  readonly trafficBefore: number | null;
  /** Outcomes of endpoints' answers that were told before this instant go. */
  readonly outcomesBefore: number | null;
}

/**
 * One batch of runs; call it until it returns none. A run that the scheduler holds a lock on is left for later,
 * and so is the newest scheduled one of each Dag, which the next schedule counts from.
 */
export function pruneRuns(database: Transactor, policy: RetentionPolicy): Promise<DeletedRuns> {
  const before = instant(policy.runsBefore);
  const perDag = policy.runsPerDag;
  return database.transaction(async (tx) => {
    // For each Dag two ranges of the index dag_run_recent: from its old end, and from the first surplus one on.
    const ids = await tx.rows<{ id: number }>(sql`
      WITH old AS (
        SELECT r.id FROM dag d
        CROSS JOIN LATERAL (
          SELECT id FROM dag_run
          WHERE dag_id = d.dag_id AND run_after < ${before}::timestamptz AND end_date < ${before}::timestamptz
          ORDER BY run_after, id LIMIT ${batchOfRuns}
        ) r WHERE ${before}::timestamptz IS NOT NULL
        UNION
        SELECT r.id FROM dag d
        CROSS JOIN LATERAL (
          SELECT id FROM dag_run WHERE dag_id = d.dag_id AND end_date IS NOT NULL
          ORDER BY run_after DESC, id DESC OFFSET ${perDag}::bigint LIMIT ${batchOfRuns}
        ) r WHERE ${perDag}::bigint IS NOT NULL
      )
      SELECT r.id FROM dag_run r JOIN old USING (id)
      WHERE r.end_date IS NOT NULL AND r.id IS DISTINCT FROM (
        SELECT n.id FROM dag_run n WHERE n.dag_id = r.dag_id AND n.run_type = 'scheduled'
        ORDER BY n.run_after DESC, n.id DESC LIMIT 1)
      ORDER BY r.id LIMIT ${batchOfRuns} FOR UPDATE OF r SKIP LOCKED`);
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
  readonly trafficMinutes: number;
  readonly outcomes: number;
  readonly jobs: number;
}

const batchOfRows = 5000;

/** What no run refers to any more. Cheap when there is nothing; run it after the runs. */
export async function pruneRest(database: Transactor, policy: RetentionPolicy): Promise<PrunedRest> {
  const before = instant(policy.runsBefore);
  const prunesRuns = policy.runsBefore !== null || policy.runsPerDag !== null;
  const { versions, texts } = prunesRuns ? await pruneVersions(database) : { versions: 0, texts: 0 };
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
  if (policy.runsBefore !== null) {
    const { runsBefore } = policy;
    await inBatches(() => pruneUses(database, runsBefore, batchOfRows));
  }
  const auditEntries = await inBatches(() =>
    database.run(sql`
      DELETE FROM log WHERE id IN (
        SELECT id FROM log WHERE dttm < ${instant(policy.auditBefore)}::timestamptz ORDER BY dttm LIMIT ${batchOfRows})`),
  );
  const { trafficBefore, outcomesBefore } = policy;
  const trafficMinutes =
    trafficBefore === null ? 0 : await inBatches(() => pruneTraffic(database, trafficBefore, batchOfRows));
  const outcomes =
    outcomesBefore === null ? 0 : await inBatches(() => pruneOutcomes(database, outcomesBefore, batchOfRows));
  const jobs = await database.run(
    sql`DELETE FROM job WHERE state <> 'running' AND ended_at < ${before}::timestamptz`,
  );
  return { versions, texts, assetEvents, auditEntries, trafficMinutes, outcomes, jobs };
}

/**
 * Versions that were followed by another before the oldest run of their Dag that is left, and that nothing names;
 * then texts of no version. The lock keeps out imports, which may count on a text that is about to go.
 */
function pruneVersions(database: Transactor): Promise<{ versions: number; texts: number }> {
  return database.transaction(async (tx) => {
    await lockTexts(tx, "alone");
    const candidates = await tx.rows<{ id: number }>(sql`
      SELECT v.id FROM dag_version v JOIN dag d USING (dag_id)
      WHERE v.id IS DISTINCT FROM d.current_version_id
        AND NOT EXISTS (SELECT FROM dag_run r WHERE r.dag_id = v.dag_id AND r.version_id = v.id)
        AND EXISTS (
          SELECT FROM dag_version w WHERE w.dag_id = v.dag_id AND w.version_number > v.version_number
            AND NOT EXISTS (SELECT FROM dag_run r WHERE r.dag_id = v.dag_id AND r.queued_at < w.created_at))`);
    if (candidates.length === 0) return { versions: 0, texts: 0 };
    const ids = candidates.map(({ id }) => id);
    // An instance that was cleared after the Dag came back to an old version.
    const versions = await tx.run(sql`
      DELETE FROM dag_version v WHERE v.id = ANY (${ids}::bigint[])
        AND NOT EXISTS (SELECT FROM task_instance t WHERE t.version_id = v.id)
        AND NOT EXISTS (SELECT FROM task_instance_history h WHERE h.version_id = v.id)`);
    const texts = await tx.run(sql`
      DELETE FROM code_file WHERE hash NOT IN (SELECT f.value FROM dag_version v, jsonb_each_text(v.files) f)`);
    return { versions, texts };
  });
}

async function inBatches(once: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await once();
    total += count;
    if (count < batchOfRows) return total;
  }
}
