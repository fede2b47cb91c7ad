/** What the variants of endpoints did: requests, errors and latencies by the minute, and what came of the answers. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface MinuteOfTraffic {
  readonly endpoint: string;
  readonly variant: string;
  readonly modelVersion: string;
  /** Start of the minute, epoch milliseconds. */
  readonly minute: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: readonly number[];
}

/** Adds to what is there; several servers may add to one minute. An endpoint that is gone is passed over. */
export async function addTraffic(tx: Executor, minutes: readonly MinuteOfTraffic[]): Promise<void> {
  for (const { endpoint, variant, modelVersion, minute, requests, errors, latency } of minutes) {
    await tx.run(sql`
      INSERT INTO endpoint_minute AS old (endpoint, variant, model_version, minute, requests, errors, latency)
      SELECT name, ${variant}, ${modelVersion}, ${instant(minute)}, ${requests}, ${errors}, ${latency}::integer[]
      FROM endpoint WHERE name = ${endpoint}
      ON CONFLICT (endpoint, minute, variant, model_version) DO UPDATE SET
        requests = old.requests + excluded.requests,
        errors = old.errors + excluded.errors,
        latency = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) FROM unnest(old.latency, excluded.latency) AS sums (a, b))`);
  }
}

export function trafficSince(on: Executor, endpoint: string, since: number): Promise<MinuteOfTraffic[]> {
  return on.rows(sql`
    SELECT endpoint, variant, model_version AS "modelVersion", minute, requests, errors, latency
    FROM endpoint_minute WHERE endpoint = ${endpoint} AND minute >= ${instant(since)} ORDER BY minute, variant`);
}

/** Of all endpoints, for the list of them. */
export function trafficOfAllSince(on: Executor, since: number): Promise<MinuteOfTraffic[]> {
  return on.rows(sql`
    SELECT m.endpoint, m.variant, m.model_version AS "modelVersion", m.minute, m.requests, m.errors, m.latency
    FROM endpoint e CROSS JOIN LATERAL (
      SELECT * FROM endpoint_minute x WHERE x.endpoint = e.name AND x.minute >= ${instant(since)}) m`);
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
