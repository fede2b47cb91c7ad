/** SearchRuns: filter, order and page over the runs of some experiments. */
import type { RunInfo, Slice, ViewType } from "../../core/tracking/entities.ts";
import { type FilterTerm, runSubject, type TermFilter } from "../../core/tracking/filter-terms.ts";
import type { OrderRules, OrderTerm } from "../../core/tracking/order-by.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { identifier, sql } from "../sql.ts";
import { stagesOf } from "./experiments.ts";
import { hexId } from "./ids.ts";
import { runColumns } from "./runs.ts";
import {
  bytewise,
  comparison,
  compileSearch,
  epochMs,
  type SearchParts,
  type SearchTarget,
} from "./search-sql.ts";

export const runOrder: OrderRules = {
  subject: runSubject,
  orderable: [
    "run_id",
    "run_name",
    "user_id",
    "status",
    "artifact_uri",
    "start_time",
    "end_time",
    "experiment_id",
  ],
};

const keyedBy =
  (table: Statement) =>
  (alias: Statement, key: string): Statement =>
    sql`LEFT JOIN ${table} ${alias} ON ${alias}.run_id = r.run_id AND ${alias}.key = ${key}`;

const datasetColumns: Readonly<Record<string, Statement>> = {
  name: sql`d.name`,
  digest: sql`d.digest`,
  context: sql`i.tags ->> 'mlflow.data.context'`,
};

/** One of the run's data sets fits. */
function usesDataset(term: FilterTerm): Statement | null {
  const column = term.entity === "dataset" ? datasetColumns[term.key] : undefined;
  if (column === undefined) return null;
  return sql`EXISTS (SELECT FROM run_dataset i JOIN dataset d ON d.id = i.dataset_id
    WHERE i.run_id = r.run_id AND ${comparison(sql`(${column})`, term)})`;
}

export const runTarget: SearchTarget = {
  attributes: {
    run_id: bytewise(hexId(sql`r.run_id`)),
    run_name: bytewise(sql`r.name`),
    user_id: bytewise(sql`r.user_id`),
    status: bytewise(sql`r.status`),
    artifact_uri: bytewise(sql`r.artifact_uri`),
    start_time: epochMs(sql`r.start_time`),
    end_time: epochMs(sql`r.end_time`),
    experiment_id: sql`r.experiment_id`,
  },
  instants: { start_time: sql`r.start_time`, end_time: sql`r.end_time` },
  keyed: {
    // The experiment with it: the index run_latest_metric_by_value starts with it.
    metric: (alias, key) => sql`LEFT JOIN run_latest_metric ${alias}
      ON ${alias}.run_id = r.run_id AND ${alias}.experiment_id = r.experiment_id AND ${alias}.key = ${key}`,
    param: keyedBy(identifier("run_param")),
    tag: keyedBy(identifier("run_tag")),
  },
  other: usesDataset,
};

export interface RunSearch {
  readonly experimentIds: readonly number[];
  readonly view: ViewType;
  readonly filter: TermFilter | null;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly offset: number;
}

/** One experiment is the usual case, whose runs the index `run_by_experiment` has in the default order. */
export function ofExperiments(ids: readonly number[]): Statement {
  return ids.length === 1 ? sql`r.experiment_id = ${ids[0]}` : sql`r.experiment_id = ANY (${ids}::bigint[])`;
}

export function inStages(view: ViewType): Statement {
  const [stage] = stagesOf(view);
  return view === "ALL" ? sql`true` : sql`r.lifecycle_stage = ${stage}`;
}

/** By the given order, then the newest first. */
export async function searchRuns(executor: Executor, search: RunSearch): Promise<Slice<RunInfo>> {
  const { ranked, ...parts } = compileSearch(runTarget, search.filter, search.order);
  // Of one experiment the best by a metric come out of the index in their order. What has no number of that metric
  // follows in no index: when the page is not full without it, the whole order is made.
  if (ranked !== null && search.experimentIds.length === 1) {
    const best = await pageOfRuns(executor, search, { ...parts, ...ranked });
    if (best.length > search.limit) return { rows: best.slice(0, search.limit), hasMore: true };
  }
  const rows = await pageOfRuns(executor, search, parts);
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}

/** One more than the limit, where there are more. */
function pageOfRuns(
  executor: Executor,
  { experimentIds, view, limit, offset }: RunSearch,
  { joins, where, orderBy }: Omit<SearchParts, "ranked">,
): Promise<RunInfo[]> {
  // The page is chosen by id: columns are made ready for its few runs, and not for all that the filter finds.
  return executor.rows<RunInfo>(sql`
    WITH found AS (
      SELECT r.run_id FROM run r ${joins}
      WHERE ${ofExperiments(experimentIds)} AND ${inStages(view)} AND ${where}
      ORDER BY ${orderBy} r.start_time DESC, r.run_id LIMIT ${limit + 1} OFFSET ${offset}
    ), page AS MATERIALIZED (SELECT run_id, row_number() OVER () AS position FROM found)
    SELECT ${runColumns} FROM page p JOIN run r ON r.run_id = p.run_id ORDER BY p.position`);
}
