/** Where references to registered models lead, many of them in one statement. */
import type { ModelStage } from "../../core/tracking/entities.ts";
import type { Executor } from "../connect.ts";
import { sql } from "../sql.ts";

/** One of the three is given, or none for the newest version. */
export interface WantedVersion {
  readonly name: string;
  readonly version: number | null;
  readonly alias: string | null;
  readonly stage: ModelStage | null;
}

export interface ModelLocation {
  readonly modelExists: boolean;
  /** Null when there is no such version. */
  readonly version: number | null;
  readonly storageLocation: string | null;
}

/** One for each that is wanted, in order. */
export function locateModels(on: Executor, wanted: readonly WantedVersion[]): Promise<ModelLocation[]> {
  return on.rows(sql`
    SELECT m.name IS NOT NULL AS "modelExists", v.version, v.storage_location AS "storageLocation"
    FROM unnest(${wanted.map((one) => one.name)}::text[], ${wanted.map((one) => one.version)}::integer[],
        ${wanted.map((one) => one.alias)}::text[], ${wanted.map((one) => one.stage)}::text[])
      WITH ORDINALITY AS w (name, version, alias, stage, place)
    LEFT JOIN registered_model m ON m.name = w.name
    LEFT JOIN registered_model_alias a ON a.name = w.name AND a.alias = w.alias
    LEFT JOIN LATERAL (
      SELECT version, storage_location FROM model_version
      WHERE name = w.name AND (w.version IS NULL OR version = w.version)
        AND (w.alias IS NULL OR version = a.version) AND (w.stage IS NULL OR current_stage = w.stage)
      ORDER BY version DESC LIMIT 1
    ) v ON true
    ORDER BY w.place`);
}
