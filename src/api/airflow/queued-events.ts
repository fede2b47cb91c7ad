/** …/queuedEvents: what Dags that wait for assets have not taken yet. */
import { z } from "zod";
import {
  deleteQueuedEvents,
  listQueuedEvents,
  type QueuedEvent,
  type QueuedEventFilter,
} from "../../store/lists/assets.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { AssetPath } from "./assets.ts";
import type { AirflowContext } from "./context.ts";
import { isoDate, parseInstant } from "./instants.ts";
import { QueuedEventCollectionResponse, QueuedEventResponse } from "./schemas/assets.ts";
import { DagPath } from "./scope.ts";

const Query = z.object({ before: z.string().nullable().optional() });
const BothPath = DagPath.extend(AssetPath.shape);
const tags = ["Asset"];
const readAssets = can("read", "Assets");
const forget = [...can("delete", "Assets"), ...can("edit", "DAGs")];

export function registerQueuedEvents(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerDeletes(app, context);
}

const found = { 200: QueuedEventCollectionResponse };

function registerReads(app: ApiApp, context: AirflowContext): void {
  registerEventsOfAsset(app, context);
  registerEventsOfDag(app, context);
  registerEventsOfBoth(app, context);
}

function registerEventsOfAsset(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.get(
    "/assets/:asset_id/queuedEvents",
    {
      config: { access: readAssets },
      schema: {
        operationId: "get_asset_queued_events",
        tags,
        params: AssetPath,
        querystring: Query,
        response: found,
      },
    },
    async ({ params, query, user }) => {
      const permitted = await permittedDagIds(user, "read", "DAGs");
      const events = await listQueuedEvents(database, { assetId: params.asset_id, before: before(query) });
      return collection(events.filter(({ dagId }) => permitted === null || permitted.includes(dagId)));
    },
  );
}

function registerEventsOfDag(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.get(
    "/dags/:dag_id/assets/queuedEvents",
    {
      config: { access: [...readAssets, ...can("read", "DAGs")] },
      schema: {
        operationId: "get_dag_asset_queued_events",
        tags,
        params: DagPath,
        querystring: Query,
        response: found,
      },
    },
    async ({ params, query }) =>
      collection(await listQueuedEvents(database, { dagId: params.dag_id, before: before(query) })),
  );
}

function registerEventsOfBoth(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.get(
    "/dags/:dag_id/assets/:asset_id/queuedEvents",
    {
      config: { access: [...readAssets, ...can("read", "DAGs")] },
      schema: {
        operationId: "get_dag_asset_queued_event",
        tags,
        params: BothPath,
        querystring: Query,
        response: { 200: QueuedEventResponse },
      },
    },
    async ({ params, query }) => {
      const { dag_id: dagId, asset_id: assetId } = params;
      const [event] = await listQueuedEvents(database, { dagId, assetId, before: before(query) });
      if (event === undefined) throw noSuch(dagId, assetId);
      return eventAnswer(event);
    },
  );
}

const deleted = { 204: z.void() };

function registerDeletes(app: ApiApp, context: AirflowContext): void {
  registerDeletionOfAsset(app, context);
  registerDeletionOfDag(app, context);
  registerDeletionOfBoth(app, context);
}

function registerDeletionOfAsset(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/assets/:asset_id/queuedEvents",
    {
      config: { access: forget },
      schema: {
        operationId: "delete_asset_queued_events",
        tags,
        params: AssetPath,
        querystring: Query,
        response: deleted,
      },
    },
    async ({ params, query, user }, reply) => {
      const permitted = await permittedDagIds(user, "edit", "DAGs");
      const asked: QueuedEventFilter = { assetId: params.asset_id, before: before(query) };
      const filters = permitted === null ? [asked] : permitted.map((dagId) => ({ ...asked, dagId }));
      let count = 0;
      for (const filter of filters) count += await deleteQueuedEvents(database, filter);
      if (count === 0)
        throw new HttpProblem(404, `Queue event with asset_id: \`${params.asset_id}\` was not found`);
      reply.code(204);
    },
  );
}

function registerDeletionOfDag(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/dags/:dag_id/assets/queuedEvents",
    {
      config: { access: forget },
      schema: {
        operationId: "delete_dag_asset_queued_events",
        tags,
        params: DagPath,
        querystring: Query,
        response: deleted,
      },
    },
    async ({ params, query }, reply) => {
      const count = await deleteQueuedEvents(database, { dagId: params.dag_id, before: before(query) });
      if (count === 0)
        throw new HttpProblem(404, `Queue event with dag_id: \`${params.dag_id}\` was not found`);
      reply.code(204);
    },
  );
}

function registerDeletionOfBoth(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/dags/:dag_id/assets/:asset_id/queuedEvents",
    {
      config: { access: forget },
      schema: {
        operationId: "delete_dag_asset_queued_event",
        tags,
        params: BothPath,
        querystring: Query,
        response: deleted,
      },
    },
    async ({ params, query }, reply) => {
      const { dag_id: dagId, asset_id: assetId } = params;
      const count = await deleteQueuedEvents(database, { dagId, assetId, before: before(query) });
      if (count === 0) throw noSuch(dagId, assetId);
      reply.code(204);
    },
  );
}

/** @throws HttpProblem 400, where every other list answers 422: so does Airflow. */
function before(query: z.output<typeof Query>): number | null {
  if (query.before === null || query.before === undefined) return null;
  const instant = parseInstant(query.before);
  if (instant !== null) return instant;
  throw new HttpProblem(
    400,
    `Invalid datetime: '${query.before}'. Please check the date parameter have this value.`,
  );
}

function collection(events: readonly QueuedEvent[]) {
  return { queued_events: events.map(eventAnswer), total_entries: events.length };
}

function eventAnswer({ dagId, assetId, createdAt, displayName }: QueuedEvent) {
  return { dag_id: dagId, asset_id: assetId, created_at: isoDate(createdAt), dag_display_name: displayName };
}

function noSuch(dagId: string, assetId: number): HttpProblem {
  return new HttpProblem(
    404,
    `Queued event with dag_id: \`${dagId}\` and asset_id: \`${assetId}\` was not found`,
  );
}
