/** The history of the registry: which version stood where, from when on, and who put it there. */
import type { ModelVersionEvent } from "../../core/tracking/entities.ts";
import type { Executor } from "../connect.ts";
import { instant, sql } from "../sql.ts";

export type NewEvent = Pick<ModelVersionEvent, "name" | "version" | "kind" | "actor"> &
  Partial<Pick<ModelVersionEvent, "stage" | "previousStage" | "alias" | "previousVersion">>;

export async function recordEvent(tx: Executor, event: NewEvent, now: number): Promise<void> {
  await tx.run(sql`
    INSERT INTO model_version_event (happened_at, name, version, kind, stage, previous_stage, alias, previous_version, actor)
    VALUES (${instant(now)}, ${event.name}, ${event.version}, ${event.kind}, ${event.stage ?? null},
      ${event.previousStage ?? null}, ${event.alias ?? null}, ${event.previousVersion ?? null}, ${event.actor})`);
}

/** The newest first. */
export function listEvents(
  executor: Executor,
  query: { name: string; version: number | null; limit: number; offset: number },
): Promise<ModelVersionEvent[]> {
  return executor.rows(sql`
    SELECT happened_at AS "happenedAt", name, version, kind, stage, previous_stage AS "previousStage", alias,
      previous_version AS "previousVersion", actor
    FROM model_version_event
    WHERE name = ${query.name} AND (${query.version}::int IS NULL OR version = ${query.version})
    ORDER BY id DESC LIMIT ${query.limit} OFFSET ${query.offset}`);
}

/** Where the alias stood at that instant: the version, or null when it stood nowhere. */
export async function aliasAt(
  executor: Executor,
  query: { name: string; alias: string; at: number },
): Promise<number | null> {
  const row = await executor.row<{ kind: string; version: number }>(sql`
    SELECT kind, version FROM model_version_event
    WHERE name = ${query.name} AND alias = ${query.alias} AND happened_at <= ${instant(query.at)}
    ORDER BY id DESC LIMIT 1`);
  return row?.kind === "alias_set" ? row.version : null;
}
