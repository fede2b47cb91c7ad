/** What endpoints answer with, and so must not go away under them. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

/** @throws TradewindError TW_TRACKING_STATE where an endpoint gives traffic to one of these references, or asks it as a shadow. */
export async function requireNotServed(
  on: Executor,
  what: string,
  { references = [], prefixes = [] }: { references?: readonly string[]; prefixes?: readonly string[] },
): Promise<void> {
  const rows = await on.rows<{ name: string }>(sql`
    SELECT DISTINCT e.name FROM endpoint e CROSS JOIN jsonb_array_elements(e.variants) v
    WHERE ((v->>'weight')::float8 > 0 OR (v->>'shadow')::boolean)
      AND (v->>'model' = ANY(${[...references]}::text[])
        OR EXISTS (SELECT FROM unnest(${[...prefixes]}::text[]) prefix WHERE starts_with(v->>'model', prefix)))
    ORDER BY e.name`);
  if (rows.length === 0) return;
  const endpoints = rows.map(({ name }) => name).join(", ");
  throw new TradewindError(
    "TW_TRACKING_STATE",
    `${what} is what ${endpoints} answers with, and is not deleted`,
    {
      hint: "Give its traffic to another version first.",
    },
  );
}
