/** /assets: the data that Dags make and wait for, their aliases and events, and making one by hand. */
import { z } from "zod";
import { createAssetEvent } from "../../store/asset-events.ts";
import type { AssetRow } from "../../store/assets.ts";
import { getAsset } from "../../store/assets.ts";
import {
  type AssetDetails,
  type AssetEventSummary,
  aliasListColumns,
  assetDetails,
  assetEventListColumns,
  assetEventRows,
  assetListColumns,
  findAlias,
  listAliasRows,
  listAssetEventRows,
  listAssetRows,
  runsOfEvents,
} from "../../store/lists/assets.ts";
import { notify } from "../../store/notify.ts";
import type { ApiApp } from "../app.ts";
import { can, requirePermission } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { runAsked, startOrRefuse } from "./dag-runs.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { instantRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import { knownRun, runAnswerOf } from "./run-answers.ts";
import {
  AssetAliasCollectionResponse,
  AssetAliasResponse,
  AssetCollectionResponse,
  AssetEventCollectionResponse,
  AssetEventResponse,
  AssetResponse,
  CreateAssetEventsBody,
} from "./schemas/assets.ts";
import { DAGRunResponse, MaterializeAssetBody } from "./schemas/dag-runs.ts";
import { RunPath } from "./scope.ts";

export const AssetPath = z.object({ asset_id: z.int() });
const optionalInt = z.int().nullable().optional();

const ListQuery = OrderedQuery.extend({
  ...patterns("name"),
  ...patterns("uri"),
  dag_ids: z.array(z.string()).default([]),
  only_active: z.boolean().default(true),
});

const EventQuery = OrderedQuery.extend({
  asset_id: optionalInt,
  source_dag_id: OptionalText,
  source_task_id: OptionalText,
  source_run_id: OptionalText,
  source_map_index: optionalInt,
  ...patterns("name"),
  ...instantRange("timestamp"),
});

const assetOrders: Orders<typeof assetListColumns> = {
  columns: assetListColumns,
  names: { id: ["id"], name: ["name"], uri: ["uri"], created_at: ["created_at"], updated_at: ["created_at"] },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const aliasOrders: Orders<typeof aliasListColumns> = {
  columns: aliasListColumns,
  names: { id: ["id"], name: ["name"] },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const eventOrders: Orders<typeof assetEventListColumns> = {
  columns: assetEventListColumns,
  names: {
    source_task_id: ["source_task_id"],
    source_dag_id: ["source_dag_id"],
    source_run_id: ["source_run_id"],
    source_map_index: ["source_map_index"],
    timestamp: ["timestamp"],
  },
  fallback: [{ name: "timestamp", descending: false }],
  key: ["id"],
};

const tags = ["Asset"];

export function registerAssets(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerAliases(app, context);
  registerEvents(app, context);
  registerMaterialize(app, context);
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/assets",
    {
      config: { access: can("read", "Assets") },
      schema: {
        operationId: "get_assets",
        tags,
        querystring: ListQuery,
        response: { 200: AssetCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = {
        namePattern: query.name_pattern,
        namePrefix: query.name_prefix_pattern,
        uriPattern: query.uri_pattern,
        uriPrefix: query.uri_prefix_pattern,
        // Airflow's clients of 2.x joined them by commas.
        dagIds: query.dag_ids.flatMap((ids) => ids.split(",")),
        onlyActive: query.only_active,
      };
      const { rows, total } = await listAssetRows(context.database, filter, pageOf(query, assetOrders));
      return { assets: await assetAnswers(context, rows), total_entries: total };
    },
  );

  app.get(
    "/assets/:asset_id",
    {
      config: { access: can("read", "Assets") },
      schema: { operationId: "get_asset", tags, params: AssetPath, response: { 200: AssetResponse } },
    },
    async ({ params }) => {
      const [answer] = await assetAnswers(context, [await knownAsset(context, params.asset_id)]);
      return answer as z.output<typeof AssetResponse>;
    },
  );
}

function registerAliases(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/assets/aliases",
    {
      config: { access: can("read", "Assets") },
      schema: {
        operationId: "get_asset_aliases",
        tags,
        querystring: OrderedQuery.extend(patterns("name")),
        response: { 200: AssetAliasCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = { namePattern: query.name_pattern, namePrefix: query.name_prefix_pattern };
      const { rows, total } = await listAliasRows(context.database, filter, pageOf(query, aliasOrders));
      return { asset_aliases: rows, total_entries: total };
    },
  );

  app.get(
    "/assets/aliases/:asset_alias_id",
    {
      config: { access: can("read", "Assets") },
      schema: {
        operationId: "get_asset_alias",
        tags,
        params: z.object({ asset_alias_id: z.int() }),
        response: { 200: AssetAliasResponse },
      },
    },
    async ({ params }) => {
      const alias = await findAlias(context.database, params.asset_alias_id);
      if (alias === null)
        throw new HttpProblem(404, `The Asset Alias with ID: \`${params.asset_alias_id}\` was not found`);
      return alias;
    },
  );
}

function registerEvents(app: ApiApp, context: AirflowContext): void {
  registerEventList(app, context);
  registerEventCreation(app, context);
  registerUpstreamEvents(app, context);
}

function registerEventList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/assets/events",
    {
      config: { access: can("read", "Assets") },
      schema: {
        operationId: "get_asset_events",
        tags,
        querystring: EventQuery,
        response: { 200: AssetEventCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = {
        assetId: query.asset_id,
        sourceDagId: query.source_dag_id,
        sourceTaskId: query.source_task_id,
        sourceRunId: query.source_run_id,
        sourceMapIndex: query.source_map_index,
        namePattern: query.name_pattern,
        namePrefix: query.name_prefix_pattern,
        timestamp: rangeOf(query, "timestamp"),
      };
      const { rows, total } = await listAssetEventRows(context.database, filter, pageOf(query, eventOrders));
      return { asset_events: await eventAnswers(context, rows), total_entries: total };
    },
  );
}

function registerEventCreation(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/assets/events",
    {
      config: { access: can("create", "Assets") },
      schema: {
        operationId: "create_asset_event",
        tags,
        body: CreateAssetEventsBody,
        response: { 200: AssetEventResponse },
      },
    },
    async ({ body }) => {
      await knownAsset(context, body.asset_id, `Asset with ID: \`${body.asset_id}\` was not found`);
      const event = {
        assetId: body.asset_id,
        // Whoever reads it later sees that no task made it.
        extra: { ...body.extra, from_rest_api: true },
        partitionKey: body.partition_key ?? null,
      };
      const { eventId } = await context.database.transaction(async (tx) => {
        const made = await createAssetEvent(tx, event, context.now());
        await notify(
          tx,
          made.dagIds.map((dagId) => `assets:${dagId}`),
        );
        return made;
      });
      const [answer] = await eventAnswers(context, await assetEventRows(context.database, { eventId }));
      return answer as z.output<typeof AssetEventResponse>;
    },
  );
}

function registerUpstreamEvents(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns/:dag_run_id/upstreamAssetEvents",
    {
      config: { access: [...can("read", "Assets"), ...can("read", "DAG Runs")] },
      schema: {
        operationId: "get_upstream_asset_events",
        tags: ["DagRun"],
        params: RunPath,
        response: { 200: AssetEventCollectionResponse },
      },
    },
    async ({ params }) => {
      const run = await knownRun(context, params.dag_id, params.dag_run_id);
      const events = await eventAnswers(context, await assetEventRows(context.database, { runPk: run.id }));
      return { asset_events: events, total_entries: events.length };
    },
  );
}

function registerMaterialize(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/assets/:asset_id/materialize",
    {
      config: { access: can("create", "Assets"), audit: false },
      schema: {
        operationId: "materialize_asset",
        tags,
        params: AssetPath,
        body: MaterializeAssetBody.nullish(),
        response: { 200: DAGRunResponse },
      },
    },
    async ({ params, body, user }) => {
      const dagId = await makerOf(context, params.asset_id);
      requirePermission(user, { action: "create", resource: "DAG Runs" }, dagId);
      const run = await startOrRefuse(context, {
        dagId,
        ...runAsked(body ?? {}),
        runType: "asset_materialization",
        triggeredBy: "rest_api",
        user: user.username,
        event: "materialize_asset",
      });
      return runAnswerOf(context, await knownRun(context, dagId, run.runId));
    },
  );
}

/** The one Dag that makes the asset. @throws HttpProblem 404, 409. */
async function makerOf(context: AirflowContext, assetId: number): Promise<string> {
  const [details] = await assetDetails(context.database, [assetId]);
  const makers = new Set(
    details?.references.filter(({ role }) => role === "outlet").map(({ dagId }) => dagId),
  );
  const [dagId] = makers;
  if (dagId === undefined) throw new HttpProblem(404, `No Dag materializes asset with ID: ${assetId}`);
  if (makers.size > 1) throw new HttpProblem(409, `More than one Dag materializes asset with ID: ${assetId}`);
  return dagId;
}

/** @throws HttpProblem 404. */
export async function knownAsset(
  { database }: AirflowContext,
  id: number,
  detail = `The Asset with ID: \`${id}\` was not found`,
): Promise<AssetRow> {
  try {
    return await getAsset(database, { id });
  } catch {
    throw new HttpProblem(404, detail);
  }
}

async function assetAnswers(context: AirflowContext, assets: readonly AssetRow[]) {
  const details = await assetDetails(
    context.database,
    assets.map(({ id }) => id),
  );
  const byId = new Map(details.map((one) => [one.assetId, one]));
  return assets.map((asset) => assetAnswer(asset, byId.get(asset.id)));
}

function assetAnswer(asset: AssetRow, details: AssetDetails | undefined): z.output<typeof AssetResponse> {
  const { references = [], aliases = [], watchers = [], lastEvent = null } = details ?? {};
  const ofRole = (role: string) =>
    references
      .filter((reference) => reference.role === role)
      .map(({ dagId, taskId, createdAt }) => {
        const at = isoDate(createdAt);
        return { dag_id: dagId, task_id: taskId, created_at: at, updated_at: at };
      });
  return {
    id: asset.id,
    name: asset.name,
    uri: asset.uri,
    group: asset.group,
    extra: asset.extra,
    created_at: isoDate(asset.createdAt),
    updated_at: isoDate(asset.createdAt),
    scheduled_dags: ofRole("schedule").map(({ dag_id, created_at, updated_at }) => ({
      dag_id,
      created_at,
      updated_at,
    })),
    producing_tasks: ofRole("outlet"),
    consuming_tasks: ofRole("inlet"),
    aliases,
    watchers: watchers.map(({ name, triggerId, createdAt }) => ({
      name,
      trigger_id: triggerId,
      created_date: isoDate(createdAt),
    })),
    last_asset_event: {
      id: lastEvent?.id ?? null,
      timestamp: lastEvent === null ? null : isoDate(lastEvent.timestamp),
    },
  };
}

async function eventAnswers(context: AirflowContext, events: readonly AssetEventSummary[]) {
  const runs = await runsOfEvents(
    context.database,
    events.map(({ id }) => id),
  );
  const byEvent = Map.groupBy(runs, ({ eventId }) => eventId);
  return events.map(
    (event): z.output<typeof AssetEventResponse> => ({
      id: event.id,
      asset_id: event.assetId,
      uri: event.uri,
      name: event.name,
      group: event.group,
      extra: event.extra,
      source_task_id: event.sourceTaskId,
      source_dag_id: event.sourceDagId,
      source_run_id: event.sourceRunId,
      source_map_index: event.sourceMapIndex ?? -1,
      created_dagruns: (byEvent.get(event.id) ?? []).map((run) => ({
        run_id: run.runId,
        dag_id: run.dagId,
        logical_date: isoDate(run.logicalDate),
        // A run that waits for its start has none yet; clients read a date here.
        start_date: isoDate(run.startDate ?? run.runAfter),
        end_date: isoDate(run.endDate),
        state: run.state,
        data_interval_start: isoDate(run.dataIntervalStart),
        data_interval_end: isoDate(run.dataIntervalEnd),
        partition_key: run.partitionKey,
        triggering: true,
      })),
      timestamp: isoDate(event.timestamp),
      partition_key: event.partitionKey,
    }),
  );
}
