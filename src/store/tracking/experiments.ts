/** Experiments and their tags. */
import type { Experiment, LifecycleStage, Slice, ViewType } from "../../core/tracking/entities.ts";
import { experimentSubject, type TermFilter } from "../../core/tracking/filter-terms.ts";
import type { KeyValue } from "../../core/tracking/limits.ts";
import type { OrderRules, OrderTerm } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { violatedConstraint } from "../database-errors.ts";
import { instant, sql } from "../sql.ts";
import { asExperimentId } from "./ids.ts";
import { bytewise, compileSearch, epochMs, type SearchTarget } from "./search-sql.ts";

const columns = sql`
  e.experiment_id AS "experimentId", e.name, e.artifact_location AS "artifactLocation",
  e.lifecycle_stage AS "lifecycleStage", e.creation_time AS "creationTime", e.last_update_time AS "lastUpdateTime",
  coalesce((SELECT json_agg(json_build_object('key', t.key, 'value', t.value) ORDER BY t.key)
    FROM experiment_tag t WHERE t.experiment_id = e.experiment_id), '[]') AS tags`;

/** What an id that names none is answered with. */
export function noExperiment(id: string | number): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `No Experiment with id=${id} exists`);
}

export interface NewExperiment {
  readonly name: string;
  /** Null: a folder of its own under `artifactRoot`. */
  readonly artifactLocation: string | null;
  readonly tags: readonly KeyValue[];
}

/** @throws TradewindError TW_TRACKING_EXISTS, also when a deleted one has the name. */
export async function createExperiment(
  database: Transactor,
  experiment: NewExperiment,
  { artifactRoot, now }: { artifactRoot: string; now: number },
): Promise<number> {
  try {
    return await database.transaction(async (tx) => {
      const row = await tx.row<{ id: number }>(sql`
        WITH new AS (SELECT nextval(pg_get_serial_sequence('experiment', 'experiment_id')) AS id)
        INSERT INTO experiment (experiment_id, name, artifact_location, creation_time, last_update_time)
        SELECT id, ${experiment.name}, coalesce(${experiment.artifactLocation}::text, ${artifactRoot}::text || '/' || id),
          ${instant(now)}, ${instant(now)} FROM new
        RETURNING experiment_id AS id`);
      const id = row?.id as number;
      await putTags(tx, id, experiment.tags);
      return id;
    });
  } catch (error) {
    if (violatedConstraint(error) !== "experiment_name_key") throw error;
    throw await existsError(database, experiment.name, error);
  }
}

async function existsError(executor: Executor, name: string, cause: unknown): Promise<TradewindError> {
  const other = await findExperimentByName(executor, name);
  const deleted =
    other?.lifecycleStage === "deleted"
      ? " in deleted state. You can restore the experiment, or delete it for good to use its name"
      : "";
  return new TradewindError(
    "TW_TRACKING_EXISTS",
    `Experiment(name=${name}) already exists${deleted}. Expected a name that no experiment has.`,
    { cause },
  );
}

export function findExperiment(executor: Executor, id: number): Promise<Experiment | null> {
  return executor.row(sql`SELECT ${columns} FROM experiment e WHERE e.experiment_id = ${id}`);
}

/** Deleted ones too. */
export function findExperimentByName(executor: Executor, name: string): Promise<Experiment | null> {
  return executor.row(sql`SELECT ${columns} FROM experiment e WHERE e.name = ${name}`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getExperiment(executor: Executor, id: string): Promise<Experiment> {
  const number = asExperimentId(id);
  const found = number === null ? null : await findExperiment(executor, number);
  if (found === null) throw noExperiment(id);
  return found;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_STATE for a deleted one. */
export async function requireActiveExperiment(executor: Executor, id: string): Promise<Experiment> {
  const experiment = await getExperiment(executor, id);
  if (experiment.lifecycleStage === "active") return experiment;
  throw new TradewindError(
    "TW_TRACKING_STATE",
    `The experiment ${id} must be in the 'active' state. Current state is ${experiment.lifecycleStage}.`,
  );
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_STATE, TW_TRACKING_EXISTS. */
export async function renameExperiment(
  executor: Executor,
  id: string,
  name: string,
  now: number,
): Promise<void> {
  const experiment = await requireActiveExperiment(executor, id);
  try {
    await executor.run(sql`
      UPDATE experiment SET name = ${name}, last_update_time = ${instant(now)}
      WHERE experiment_id = ${experiment.experimentId}`);
  } catch (error) {
    if (violatedConstraint(error) !== "experiment_name_key") throw error;
    throw await existsError(executor, name, error);
  }
}

/** Its runs go with it, and come back with it. */
export async function setExperimentStage(
  database: Transactor,
  id: string,
  stage: LifecycleStage,
  now: number,
): Promise<void> {
  const { experimentId } = await getExperiment(database, id);
  const deletedAt = stage === "deleted" ? instant(now) : null;
  await database.transaction(async (tx) => {
    await tx.run(sql`
      UPDATE experiment SET lifecycle_stage = ${stage}, last_update_time = ${instant(now)}
      WHERE experiment_id = ${experimentId}`);
    await tx.run(sql`
      UPDATE run SET lifecycle_stage = ${stage}, deleted_at = ${deletedAt}
      WHERE experiment_id = ${experimentId} AND lifecycle_stage <> ${stage}`);
  });
}

async function putTags(executor: Executor, id: number, tags: readonly KeyValue[]): Promise<void> {
  if (tags.length === 0) return;
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  await executor.run(sql`
    INSERT INTO experiment_tag (experiment_id, key, value)
    SELECT ${id}::bigint, * FROM unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
    ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_STATE. */
export async function setExperimentTag(executor: Executor, id: string, tag: KeyValue): Promise<void> {
  const { experimentId } = await requireActiveExperiment(executor, id);
  await putTags(executor, experimentId, [tag]);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, for the experiment and for the tag. */
export async function deleteExperimentTag(executor: Executor, id: string, key: string): Promise<void> {
  const { experimentId } = await requireActiveExperiment(executor, id);
  const count = await executor.run(
    sql`DELETE FROM experiment_tag WHERE experiment_id = ${experimentId} AND key = ${key}`,
  );
  if (count === 0)
    throw new TradewindError("TW_TRACKING_NOT_FOUND", `No tag with name: ${key} in experiment with id ${id}`);
}

export const experimentOrder: OrderRules = {
  subject: experimentSubject,
  orderable: ["name", "experiment_id", "creation_time", "last_update_time"],
};

const target: SearchTarget = {
  attributes: {
    name: bytewise(sql`e.name`),
    experiment_id: sql`e.experiment_id`,
    creation_time: epochMs(sql`e.creation_time`),
    last_update_time: epochMs(sql`e.last_update_time`),
  },
  keyed: {
    tag: (alias, key) =>
      sql`LEFT JOIN experiment_tag ${alias} ON ${alias}.experiment_id = e.experiment_id AND ${alias}.key = ${key}`,
  },
};

export interface ExperimentSearch {
  readonly view: ViewType;
  readonly filter: TermFilter | null;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly offset: number;
}

export async function searchExperiments(
  executor: Executor,
  search: ExperimentSearch,
): Promise<Slice<Experiment>> {
  const { joins, where, orderBy } = compileSearch(target, search.filter, search.order);
  const rows = await executor.rows<Experiment>(sql`
    SELECT ${columns} FROM experiment e ${joins}
    WHERE e.lifecycle_stage = ANY (${stagesOf(search.view)}::text[]) AND ${where}
    ORDER BY ${orderBy} e.creation_time DESC, e.experiment_id LIMIT ${search.limit + 1} OFFSET ${search.offset}`);
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}

export function stagesOf(view: ViewType): LifecycleStage[] {
  if (view === "ALL") return ["active", "deleted"];
  return view === "DELETED_ONLY" ? ["deleted"] : ["active"];
}
