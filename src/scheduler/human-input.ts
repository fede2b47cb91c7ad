/**
 * Attempts that wait for a person: the question is stored with the state, whoever answers writes the answer and a
 * request, and the same try goes on with it. A question with a time limit is answered by its defaults when it is
 * over, and fails the try where it has none.
 */
import type { Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import type { HumanQuestion } from "../store/hitl.ts";
import type { AnswerRequest } from "../store/scheduler-requests.ts";
import { goOn } from "./deferral.ts";
import type { ActiveRun } from "./memory.ts";
import type { Around } from "./run-changes.ts";
import { writeDetails } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";

/** Method that Airflow's operators go on with. */
const resumeMethod = "execute_complete";

export function awaitInput(
  work: Work,
  services: Services,
  around: Around,
  run: ActiveRun,
  instance: Instance,
  asked: { readonly request: Json; readonly attemptId: string },
): void {
  const { question, timeoutSeconds } = readQuestion(asked.request);
  const row = run.rowOf(instance);
  row.deferral = {
    triggerId: null,
    timeoutAt: timeoutSeconds === null ? null : work.now + timeoutSeconds * 1000,
    method: resumeMethod,
    payload: JSON.stringify({ kwargs: {}, defaults: question.defaults }),
  };
  work.batch.questions.push({
    ...refOf(run, instance),
    attemptId: asked.attemptId,
    tryNumber: instance.tryNumber,
    question,
  });
  writeDetails(work, run, instance, row, null);
  tellPages(work, run);
  watchInput(services, around, run, instance);
}

/** What a task said; whatever it left out or said wrongly is taken as Airflow's operators have it by default. */
export function readQuestion(request: Json): {
  question: HumanQuestion;
  timeoutSeconds: number | null;
} {
  const given = isObject(request) ? request : {};
  const text = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
  const texts = (value: Json | undefined): string[] | null =>
    Array.isArray(value) ? value.filter((one) => typeof one === "string") : null;
  const { timeout = null } = given;
  return {
    question: {
      subject: text(given["subject"]) ?? "",
      body: text(given["body"]),
      options: texts(given["options"]) ?? [],
      defaults: texts(given["defaults"]),
      multiple: given["multiple"] === true,
      params: isObject(given["params"]) ? given["params"] : {},
      assignedUsers: usersOf(given["assignedUsers"]),
    },
    timeoutSeconds: typeof timeout === "number" ? timeout : null,
  };
}

function usersOf(value: Json | undefined): { id: string; name: string }[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.flatMap((one) => {
    if (typeof one === "string") return [{ id: one, name: one }];
    if (!isObject(one)) return [];
    const id = String(one["id"] ?? one["name"] ?? "");
    return id === "" ? [] : [{ id, name: String(one["name"] ?? id) }];
  });
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Arms the time limit of a question; also after a load. */
export function watchInput(services: Services, around: Around, run: ActiveRun, instance: Instance): void {
  const { attemptId } = instance;
  const { timeoutAt = null, payload = "{}" } = run.rowOf(instance).deferral ?? {};
  if (timeoutAt === null) return;
  const { defaults = null } = JSON.parse(payload) as { defaults?: string[] | null };
  const { engine } = services;
  engine.timers.at(timeoutAt, () =>
    engine.submit({
      name: "human input timeout",
      apply: (work) => {
        if (instance.state !== "awaiting_input" || instance.attemptId !== attemptId) return;
        run.now = work.now;
        if (defaults !== null) {
          const { tryNumber } = instance;
          work.batch.answeredByDefault.push({ ...refOf(run, instance), tryNumber });
        }
        goOn(work, around, run, instance, { event: timeoutEvent(defaults, work.now) });
        tellPages(work, run);
      },
    }),
  );
}

/** What the operator's `execute_complete` is given, as Airflow's trigger gives it. */
function timeoutEvent(defaults: readonly string[] | null, now: number): Json {
  if (defaults === null) {
    return {
      error: "The timeout has passed, and the response has not yet been received.",
      error_type: "timeout",
    };
  }
  return {
    chosen_options: [...defaults],
    params_input: {},
    responded_at: new Date(now).toISOString(),
    responded_by_user: null,
    timedout: true,
  };
}

/** The answer of a person; one for an attempt that waits no more changes nothing. */
export function answer(work: Work, around: Around, run: ActiveRun, request: AnswerRequest): void {
  const task = run.dag.indexOf.get(request.taskId);
  const instance = task === undefined ? undefined : run.instances.get({ task, mapIndex: request.mapIndex });
  if (instance?.state !== "awaiting_input" || instance.attemptId !== request.attemptId) return;
  goOn(work, around, run, instance, { event: request.event });
  tellPages(work, run);
}

/** Whoever looks at the questions sees one come and go. */
function tellPages(work: Work, run: ActiveRun): void {
  work.notify("tradewind", `questions:${run.run.dagId}`);
}
