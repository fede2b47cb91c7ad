/** /dags: lists, details, pausing, deleting. */
import { z } from "zod";
import { TradewindError } from "../../errors.ts";
import { assetsNamed } from "../../store/assets.ts";
import { countDagRuns } from "../../store/dag-runs.ts";
import { setPaused } from "../../store/dags.ts";
import { listFavorites } from "../../store/favorites.ts";
import {
  type DagListFilter,
  type DagSummary,
  dagListColumns,
  dagSummaries,
  listDagSummaries,
} from "../../store/lists/dags.ts";
import { notify } from "../../store/notify.ts";
import { deleteDag } from "../../store/run-deletion.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { dagAnswer, dagDetailsAnswer } from "./dag-answers.ts";
import { OrderedQuery, type Orders, PageQuery, pageOf } from "./list-page.ts";
import { instantRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import { DAGCollectionResponse, DAGDetailsResponse, DAGPatchBody, DAGResponse } from "./schemas/dags.ts";
import { DagRunState } from "./schemas/states.ts";
import { DagPath, UpdateMask } from "./scope.ts";

const flag = z.boolean().nullable().optional();

const filters = {
  tags: z.array(z.string()).default([]),
  tags_match_mode: z.enum(["any", "all"]).nullable().optional(),
  owners: z.array(z.string()).default([]),
  ...patterns("dag_id"),
  exclude_stale: z.boolean().default(true),
  paused: flag,
};

const ListQuery = OrderedQuery.extend({
  ...filters,
  ...patterns("dag_display_name"),
  has_import_errors: flag,
  last_dag_run_state: DagRunState.nullable().optional(),
  bundle_name: OptionalText,
  bundle_version: OptionalText,
  has_asset_schedule: flag,
  asset_dependency: OptionalText,
  ...instantRange("dag_run_start_date"),
  ...instantRange("dag_run_end_date"),
  dag_run_state: z.array(DagRunState).default([]),
  is_favorite: flag,
  timetable_type: z.array(z.string()).default([]),
});

const PatchListQuery = PageQuery.extend(filters).extend(UpdateMask.shape);

const orders: Orders<typeof dagListColumns> = {
  columns: dagListColumns,
  names: {
    dag_id: ["dag_id"],
    dag_display_name: ["dag_display_name"],
    next_dagrun: ["next_dagrun"],
    state: ["last_run_state"],
    start_date: ["last_run_start_date"],
    last_run_state: ["last_run_state"],
    last_run_start_date: ["last_run_start_date"],
  },
  fallback: [{ name: "dag_id", descending: false }],
  key: ["dag_id"],
};

const tags = ["DAG"];

export function registerDags(app: ApiApp, context: AirflowContext): void {
  registerList(app, context);
  registerListPatch(app, context);
  registerOne(app, context);
  registerOneChanges(app, context);
}

function registerList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags",
    {
      config: { access: can("read", "DAGs") },
      schema: {
        operationId: "get_dags",
        tags,
        querystring: ListQuery,
        response: { 200: DAGCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const dagIds = await permittedDagIds(user, "read", "DAGs");
      const filter = { ...filterOf(query), ...runFilterOf(query, user.id), dagIds };
      const page = pageOf(query, orders);
      const { rows, total } = await listDagSummaries(context.database, filter, page, context.now());
      return { dags: rows.map((dag) => dagAnswer(dag, context.parts.secrets)), total_entries: total };
    },
  );
}

function registerListPatch(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.patch(
    "/dags",
    {
      config: { access: can("edit", "DAGs") },
      schema: {
        operationId: "patch_dags",
        tags,
        querystring: PatchListQuery,
        body: DAGPatchBody,
        response: { 200: DAGCollectionResponse },
      },
    },
    async (request) => {
      const { query, body, user } = request;
      refuseOtherFields(query.update_mask);
      const dagIds = await permittedDagIds(user, "edit", "DAGs");
      const page = pageOf(query, orders);
      // A request that names no Dags changes none: a forgotten filter is not "all of them".
      const asksForNone = query.dag_id_pattern == null && query.dag_id_prefix_pattern == null;
      const filter = { ...filterOf(query), dagIds: asksForNone ? [] : dagIds };
      const all = { ...page, limit: Number.MAX_SAFE_INTEGER, offset: 0 };
      const { rows, total } = await listDagSummaries(database, filter, all, context.now());
      const ids = rows.map(({ dagId }) => dagId);
      await database.transaction(async (tx) => {
        const changed = await setPaused(tx, ids, body.is_paused);
        await notify(
          tx,
          changed.map((dagId) => `dag:${dagId}`),
        );
      });
      const dags = rows
        .slice(query.offset, query.offset + query.limit)
        .map((dag) => dagAnswer({ ...dag, isPaused: body.is_paused }, context.parts.secrets));
      return { dags, total_entries: total };
    },
  );
}

function registerOne(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id",
    {
      config: { access: can("read", "DAGs") },
      schema: { operationId: "get_dag", tags, params: DagPath, response: { 200: DAGResponse } },
    },
    async ({ params }) => dagAnswer(await knownDag(context, params.dag_id), context.parts.secrets),
  );

  app.get(
    "/dags/:dag_id/details",
    {
      config: { access: can("read", "DAGs") },
      schema: {
        operationId: "get_dag_details",
        tags,
        params: DagPath,
        response: { 200: DAGDetailsResponse },
      },
    },
    async ({ params, user }) => detailsOf(context, params.dag_id, user.id),
  );
}

function registerOneChanges(app: ApiApp, context: AirflowContext): void {
  registerPatch(app, context);
  registerDeletion(app, context);
}

function registerPatch(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.patch(
    "/dags/:dag_id",
    {
      config: { access: can("edit", "DAGs") },
      schema: {
        operationId: "patch_dag",
        tags,
        params: DagPath,
        querystring: UpdateMask,
        body: DAGPatchBody,
        response: { 200: DAGResponse },
      },
    },
    async (request) => {
      const { params, body, query } = request;
      refuseOtherFields(query.update_mask);
      const dag = await knownDag(context, params.dag_id, `Dag with id: ${params.dag_id} was not found`);
      await database.transaction(async (tx) => {
        await setPaused(tx, [dag.dagId], body.is_paused);
        await notify(tx, [`dag:${dag.dagId}`]);
      });
      return dagAnswer({ ...dag, isPaused: body.is_paused }, context.parts.secrets);
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/dags/:dag_id",
    {
      config: { access: can("delete", "DAGs") },
      schema: { operationId: "delete_dag", tags, params: DagPath, response: { 204: z.void() } },
    },
    async (request, reply) => {
      const { dag_id: dagId } = request.params;
      await knownDag(context, dagId, `Dag with id: ${dagId} was not found`);
      await deleteDag(database, dagId).catch((error: unknown) => {
        if (error instanceof TradewindError && error.code === "TW_DAG_HAS_RUNNING_TASKS")
          throw new HttpProblem(409, `Task instances of dag with id: '${dagId}' are still running`);
        throw error;
      });
      await notify(database, [`dag:${dagId}`]);
      reply.code(204);
    },
  );
}

/** @throws HttpProblem 404. */
export async function knownDag(
  { database }: AirflowContext,
  dagId: string,
  detail = `The Dag with ID: \`${dagId}\` was not found`,
): Promise<DagSummary> {
  const [dag] = await dagSummaries(database, [dagId]);
  if (dag === undefined) throw new HttpProblem(404, detail);
  return dag;
}

async function detailsOf(context: AirflowContext, dagId: string, userId: number | null) {
  const dag = await knownDag(context, dagId);
  const { id, spec } = await context.currentVersion(dagId);
  const [versions, runs, assets] = await Promise.all([
    context.summaries([id]),
    countDagRuns(context.database, dagId),
    assetsNamed(context.database, spec.assets),
  ]);
  return dagDetailsAnswer(dag, {
    spec,
    version: versions.get(id),
    isFavorite: userId !== null && (await listFavorites(context.database, userId)).includes(dagId),
    runningRuns: runs.running,
    secrets: context.parts.secrets,
    assets,
  });
}

function refuseOtherFields(mask: readonly string[] | null | undefined): void {
  if (mask === null || mask === undefined || (mask.length === 1 && mask[0] === "is_paused")) return;
  throw new HttpProblem(400, "Only `is_paused` field can be updated through the REST API");
}

type Filters = z.output<typeof PatchListQuery>;

function filterOf(query: Omit<Filters, "update_mask" | "limit" | "offset">): DagListFilter {
  return {
    idPattern: query.dag_id_pattern,
    idPrefix: query.dag_id_prefix_pattern,
    tags: query.tags,
    tagsMatch: query.tags_match_mode,
    owners: query.owners,
    isPaused: query.paused,
    excludeStale: query.exclude_stale,
  };
}

function runFilterOf(query: z.output<typeof ListQuery>, userId: number | null): DagListFilter {
  return {
    namePattern: query.dag_display_name_pattern,
    namePrefix: query.dag_display_name_prefix_pattern,
    hasImportErrors: query.has_import_errors,
    bundleName: query.bundle_name,
    timetableKinds: query.timetable_type,
    hasAssetSchedule: query.has_asset_schedule,
    assetDependency: query.asset_dependency,
    favoriteOf: query.is_favorite == null ? undefined : { userId, is: query.is_favorite },
    lastRunState: query.last_dag_run_state,
    runStates: query.dag_run_state,
    runStart: rangeOf(query, "dag_run_start_date"),
    runEnd: rangeOf(query, "dag_run_end_date"),
  };
}
