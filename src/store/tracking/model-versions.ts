/** Versions of registered models: numbers that are never given twice, stages, tags, files. */

import type { ModelStage, ModelVersion } from "../../core/tracking/entities.ts";
import { modelVersionSubject } from "../../core/tracking/filter-terms.ts";
import type { KeyValue } from "../../core/tracking/limits.ts";
import type { OrderRules } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { requireNotServed } from "../served-models.ts";
import { tellServers } from "../serving-news.ts";
import { instant, sql } from "../sql.ts";
import { hexId } from "./ids.ts";
import { recordEvent } from "./model-version-events.ts";

export const versionColumns = sql`
  v.name, v.version, v.description, v.user_id AS "userId", v.current_stage AS "currentStage", v.source,
  v.storage_location AS "storageLocation", ${hexId(sql`v.run_id`)} AS "runId", v.model_id AS "modelId",
  v.run_link AS "runLink", v.status, v.creation_time AS "creationTime", v.last_update_time AS "lastUpdateTime",
  coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
    FROM model_version_tag t WHERE t.name = v.name AND t.version = v.version), '[]') AS tags,
  ARRAY(SELECT a.alias FROM registered_model_alias a
    WHERE a.name = v.name AND a.version = v.version ORDER BY a.alias) AS aliases`;

function noVersion(name: string, version: number): TradewindError {
  return new TradewindError(
    "TW_TRACKING_NOT_FOUND",
    `Model Version (name=${name}, version=${version}) not found`,
  );
}

export interface NewModelVersion {
  readonly name: string;
  readonly source: string;
  readonly storageLocation: string;
  readonly description: string;
  readonly runId: string | null;
  readonly modelId: string | null;
  readonly runLink: string;
  readonly userId: string | null;
  readonly tags: readonly KeyValue[];
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND for the model. */
export async function createModelVersion(
  database: Transactor,
  version: NewModelVersion,
  now: number,
): Promise<ModelVersion> {
  const { name } = version;
  const number = await database.transaction(async (tx) => {
    // The row's lock gives each of many at once a number of its own.
    const taken = await tx.row<{ version: number }>(sql`
      UPDATE registered_model SET next_version = next_version + 1, last_update_time = ${instant(now)}
      WHERE name = ${name} RETURNING next_version - 1 AS version`);
    if (taken === null)
      throw new TradewindError("TW_TRACKING_NOT_FOUND", `Registered Model with name=${name} not found`);
    await tx.run(sql`
      INSERT INTO model_version (name, version, description, user_id, source, storage_location, run_id, model_id,
        run_link, creation_time, last_update_time)
      VALUES (${name}, ${taken.version}, ${version.description}, ${version.userId}, ${version.source},
        ${version.storageLocation}, ${version.runId}, ${version.modelId}, ${version.runLink}, ${instant(now)},
        ${instant(now)})`);
    await putVersionTags(tx, name, taken.version, version.tags);
    await recordEvent(
      tx,
      { name, version: taken.version, kind: "created", stage: "None", actor: version.userId },
      now,
    );
    await tellServers(tx, "models");
    return taken.version;
  });
  return getModelVersion(database, name, number);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getModelVersion(
  executor: Executor,
  name: string,
  version: number,
): Promise<ModelVersion> {
  const row = await executor.row<ModelVersion>(
    sql`SELECT ${versionColumns} FROM model_version v WHERE v.name = ${name} AND v.version = ${version}`,
  );
  if (row === null) throw noVersion(name, version);
  return row;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function requireVersion(executor: Executor, name: string, version: number): Promise<void> {
  await getModelVersion(executor, name, version);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function updateModelVersion(
  executor: Executor,
  name: string,
  version: number,
  description: string | null,
  now: number,
): Promise<ModelVersion> {
  await executor.run(sql`
    UPDATE model_version SET description = coalesce(${description}, description), last_update_time = ${instant(now)}
    WHERE name = ${name} AND version = ${version}`);
  return getModelVersion(executor, name, version);
}

export interface StageMove {
  readonly name: string;
  readonly version: number;
  readonly stage: ModelStage;
  /** All others that stand there go to Archived, in the same transaction. */
  readonly archiveExisting: boolean;
  readonly actor: string | null;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function transitionStage(
  database: Transactor,
  move: StageMove,
  now: number,
): Promise<ModelVersion> {
  const { name, version, stage, actor } = move;
  await database.transaction(async (tx) => {
    // The model's row is the lock: two promotions at once come one after the other.
    await tx.run(sql`UPDATE registered_model SET last_update_time = ${instant(now)} WHERE name = ${name}`);
    const before = await getModelVersion(tx, name, version);
    if (move.archiveExisting) await archiveOthers(tx, move, now);
    await tx.run(sql`
      UPDATE model_version SET current_stage = ${stage}, last_update_time = ${instant(now)}
      WHERE name = ${name} AND version = ${version}`);
    if (before.currentStage !== stage)
      await recordEvent(
        tx,
        { name, version, kind: "stage", stage, previousStage: before.currentStage, actor },
        now,
      );
    await tellServers(tx, "models");
  });
  return getModelVersion(database, name, version);
}

async function archiveOthers(tx: Executor, move: StageMove, now: number): Promise<void> {
  const { name, version, stage, actor } = move;
  const others = await tx.rows<{ version: number }>(sql`
    UPDATE model_version SET current_stage = 'Archived', last_update_time = ${instant(now)}
    WHERE name = ${name} AND current_stage = ${stage} AND version <> ${version} RETURNING version`);
  for (const other of others)
    await recordEvent(
      tx,
      { name, version: other.version, kind: "stage", stage: "Archived", previousStage: stage, actor },
      now,
    );
}

/** Its aliases go with it. @throws TradewindError TW_TRACKING_NOT_FOUND; TW_TRACKING_STATE where an endpoint serves it. */
export async function deleteModelVersion(
  database: Transactor,
  { name, version, actor }: { name: string; version: number; actor: string | null },
  now: number,
): Promise<ModelVersion> {
  return database.transaction(async (tx) => {
    await tx.run(sql`UPDATE registered_model SET last_update_time = ${instant(now)} WHERE name = ${name}`);
    const gone = await getModelVersion(tx, name, version);
    const references = [
      `models:/${name}/${version}`,
      ...gone.aliases.map((alias) => `models:/${name}@${alias}`),
    ];
    await requireNotServed(tx, `version ${version} of ${name}`, { references });
    for (const alias of gone.aliases)
      await recordEvent(tx, { name, version, kind: "alias_removed", alias, actor }, now);
    await recordEvent(tx, { name, version, kind: "deleted", previousStage: gone.currentStage, actor }, now);
    await tx.run(sql`DELETE FROM model_version WHERE name = ${name} AND version = ${version}`);
    await tellServers(tx, "models");
    return gone;
  });
}

async function putVersionTags(
  executor: Executor,
  name: string,
  version: number,
  tags: readonly KeyValue[],
): Promise<void> {
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  await executor.run(sql`
    INSERT INTO model_version_tag (name, version, key, value)
    SELECT ${name}::text, ${version}::int, * FROM unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
    ON CONFLICT (name, version, key) DO UPDATE SET value = excluded.value`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function setVersionTag(
  executor: Executor,
  name: string,
  version: number,
  tag: KeyValue,
): Promise<void> {
  await requireVersion(executor, name, version);
  await putVersionTags(executor, name, version, [tag]);
}

/** A tag that is not there is no error. @throws TradewindError TW_TRACKING_NOT_FOUND for the version. */
export async function deleteVersionTag(
  executor: Executor,
  name: string,
  version: number,
  key: string,
): Promise<void> {
  await requireVersion(executor, name, version);
  await executor.run(
    sql`DELETE FROM model_version_tag WHERE name = ${name} AND version = ${version} AND key = ${key}`,
  );
}

/** The newest of each stage; of all stages when none is named. */
export function latestVersions(
  executor: Executor,
  name: string,
  stages: readonly ModelStage[],
): Promise<ModelVersion[]> {
  return executor.rows(sql`
    SELECT ${versionColumns} FROM (
      SELECT DISTINCT ON (current_stage) * FROM model_version
      WHERE name = ${name} AND (${stages.length}::int = 0 OR current_stage = ANY (${stages}::text[]))
      ORDER BY current_stage, version DESC) v
    ORDER BY v.version`);
}

/** The newest of each stage, of many models at once. */
export async function latestVersionsOf(
  executor: Executor,
  names: readonly string[],
): Promise<Map<string, ModelVersion[]>> {
  const rows = await executor.rows<ModelVersion>(sql`
    SELECT ${versionColumns} FROM (
      SELECT DISTINCT ON (name, current_stage) * FROM model_version WHERE name = ANY (${names}::text[])
      ORDER BY name, current_stage, version DESC) v
    ORDER BY v.name, v.version`);
  return Map.groupBy(rows, ({ name }) => name);
}

export const modelVersionOrder: OrderRules = {
  subject: modelVersionSubject,
  orderable: ["name", "version_number", "creation_timestamp", "last_updated_timestamp"],
};
