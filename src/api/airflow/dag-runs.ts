/** /dags/{dag_id}/dagRuns: lists, single runs, and starting one. */
import { z } from "zod";
import { TradewindError } from "../../errors.ts";
import { type TriggerDagRequest, triggerDag } from "../../scheduler/trigger-dag.ts";
import { type DagRunListFilter, dagRunListColumns, listDagRunSummaries } from "../../store/lists/dag-runs.ts";
import type { ListResult } from "../../store/read-list.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { knownDag } from "./dags.ts";
import { CursorQuery, cursorFields, type Orders, pageOf } from "./list-page.ts";
import { instantRange, numberRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import { knownRun, runAnswerOf, runAnswers } from "./run-answers.ts";
import {
  DAGRunCollectionResponse,
  DAGRunResponse,
  DAGRunsBatchBody,
  TriggerDAGRunPostBody,
} from "./schemas/dag-runs.ts";
import { DagRunState, DagRunType } from "./schemas/states.ts";
import { Day } from "./schemas/values.ts";
import { DagPath, dagsOf, everything, RunPath } from "./scope.ts";

const ListQuery = CursorQuery.extend({
  partition_date_gte: Day.nullable().optional(),
  partition_date_lte: Day.nullable().optional(),
  ...instantRange("run_after"),
  ...instantRange("logical_date"),
  ...instantRange("start_date"),
  ...instantRange("end_date"),
  ...instantRange("updated_at"),
  ...numberRange("duration"),
  conf_contains: OptionalText,
  run_type: z.array(DagRunType).default([]),
  state: z.array(DagRunState).default([]),
  dag_version: z.array(z.int()).default([]),
  bundle_version: OptionalText,
  ...patterns("run_id"),
  ...patterns("triggering_user_name"),
  ...patterns("dag_id"),
  ...patterns("partition_key"),
  consuming_asset_pattern: OptionalText,
});

const runOrders: Orders<typeof dagRunListColumns> = {
  columns: dagRunListColumns,
  names: {
    id: ["id"],
    state: ["state"],
    dag_id: ["dag_id"],
    run_id: ["run_id"],
    dag_run_id: ["run_id"],
    logical_date: ["logical_date"],
    partition_date: ["id"],
    run_after: ["run_after"],
    start_date: ["start_date"],
    end_date: ["end_date"],
    updated_at: ["updated_at"],
    conf: ["conf"],
    duration: ["duration"],
  },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const tags = ["DagRun"];

export function registerDagRuns(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerTrigger(app, context);
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  registerList(app, context);
  registerOne(app, context);
  registerBatchList(app, context);
}

function registerList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns",
    {
      config: { access: can("read", "DAG Runs") },
      schema: {
        operationId: "get_dag_runs",
        tags,
        params: DagPath,
        querystring: ListQuery,
        response: { 200: DAGRunCollectionResponse },
      },
    },
    async ({ params, query, user }) => {
      await checkPartitionFilter(context, params.dag_id, query);
      const dagIds = await dagsOf(user, "read", "DAG Runs", params.dag_id);
      if (query.bundle_version != null) return collection(context, noRuns);
      const list = await listDagRunSummaries(
        context.database,
        { ...filterOf(query), dagIds },
        pageOf(query, runOrders),
        context.now(),
      );
      return collection(context, list);
    },
  );
}

function registerOne(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns/:dag_run_id",
    {
      config: { access: can("read", "DAG Runs") },
      schema: { operationId: "get_dag_run", tags, params: RunPath, response: { 200: DAGRunResponse } },
    },
    async ({ params }) => runAnswerOf(context, await knownRun(context, params.dag_id, params.dag_run_id)),
  );
}

function registerBatchList(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/dagRuns/list",
    {
      config: { access: can("read", "DAG Runs"), audit: false },
      schema: {
        operationId: "get_list_dag_runs_batch",
        tags,
        params: z.object({ dag_id: z.literal(everything) }),
        body: DAGRunsBatchBody,
        response: { 200: DAGRunCollectionResponse },
      },
    },
    async ({ body, user }) => collection(context, await batchOf(context, body, user)),
  );
}

function registerTrigger(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/dagRuns",
    {
      config: { access: can("create", "DAG Runs"), audit: false },
      schema: {
        operationId: "trigger_dag_run",
        tags,
        params: DagPath,
        body: TriggerDAGRunPostBody,
        response: { 200: DAGRunResponse },
      },
    },
    async (request) => {
      const { params, body, user, headers } = request;
      const dagId = params.dag_id;
      await checkTriggerable(context, dagId);
      const made = await startOrRefuse(context, {
        dagId,
        ...runAsked(body),
        triggeredBy: headers.referer === undefined ? "rest_api" : "ui",
        user: user.username,
        event: "trigger_dag_run",
      });
      return runAnswerOf(context, await knownRun(context, dagId, made.runId));
    },
  );
}

const noRuns: ListResult<never> = { rows: [], total: 0, countLimit: null, next: null, previous: null };

async function collection(
  context: AirflowContext,
  { rows, ...rest }: Awaited<ReturnType<typeof listDagRunSummaries>>,
) {
  return { dag_runs: await runAnswers(context, rows), ...cursorFields(rest) };
}

/** No Dag here is partitioned by date, and Airflow says so rather than answer an empty list. */
async function checkPartitionFilter(
  context: AirflowContext,
  dagId: string,
  query: z.output<typeof ListQuery>,
): Promise<void> {
  const isAsked = query.partition_date_gte != null || query.partition_date_lte != null;
  if (dagId !== everything) await knownDag(context, dagId);
  if (!isAsked) return;
  throw new HttpProblem(
    400,
    dagId === everything
      ? "partition_date_gte and partition_date_lte require a specific dag_id."
      : `Dag with dag_id: '${dagId}' is not partitioned; partition_date_gte and partition_date_lte are not supported.`,
  );
}

function filterOf(query: z.output<typeof ListQuery>): DagRunListFilter {
  return {
    ...dateRanges(query),
    updatedAt: rangeOf(query, "updated_at"),
    confContains: query.conf_contains,
    runTypes: query.run_type,
    states: query.state,
    versionNumbers: query.dag_version,
    runIdPattern: query.run_id_pattern,
    runIdPrefix: query.run_id_prefix_pattern,
    userPattern: query.triggering_user_name_pattern,
    userPrefix: query.triggering_user_name_prefix_pattern,
    dagIdPattern: query.dag_id_pattern,
    dagIdPrefix: query.dag_id_prefix_pattern,
    partitionKeyPattern: query.partition_key_pattern,
    partitionKeyPrefix: query.partition_key_prefix_pattern,
    consumedAssetPattern: query.consuming_asset_pattern,
  };
}

type Bounds = Parameters<
  typeof rangeOf<"run_after" | "logical_date" | "start_date" | "end_date" | "duration">
>[0];

function dateRanges(asked: Bounds): DagRunListFilter {
  return {
    runAfter: rangeOf(asked, "run_after"),
    logicalDate: rangeOf(asked, "logical_date"),
    startDate: rangeOf(asked, "start_date"),
    endDate: rangeOf(asked, "end_date"),
    duration: rangeOf(asked, "duration"),
  };
}

async function batchOf(context: AirflowContext, body: z.output<typeof DAGRunsBatchBody>, user: Principal) {
  const permitted = await dagsOf(user, "read", "DAG Runs", everything);
  const asked = body.dag_ids ?? null;
  const dagIds =
    asked === null ? permitted : asked.filter((id) => permitted === null || permitted.includes(id));
  const page = pageOf(
    {
      limit: Math.min(body.page_limit, 100),
      offset: body.page_offset,
      order_by: body.order_by == null ? [] : [body.order_by],
    },
    runOrders,
  );
  const states = (body.states ?? []).filter((state) => state !== null);
  const filter = { ...dateRanges(body), confContains: body.conf_contains, states, dagIds };
  return listDagRunSummaries(context.database, filter, page, context.now());
}

async function checkTriggerable(context: AirflowContext, dagId: string): Promise<void> {
  const dag = await knownDag(context, dagId, `Dag with dag_id: '${dagId}' not found`);
  if (dag.isStale) throw new HttpProblem(404, `Dag with dag_id: '${dagId}' not found`);
  if (dag.hasImportErrors)
    throw new HttpProblem(400, `Dag with dag_id: '${dagId}' has import errors and cannot be triggered`);
  if (dag.allowedRunTypes !== null && !dag.allowedRunTypes.includes("manual"))
    throw new HttpProblem(400, `Dag with dag_id: '${dagId}' does not allow manual runs`);
}

/** What the body of a trigger, or of a materialisation, asks for. */
export function runAsked(
  body: z.output<typeof TriggerDAGRunPostBody>,
): Omit<TriggerDagRequest, "dagId" | "triggeredBy" | "user" | "event"> {
  const { data_interval_start: start, data_interval_end: end } = body;
  return {
    runId: body.dag_run_id ?? undefined,
    logicalDate: body.logical_date ?? null,
    dataInterval: start == null || end == null ? undefined : { start, end },
    runAfter: body.run_after ?? undefined,
    conf: body.conf ?? {},
    note: body.note ?? null,
    partitionKey: body.partition_key ?? null,
  };
}

const refusals: ReadonlySet<string> = new Set([
  "TW_RUN_ID",
  "TW_RUN_DATE",
  "TW_RUN_TYPE",
  "TW_PARAM_INVALID",
  "TW_USAGE",
  "TW_TIMETABLE",
]);

/** @throws HttpProblem 400 for what the Dag does not allow, 409 for a run that is there already. */
export async function startOrRefuse(
  { parts }: AirflowContext,
  run: TriggerDagRequest,
): Promise<{ runId: string }> {
  try {
    return await triggerDag(parts, run);
  } catch (error) {
    if (error instanceof TradewindError && refusals.has(error.code))
      throw new HttpProblem(400, error.message);
    throw error;
  }
}
