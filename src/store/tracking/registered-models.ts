/** Registered models, their tags and aliases. */

import type { ModelVersion, RegisteredModel, Slice } from "../../core/tracking/entities.ts";
import { registeredModelSubject, type TermFilter } from "../../core/tracking/filter-terms.ts";
import type { KeyValue } from "../../core/tracking/limits.ts";
import type { OrderRules, OrderTerm } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { violatedConstraint } from "../database-errors.ts";
import { requireNotServed } from "../served-models.ts";
import { tellServers } from "../serving-news.ts";
import type { Statement } from "../sql.ts";
import { instant, sql } from "../sql.ts";
import { recordEvent } from "./model-version-events.ts";
import { requireVersion, versionColumns } from "./model-versions.ts";
import { bytewise, compileSearch, epochMs, type SearchTarget } from "./search-sql.ts";

const columns = sql`
  m.name, m.description, m.deployment_job_id AS "deploymentJobId", m.creation_time AS "creationTime",
  m.last_update_time AS "lastUpdateTime",
  coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
    FROM registered_model_tag t WHERE t.name = m.name), '[]') AS tags,
  coalesce((SELECT json_agg(json_build_object('alias', a.alias, 'version', a.version) ORDER BY a.alias)
    FROM registered_model_alias a WHERE a.name = m.name), '[]') AS aliases`;

function noModel(name: string): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `Registered Model with name=${name} not found`);
}

function exists(name: string, cause: unknown): TradewindError {
  return new TradewindError("TW_TRACKING_EXISTS", `Registered Model (name=${name}) already exists.`, {
    cause,
  });
}

export interface NewRegisteredModel {
  readonly name: string;
  readonly description: string;
  readonly deploymentJobId: string | null;
  readonly tags: readonly KeyValue[];
}

/** @throws TradewindError TW_TRACKING_EXISTS. */
export async function createRegisteredModel(
  database: Transactor,
  model: NewRegisteredModel,
  now: number,
): Promise<RegisteredModel> {
  try {
    await database.transaction(async (tx) => {
      await tx.run(sql`
        INSERT INTO registered_model (name, description, deployment_job_id, creation_time, last_update_time)
        VALUES (${model.name}, ${model.description}, ${model.deploymentJobId}, ${instant(now)}, ${instant(now)})`);
      await putModelTags(tx, model.name, model.tags);
    });
  } catch (error) {
    if (violatedConstraint(error) !== "registered_model_pkey") throw error;
    throw exists(model.name, error);
  }
  return getRegisteredModel(database, model.name);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getRegisteredModel(executor: Executor, name: string): Promise<RegisteredModel> {
  const row = await executor.row<RegisteredModel>(
    sql`SELECT ${columns} FROM registered_model m WHERE m.name = ${name}`,
  );
  if (row === null) throw noModel(name);
  return row;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_EXISTS. */
export async function renameRegisteredModel(
  database: Transactor,
  name: string,
  newName: string,
  now: number,
): Promise<RegisteredModel> {
  try {
    const count = await database.transaction(async (tx) => {
      await tx.run(sql`UPDATE model_version SET last_update_time = ${instant(now)} WHERE name = ${name}`);
      // Its history goes on under the new name.
      await tx.run(sql`UPDATE model_version_event SET name = ${newName} WHERE name = ${name}`);
      return tx.run(sql`
        UPDATE registered_model SET name = ${newName}, last_update_time = ${instant(now)} WHERE name = ${name}`);
    });
    if (count === 0) throw noModel(name);
  } catch (error) {
    if (violatedConstraint(error) !== "registered_model_pkey") throw error;
    throw exists(newName, error);
  }
  return getRegisteredModel(database, newName);
}

/** What is null stays. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function updateRegisteredModel(
  executor: Executor,
  name: string,
  change: { description: string | null; deploymentJobId: string | null },
  now: number,
): Promise<RegisteredModel> {
  await executor.run(sql`
    UPDATE registered_model SET description = coalesce(${change.description}, description),
      deployment_job_id = coalesce(${change.deploymentJobId}, deployment_job_id), last_update_time = ${instant(now)}
    WHERE name = ${name}`);
  return getRegisteredModel(executor, name);
}

/** With its versions; what stood where stays in the history. @throws TradewindError TW_TRACKING_NOT_FOUND; TW_TRACKING_STATE where an endpoint serves it. */
export async function deleteRegisteredModel(
  database: Transactor,
  name: string,
  { actor, now }: { actor: string | null; now: number },
): Promise<void> {
  await database.transaction(async (tx) => {
    await requireNotServed(tx, `the model ${name}`, { prefixes: [`models:/${name}/`, `models:/${name}@`] });
    await tx.run(sql`
      INSERT INTO model_version_event (happened_at, name, version, kind, previous_stage, actor)
      SELECT ${instant(now)}::timestamptz, name, version, 'deleted', current_stage, ${actor}::text
      FROM model_version WHERE name = ${name} ORDER BY version`);
    const count = await tx.run(sql`DELETE FROM registered_model WHERE name = ${name}`);
    if (count === 0) throw noModel(name);
  });
}

async function putModelTags(executor: Executor, name: string, tags: readonly KeyValue[]): Promise<void> {
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  await executor.run(sql`
    INSERT INTO registered_model_tag (name, key, value)
    SELECT ${name}::text, * FROM unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
    ON CONFLICT (name, key) DO UPDATE SET value = excluded.value`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function setModelTag(
  executor: Executor,
  name: string,
  tag: KeyValue,
  now: number,
): Promise<void> {
  const count = await executor.run(
    sql`UPDATE registered_model SET last_update_time = ${instant(now)} WHERE name = ${name}`,
  );
  if (count === 0) throw noModel(name);
  await putModelTags(executor, name, [tag]);
}

/** A tag that is not there is no error. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function deleteModelTag(executor: Executor, name: string, key: string): Promise<void> {
  await getRegisteredModel(executor, name);
  await executor.run(sql`DELETE FROM registered_model_tag WHERE name = ${name} AND key = ${key}`);
}

export interface AliasMove {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
  readonly actor: string | null;
}

/** The version that it pointed to before, or null. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export function setAlias(database: Transactor, move: AliasMove, now: number): Promise<number | null> {
  return database.transaction(async (tx) => {
    await lockModel(tx, move.name, now);
    return moveAlias(tx, move, now);
  });
}

/**
 * The model's row is the lock: of two moves at once, the second sees where the first put the alias.
 * @throws TradewindError TW_TRACKING_NOT_FOUND.
 */
export async function lockModel(tx: Executor, name: string, now: number): Promise<void> {
  const count = await tx.run(
    sql`UPDATE registered_model SET last_update_time = ${instant(now)} WHERE name = ${name}`,
  );
  if (count === 0) throw noModel(name);
}

/** Of a model that is locked. @throws TradewindError TW_TRACKING_NOT_FOUND for the version. */
export async function moveAlias(tx: Executor, move: AliasMove, now: number): Promise<number | null> {
  const { name, alias, version } = move;
  await requireVersion(tx, name, version);
  const before = await tx.row<{ version: number }>(
    sql`SELECT version FROM registered_model_alias WHERE name = ${name} AND alias = ${alias}`,
  );
  await tx.run(sql`
    INSERT INTO registered_model_alias (name, alias, version) VALUES (${name}, ${alias}, ${version})
    ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version`);
  const previousVersion = before?.version ?? null;
  if (previousVersion !== version)
    await recordEvent(tx, { ...move, kind: "alias_set", previousVersion }, now);
  await tellServers(tx, "models");
  return previousVersion;
}

/** True when there was one. @throws TradewindError TW_TRACKING_NOT_FOUND for the model. */
export async function deleteAlias(
  database: Transactor,
  { name, alias, actor }: Omit<AliasMove, "version">,
  now: number,
): Promise<boolean> {
  await getRegisteredModel(database, name);
  return database.transaction(async (tx) => {
    const gone = await tx.row<{ version: number }>(
      sql`DELETE FROM registered_model_alias WHERE name = ${name} AND alias = ${alias} RETURNING version`,
    );
    if (gone === null) return false;
    await tx.run(sql`UPDATE registered_model SET last_update_time = ${instant(now)} WHERE name = ${name}`);
    await recordEvent(tx, { name, version: gone.version, alias, actor, kind: "alias_removed" }, now);
    await tellServers(tx, "models");
    return true;
  });
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND for the model, TW_TRACKING_VALUE for the alias. */
export async function getVersionByAlias(
  executor: Executor,
  name: string,
  alias: string,
): Promise<ModelVersion> {
  const row = await executor.row<ModelVersion>(sql`
    SELECT ${versionColumns} FROM registered_model_alias a
    JOIN model_version v ON v.name = a.name AND v.version = a.version WHERE a.name = ${name} AND a.alias = ${alias}`);
  if (row !== null) return row;
  await getRegisteredModel(executor, name);
  throw new TradewindError("TW_TRACKING_VALUE", `Registered model alias ${alias} not found.`);
}

export const registeredModelOrder: OrderRules = {
  subject: registeredModelSubject,
  orderable: ["name", "last_updated_timestamp", "creation_timestamp"],
  aliases: { timestamp: "last_updated_timestamp" },
};

/** Clients hide prompts by asking for models whose tag is another; one that has none is no prompt. */
export const promptTag = "mlflow.prompt.is_prompt";

export function tagJoin(table: Statement, condition: (alias: Statement) => Statement) {
  return (alias: Statement, key: string): Statement =>
    key === promptTag
      ? sql`LEFT JOIN LATERAL (SELECT coalesce((SELECT x.value FROM ${table} x
          WHERE ${condition(sql`x`)} AND x.key = ${key}), 'false') AS value) ${alias} ON true`
      : sql`LEFT JOIN ${table} ${alias} ON ${condition(alias)} AND ${alias}.key = ${key}`;
}

const target: SearchTarget = {
  attributes: {
    name: bytewise(sql`m.name`),
    creation_timestamp: epochMs(sql`m.creation_time`),
    last_updated_timestamp: epochMs(sql`m.last_update_time`),
  },
  keyed: { tag: tagJoin(sql`registered_model_tag`, (alias) => sql`${alias}.name = m.name`) },
};

export interface RegistrySearch {
  readonly filter: TermFilter | null;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly offset: number;
}

export async function searchRegisteredModels(
  executor: Executor,
  search: RegistrySearch,
): Promise<Slice<RegisteredModel>> {
  const { joins, where, orderBy } = compileSearch(target, search.filter, search.order);
  const rows = await executor.rows<RegisteredModel>(sql`
    SELECT ${columns} FROM registered_model m ${joins} WHERE ${where}
    ORDER BY ${orderBy} ${bytewise(sql`m.name`)} LIMIT ${search.limit + 1} OFFSET ${search.offset}`);
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}
