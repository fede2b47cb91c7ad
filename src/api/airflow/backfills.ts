/** /backfills: runs for the dates of a past stretch of time. */
import { z } from "zod";
import type { BackfillRequest } from "../../core/backfill.ts";
import { TradewindError } from "../../errors.ts";
import { planOfBackfill, startBackfill } from "../../scheduler/start-backfill.ts";
import { cancelBackfill, setBackfillPaused } from "../../store/backfills.ts";
import {
  type BackfillSummary,
  backfillListColumns,
  findBackfillSummary,
  listBackfillSummaries,
} from "../../store/lists/records.ts";
import { notify } from "../../store/notify.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds, requirePermission } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import {
  BackfillCollectionResponse,
  BackfillPostBody,
  BackfillResponse,
  DryRunBackfillCollectionResponse,
} from "./schemas/backfills.ts";

const IdPath = z.object({ backfill_id: z.int().min(0) });

const orders: Orders<typeof backfillListColumns> = {
  columns: backfillListColumns,
  names: { id: ["id"] },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const tags = ["Backfill"];
const response = { 200: BackfillResponse };

export function registerBackfills(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerStarts(app, context);
  registerChanges(app, context);
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/backfills",
    {
      config: { access: can("read", "Backfills") },
      schema: {
        operationId: "list_backfills",
        tags,
        querystring: OrderedQuery.extend({ dag_id: z.string() }),
        response: { 200: BackfillCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const permitted = await permittedDagIds(user, "read", "Backfills");
      const dagIds = permitted === null || permitted.includes(query.dag_id) ? [query.dag_id] : [];
      const { rows, total } = await listBackfillSummaries(
        context.database,
        { dagIds },
        pageOf(query, orders),
      );
      return { backfills: rows.map(backfillAnswer), total_entries: total };
    },
  );

  app.get(
    "/backfills/:backfill_id",
    {
      config: { access: can("read", "Backfills") },
      schema: { operationId: "get_backfill", tags, params: IdPath, response },
    },
    async ({ params, user }) => {
      const backfill = await knownBackfill(context, params.backfill_id);
      requirePermission(user, { action: "read", resource: "Backfills" }, backfill.dagId);
      return backfillAnswer(backfill);
    },
  );
}

function registerStarts(app: ApiApp, context: AirflowContext): void {
  registerStart(app, context);
  registerDryRun(app, context);
}

function registerStart(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.post(
    "/backfills",
    {
      config: { access: can("create", "Backfills") },
      schema: { operationId: "create_backfill", tags, body: BackfillPostBody, response },
    },
    async ({ body, user }) => {
      requirePermission(user, { action: "create", resource: "Backfills" }, body.dag_id);
      const version = await versionOf(context, body.dag_id);
      const request = requestOf(body);
      const made = await refusing(body.dag_id, async () => {
        const plan = await planOfBackfill(context.parts, version, request);
        const words = {
          dagId: body.dag_id,
          conf: body.dag_run_conf ?? {},
          maxActiveRuns: body.max_active_runs,
        };
        return startBackfill(database, plan, { ...request, ...words, user: user.username }, context.now());
      });
      return backfillAnswer(await knownBackfill(context, made.id));
    },
  );
}

function registerDryRun(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/backfills/dry_run",
    {
      config: { access: can("create", "Backfills"), audit: false },
      schema: {
        operationId: "create_backfill_dry_run",
        tags,
        body: BackfillPostBody,
        response: { 200: DryRunBackfillCollectionResponse },
      },
    },
    async ({ body, user }) => {
      requirePermission(user, { action: "create", resource: "Backfills" }, body.dag_id);
      const version = await versionOf(context, body.dag_id);
      const plan = await refusing(body.dag_id, () => planOfBackfill(context.parts, version, requestOf(body)));
      const backfills = plan
        .filter(({ action }) => action.kind !== "skip")
        .map(({ run }) => ({
          logical_date: isoDate(run.logicalDate),
          partition_key: run.partitionKey ?? null,
          partition_date: null,
        }));
      return { backfills, total_entries: backfills.length };
    },
  );
}

function registerChanges(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  const changes = {
    pause: ({ id }: BackfillSummary) => setBackfillPaused(database, id, true),
    unpause: ({ id }: BackfillSummary) => setBackfillPaused(database, id, false),
    cancel: ({ id }: BackfillSummary) => cancelBackfill(database, id, context.now()),
  };
  for (const [verb, change] of Object.entries(changes)) {
    app.put(
      `/backfills/:backfill_id/${verb}`,
      {
        config: { access: can("edit", "Backfills") },
        schema: { operationId: `${verb}_backfill`, tags, params: IdPath, response },
      },
      async (request) => {
        const backfill = await knownBackfill(context, request.params.backfill_id);
        requirePermission(request.user, { action: "edit", resource: "Backfills" }, backfill.dagId);
        request.aboutDag = backfill.dagId;
        if (!(await change(backfill))) throw new HttpProblem(409, "Backfill is already completed.");
        await notify(database, [`backfill:${backfill.dagId}`]);
        return backfillAnswer(await knownBackfill(context, backfill.id));
      },
    );
  }
}

type Body = z.output<typeof BackfillPostBody>;

function requestOf(body: Body): BackfillRequest {
  return {
    from: body.from_date,
    to: body.to_date,
    reprocess: body.reprocess_behavior,
    backwards: body.run_backwards,
  };
}

async function versionOf(context: AirflowContext, dagId: string) {
  return context.currentVersion(dagId).catch((error: unknown) => {
    throw error instanceof HttpProblem ? new HttpProblem(404, `Could not find dag ${dagId}`) : error;
  });
}

/** @throws HttpProblem 409 while another goes on, 422 with the reason where there is nothing to run. */
async function refusing<Result>(dagId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    if (error.code === "TW_BACKFILL_EXISTS")
      throw new HttpProblem(409, `There is already a running backfill for dag ${dagId}`);
    if (error.code === "TW_BACKFILL" || error.code === "TW_TIMETABLE")
      throw new HttpProblem(422, error.message);
    throw error;
  }
}

async function knownBackfill({ database }: AirflowContext, id: number): Promise<BackfillSummary> {
  const found = await findBackfillSummary(database, id);
  if (found === null) throw new HttpProblem(404, "Backfill not found");
  return found;
}

function backfillAnswer(backfill: BackfillSummary): z.output<typeof BackfillResponse> {
  return {
    id: backfill.id,
    dag_id: backfill.dagId,
    from_date: isoDate(backfill.fromDate),
    to_date: isoDate(backfill.toDate),
    dag_run_conf: backfill.conf as z.output<typeof BackfillResponse>["dag_run_conf"],
    is_paused: backfill.isPaused,
    reprocess_behavior: backfill.reprocessBehavior,
    max_active_runs: backfill.maxActiveRuns,
    created_at: isoDate(backfill.createdAt),
    completed_at: isoDate(backfill.completedAt),
    updated_at: isoDate(backfill.completedAt ?? backfill.createdAt),
    dag_display_name: backfill.displayName,
  };
}
