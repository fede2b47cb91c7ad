/** Variables: named texts, sealed at rest. `environment-secrets.ts` says which come from the environment first. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import type { Secrets } from "./secrets.ts";
import { variablePlace } from "./secrets.ts";
import { sql } from "./sql.ts";

export interface Variable {
  readonly key: string;
  readonly value: string;
  readonly description: string | null;
}

interface Row {
  readonly key: string;
  readonly value: Buffer;
  readonly description: string | null;
}

const toVariable = ({ key, value, description }: Row, secrets: Secrets): Variable => ({
  key,
  value: secrets.open(value, variablePlace(key)),
  description,
});

export async function getVariable(
  executor: Executor,
  secrets: Secrets,
  key: string,
): Promise<Variable | null> {
  const row = await executor.row<Row>(sql`SELECT key, value, description FROM variable WHERE key = ${key}`);
  return row === null ? null : toVariable(row, secrets);
}

/** Keys and descriptions only: a list needs no key file. */
export function listVariableKeys(executor: Executor): Promise<Omit<Variable, "value">[]> {
  return executor.rows(sql`SELECT key, description FROM variable ORDER BY key`);
}

export async function listVariables(executor: Executor, secrets: Secrets): Promise<Variable[]> {
  const rows = await executor.rows<Row>(sql`SELECT key, value, description FROM variable ORDER BY key`);
  return rows.map((row) => toVariable(row, secrets));
}

/** Sets or replaces. An `undefined` description leaves the one that is there. */
export async function setVariable(
  executor: Executor,
  secrets: Secrets,
  variable: { key: string; value: string; description?: string | null | undefined },
): Promise<void> {
  const sealed = secrets.seal(variable.value, variablePlace(variable.key));
  await executor.run(sql`
    INSERT INTO variable (key, value, description) VALUES (${variable.key}, ${sealed}, ${variable.description ?? null})
    ON CONFLICT (key) DO UPDATE SET value = excluded.value,
      description = CASE WHEN ${variable.description !== undefined}::boolean THEN excluded.description ELSE variable.description END`);
}

/** @throws TradewindError TW_VARIABLE_NOT_FOUND. */
export async function deleteVariable(executor: Executor, key: string): Promise<void> {
  const count = await executor.run(sql`DELETE FROM variable WHERE key = ${key}`);
  if (count === 0)
    throw new TradewindError("TW_VARIABLE_NOT_FOUND", `expected a variable ${JSON.stringify(key)}, got none`);
}
