/** What the variants of endpoints did: requests, errors and latencies by the minute, and what came of the answers. */
import type { Executor } from "./connect.ts";
import { instant, instants, sql } from "./sql.ts";

export interface MinuteOfTraffic {
  readonly endpoint: string;
  readonly variant: string;
  readonly modelVersion: string;
  /** That of the endpoint when the requests were answered. */
  readonly generation: number;
  /** Start of the minute, epoch milliseconds. */
  readonly minute: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: readonly number[];
}

/**
 * Adds to what is there; several servers may add to one minute. An endpoint that is gone is passed over. In the order
 * of the key, so that two servers never wait for each other's rows.
 */
export async function addTraffic(on: Executor, minutes: readonly MinuteOfTraffic[]): Promise<void> {
  await on.run(sql`
    INSERT INTO endpoint_minute AS old
      (endpoint, variant, model_version, generation, minute, requests, errors, latency)
    SELECT name, t.variant, t.model_version, t.generation, t.minute, t.requests, t.errors,
      ARRAY(SELECT value::integer FROM jsonb_array_elements_text(t.latency) AS bucket (value))
    FROM unnest(${minutes.map((one) => one.endpoint)}::text[], ${minutes.map((one) => one.variant)}::text[],
        ${minutes.map((one) => one.modelVersion)}::text[], ${minutes.map((one) => one.generation)}::integer[],
        ${instants(minutes.map((one) => one.minute))}::timestamptz[], ${minutes.map((one) => one.requests)}::integer[],
        ${minutes.map((one) => one.errors)}::integer[], ${minutes.map((one) => JSON.stringify(one.latency))}::jsonb[])
      AS t (endpoint, variant, model_version, generation, minute, requests, errors, latency)
    JOIN endpoint ON name = t.endpoint
    ORDER BY name, t.minute, t.variant, t.model_version, t.generation
    ON CONFLICT (endpoint, minute, variant, model_version, generation) DO UPDATE SET
      requests = old.requests + excluded.requests,
      errors = old.errors + excluded.errors,
      latency = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) FROM unnest(old.latency, excluded.latency) AS sums (a, b))`);
}

const minuteColumns = sql`
  endpoint, variant, model_version AS "modelVersion", generation, minute, requests, errors, latency`;

export function trafficSince(on: Executor, endpoint: string, since: number): Promise<MinuteOfTraffic[]> {
  return on.rows(sql`
    SELECT ${minuteColumns}
    FROM endpoint_minute WHERE endpoint = ${endpoint} AND minute >= ${instant(since)} ORDER BY minute, variant`);
}

/** Of all endpoints, for the list of them. */
export function trafficOfAllSince(on: Executor, since: number): Promise<MinuteOfTraffic[]> {
  return on.rows(sql`
    SELECT m.endpoint, m.variant, m.model_version AS "modelVersion", m.generation, m.minute, m.requests, m.errors,
      m.latency
    FROM endpoint e CROSS JOIN LATERAL (
      SELECT * FROM endpoint_minute x WHERE x.endpoint = e.name AND x.minute >= ${instant(since)}) m`);
}

const minuteMs = 60_000;

/** What was answered with the traffic of one generation. @param since An instant that is not after its beginning. */
export function trafficOfGeneration(
  on: Executor,
  { endpoint, generation, since }: { endpoint: string; generation: number; since: number },
): Promise<MinuteOfTraffic[]> {
  return on.rows(sql`
    SELECT ${minuteColumns} FROM endpoint_minute
    WHERE endpoint = ${endpoint} AND minute >= ${instant(since - minuteMs)} AND generation = ${generation}
    ORDER BY minute, variant`);
}

/** Minutes before the instant, the oldest first (index endpoint_minute_by_age). @returns how many went */
export function pruneTraffic(on: Executor, before: number, limit: number): Promise<number> {
  return on.run(sql`
    DELETE FROM endpoint_minute WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM endpoint_minute WHERE minute < ${instant(before)} ORDER BY minute LIMIT ${limit}))`);
}

/** Outcomes that were told before the instant, the oldest of each endpoint first (index endpoint_outcome_by_age). @returns how many went */
export function pruneOutcomes(on: Executor, before: number, limit: number): Promise<number> {
  return on.run(sql`
    DELETE FROM endpoint_outcome WHERE ctid = ANY (ARRAY(
      SELECT old.place FROM endpoint e CROSS JOIN LATERAL (
        SELECT o.ctid AS place FROM endpoint_outcome o
        WHERE o.endpoint = e.name AND o.happened_at < ${instant(before)}
        ORDER BY o.happened_at LIMIT ${limit}
      ) old LIMIT ${limit}))`);
}

export interface Outcome {
  readonly requestId: string;
  readonly variant: string;
  readonly metric: string;
  readonly value: number;
}

/** A metric counts once for an answer: the first value stays. @returns how many were new */
export function addOutcomes(
  on: Executor,
  endpoint: string,
  outcomes: readonly Outcome[],
  now: number,
): Promise<number> {
  return on.run(sql`
    INSERT INTO endpoint_outcome (endpoint, request_id, metric, variant, value, happened_at)
    SELECT ${endpoint}, request_id, metric, variant, value, ${instant(now)}
    FROM unnest(${outcomes.map((one) => one.requestId)}::text[], ${outcomes.map((one) => one.metric)}::text[],
      ${outcomes.map((one) => one.variant)}::text[], ${outcomes.map((one) => one.value)}::float8[])
      AS told (request_id, metric, variant, value)
    ON CONFLICT DO NOTHING`);
}

export interface OutcomeSummary {
  readonly variant: string;
  readonly metric: string;
  readonly count: number;
  readonly mean: number;
  /** Of the sample; null of a single value. */
  readonly variance: number | null;
}

export function outcomesSince(on: Executor, endpoint: string, since: number): Promise<OutcomeSummary[]> {
  return on.rows(sql`
    SELECT variant, metric, count(*) AS count, avg(value) AS mean, var_samp(value) AS variance
    FROM endpoint_outcome WHERE endpoint = ${endpoint} AND happened_at >= ${instant(since)}
    GROUP BY variant, metric ORDER BY metric, variant`);
}
