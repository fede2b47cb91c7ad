/** Changing runs: state and note, deleting; one, or many at once. */
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { z as zod } from "zod";
import type { Executor } from "../../store/connect.ts";
import { setDagRunNote } from "../../store/dag-runs.ts";
import { type DagRunSummary, findDagRunSummaries } from "../../store/lists/dag-runs.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { type Asked, askScheduler } from "../scheduler-requests.ts";
import { type ActionResult, BulkResponse, bulkBody, missing, refusedInPart, runBulk } from "./bulk.ts";
import type { AirflowContext } from "./context.ts";
import { knownRun, runAnswerOf } from "./run-answers.ts";
import { BulkDAGRunBody, DAGRunPatchBody, DAGRunResponse } from "./schemas/dag-runs.ts";
import { DagPath, everything, fieldsToChange, RunPath, UpdateMask } from "./scope.ts";

const tags = ["DagRun"];
const BulkBody = bulkBody(BulkDAGRunBody, "BulkDAGRunBody");

export function registerDagRunChanges(app: ApiApp, context: AirflowContext): void {
  registerMark(app, context);
  registerDeletion(app, context);
  registerBulk(app, context);
}

function registerMark(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/dags/:dag_id/dagRuns/:dag_run_id",
    {
      config: { access: can("edit", "DAG Runs") },
      schema: {
        operationId: "patch_dag_run",
        tags,
        params: RunPath,
        querystring: UpdateMask,
        body: DAGRunPatchBody,
        response: { 200: DAGRunResponse },
      },
    },
    async (request) => {
      const { params, body, query } = request;
      const run = await knownRun(context, params.dag_id, params.dag_run_id);
      const fields = fieldsToChange(body, query.update_mask);
      const change = {
        ...(fields.has("state") ? { state: body.state } : {}),
        ...(fields.has("note") ? { note: body.note ?? null } : {}),
      };
      await changeRun(context, request.user.username, run, change);
      return runAnswerOf(context, await knownRun(context, params.dag_id, params.dag_run_id));
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  app.delete(
    "/dags/:dag_id/dagRuns/:dag_run_id",
    {
      config: { access: can("delete", "DAG Runs") },
      schema: { operationId: "delete_dag_run", tags, params: RunPath, response: { 204: zod.void() } },
    },
    async (request, reply) => {
      const run = await knownRun(context, request.params.dag_id, request.params.dag_run_id);
      if (run.state === "running") throw new HttpProblem(409, cannotDelete(run));
      await deleteRun(context, request.user.username, run);
      reply.code(204);
    },
  );
}

function registerBulk(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/dags/:dag_id/dagRuns",
    {
      config: { access: can("edit", "DAG Runs") },
      schema: {
        operationId: "bulk_dag_runs",
        tags,
        params: DagPath,
        body: BulkBody,
        response: { 200: BulkResponse },
      },
    },
    async (request) =>
      runBulk(request.body.actions, {
        create: async () =>
          refusedInPart(
            [],
            405,
            "Dag Runs bulk create is not supported. Use the trigger Dag Run endpoint instead.",
          ),
        update: (action) => bulkUpdate(context, request, request.params.dag_id, action),
        delete: (action) => bulkDelete(context, request, request.params.dag_id, action),
      }),
  );
}

interface RunChange {
  readonly state?: "queued" | "success" | "failed" | null | undefined;
  readonly note?: string | null;
}

async function changeRun(
  context: AirflowContext,
  user: string,
  { dagId, runId }: DagRunSummary,
  { state, note }: RunChange,
): Promise<void> {
  const also = async (tx: Executor): Promise<void> => {
    if (note !== undefined) await setDagRunNote(tx, dagId, runId, note === "" ? null : note);
  };
  const asked: Asked | null =
    state === null || state === undefined
      ? null
      : { dagId, request: { kind: "mark-run", runIds: [runId], state }, user };
  await askScheduler(context.parts, asked, also);
}

/** By the scheduler, which may hold the run in its memory. */
async function deleteRun(
  context: AirflowContext,
  user: string,
  { dagId, runId }: DagRunSummary,
): Promise<void> {
  const asked = { dagId, request: { kind: "delete-runs" as const, runIds: [runId] }, user };
  await askScheduler(context.parts, asked, async () => undefined);
}

const cannotDelete = ({ dagId, runId, state }: DagRunSummary): string =>
  `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` cannot be deleted in ${state} state`;

type Action<Kind> = Extract<z.output<typeof BulkBody>["actions"][number], { action: Kind }>;
type Entity = string | z.output<typeof BulkDAGRunBody>;

/** The run that an entity names; an error where `~` leaves its Dag open, or the user may not change it. */
async function keysOf(
  request: FastifyRequest,
  dagId: string,
  entities: readonly Entity[],
  verb: "edit" | "delete",
): Promise<{ keys: { dagId: string; runId: string; entity: Entity }[]; errors: ActionResult["errors"] }> {
  const permitted = await permittedDagIds(request.user, verb, "DAG Runs");
  const errors: { error: string; status_code: number }[] = [];
  const keys = entities.flatMap((entity) => {
    const runId = typeof entity === "string" ? entity : entity.dag_run_id;
    const own = typeof entity === "string" ? dagId : (entity.dag_id ?? dagId);
    if (own === everything || runId === everything) {
      const where = typeof entity === "string" ? "BulkDAGRunBody object, not as string" : "request body";
      const error = `When using wildcard in path, dag_id must be specified in ${where} for dag_run_id: ${runId}`;
      errors.push({ error, status_code: 400 });
      return [];
    }
    if (permitted !== null && !permitted.includes(own)) {
      errors.push({ error: `User is not authorized to ${verb} Dag Runs of Dag '${own}'`, status_code: 403 });
      return [];
    }
    return [{ dagId: own, runId, entity }];
  });
  return { keys, errors };
}

async function bulkUpdate(
  context: AirflowContext,
  request: FastifyRequest,
  dagId: string,
  action: Action<"update">,
): Promise<ActionResult> {
  const { keys, errors } = await keysOf(request, dagId, action.entities, "edit");
  const runs = await findDagRunSummaries(context.database, keys);
  const absent = keys.filter(
    ({ dagId: id, runId }) => !runs.some((run) => run.dagId === id && run.runId === runId),
  );
  if (absent.length > 0 && action.action_on_non_existence === "fail") return notFound(absent, errors);
  const success: string[] = [];
  for (const { dagId: id, runId, entity } of keys) {
    const run = runs.find((one) => one.dagId === id && one.runId === runId);
    if (run === undefined || typeof entity === "string") continue;
    const { state, note } = entity;
    await changeRun(context, request.user.username, run, { state, ...(note == null ? {} : { note }) });
    success.push(`${id}.${runId}`);
  }
  return { success, errors };
}

async function bulkDelete(
  context: AirflowContext,
  request: FastifyRequest,
  dagId: string,
  action: Action<"delete">,
): Promise<ActionResult> {
  const { keys, errors } = await keysOf(request, dagId, action.entities, "delete");
  const runs = await findDagRunSummaries(context.database, keys);
  const absent = keys.filter(
    ({ dagId: id, runId }) => !runs.some((run) => run.dagId === id && run.runId === runId),
  );
  if (absent.length > 0 && action.action_on_non_existence === "fail") return notFound(absent, errors);
  const success: string[] = [];
  const refused = [...errors];
  for (const run of runs) {
    if (run.state === "running") {
      refused.push({ error: cannotDelete(run), status_code: 409 });
      continue;
    }
    await deleteRun(context, request.user.username, run);
    success.push(`${run.dagId}.${run.runId}`);
  }
  return { success, errors: refused };
}

function notFound(
  absent: readonly { dagId: string; runId: string }[],
  errors: ActionResult["errors"],
): ActionResult {
  const names = absent.map(({ dagId, runId }) => `('${dagId}', '${runId}')`).sort();
  return {
    success: [],
    errors: [...errors, missing(`The DagRuns with these identifiers: [${names.join(", ")}] were not found`)],
  };
}
