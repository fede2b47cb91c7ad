/** Conditions on the ids of Dags, for tables with many rows of each: Dags are few, so that a part of an id becomes ids first. */
import { allOf, matches, startsWith } from "../list-query.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";

interface Named {
  readonly pattern?: string | null | undefined;
  readonly prefix?: string | null | undefined;
}

export function ofDagsWithId(column: Statement, id: Named): Statement | null {
  return ofDags(column, sql`d.dag_id`, id);
}

export function ofDagsWithName(column: Statement, name: Named): Statement | null {
  return ofDags(column, sql`d.display_name`, name);
}

function ofDags(column: Statement, what: Statement, { pattern, prefix }: Named): Statement | null {
  const asked = [matches(what, pattern), startsWith(what, prefix)];
  if (asked.every((condition) => condition === null)) return null;
  return sql`${column} = ANY (ARRAY(SELECT d.dag_id FROM dag d WHERE ${allOf(asked)}))`;
}
