/**
 * Answers what running attempts ask: values, variables, connections, other runs. Values, and runs that are started,
 * are for an attempt that a row names and that runs. What an attempt writes goes through the batch, so that it stands
 * under the same fence as its end.
 */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import type { Attempt } from "./memory.ts";
import { OutsideAnswers, type OutsideRequest } from "./outside-answers.ts";
import { ReadXComs } from "./read-xcoms.ts";
import { writeDetails } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { answerAboutState, type StateRequest } from "./state-answers.ts";
import type { StepCache } from "./step-cache.ts";
import { refOf, type Work } from "./work.ts";

export type { OutsideRequest } from "./outside-answers.ts";

type Params<M extends ChildRequest["method"]> = Extract<ChildRequest, { method: M }>["params"];

/** Starts a run for an attempt; wired to the scheduler's own trigger. */
export type TriggerForTask = (
  params: Params<"dag-run.trigger">,
) => Promise<{ runId: string; created: boolean }>;

export class ExecutionService {
  readonly #services: Services;
  readonly #trigger: TriggerForTask;
  readonly #reads: ReadXComs;
  readonly #cache: StepCache;
  readonly #outside: OutsideAnswers;
  /** Resolves when memory is filled for the first time: adopted attempts may ask before. */
  readonly #ready: Promise<void>;
  #isReady = false;

  constructor(
    services: Services,
    parts: { trigger: TriggerForTask; cache: StepCache },
    ready: Promise<void>,
  ) {
    this.#services = services;
    this.#trigger = parts.trigger;
    this.#cache = parts.cache;
    this.#ready = this.#noteReady(ready);
    this.#reads = new ReadXComs(services);
    this.#outside = new OutsideAnswers(services.database, services.secretSources);
  }

  async #noteReady(ready: Promise<void>): Promise<void> {
    await ready;
    this.#isReady = true;
  }

  /** @throws TradewindError TW_XCOM_INSTANCE when the attempt is not (any more) the one that runs. */
  async request(attemptId: string, request: ChildRequest): Promise<Json> {
    // Not awaited once it is there: what a task writes last comes in one piece with its end, and has to go before it.
    if (!this.#isReady) await this.#ready;
    switch (request.method) {
      case "xcom.get":
        return (await this.#reads.get(this.#attempt(attemptId), request.params)) as unknown as Json;
      case "xcom.set":
        return this.#write(attemptId, request.params.key, (work, at, attempt) => {
          const { key, value } = request.params;
          work.batch.xcoms.push({ ...at, key, value });
          attempt.pushed ??= new Map();
          attempt.pushed.set(key, value);
        });
      case "xcom.delete":
        return this.#write(attemptId, request.params.key, (work, at, attempt) => {
          work.batch.xcomDeletes.push({ ...at, key: request.params.key });
          attempt.pushed?.delete(request.params.key);
        });
      case "rendered-fields.set":
        return this.#write(attemptId, null, (work, at) => {
          const { fields, mapIndexLabel } = request.params;
          work.batch.rendered.push({ ...at, fields });
          const now = work.memory.attempts.get(attemptId);
          if (mapIndexLabel === undefined || now === undefined) return;
          writeDetails(work, now.run, now.instance, now.run.rowOf(now.instance), mapIndexLabel);
        });
      case "step-cache.look":
        return (await this.#cache.answer(this.#attempt(attemptId), request.params.value)) as unknown as Json;
      case "dag-run.trigger":
        this.#attempt(attemptId);
        return this.#trigger(request.params);
      case "task-state.get":
      case "task-state.set":
      case "task-state.delete":
      case "asset-state.get":
      case "asset-state.set":
      case "asset-state.delete":
        return this.#state(attemptId, request);
      default:
        return this.outside(request);
    }
  }

  /** Requests that have nothing to do with an attempt: triggers make them, and callbacks of runs that have ended. */
  async outside(request: OutsideRequest): Promise<Json> {
    const answer = await this.#outside.answer(request);
    // Which of them were at hand nobody knows; what is not gone is read from the store again.
    if (request.method === "dag-run.delete-xcoms") this.#services.xcoms.clear();
    return answer;
  }

  #state(attemptId: string, request: StateRequest): Promise<Json> {
    const { run, instance } = this.#attempt(attemptId);
    const { runPk, taskId, mapIndex } = refOf(run, instance);
    const { dagId, runId } = run.row.info;
    const asker = { runPk, dagId, runId, taskId, mapIndex };
    const { database, clock, settings } = this.#services;
    return answerAboutState(database, request, asker, clock.now(), settings.stateStore.defaultRetentionDays);
  }

  #attempt(attemptId: string): Attempt {
    const attempt = this.#services.engine.memory.attempts.get(attemptId);
    if (attempt?.instance.state === "running") return attempt;
    throw new TradewindError(
      "TW_XCOM_INSTANCE",
      `expected attempt ${attemptId} to run, but it is over or another one took its place`,
    );
  }

  #write(
    attemptId: string,
    key: string | null,
    apply: (work: Work, at: ReturnType<typeof refOf>, attempt: Attempt) => void,
  ): Promise<null> {
    const { engine, xcoms } = this.#services;
    return new Promise((resolve, reject) => {
      let problem: unknown = null;
      engine.submit({
        name: "write of a task",
        apply: (work) => {
          const attempt = work.memory.attempts.get(attemptId);
          if (attempt?.instance.state !== "running") {
            problem = new TradewindError(
              "TW_XCOM_INSTANCE",
              `expected attempt ${attemptId} to run, but it is over`,
            );
            return;
          }
          const at = refOf(attempt.run, attempt.instance);
          if (key !== null) xcoms.forget(at.runPk, at.taskId, at.mapIndex, key);
          apply(work, at, attempt);
        },
        committed: () => (problem === null ? resolve(null) : reject(problem)),
        failed: reject,
      });
    });
  }
}
