/** Ids on their way in and out: clients write a run's id as 32 hexadecimal digits. */
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";

const hex32 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Null for a text that cannot be the id of a run. */
export function asRunId(text: string): string | null {
  return hex32.test(text) ? text.replaceAll("-", "").toLowerCase() : null;
}

/** Null for a text that cannot be the id of an experiment. */
export function asExperimentId(text: string | number): number | null {
  const id = Number(text);
  return /^\d{1,15}$/.test(String(text)) && Number.isSafeInteger(id) ? id : null;
}

/** The column as 32 digits. */
export function hexId(column: Statement): Statement {
  return sql`replace(${column}::text, '-', '')`;
}
