/** …/hitlDetails: questions that task instances ask people, and answering them. */
import { z } from "zod";
import type { Json, ParamSpec } from "../../core/dag-model.ts";
import {
  answerHumanInput,
  findHumanInput,
  type HumanInput,
  humanInputColumns,
  listHumanInputs,
} from "../../store/hitl.ts";
import { type TaskInstanceSummary, taskInstanceSummaries } from "../../store/lists/task-instances.ts";
import { listTries } from "../../store/task-instance-history.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import { HttpProblem } from "../http-problem.ts";
import { askScheduler } from "../scheduler-requests.ts";
import type { AirflowContext } from "./context.ts";
import { paramsAnswer } from "./dag-answers.ts";
import { instanceUuid } from "./ids.ts";
import { instanceAnswers, knownInstance, tryAnswers } from "./instance-answers.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { instantRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import {
  HITLDetail,
  HITLDetailCollection,
  HITLDetailHistory,
  HITLDetailResponse,
  UpdateHITLDetailPayload,
} from "./schemas/hitl.ts";
import { dagsOf, everything, MappedPath, RunPath } from "./scope.ts";

const ListQuery = OrderedQuery.extend({
  ...patterns("dag_id"),
  task_id: OptionalText,
  ...patterns("task_id"),
  map_index: z.int().nullable().optional(),
  state: z.array(z.string()).default([]),
  response_received: z.boolean().nullable().optional(),
  responded_by_user_id: z.array(z.string()).default([]),
  responded_by_user_name: z.array(z.string()).default([]),
  subject_search: OptionalText,
  body_search: OptionalText,
  ...instantRange("created_at"),
});

const key = ["run_pk", "task_id", "map_index"] as const;

const orders: Orders<typeof humanInputColumns> = {
  columns: humanInputColumns,
  names: {
    ti_id: key,
    subject: ["subject"],
    responded_at: ["responded_at"],
    created_at: ["created_at"],
    responded_by_user_id: ["responder_id"],
    responded_by_user_name: ["responder_name"],
    dag_id: ["dag_id"],
    run_id: ["run_id"],
    task_display_name: ["task_id"],
    run_after: ["run_after"],
    rendered_map_index: ["rendered_map_index", "map_index"],
    task_instance_operator: ["operator"],
    task_instance_state: ["state"],
  },
  fallback: key.map((name) => ({ name, descending: false })),
  key,
};

const base = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/:map_index/hitlDetails";
const tags = ["Task Instance"];

export function registerHitl(app: ApiApp, context: AirflowContext): void {
  registerList(app, context);
  registerReads(app, context);
  app.patch(
    base,
    {
      config: { access: can("edit", "HITL Detail") },
      schema: {
        operationId: "update_hitl_detail",
        tags,
        params: MappedPath,
        body: UpdateHITLDetailPayload,
        response: { 200: HITLDetailResponse },
      },
    },
    async ({ params, body, user }) => {
      const instance = await knownInstance(context, params, params.map_index);
      const detail = await detailOf(context, instance);
      return answerQuestion(context, instance, detail, body, user);
    },
  );
}

function registerList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagRuns/:dag_run_id/hitlDetails",
    {
      config: { access: can("read", "HITL Detail") },
      schema: {
        operationId: "get_hitl_details",
        tags,
        params: RunPath,
        querystring: ListQuery,
        response: { 200: HITLDetailCollection },
      },
    },
    async ({ params, query, user }) => {
      const filter = {
        dagIds: await dagsOf(user, "read", "HITL Detail", params.dag_id),
        runId: params.dag_run_id === everything ? null : params.dag_run_id,
        taskId: query.task_id,
        dagIdPattern: query.dag_id_pattern,
        dagIdPrefix: query.dag_id_prefix_pattern,
        taskIdPattern: query.task_id_pattern,
        taskIdPrefix: query.task_id_prefix_pattern,
        mapIndex: query.map_index,
        states: query.state,
        isAnswered: query.response_received,
        responderIds: query.responded_by_user_id,
        responderNames: query.responded_by_user_name,
        subject: query.subject_search,
        body: query.body_search,
        createdAt: rangeOf(query, "created_at"),
      };
      const { rows, total } = await listHumanInputs(context.database, filter, pageOf(query, orders));
      return { hitl_details: await detailAnswers(context, rows), total_entries: total };
    },
  );
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    base,
    {
      config: { access: can("read", "HITL Detail") },
      schema: { operationId: "get_hitl_detail", tags, params: MappedPath, response: { 200: HITLDetail } },
    },
    async ({ params }) => {
      const instance = await knownInstance(context, params, params.map_index);
      const [answer] = await detailAnswers(context, [await detailOf(context, instance)]);
      return answer as z.output<typeof HITLDetail>;
    },
  );

  app.get(
    `${base}/tries/:try_number`,
    {
      config: { access: can("read", "HITL Detail") },
      schema: {
        operationId: "get_hitl_detail_try_detail",
        tags,
        params: MappedPath.extend({ try_number: z.int() }),
        response: { 200: HITLDetailHistory },
      },
    },
    async ({ params }) => {
      const instance = await knownInstance(context, params, params.map_index);
      const detail = await detailOf(context, instance, params.try_number);
      const tries = await listTries(context.database, instance);
      const [task_instance] = await tryAnswers(
        context,
        instance,
        tries.filter(({ tryNumber }) => tryNumber === params.try_number).slice(-1),
      );
      if (task_instance === undefined) throw new HttpProblem(404, `No try ${params.try_number}`);
      return { ...questionAnswer(detail, await paramSpecsOf(context, instance)), task_instance };
    },
  );
}

/** @throws HttpProblem 404 where the (newest) try asked nothing. */
async function detailOf(
  { database }: AirflowContext,
  instance: TaskInstanceSummary,
  tryNumber = instance.tryNumber,
): Promise<HumanInput> {
  const detail = await findHumanInput(database, { ...instance, tryNumber });
  if (detail !== null) return detail;
  throw new HttpProblem(
    404,
    `Human-in-the-loop detail does not exist for Task Instance with id ${instanceUuid(instance)}`,
  );
}

type Payload = z.output<typeof UpdateHITLDetailPayload>;

async function answerQuestion(
  context: AirflowContext,
  instance: TaskInstanceSummary,
  detail: HumanInput,
  body: Payload,
  user: Principal,
) {
  const responder = { id: String(user.id ?? user.username), name: user.username };
  checkAnswer(detail, body, responder);
  const now = context.now();
  const { chosen_options: chosenOptions, params_input: paramsInput = {} } = body;
  const event = {
    chosen_options: [...chosenOptions],
    params_input: paramsInput,
    responded_at: new Date(now).toISOString(),
    responded_by_user: responder,
    timedout: false,
  };
  const { dagId, runId, taskId, mapIndex } = instance;
  const request = {
    kind: "answer" as const,
    runIds: [runId],
    taskId,
    mapIndex,
    attemptId: detail.attemptId,
    event,
  };
  // The answer and the request for the scheduler stand together; of two answers at once one is refused.
  await askScheduler(context.parts, { dagId, request, user: user.username }, async (tx) => {
    const isFirst = await answerHumanInput(tx, detail, { responder, chosenOptions, paramsInput }, now);
    if (!isFirst) throw answered(instance);
  });
  return {
    responded_by: responder,
    responded_at: isoDate(now),
    chosen_options: [...chosenOptions],
    params_input: paramsInput,
  };
}

/** @throws HttpProblem 400, 403, 409. */
function checkAnswer(
  detail: HumanInput,
  { chosen_options: chosen }: Payload,
  responder: { id: string; name: string },
) {
  if (detail.respondedAt !== null) throw answered(detail);
  const { assignedUsers, options } = detail;
  const isAssigned = assignedUsers.some(
    ({ id, name }) => id === responder.id || id === responder.name || name === responder.name,
  );
  if (assignedUsers.length > 0 && !isAssigned)
    throw new HttpProblem(
      403,
      `User=${responder.name} (id=${responder.id}) is not a respondent for the task.`,
    );
  const invalid = chosen.filter((option) => !options.includes(option)).sort();
  if (invalid.length > 0)
    throw new HttpProblem(
      400,
      `Invalid options ${JSON.stringify(invalid)}; allowed options are ${JSON.stringify([...options].sort())}.`,
    );
  if (!detail.multiple && chosen.length > 1)
    throw new HttpProblem(
      400,
      "Multiple options chosen but this Human-in-the-loop task accepts only a single option.",
    );
}

function answered(at: Parameters<typeof instanceUuid>[0]): HttpProblem {
  return new HttpProblem(
    409,
    `Human-in-the-loop detail has already been updated for Task Instance with id ${instanceUuid(at)} and is not allowed to write again.`,
  );
}

async function detailAnswers(context: AirflowContext, details: readonly HumanInput[]) {
  const instances = await taskInstanceSummaries(context.database, details);
  const answers = await instanceAnswers(context, instances);
  const specs = await Promise.all(instances.map((one) => paramSpecsOf(context, one)));
  const nameOf = (at: { runPk: number; taskId: string; mapIndex: number }): string =>
    `${at.runPk}/${at.mapIndex}/${at.taskId}`;
  const place = new Map(instances.map((one, index) => [nameOf(one), index]));
  return details.flatMap((detail) => {
    const index = place.get(nameOf(detail)) ?? -1;
    const task_instance = answers[index];
    return task_instance === undefined
      ? []
      : [{ ...questionAnswer(detail, specs[index] ?? {}), task_instance }];
  });
}

type ParamSpecs = { readonly [name: string]: ParamSpec };

/** As the task's version has them, and its Dag. */
async function paramSpecsOf(
  context: AirflowContext,
  { versionId, taskId }: Pick<TaskInstanceSummary, "versionId" | "taskId">,
): Promise<ParamSpecs> {
  const version = await context.version(versionId);
  return { ...version?.spec.params, ...version?.tasks.get(taskId)?.params };
}

/** What was asked with holds its values only; what they have to be stands in the version. */
function askedParams({ params }: HumanInput, specs: ParamSpecs): { [name: string]: Json } {
  return paramsAnswer(
    Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, { ...(specs[name] ?? { schema: {} }), value }]),
    ),
  );
}

function questionAnswer(detail: HumanInput, specs: ParamSpecs) {
  const { responderId: id, responderName: name } = detail;
  return {
    options: [...detail.options],
    subject: detail.subject,
    body: detail.body,
    defaults: detail.defaults === null ? null : [...detail.defaults],
    multiple: detail.multiple,
    params: askedParams(detail, specs),
    assigned_users: [...detail.assignedUsers],
    created_at: isoDate(detail.createdAt),
    responded_by_user: id === null || name === null ? null : { id, name },
    responded_at: isoDate(detail.respondedAt),
    chosen_options: detail.chosenOptions,
    params_input: { ...detail.paramsInput },
    response_received: detail.respondedAt !== null,
  };
}
