/**
 * Statements: text with numbered parameters, written as a tagged template.
 *
 *     sql`SELECT * FROM dag WHERE dag_id = ${dagId}`
 *
 * A value becomes a parameter; a statement inside a statement is spliced in with its parameters renumbered.
 * There is no way to splice a plain string, so that no text of a user can become SQL.
 */
import type { Json } from "../core/dag-model.ts";

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** A name makes the server keep the plan for the connection's life; only for texts that never vary. */
  readonly name?: string;
}

class SqlStatement implements Statement {
  readonly text: string;
  readonly values: readonly unknown[];

  constructor(text: string, values: readonly unknown[]) {
    this.text = text;
    this.values = values;
  }
}

export function sql(strings: TemplateStringsArray, ...inserted: readonly unknown[]): Statement {
  let text = strings[0] ?? "";
  const values: unknown[] = [];
  for (const [index, value] of inserted.entries()) {
    if (value instanceof SqlStatement) {
      const shift = values.length;
      text += shift === 0 ? value.text : value.text.replace(/\$(\d+)/g, (_, n) => `$${Number(n) + shift}`);
      values.push(...value.values);
    } else {
      values.push(value);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? "";
  }
  return new SqlStatement(text, values);
}

/** The same statement, prepared once per connection under `name`. Its text must be the same at each call. */
export function prepared(name: string, statement: Statement): Statement {
  return { text: statement.text, values: statement.values, name };
}

/** A column or table name, quoted. Only for names that stand in the code or come from the catalogue. */
export function identifier(name: string): Statement {
  return new SqlStatement(`"${name.replaceAll('"', '""')}"`, []);
}

/** Milliseconds since the epoch as a `timestamptz` parameter. */
export function instant(ms: number): string;
export function instant(ms: number | null | undefined): string | null;
export function instant(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

/** For ILIKE: texts that hold this one, whose `%` and `_` are letters; null for no text, or an empty one. */
export function containing(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === "" ? null : `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** For `unnest(${instants(list)}::timestamptz[])`. */
export function instants(list: readonly (number | null)[]): (string | null)[] {
  return list.map((ms) => instant(ms));
}

/** A `json` or `jsonb` parameter. `undefined` is SQL's NULL; `null` is JSON's. */
export function json(value: Json): string;
export function json(value: Json | undefined): string | null;
export function json(value: Json | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
