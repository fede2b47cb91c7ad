/**
 * What triggerers wait for on behalf of deferred attempts. The scheduler inserts a trigger with the attempt's
 * deferral and takes it away when the attempt goes on; a triggerer claims, watches and marks it fired.
 */
import type { Json } from "../core/dag-model.ts";
import type { TriggerEnd } from "../runtime/protocol.ts";
import type { Executor } from "./connect.ts";
import type { Secrets } from "./secrets.ts";
import { instant, json, sql } from "./sql.ts";

export interface TriggerRow {
  readonly id: number;
  readonly classpath: string;
  readonly kwargs: { [key: string]: Json };
  readonly queue: string | null;
  readonly createdAt: number;
  readonly triggererId: number | null;
  readonly versionId: number | null;
  readonly runPk: number | null;
  readonly taskId: string | null;
  readonly mapIndex: number | null;
  readonly attemptId: string | null;
  readonly assetId: number | null;
  readonly firedAt: number | null;
  readonly event: Json;
  readonly error: string | null;
}

type SealedRow = Omit<TriggerRow, "kwargs"> & { readonly kwargs: Buffer };

const columns = sql`
  id, classpath, kwargs, queue, created_at AS "createdAt", triggerer_id AS "triggererId", version_id AS "versionId",
  run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", attempt_id AS "attemptId", asset_id AS "assetId",
  fired_at AS "firedAt", event, error`;

/** Arguments may hold secrets (a token to poll with), so they are sealed; not bound to the row, whose id is new. */
const place = "trigger/kwargs";

export function sealKwargs(secrets: Secrets, kwargs: { [key: string]: Json }): Buffer {
  return secrets.seal(JSON.stringify(kwargs), place);
}

export function openKwargs(secrets: Secrets, sealed: Buffer): { [key: string]: Json } {
  return JSON.parse(secrets.open(sealed, place)) as { [key: string]: Json };
}

const unsealed =
  (secrets: Secrets) =>
  ({ kwargs, ...rest }: SealedRow): TriggerRow => ({ ...rest, kwargs: openKwargs(secrets, kwargs) });

/**
 * Takes triggers that nobody watches, oldest first, at most `limit`. Two triggerers never take the same one (SKIP
 * LOCKED; index trigger_unclaimed). Those of a triggerer that ended are free again by the end of its job.
 */
export async function claimTriggers(
  executor: Executor,
  secrets: Secrets,
  claim: { triggererId: number; limit: number; queue?: string | null },
): Promise<TriggerRow[]> {
  const rows = await executor.rows<SealedRow>(sql`
    WITH free AS (
      SELECT t.id AS free_id FROM trigger t
      WHERE t.triggerer_id IS NULL AND t.fired_at IS NULL AND t.queue IS NOT DISTINCT FROM ${claim.queue ?? null}
      ORDER BY t.id LIMIT ${claim.limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE trigger SET triggerer_id = ${claim.triggererId} FROM free WHERE id = free_id RETURNING ${columns}`);
  return rows.map(unsealed(secrets)).sort((a, b) => a.id - b.id);
}

/** Ids that this triggerer still is to watch; the others were taken away. */
export async function watchedTriggers(executor: Executor, triggererId: number): Promise<number[]> {
  const rows = await executor.rows<{ id: number }>(
    sql`SELECT id FROM trigger WHERE triggerer_id = ${triggererId} AND fired_at IS NULL ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

/** Only by the triggerer that holds it, and only once. True when it counted. */
export async function fireTrigger(
  executor: Executor,
  fired: { id: number; triggererId: number; event?: Json; error?: string | null },
  now: number,
): Promise<boolean> {
  const count = await executor.run(sql`
    UPDATE trigger SET fired_at = ${instant(now)}, event = ${json(fired.event)}, error = ${fired.error ?? null}
    WHERE id = ${fired.id} AND triggerer_id = ${fired.triggererId} AND fired_at IS NULL`);
  return count === 1;
}

export interface FiredTrigger {
  readonly id: number;
  readonly event: Json;
  /** Set when the trigger ended its task itself. */
  readonly end: TriggerEnd | null;
  readonly error: string | null;
}

/** The same for all that fired at once, in one statement. Returns the ids that counted. */
export async function fireTriggers(
  executor: Executor,
  fired: { triggererId: number; triggers: readonly FiredTrigger[] },
  now: number,
): Promise<number[]> {
  const { triggers } = fired;
  const rows = await executor.rows<{ id: number }>(sql`
    UPDATE trigger t SET fired_at = ${instant(now)}, event = u.event, ends = u.ends, error = u.error
    FROM unnest(${triggers.map(({ id }) => id)}::bigint[], ${triggers.map(({ event }) => json(event))}::json[],
      ${triggers.map(({ end }) => (end === null ? null : json(end as unknown as Json)))}::json[],
      ${triggers.map(({ error }) => error)}::text[]) AS u (id, event, ends, error)
    WHERE t.id = u.id AND t.triggerer_id = ${fired.triggererId} AND t.fired_at IS NULL RETURNING t.id`);
  return rows.map(({ id }) => id);
}

export interface TriggerOwner {
  readonly triggerId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly attemptId: string;
}

/** Whose triggers these are; those of cleared or deleted instances are left out. */
export function triggerOwners(executor: Executor, ids: readonly number[]): Promise<TriggerOwner[]> {
  return executor.rows(sql`
    SELECT g.id AS "triggerId", r.dag_id AS "dagId", r.run_id AS "runId", t.task_id AS "taskId",
      t.map_index AS "mapIndex", t.try_number AS "tryNumber", g.attempt_id AS "attemptId"
    FROM trigger g JOIN dag_run r ON r.id = g.run_pk
      JOIN task_instance t ON t.run_pk = g.run_pk AND t.task_id = g.task_id AND t.map_index = g.map_index
    WHERE g.id = ANY (${ids}::bigint[])`);
}

/** Fired ones that wait for the scheduler (index trigger_fired). */
export async function firedTriggers(
  executor: Executor,
  secrets: Secrets,
  limit: number,
): Promise<TriggerRow[]> {
  const rows = await executor.rows<SealedRow>(
    sql`SELECT ${columns} FROM trigger WHERE fired_at IS NOT NULL ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(unsealed(secrets));
}

export async function countTriggers(executor: Executor): Promise<{ waiting: number; unclaimed: number }> {
  const row = await executor.row<{ waiting: number; unclaimed: number }>(sql`
    SELECT count(*) AS waiting, count(*) FILTER (WHERE triggerer_id IS NULL) AS unclaimed
    FROM trigger WHERE fired_at IS NULL`);
  return row ?? { waiting: 0, unclaimed: 0 };
}
