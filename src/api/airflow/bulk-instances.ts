/** Marking and deleting many task instances in one request. */
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { findTaskInstanceSummaries, type TaskInstanceSummary } from "../../store/lists/task-instances.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { type ActionResult, BulkResponse, bulkBody, missing, refusedInPart, runBulk } from "./bulk.ts";
import type { AirflowContext } from "./context.ts";
import { applyPatch, deleteInstance, markOf } from "./instance-changes.ts";
import { BulkTaskInstanceBody } from "./schemas/task-instances.ts";
import { everything, RunPath } from "./scope.ts";

const BulkBody = bulkBody(BulkTaskInstanceBody, "BulkTaskInstanceBody");

export function registerBulkInstances(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances",
    {
      config: { access: can("edit", "Task Instances") },
      schema: {
        operationId: "bulk_task_instances",
        tags: ["Task Instance"],
        params: RunPath,
        body: BulkBody,
        response: { 200: BulkResponse },
      },
    },
    async (request) => {
      const path = request.params;
      return runBulk(request.body.actions, {
        create: async () => refusedInPart([], 405, "Task instances bulk create is not supported"),
        update: async (action) => {
          const found = await targetsOf(context, request, path, action.entities, "edit");
          if (found.problem !== undefined && action.action_on_non_existence === "fail") return found.problem;
          return each(found, async ({ at, instance, entity }) => {
            if (typeof entity === "string") return;
            const target = { ...markOf(at, instance.mapIndex), instances: [instance] };
            await applyPatch(context, request.user.username, target, entity, action.update_mask);
          });
        },
        delete: async (action) => {
          const found = await targetsOf(context, request, path, action.entities, "delete");
          if (found.problem !== undefined && action.action_on_non_existence === "fail") return found.problem;
          return each(found, ({ instance }) => deleteInstance(context, instance));
        },
      });
    },
  );
}

type Entity = string | z.output<typeof BulkTaskInstanceBody>;

interface Target {
  readonly at: { readonly dag_id: string; readonly dag_run_id: string; readonly task_id: string };
  readonly instance: TaskInstanceSummary;
  readonly entity: Entity;
}

interface Targets {
  readonly targets: readonly Target[];
  readonly errors: ActionResult["errors"];
  /** Something that was named is not there. */
  readonly problem?: ActionResult;
}

async function targetsOf(
  context: AirflowContext,
  request: FastifyRequest,
  path: z.output<typeof RunPath>,
  entities: readonly Entity[],
  verb: "edit" | "delete",
): Promise<Targets> {
  const permitted = await permittedDagIds(request.user, verb, "Task Instances");
  const targets: Target[] = [];
  const errors: { error: string; status_code: number }[] = [];
  const absent: string[] = [];
  for (const entity of entities) {
    const named = typeof entity === "string" ? { task_id: entity } : entity;
    const at = {
      dag_id: ("dag_id" in named && named.dag_id) || path.dag_id,
      dag_run_id: ("dag_run_id" in named && named.dag_run_id) || path.dag_run_id,
      task_id: named.task_id,
    };
    const mapIndex = "map_index" in named ? (named.map_index ?? null) : null;
    if (at.dag_id === everything || at.dag_run_id === everything) {
      errors.push({ error: wildcard(entity), status_code: 400 });
      continue;
    }
    if (permitted !== null && !permitted.includes(at.dag_id)) {
      errors.push({
        error: `User is not authorized to ${verb} task instances for DAG '${at.dag_id}'`,
        status_code: 403,
      });
      continue;
    }
    const where = { dagId: at.dag_id, runId: at.dag_run_id, taskIds: [at.task_id], mapIndex };
    const found = await findTaskInstanceSummaries(context.database, where);
    if (found.length === 0) absent.push(notThere(at, mapIndex));
    for (const instance of found) targets.push({ at, instance, entity });
  }
  const problem = { success: [], errors: [...errors, ...absent.map(missing)] };
  return absent.length === 0 ? { targets, errors } : { targets, errors, problem };
}

function wildcard(entity: Entity): string {
  return typeof entity === "string"
    ? `When using wildcard in path, dag_id and dag_run_id must be specified in BulkTaskInstanceBody object, not as string for task_id: ${entity}`
    : `When using wildcard in path, dag_id and dag_run_id must be specified in request body for task_id: ${entity.task_id}`;
}

function notThere({ dag_id, dag_run_id, task_id }: Target["at"], mapIndex: number | null): string {
  if (mapIndex === null)
    return `No task instances found for dag_id: ${dag_id}, run_id: ${dag_run_id}, task_id: ${task_id}`;
  const identifiers = `{'dag_id': '${dag_id}', 'dag_run_id': '${dag_run_id}', 'task_id': '${task_id}', 'map_index': ${mapIndex}}`;
  return `The task instances with these identifiers: [${identifiers}] were not found`;
}

async function each(
  { targets, errors }: Targets,
  act: (target: Target) => Promise<void>,
): Promise<ActionResult> {
  const success: string[] = [];
  const refused = [...errors];
  for (const target of targets) {
    const { at, instance } = target;
    try {
      await act(target);
      success.push(`${at.dag_id}.${at.dag_run_id}.${at.task_id}[${instance.mapIndex}]`);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      refused.push({ error: String(error.detail), status_code: error.status });
    }
  }
  return { success, errors: refused };
}
