/**
 * Deferred attempts: the trigger's row is inserted with the state, the triggerer waits for it, and when it fired,
 * failed or ran out of time the same try goes on where it said.
 */
import type { Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import { resume } from "../core/outcome.ts";
import type { TaskResult } from "../runtime/protocol.ts";
import { type FiredTrigger, firedTriggers } from "../store/scheduler-triggers.ts";
import { sealKwargs } from "../store/triggers.ts";
import type { Attempts } from "./attempts.ts";
import { carryOut } from "./carry-out.ts";
import type { ActiveRun } from "./memory.ts";
import type { Around } from "./run-changes.ts";
import { writeDetails } from "./run-changes.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";

type Deferred = Extract<TaskResult, { outcome: "deferred" }>;

/** Method that Airflow's operators are resumed with when there is no event for them. */
const failMethod = "__fail__";

interface Payload {
  kwargs: { [key: string]: Json };
  event?: Json;
  error?: string;
}

export function defer(
  work: Work,
  services: Services,
  around: Around,
  run: ActiveRun,
  instance: Instance,
  result: Deferred,
  ids: { attemptId: string; triggerId: number },
): void {
  const row = run.rowOf(instance);
  const payload: Payload = { kwargs: result.kwargs };
  const timeoutAt = result.timeout === null ? null : work.now + result.timeout * 1000;
  row.deferral = {
    triggerId: ids.triggerId,
    timeoutAt,
    method: result.method,
    payload: JSON.stringify(payload),
  };
  work.batch.triggerInserts.push({
    ...refOf(run, instance),
    id: ids.triggerId,
    classpath: result.trigger.classpath,
    kwargs: sealKwargs(services.secrets, result.trigger.kwargs),
    versionId: run.version.id,
    attemptId: ids.attemptId,
  });
  writeDetails(work, run, instance, row, null);
  work.notify("tradewind", "trigger");
  watchDeferral(services, around, run, instance);
}

/** Arms the timeout of a deferred instance; also after a load. */
export function watchDeferral(services: Services, around: Around, run: ActiveRun, instance: Instance): void {
  const { deferral } = run.rowOf(instance);
  if (deferral === null || deferral.timeoutAt === null || deferral.triggerId === null) return;
  const { triggerId, timeoutAt } = deferral;
  const { engine } = services;
  engine.timers.at(timeoutAt, () =>
    engine.submit({
      name: "trigger timeout",
      apply: (work) => {
        if (run.rowOf(instance).deferral?.triggerId !== triggerId || instance.state !== "deferred") return;
        goOn(work, around, run, instance, { error: "Trigger timeout" });
      },
    }),
  );
}

/** The try goes on, with the event or the error for it in the row until it runs. */
export function goOn(
  work: Work,
  around: Around,
  run: ActiveRun,
  instance: Instance,
  what: { event: Json } | { error: string },
): void {
  const row = run.rowOf(instance);
  if (row.deferral === null) return;
  const before = JSON.parse(row.deferral.payload) as Payload;
  const payload: Payload = { kwargs: before.kwargs, ...what };
  const method = "error" in what ? failMethod : row.deferral.method;
  row.deferral = { ...row.deferral, method, payload: JSON.stringify(payload) };
  carryOut(work, around, run, resume(run, instance, "error" in what ? what.error : "its trigger fired"));
}

/** How a deferred attempt is resumed, for its start message. */
export function resumeOf(run: ActiveRun, instance: Instance) {
  const { deferral } = run.rowOf(instance);
  if (deferral === null) return undefined;
  const { kwargs, event = null, error } = JSON.parse(deferral.payload) as Payload;
  return { method: deferral.method, kwargs, event, ...(error === undefined ? {} : { error }) };
}

/** Takes fired triggers of leased Dags into the loop. Woken by a notification, and by the poll. */
export class FiredTriggers {
  readonly #services: Services;
  readonly #around: Around;
  readonly #attempts: Attempts;
  #running = false;
  #again = false;

  constructor(services: Services, around: Around, attempts: Attempts) {
    this.#services = services;
    this.#around = around;
    this.#attempts = attempts;
  }

  async runOnce(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    try {
      do {
        this.#again = false;
        await this.#pass();
      } while (this.#again);
    } finally {
      this.#running = false;
    }
  }

  async #pass(): Promise<void> {
    const { database, engine } = this.#services;
    const runPks = [...engine.memory.runs.keys()];
    if (runPks.length === 0) return;
    const fired = await firedTriggers(database, runPks);
    if (fired.length === 0) return;
    await new Promise<void>((resolve) =>
      engine.submit({
        name: "triggers fired",
        apply: (work) => {
          for (const one of fired) this.#apply(work, one);
        },
        committed: resolve,
        failed: () => resolve(),
      }),
    );
  }

  #apply(work: Work, fired: FiredTrigger): void {
    const run = work.memory.runs.get(fired.runPk);
    const task = run?.dag.indexOf.get(fired.taskId);
    if (run === undefined || task === undefined) return;
    const instance = run.instances.get({ task, mapIndex: fired.mapIndex });
    if (instance === undefined) return;
    // A row that nobody waits for any more only has to go.
    if (run.rowOf(instance).deferral?.triggerId !== fired.id)
      return void work.batch.triggerDeletes.push(fired.id);
    if (fired.end !== null) return this.#attempts.endedByTrigger(work, run, instance, fired.end);
    const what = fired.error === null ? { event: fired.event } : { error: fired.error };
    goOn(work, this.#around, run, instance, what);
  }
}
