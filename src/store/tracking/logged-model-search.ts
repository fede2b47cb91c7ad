/** SearchLoggedModels: metrics of a model are its last ones, on the data sets that the search names. */
import type { LoggedModel, Slice } from "../../core/tracking/entities.ts";
import type { TermFilter } from "../../core/tracking/filter-terms.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { hexId } from "./ids.ts";
import { loggedModelColumns, toLoggedModel } from "./logged-models.ts";
import { bytewise, compileSearch, epochMs, type SearchTarget } from "./search-sql.ts";

export interface NamedDataset {
  readonly name: string;
  /** Null: whichever. */
  readonly digest: string | null;
}

export interface LoggedModelOrder {
  readonly entity: "attribute" | "metric";
  readonly key: string;
  readonly descending: boolean;
  /** Measured on this one only. */
  readonly dataset: NamedDataset | null;
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly number[];
  readonly filter: TermFilter | null;
  /** What metrics in the filter were measured on; any data when there are none. */
  readonly datasets: readonly NamedDataset[];
  readonly order: readonly LoggedModelOrder[];
  readonly limit: number;
  readonly offset: number;
}

function onDatasets(datasets: readonly NamedDataset[]): Statement {
  if (datasets.length === 0) return sql`true`;
  return sql`EXISTS (SELECT FROM unnest(${datasets.map(({ name }) => name)}::text[],
      ${datasets.map(({ digest }) => digest)}::text[]) AS d (name, digest)
    WHERE d.name = x.dataset_name AND (d.digest IS NULL OR d.digest = x.dataset_digest))`;
}

const lastMetric = (datasets: readonly NamedDataset[]) => (alias: Statement, key: string) =>
  sql`
  LEFT JOIN LATERAL (
    SELECT x.value FROM logged_model_metric x
    WHERE x.model_id = m.model_id AND x.key = ${key} AND ${onDatasets(datasets)}
    ORDER BY x.timestamp_ms DESC, x.step DESC LIMIT 1) ${alias} ON true`;

const keyedBy = (table: Statement) => (alias: Statement, key: string) =>
  sql`LEFT JOIN ${table} ${alias} ON ${alias}.model_id = m.model_id AND ${alias}.key = ${key}`;

const attributes: SearchTarget["attributes"] = {
  name: bytewise(sql`m.name`),
  model_id: bytewise(sql`m.model_id`),
  model_type: bytewise(sql`m.model_type`),
  status: bytewise(sql`m.status`),
  source_run_id: bytewise(hexId(sql`m.source_run_id`)),
  experiment_id: bytewise(sql`m.experiment_id::text`),
  artifact_uri: bytewise(sql`m.artifact_uri`),
  creation_time: epochMs(sql`m.creation_time`),
  last_update_time: epochMs(sql`m.last_update_time`),
};

/** Each clause on a data set of its own: a join for each, numbered behind those of the filter. */
function compileOrder(order: readonly LoggedModelOrder[]): { joins: Statement; orderBy: Statement } {
  let joins = sql``;
  let orderBy = sql``;
  for (const [index, { entity, key, descending, dataset }] of order.entries()) {
    const direction = descending ? sql`DESC` : sql`ASC`;
    if (entity === "attribute") {
      orderBy = sql`${orderBy}${attributes[key] as Statement} ${direction} NULLS LAST, `;
      continue;
    }
    const alias = orderAliases[index] as Statement;
    joins = sql`${joins} ${lastMetric(dataset === null ? [] : [dataset])(alias, key)}`;
    orderBy = sql`${orderBy}${alias}.value IS NULL, ${alias}.value = 'NaN', ${alias}.value ${direction}, `;
  }
  return { joins, orderBy };
}

const orderAliases = [sql`o0`, sql`o1`, sql`o2`, sql`o3`, sql`o4`, sql`o5`, sql`o6`, sql`o7`];
export const mostOrderClauses = orderAliases.length;

/** By the given order, then the newest first. Deleted ones are hidden. */
export async function searchLoggedModels(
  executor: Executor,
  search: LoggedModelSearch,
): Promise<Slice<LoggedModel>> {
  const target: SearchTarget = {
    attributes,
    keyed: {
      metric: lastMetric(search.datasets),
      param: keyedBy(sql`logged_model_param`),
      tag: keyedBy(sql`logged_model_tag`),
    },
  };
  const filter = compileSearch(target, search.filter, []);
  const order = compileOrder(search.order);
  const rows = await executor.rows<LoggedModel>(sql`
    SELECT ${loggedModelColumns} FROM logged_model m ${filter.joins} ${order.joins}
    WHERE m.experiment_id = ANY (${search.experimentIds}::bigint[]) AND m.deleted_at IS NULL AND ${filter.where}
    ORDER BY ${order.orderBy} m.creation_time DESC, m.model_id
    LIMIT ${search.limit + 1} OFFSET ${search.offset}`);
  return { rows: rows.slice(0, search.limit).map(toLoggedModel), hasMore: rows.length > search.limit };
}
