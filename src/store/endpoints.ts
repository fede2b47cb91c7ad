/** Endpoints: which models answer under a name, how the traffic is shared, and every change of it. */
import { TradewindError } from "../errors.ts";
import type { Database, Executor } from "./connect.ts";
import { violatedConstraint } from "./database-errors.ts";
import { tellServers } from "./serving-news.ts";
import { instant, sql } from "./sql.ts";

export interface EndpointVariant {
  readonly name: string;
  readonly model: string;
  readonly weight: number;
  readonly shadow: boolean;
}

export interface Guardrails {
  /** Share of failed requests, from 0 to 1. */
  readonly max_error_rate?: number;
  readonly max_p99_ms?: number;
  /** Requests of a variant before it is judged. */
  readonly min_requests?: number;
}

/** What is kept of the requests. */
export interface RequestLogging {
  /** Share of them, from 0 to 1. */
  readonly sample: number;
}

export interface EndpointRow {
  readonly name: string;
  readonly description: string;
  readonly generation: number;
  readonly variants: EndpointVariant[];
  readonly guardrails: Guardrails | null;
  /** Null: none is kept. */
  readonly requestLog: RequestLogging | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ChangeKind = "created" | "traffic" | "promoted" | "rolled_back" | "guardrail" | "rollout";

export interface EndpointChange {
  readonly generation: number;
  readonly changedAt: number;
  readonly kind: ChangeKind;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly variants: EndpointVariant[];
}

const columns = sql`
  name, description, generation, variants, guardrails, request_log AS "requestLog", created_at AS "createdAt", updated_at AS "updatedAt"`;

export function listEndpoints(on: Executor): Promise<EndpointRow[]> {
  return on.rows(sql`SELECT ${columns} FROM endpoint ORDER BY name`);
}

/** @throws TradewindError TW_ENDPOINT_NOT_FOUND */
export async function findEndpoint(on: Executor, name: string): Promise<EndpointRow> {
  const row = await on.row<EndpointRow>(sql`SELECT ${columns} FROM endpoint WHERE name = ${name}`);
  if (row === null) throw new TradewindError("TW_ENDPOINT_NOT_FOUND", `there is no endpoint ${name}`);
  return row;
}

export interface By {
  readonly now: number;
  readonly actor: string | null;
}

/** @throws TradewindError TW_ENDPOINT_EXISTS */
export async function createEndpoint(
  database: Database,
  endpoint: Pick<EndpointRow, "name" | "description" | "variants" | "guardrails" | "requestLog">,
  { now, actor }: By,
): Promise<EndpointRow> {
  const { name, description, variants, guardrails, requestLog } = endpoint;
  try {
    return await database.transaction(async (tx) => {
      const row = await tx.row<EndpointRow>(sql`
        INSERT INTO endpoint (name, description, variants, guardrails, request_log, created_at, updated_at)
        VALUES (${name}, ${description}, ${JSON.stringify(variants)}, ${guardrails && JSON.stringify(guardrails)},
          ${requestLog && JSON.stringify(requestLog)}, ${instant(now)}, ${instant(now)})
        RETURNING ${columns}`);
      await addChange(tx, row as EndpointRow, { kind: "created", reason: null }, { now, actor });
      await tellServers(tx, "endpoints");
      return row as EndpointRow;
    });
  } catch (error) {
    if (violatedConstraint(error) !== "endpoint_pkey") throw error;
    throw new TradewindError(
      "TW_ENDPOINT_EXISTS",
      `expected a new name, got ${name}, which is an endpoint's`,
      {
        cause: error,
      },
    );
  }
}

export interface TrafficChange {
  readonly kind: Exclude<ChangeKind, "created">;
  readonly variants: readonly EndpointVariant[];
  readonly reason?: string | null;
  /** The generation that the change was made on; absent: whatever it is. */
  readonly generation?: number | undefined;
}

/** A change of the traffic by itself; see `moveTraffic`. */
export function changeTraffic(
  database: Database,
  name: string,
  change: TrafficChange,
  by: By,
): Promise<EndpointRow> {
  return database.transaction((tx) => moveTraffic(tx, name, change, by));
}

/**
 * One statement moves the pointer: requests from the commit on see the new variants.
 * @throws TradewindError TW_ENDPOINT_NOT_FOUND; TW_ENDPOINT_CHANGED when another change came first.
 */
export async function moveTraffic(
  tx: Executor,
  name: string,
  change: TrafficChange,
  { now, actor }: By,
): Promise<EndpointRow> {
  const { kind, variants, reason = null, generation } = change;
  const row = await tx.row<EndpointRow>(sql`
    UPDATE endpoint SET variants = ${JSON.stringify(variants)}, generation = generation + 1, updated_at = ${instant(now)}
    WHERE name = ${name} AND generation = coalesce(${generation ?? null}::integer, generation)
    RETURNING ${columns}`);
  if (row === null) {
    const present = await findEndpoint(tx, name);
    throw new TradewindError(
      "TW_ENDPOINT_CHANGED",
      `${name}: expected generation ${generation}, got ${present.generation}: somebody changed the traffic in between`,
    );
  }
  await addChange(tx, row, { kind, reason }, { now, actor });
  await tellServers(tx, "endpoints");
  return row;
}

export async function setGuardrails(
  on: Executor,
  name: string,
  guardrails: Guardrails | null,
  now: number,
): Promise<EndpointRow> {
  const row = await on.row<EndpointRow>(sql`
    UPDATE endpoint SET guardrails = ${guardrails && JSON.stringify(guardrails)}, updated_at = ${instant(now)}
    WHERE name = ${name} RETURNING ${columns}`);
  if (row === null) return findEndpoint(on, name);
  await tellServers(on, "endpoints");
  return row;
}

/** From now on so much of the requests is kept; null: nothing. @throws TradewindError TW_ENDPOINT_NOT_FOUND */
export async function setRequestLog(
  on: Executor,
  name: string,
  log: RequestLogging | null,
  now: number,
): Promise<EndpointRow> {
  const row = await on.row<EndpointRow>(sql`
    UPDATE endpoint SET request_log = ${log && JSON.stringify(log)}, updated_at = ${instant(now)}
    WHERE name = ${name} RETURNING ${columns}`);
  if (row === null) return findEndpoint(on, name);
  await tellServers(on, "endpoints");
  return row;
}

export async function deleteEndpoint(on: Executor, name: string): Promise<void> {
  const gone = await on.run(sql`DELETE FROM endpoint WHERE name = ${name}`);
  if (gone === 0) await findEndpoint(on, name);
  await tellServers(on, "endpoints");
}

/** The newest first. */
export async function listChanges(on: Executor, name: string): Promise<EndpointChange[]> {
  await findEndpoint(on, name);
  return on.rows(sql`
    SELECT generation, changed_at AS "changedAt", kind, actor, reason, variants
    FROM endpoint_change WHERE endpoint = ${name} ORDER BY generation DESC`);
}

/** The last change of each endpoint, or of one. */
export function latestChanges(
  on: Executor,
  name: string | null = null,
): Promise<(Omit<EndpointChange, "variants"> & { name: string })[]> {
  return on.rows(sql`
    SELECT e.name, c.generation, c.changed_at AS "changedAt", c.kind, c.actor, c.reason
    FROM endpoint e JOIN endpoint_change c ON c.endpoint = e.name AND c.generation = e.generation
    WHERE ${name}::text IS NULL OR e.name = ${name}`);
}

async function addChange(
  tx: Executor,
  { name, generation, variants }: EndpointRow,
  { kind, reason }: { kind: ChangeKind; reason: string | null },
  { now, actor }: By,
): Promise<void> {
  await tx.run(sql`
    INSERT INTO endpoint_change (endpoint, generation, changed_at, kind, actor, reason, variants)
    VALUES (${name}, ${generation}, ${instant(now)}, ${kind}, ${actor}, ${reason}, ${JSON.stringify(variants)})`);
}
