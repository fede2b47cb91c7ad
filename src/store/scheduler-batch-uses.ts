/** Set statements on what attempts read and made. */
import type { AttemptCoordinates, LineageUse } from "../core/lineage.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";

/** What attempts used is kept by names, since it outlives their run. */
export interface UseWrite extends AttemptCoordinates {
  readonly use: LineageUse;
}

/** Of an asset among the inlets: the attempt read what its newest event told of. */
export interface InletWrite extends AttemptCoordinates {
  readonly name: string;
  readonly uri: string;
}

const attemptColumns = `"dagId" text, "runId" text, "taskId" text, "mapIndex" int, "tryNumber" int`;
const attemptValues = `u."dagId", u."runId", u."taskId", u."mapIndex", u."tryNumber"`;

const useSql = `
INSERT INTO lineage_use (dag_id, run_id, task_id, map_index, try_number, direction, kind, name, version, details, recorded_at)
SELECT ${attemptValues}, d.direction, d.kind, d.name, d.version, d.details, to_timestamp($2::float8 / 1000.0)
FROM json_to_recordset($1::json) AS u (${attemptColumns}, use json)
CROSS JOIN LATERAL json_to_record(u.use) AS d (direction text, kind text, name text, version text, details jsonb)
ON CONFLICT DO NOTHING`;

const inletSql = `
INSERT INTO lineage_use (dag_id, run_id, task_id, map_index, try_number, direction, kind, name, version, details, recorded_at)
SELECT ${attemptValues}, 'input', 'asset_event', u.name, e.id::text, jsonb_build_object('uri', u.uri),
  to_timestamp($2::float8 / 1000.0)
FROM json_to_recordset($1::json) AS u (${attemptColumns}, name text, uri text)
JOIN asset a ON a.name = u.name AND a.uri = u.uri
CROSS JOIN LATERAL (SELECT id FROM asset_event WHERE asset_id = a.id ORDER BY "timestamp" DESC, id DESC LIMIT 1) e
ON CONFLICT DO NOTHING`;

export function useStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  const add = (name: string, text: string, rows: readonly object[]): void => {
    if (rows.length > 0) out.push({ name, text, values: [JSON.stringify(rows), batch.now] });
  };
  add("tw_lineage_use", useSql, batch.lineageUses);
  add("tw_lineage_inlet", inletSql, batch.inletUses);
  return out;
}
