/**
 * Variables and connections of the environment, which come before those of the database and are in no list:
 * `TRADEWIND_VAR_KEY`, `TRADEWIND_CONN_ID`, then Airflow's `AIRFLOW_VAR_KEY`, `AIRFLOW_CONN_ID`. Names are in
 * capitals. Pure: the environment is an argument.
 */
import type { Executor } from "./connect.ts";
import { parseConnection } from "./connection-format.ts";
import type { StoredConnection } from "./connections.ts";
import { getConnection } from "./connections.ts";
import type { Secrets } from "./secrets.ts";
import type { Variable } from "./variables.ts";
import { getVariable } from "./variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

function find(environment: Environment, kind: "VAR" | "CONN", name: string): string | undefined {
  const suffix = `${kind}_${name.toUpperCase()}`;
  return environment[`TRADEWIND_${suffix}`] ?? environment[`AIRFLOW_${suffix}`];
}

export function environmentVariable(environment: Environment, key: string): Variable | null {
  const value = find(environment, "VAR", key);
  return value === undefined ? null : { key, value, description: null };
}

/** @throws TradewindError TW_CONNECTION_FORMAT. */
export function environmentConnection(environment: Environment, connId: string): StoredConnection | null {
  const text = find(environment, "CONN", connId);
  return text === undefined || text === "" ? null : { connId, ...parseConnection(text) };
}

export interface SecretSources {
  readonly executor: Executor;
  readonly secrets: Secrets;
  readonly environment: Environment;
  /** What settings stand for when nobody made the connection: `smtp_default` of section `smtp`. */
  readonly configured?: ReadonlyMap<string, StoredConnection> | undefined;
}

/** As a task sees it: environment, then database. */
export async function resolveVariable(sources: SecretSources, key: string): Promise<Variable | null> {
  return (
    environmentVariable(sources.environment, key) ??
    (await getVariable(sources.executor, sources.secrets, key))
  );
}

export async function resolveConnection(
  sources: SecretSources,
  connId: string,
): Promise<StoredConnection | null> {
  return (
    environmentConnection(sources.environment, connId) ??
    (await getConnection(sources.executor, sources.secrets, connId)) ??
    sources.configured?.get(connId) ??
    null
  );
}
