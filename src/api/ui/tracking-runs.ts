/** Experiments and runs for the page: lists, windows of runs, one run with all that it is tied to. */
import { z } from "zod";
import type { LoggedModel, Run } from "../../core/tracking/entities.ts";
import { readFilter, runSubject } from "../../core/tracking/filter-terms.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import { getDagRun } from "../../store/dag-runs.ts";
import { asExperimentId, asRunId } from "../../store/tracking/ids.ts";
import { listLoggedModels } from "../../store/tracking/logged-models.ts";
import { withDetails } from "../../store/tracking/run-details.ts";
import { runOrder } from "../../store/tracking/run-search.ts";
import { getRun } from "../../store/tracking/runs.ts";
import {
  type ListedRun,
  listColumns,
  listExtras,
  listRunsOfDagRun,
  listRunWindow,
  listValues,
  readRunTies,
  type WantedKeys,
} from "../../store/views/tracked-runs.ts";
import { experimentSorts, listExperimentsForPage } from "../../store/views/tracking-lists.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { RunParams } from "./run-views.ts";
import type * as page from "./tracking-contract.ts";

const config = { access: can("read", "Experiments") };

/** Ids in one value, separated by commas, as an address has them. */
const Ids = z.string().transform((text) => text.split(",").filter((id) => id !== ""));

const ExperimentQuery = z.object({
  search: z.string().max(500).optional(),
  stage: z.enum(["active", "deleted"]).default("active"),
  sort: z.enum(Object.keys(experimentSorts) as [keyof typeof experimentSorts]).default("-last"),
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).default(0),
});

const WindowQuery = z.object({
  experiments: Ids,
  filter: z.string().max(20_000).optional(),
  order_by: z.string().max(1000).optional(),
  view: z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY"),
  /** "roots", "all", or the id of a run. */
  within: z.string().default("all"),
  /** `metrics.loss`: as many as there are columns. */
  column: z.array(z.string().max(300)).max(500).default([]),
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).default(0),
});

export function registerTrackingRuns(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/tracking/experiments",
    { config, schema: { querystring: ExperimentQuery } },
    async ({ query }): Promise<page.ExperimentList> => {
      const { search = null, ...rest } = query;
      const { rows, total } = await listExperimentsForPage(database, { ...rest, search, id: null });
      return { experiments: [...rows], total };
    },
  );
  app.get(
    "/ui/tracking/experiments/:experiment_id",
    { config, schema: { params: z.object({ experiment_id: z.string() }) } },
    ({ params }) => oneExperiment(parts, params.experiment_id),
  );
  app.get(
    "/ui/tracking/columns",
    { config, schema: { querystring: z.object({ experiments: Ids }) } },
    async ({ query }): Promise<page.RunColumns> => {
      const { metrics, params, tags } = await listColumns(database, numbersOf(query.experiments));
      return { metrics: [...metrics], params: [...params], tags: [...tags] };
    },
  );
  app.get("/ui/tracking/runs", { config, schema: { querystring: WindowQuery } }, ({ query }) =>
    runWindow(parts, query),
  );
  app.get(
    "/ui/tracking/comparison",
    { config, schema: { querystring: z.object({ runs: Ids }) } },
    ({ query }) => comparison(parts, query.runs),
  );
  app.get(
    "/ui/tracking/runs/:run_id",
    { config, schema: { params: z.object({ run_id: z.string() }) } },
    ({ params }) => runPage(parts, params.run_id),
  );
  const At = z.object({ task_id: z.string().optional(), map_index: z.int().min(-1).optional() });
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id/tracked",
    {
      config: { access: [...can("read", "DAG Runs"), ...can("read", "Experiments")] },
      schema: { params: RunParams, querystring: At },
    },
    ({ params, query }) => trackedRuns(parts, { ...params, ...query }),
  );
}

/** Ids that are no numbers name no experiment. */
const numbersOf = (ids: readonly string[]): number[] => ids.flatMap((id) => asExperimentId(id) ?? []);

async function oneExperiment({ database }: ApiParts, text: string): Promise<page.ExperimentItem> {
  const id = asExperimentId(text);
  const query = { search: null, sort: "name", stage: null, limit: 1, offset: 0 } as const;
  const [found] = id === null ? [] : (await listExperimentsForPage(database, { ...query, id })).rows;
  if (found !== undefined) return found;
  throw new TradewindError("TW_TRACKING_NOT_FOUND", `No Experiment with id=${text} exists`);
}

async function runWindow(
  { database }: ApiParts,
  query: z.output<typeof WindowQuery>,
): Promise<page.RunWindow> {
  const { within, column, order_by } = query;
  const { rows, total } = await listRunWindow(database, {
    experimentIds: numbersOf(query.experiments),
    view: query.view,
    filter: readFilter(query.filter, runSubject),
    order: readOrder(order_by === undefined ? [] : [order_by], runOrder),
    within: within === "roots" || within === "all" ? within : { runId: within },
    limit: query.limit,
    offset: query.offset,
  });
  const ids = rows.map(({ runId }) => runId);
  const [values, extras] = await Promise.all([
    listValues(database, ids, wantedKeys(column)),
    listExtras(database, ids),
  ]);
  const byRun = Map.groupBy(values, ({ runId }) => runId);
  const extraOf = new Map(extras.map((one) => [one.runId, one]));
  return {
    total,
    runs: rows.map((row) => {
      const { source = null, children = 0, datasets = [], versions = [] } = extraOf.get(row.runId) ?? {};
      const own = byRun.get(row.runId) ?? [];
      return {
        ...factsOf(row),
        origin: originOf(row),
        source,
        children,
        datasets: [...datasets],
        versions: [...versions],
        values: Object.fromEntries(own.map(({ column, value }) => [column, written(value)])),
      };
    }),
  };
}

function wantedKeys(columns: readonly string[]): WantedKeys {
  const of = (entity: string): string[] =>
    columns.filter((one) => one.startsWith(`${entity}.`)).map((one) => one.slice(entity.length + 1));
  return { metrics: of("metrics"), params: of("params"), tags: of("tags") };
}

/** JSON has no NaN and no infinities. */
const written = <Value>(value: Value): Value | page.Numeric =>
  typeof value === "number" && !Number.isFinite(value) ? (String(value) as page.Numeric) : value;

const factsOf = (row: ListedRun) => ({
  runId: row.runId,
  experimentId: String(row.experimentId),
  name: row.name,
  userId: row.userId,
  status: row.status,
  startTime: row.startTime,
  endTime: row.endTime,
  lifecycleStage: row.lifecycleStage,
});

type Tied = Pick<ListedRun, "dagId" | "dagRunId" | "taskId" | "mapIndex" | "tryNumber">;

function originOf({ dagId, dagRunId, taskId, mapIndex, tryNumber }: Tied): page.TrackedOrigin | null {
  if (dagId === null || dagRunId === null || taskId === null) return null;
  return { dagId, dagRunId, taskId, mapIndex: mapIndex ?? -1, tryNumber: tryNumber ?? 1 };
}

const pointOf = (point: Run["metrics"][number]): page.MetricPoint => ({
  key: point.key,
  value: written(point.value),
  timestamp: point.timestamp,
  step: point.step,
});

const byKey = <Item extends { key: string }>(items: readonly Item[]): Item[] =>
  [...items].sort((a, b) => (a.key < b.key ? -1 : 1));

function runFacts({ info, metrics, params, tags }: Run): page.RunFacts {
  return {
    runId: info.runId,
    experimentId: String(info.experimentId),
    name: info.name,
    userId: info.userId,
    status: info.status,
    startTime: info.startTime,
    endTime: info.endTime,
    artifactUri: info.artifactUri,
    lifecycleStage: info.lifecycleStage,
    metrics: byKey(metrics.map(pointOf)),
    params: byKey(params),
    tags: byKey(tags),
  };
}

const mostCompared = 100;

async function comparison({ database }: ApiParts, ids: readonly string[]): Promise<page.RunFacts[]> {
  if (ids.length > mostCompared)
    throw new TradewindError(
      "TW_TRACKING_VALUE",
      `runs: expected at most ${mostCompared} runs to compare, got ${ids.length}`,
    );
  const infos = await Promise.all(ids.map((id) => getRun(database, id)));
  return (await withDetails(database, infos)).map(runFacts);
}

async function runPage({ database }: ApiParts, id: string): Promise<page.RunPage> {
  const info = await getRun(database, asRunId(id) ?? id);
  const [[run], ties] = await Promise.all([withDetails(database, [info]), readRunTies(database, info.runId)]);
  if (run === undefined || ties === null)
    throw new TradewindError("TW_TRACKING_NOT_FOUND", `Run with id=${id} not found`);
  const models = await listLoggedModels(database, [
    ...run.modelInputs,
    ...run.modelOutputs.map(({ modelId }) => modelId),
  ]);
  const isOutput = new Set(run.modelOutputs.map(({ modelId }) => modelId));
  return {
    ...runFacts(run),
    experimentName: ties.experimentName,
    origin: originOf(ties),
    parent: ties.parent,
    children: [...ties.children],
    datasets: run.datasets.map(({ dataset, tags }) => ({
      ...dataset,
      context: tags.find(({ key }) => key === "mlflow.data.context")?.value ?? "",
    })),
    inputModels: models.filter(({ modelId }) => !isOutput.has(modelId)).map(modelItem),
    models: models.filter(({ modelId }) => isOutput.has(modelId)).map(modelItem),
    versions: ties.versions as page.RunPage["versions"],
  };
}

function modelItem(model: LoggedModel): page.LoggedModelItem {
  return {
    modelId: model.modelId,
    name: model.name,
    modelType: model.modelType,
    status: model.status,
    artifactUri: model.artifactUri,
    creationTime: model.creationTime,
    sourceRunId: model.sourceRunId,
    params: byKey(model.params),
    tags: byKey(model.tags),
    metrics: byKey(model.metrics.map((one) => ({ ...pointOf(one), datasetName: one.datasetName }))),
  };
}

interface TrackedAt {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id?: string | undefined;
  readonly map_index?: number | undefined;
}

async function trackedRuns({ database }: ApiParts, at: TrackedAt): Promise<page.TrackedRun[]> {
  const { id } = await getDagRun(database, at.dag_id, at.dag_run_id);
  const rows = await listRunsOfDagRun(database, {
    dagRunPk: id,
    taskId: at.task_id ?? null,
    mapIndex: at.map_index ?? null,
  });
  return rows.flatMap((row) => {
    const origin = originOf(row);
    if (origin === null) return [];
    const { experimentName, metrics } = row;
    return [{ ...factsOf(row), ...origin, experimentName, metrics: metrics as page.TrackedRun["metrics"] }];
  });
}
