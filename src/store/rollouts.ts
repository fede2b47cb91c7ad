/** Rollouts of endpoints: their rows, and the events that say who or what moved them. */
import { TradewindError } from "../errors.ts";
import type { Database, Executor } from "./connect.ts";
import { violatedConstraint } from "./database-errors.ts";
import { type By, type EndpointRow, type EndpointVariant, moveTraffic } from "./endpoints.ts";
import { instant, type Statement, sql } from "./sql.ts";

export interface RolloutStep {
  /** Percent of the requests. */
  readonly weight: number;
  /** How long the step lasts at least. */
  readonly bake_seconds: number;
  /** How many requests the variant has answered at least before the next step. */
  readonly min_requests: number;
}

export interface MetricGuardrail {
  /** Of the outcomes that are posted for answers. */
  readonly metric: string;
  readonly greater_is_better: boolean;
  /** By how much the variant's mean may be worse than the baseline's. */
  readonly max_loss: number;
  /** Chance of going back although nothing is wrong. */
  readonly significance: number;
  /** Outcomes of each side before they are compared. */
  readonly min_samples: number;
  /** Whether a step waits for that many outcomes. */
  readonly required: boolean;
}

export interface RolloutGuardrails {
  /** Share of failed requests, from 0 to 1. */
  readonly max_error_rate?: number;
  readonly max_p99_ms?: number;
  /** p99 of the variant over that of the baseline. */
  readonly max_p99_ratio?: number;
  /** Requests of the variant in a step before it is judged. */
  readonly min_requests?: number;
  readonly metrics?: readonly MetricGuardrail[];
}

export const endedRolloutStates = ["succeeded", "rolled_back", "aborted", "superseded"] as const;
export type RolloutEnd = (typeof endedRolloutStates)[number];
export type RolloutState = "running" | "paused" | RolloutEnd;
export type RolloutEventKind = "started" | "step" | "paused" | "resumed" | RolloutEnd;

export interface RolloutRow {
  readonly id: number;
  readonly endpoint: string;
  readonly variant: string;
  readonly model: string;
  readonly baseline: string;
  readonly steps: RolloutStep[];
  readonly guardrails: RolloutGuardrails;
  readonly before: EndpointVariant[];
  readonly state: RolloutState;
  /** Of the present step, from 0. */
  readonly step: number;
  readonly generation: number;
  readonly startedAt: number;
  readonly stepStartedAt: number;
  readonly endedAt: number | null;
  readonly reason: string | null;
}

export interface RolloutEvent {
  readonly happenedAt: number;
  readonly kind: RolloutEventKind;
  readonly actor: string | null;
  readonly reason: string | null;
}

const columns = sql`
  id, endpoint, variant, model, baseline, steps, guardrails, before, state, step, generation,
  started_at AS "startedAt", step_started_at AS "stepStartedAt", ended_at AS "endedAt", reason`;
const active = sql`state IN ('running', 'paused')`;

export type NewRollout = Pick<
  RolloutRow,
  "endpoint" | "variant" | "model" | "baseline" | "steps" | "guardrails"
>;

/**
 * Takes the first step and writes the rollout down, both or neither.
 * @param before The endpoint as it was read; the traffic has to be the same still.
 * @param variants The traffic of the first step.
 * @throws TradewindError TW_ENDPOINT_CHANGED; TW_ROLLOUT_STATE when the endpoint has a rollout already.
 */
export async function startRollout(
  database: Database,
  rollout: NewRollout,
  { before, variants, reason }: { before: EndpointRow; variants: readonly EndpointVariant[]; reason: string },
  by: By,
): Promise<RolloutRow> {
  const { endpoint, variant, model, baseline, steps, guardrails } = rollout;
  try {
    return await database.transaction(async (tx) => {
      const change = { kind: "rollout", variants, reason, generation: before.generation } as const;
      const { generation } = await moveTraffic(tx, endpoint, change, by);
      const row = (await tx.row<RolloutRow>(sql`
        INSERT INTO endpoint_rollout (endpoint, variant, model, baseline, steps, guardrails, before, state, generation,
          started_at, step_started_at, reason)
        VALUES (${endpoint}, ${variant}, ${model}, ${baseline}, ${JSON.stringify(steps)}, ${JSON.stringify(guardrails)},
          ${JSON.stringify(before.variants)}, 'running', ${generation}, ${instant(by.now)}, ${instant(by.now)}, ${reason})
        RETURNING ${columns}`)) as RolloutRow;
      await addRolloutEvent(tx, row.id, { kind: "started", reason }, by);
      return row;
    });
  } catch (error) {
    if (violatedConstraint(error) !== "endpoint_rollout_active") throw error;
    throw new TradewindError(
      "TW_ROLLOUT_STATE",
      `${endpoint}: expected no rollout under way, got one; end it first, or wait for it`,
      { cause: error },
    );
  }
}

/** @throws TradewindError TW_ROLLOUT_NOT_FOUND */
export async function findRollout(on: Executor, endpoint: string, id: number): Promise<RolloutRow> {
  const row = await on.row<RolloutRow>(
    sql`SELECT ${columns} FROM endpoint_rollout WHERE id = ${id} AND endpoint = ${endpoint}`,
  );
  if (row !== null) return row;
  throw new TradewindError("TW_ROLLOUT_NOT_FOUND", `${endpoint} has no rollout ${id}`);
}

/** The newest first. */
export function listRollouts(on: Executor, endpoint: string, limit: number): Promise<RolloutRow[]> {
  return on.rows(
    sql`SELECT ${columns} FROM endpoint_rollout WHERE endpoint = ${endpoint} ORDER BY id DESC LIMIT ${limit}`,
  );
}

/** Of those that are under way. */
export function activeRollouts(on: Executor): Promise<Pick<RolloutRow, "id" | "endpoint">[]> {
  return on.rows(sql`SELECT id, endpoint FROM endpoint_rollout WHERE ${active} ORDER BY id`);
}

/**
 * Holds the endpoint and its rollout until the transaction ends; everybody who moves both takes them in this order.
 * Null when another server has them, or when the rollout has ended.
 */
export async function lockActiveRollout(
  tx: Executor,
  { id, endpoint }: Pick<RolloutRow, "id" | "endpoint">,
): Promise<RolloutRow | null> {
  const free = await tx.row(sql`SELECT name FROM endpoint WHERE name = ${endpoint} FOR UPDATE SKIP LOCKED`);
  // A statement of its own: what it sees is newer than the lock.
  return free === null
    ? null
    : tx.row(sql`SELECT ${columns} FROM endpoint_rollout WHERE id = ${id} AND ${active} FOR UPDATE`);
}

/** What the rollout waits for; written only when it is news. */
export async function noteRollout(tx: Executor, id: number, reason: string): Promise<void> {
  await tx.run(
    sql`UPDATE endpoint_rollout SET reason = ${reason} WHERE id = ${id} AND reason IS DISTINCT FROM ${reason}`,
  );
}

/** The next step, whose traffic is in place as `generation`. */
export async function advanceRollout(
  tx: Executor,
  { id }: RolloutRow,
  { step, generation, reason }: { step: number; generation: number; reason: string },
  now: number,
): Promise<void> {
  await tx.run(sql`
    UPDATE endpoint_rollout SET step = ${step}, generation = ${generation}, step_started_at = ${instant(now)},
      reason = ${reason} WHERE id = ${id}`);
  await addRolloutEvent(tx, id, { kind: "step", reason }, { now, actor: null });
}

export async function endRollout(
  tx: Executor,
  { id }: Pick<RolloutRow, "id">,
  { state, reason }: { state: RolloutEnd; reason: string | null },
  by: By,
): Promise<void> {
  await tx.run(sql`
    UPDATE endpoint_rollout SET state = ${state}, ended_at = ${instant(by.now)}, reason = ${reason} WHERE id = ${id}`);
  await addRolloutEvent(tx, id, { kind: state, reason }, by);
}

/** Holds a rollout at its step, or lets it go on. Guardrails are watched either way. */
export function pauseRollout(
  database: Database,
  at: { endpoint: string; id: number },
  to: { paused: boolean; reason: string | null },
  by: By,
): Promise<RolloutRow> {
  const { endpoint, id } = at;
  const [from, next, kind] = to.paused
    ? (["running", "paused", "paused"] as const)
    : (["paused", "running", "resumed"] as const);
  return database.transaction(async (tx) => {
    const row = await tx.row<RolloutRow>(sql`
      UPDATE endpoint_rollout SET state = ${next}, reason = ${to.reason}
      WHERE id = ${id} AND endpoint = ${endpoint} AND state = ${from} RETURNING ${columns}`);
    if (row === null) throw await wrongState(tx, at, from);
    await addRolloutEvent(tx, id, { kind, reason: to.reason }, by);
    return row;
  });
}

/**
 * Ends a rollout by hand: the traffic of before it comes back.
 * @throws TradewindError TW_ROLLOUT_STATE when it has ended; TW_ENDPOINT_CHANGED when somebody else moved the traffic.
 */
export function abortRollout(
  database: Database,
  at: { endpoint: string; id: number },
  reason: string | null,
  by: By,
): Promise<RolloutRow> {
  return database.transaction(async (tx) => {
    await tx.row(sql`SELECT name FROM endpoint WHERE name = ${at.endpoint} FOR UPDATE`);
    const row = await tx.row<RolloutRow>(sql`
      SELECT ${columns} FROM endpoint_rollout
      WHERE id = ${at.id} AND endpoint = ${at.endpoint} AND ${active} FOR UPDATE`);
    if (row === null) throw await wrongState(tx, at, "running");
    const change = {
      kind: "rolled_back",
      variants: row.before,
      reason: reason ?? "the rollout was ended",
    } as const;
    await moveTraffic(tx, at.endpoint, { ...change, generation: row.generation }, by);
    await endRollout(tx, row, { state: "aborted", reason }, by);
    return findRollout(tx, at.endpoint, at.id);
  });
}

async function wrongState(
  tx: Executor,
  { endpoint, id }: { endpoint: string; id: number },
  expected: string,
): Promise<TradewindError> {
  const { state } = await findRollout(tx, endpoint, id);
  return new TradewindError(
    "TW_ROLLOUT_STATE",
    `rollout ${id} of ${endpoint}: expected it to be ${expected}, got ${state}`,
  );
}

/** The oldest first. */
export function listRolloutEvents(on: Executor, id: number): Promise<RolloutEvent[]> {
  return on.rows(sql`
    SELECT happened_at AS "happenedAt", kind, actor, reason FROM endpoint_rollout_event
    WHERE rollout = ${id} ORDER BY number`);
}

async function addRolloutEvent(
  tx: Executor,
  id: number,
  { kind, reason }: { kind: RolloutEventKind; reason: string | null },
  { now, actor }: By,
): Promise<void> {
  const statement: Statement = sql`
    INSERT INTO endpoint_rollout_event (rollout, happened_at, kind, actor, reason)
    VALUES (${id}, ${instant(now)}, ${kind}, ${actor}, ${reason})`;
  await tx.run(statement);
}
