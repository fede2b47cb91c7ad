/** Partitions of Dags that go by those of their assets: events that nobody has looked at, and what waits for more. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { instant, json, sql } from "./sql.ts";

export interface PartitionEventRecord {
  readonly dagId: string;
  readonly eventId: number;
  readonly name: string;
  readonly uri: string;
  readonly key: string;
}

/** Oldest first. */
export function unmappedEvents(
  on: Executor,
  dagIds: readonly string[],
  limit: number,
): Promise<PartitionEventRecord[]> {
  return on.rows(sql`
    SELECT p.dag_id AS "dagId", e.id AS "eventId", a.name, a.uri, e.partition_key AS key
    FROM partition_event p JOIN asset_event e ON e.id = p.event_id JOIN asset a ON a.id = e.asset_id
    WHERE p.dag_id = ANY (${dagIds}::text[]) ORDER BY e.id LIMIT ${limit}`);
}

/**
 * An event, and the partitions that it is of: each waits, or begins to wait. Runs in a transaction of the caller. One
 * that has its run already begins anew.
 */
export async function keepMapped(
  tx: Executor,
  { dagId, eventId }: Pick<PartitionEventRecord, "dagId" | "eventId">,
  keys: readonly string[],
  now: number,
): Promise<void> {
  await tx.run(sql`DELETE FROM partition_event WHERE dag_id = ${dagId} AND event_id = ${eventId}`);
  if (keys.length === 0) return;
  await tx.run(sql`
    WITH waiting AS (
      INSERT INTO partition_run (dag_id, partition_key, created_at)
      SELECT ${dagId}, u.key, ${instant(now)} FROM unnest(${keys}::text[]) AS u (key)
      ON CONFLICT (dag_id, partition_key) WHERE run_pk IS NULL DO UPDATE SET dag_id = excluded.dag_id
      RETURNING id
    )
    INSERT INTO partition_run_event (partition_run_id, event_id) SELECT id, ${eventId} FROM waiting
    ON CONFLICT DO NOTHING`);
}

export interface WaitingPartition {
  readonly id: number;
  readonly dagId: string;
  readonly key: string;
  /** Whose mappers said last what it needs; null: none yet. */
  readonly versionId: number | null;
  /** What came for it, oldest first. */
  readonly events: readonly { id: number; name: string; uri: string; key: string }[];
}

/** Oldest first (index partition_run_waiting). */
export function waitingPartitions(on: Executor, dagIds: readonly string[]): Promise<WaitingPartition[]> {
  return on.rows(sql`
    SELECT p.id, p.dag_id AS "dagId", p.partition_key AS key, p.version_id AS "versionId",
      json_agg(json_build_object('id', e.id, 'name', a.name, 'uri', a.uri, 'key', e.partition_key) ORDER BY e.id) AS events
    FROM partition_run p JOIN partition_run_event x ON x.partition_run_id = p.id
    JOIN asset_event e ON e.id = x.event_id JOIN asset a ON a.id = e.asset_id
    WHERE p.dag_id = ANY (${dagIds}::text[]) AND p.run_pk IS NULL
    GROUP BY p.id ORDER BY p.created_at, p.id`);
}

/** What a partition needs of one asset of the Dag's schedule, by the Dag's mappers. */
export interface PartitionNeed {
  readonly name: string;
  readonly uri: string;
  /** All keys of a window are wanted; else any one key of the asset is enough. */
  readonly isRollup: boolean;
  readonly keys: readonly string[];
  /** How many of the keys are enough; null where only the policy itself can tell. */
  readonly enough: number | null;
  /** Why the mapper cannot tell. */
  readonly problem?: string;
}

export interface PartitionAnswer {
  readonly id: number;
  /** Of the mappers that were asked. */
  readonly versionId: number;
  /** Null: as before. */
  readonly needs: readonly PartitionNeed[] | null;
  readonly complete: readonly { readonly name: string; readonly uri: string }[];
  readonly problem: string | null;
}

/** Keeps what the mappers said. Returns how many rows say something else than before. */
export function keepPartitionAnswers(on: Executor, answers: readonly PartitionAnswer[]): Promise<number> {
  return on.run(sql`
    UPDATE partition_run p SET needs = coalesce(u.needs, p.needs), complete = u.complete, problem = u.problem,
      version_id = u."versionId"
    FROM json_to_recordset(${json(answers as unknown as Json)}::json)
      AS u (id bigint, "versionId" bigint, needs jsonb, complete jsonb, problem text)
    WHERE p.id = u.id AND (coalesce(u.needs, p.needs), u.complete, u.problem, u."versionId")
      IS DISTINCT FROM (p.needs, p.complete, p.problem, p.version_id)`);
}
