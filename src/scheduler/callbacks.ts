/**
 * Callbacks of Dags, listeners of their runs, and callbacks of tasks whose process did not live to call them. Each is
 * a row that is committed with what asks for it; after the commit it is run by a worker, and the row goes. Rows that
 * another scheduler left, or that no worker could run, are found by the poll: a callback runs at least once.
 */
import type { DagRunHook, Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import { failedStates } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import { uuid7 } from "../ids.ts";
import type { CallbackKind, TaskCoordinates } from "../runtime/protocol.ts";
import { type CallbackRow, deleteCallback, waitingCallbacks } from "../store/callbacks.ts";
import type { ActiveRun } from "./memory.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";
import { attemptLogPath, codeOf, runContext } from "./workload.ts";

type TaskCallback = Extract<CallbackKind, { task: unknown }>["task"];

/** Rows that one look takes up. */
const perLook = 200;

export class Callbacks {
  readonly #services: Services;
  /** Handed to a worker, and not heard of since. */
  readonly #sent = new Set<string>();
  #looking: Promise<void> | null = null;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Of the Dag, or a listener's, about a run. */
  ask(work: Work, run: ActiveRun, kind: CallbackKind, reason: string): void {
    const { dagId, runId } = run.run;
    const logPath = `dag_id=${dagId}/run_id=${runId}/callbacks.log`;
    this.#put(work, run, { kind, logPath, context: { task: representative(run), reason } });
  }

  /** Hooks of listeners for the state that the run has now. */
  tell(work: Work, run: ActiveRun, hook: DagRunHook): void {
    if (run.dag.spec.listeners?.includes(hook) === true)
      this.ask(
        work,
        run,
        { listener: hook, state: run.run.state },
        run.run.state === "failed" ? "task_failure" : run.run.state,
      );
  }

  /** Of a task whose own process cannot call it any more. */
  askTask(work: Work, run: ActiveRun, instance: Instance, what: TaskCallback, reason: string): void {
    const spec = run.dag.tasks[instance.task]?.spec;
    if (spec === undefined || !wants(spec, what)) return;
    const task = coordinates(run, instance);
    const logPath = attemptLogPath(task);
    this.#put(work, run, { kind: { task: what }, logPath, context: { task, reason, exception: reason } });
  }

  #put(
    work: Work,
    run: ActiveRun,
    given: { kind: CallbackKind; logPath: string; context: { [key: string]: Json } },
  ): void {
    const { clock, random } = this.#services;
    const { dagId, runId } = run.run;
    const row: CallbackRow = {
      id: uuid7(clock.now(), random(16)),
      dagId,
      versionId: run.version.id,
      ...given,
      context: { runId, run: runContext(run.row) as unknown as Json, params: {}, ...given.context },
    };
    work.batch.callbackInserts.push({ ...row, runPk: run.row.pk });
    work.after(() => void this.#run(row));
  }

  /** Runs what waits for Dags of this scheduler. */
  runOnce(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) =>
        this.#services.log.warn({ err: error }, "waiting callbacks could not be looked for"),
      )
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { database, engine } = this.#services;
    const dagIds = [...engine.memory.dags.keys()];
    if (dagIds.length === 0) return;
    for (const row of await waitingCallbacks(database, dagIds, perLook)) void this.#run(row);
  }

  async #run(row: CallbackRow): Promise<void> {
    if (this.#sent.has(row.id)) return;
    this.#sent.add(row.id);
    const { database, log } = this.#services;
    const { id, dagId } = row;
    try {
      await this.#call(row);
      await deleteCallback(database, id);
    } catch (error) {
      // No worker ran it, or nobody could write that one did: the row waits for the next look.
      log.warn({ err: error, dagId, callback: id }, "a callback waits for another try");
      this.#sent.delete(id);
    }
  }

  /** A failure of the callback itself is logged and changes nothing. */
  async #call({ id, dagId, versionId, kind, context, logPath }: CallbackRow): Promise<void> {
    const { executor, settings, versions, log } = this.#services;
    try {
      const code = codeOf(await versions.get(versionId), settings.versionsFolder);
      const message = { type: "run-callback", code, dagId, callback: kind, context };
      await executor.runCallback({ id, message: message as unknown as { [key: string]: Json }, logPath });
    } catch (error) {
      if (!(error instanceof TradewindError) || error.code === "TW_CONNECTION_CLOSED") throw error;
      log.error({ err: error, dagId, callback: kind }, "a callback failed");
    }
  }
}

function wants(spec: ActiveRun["dag"]["tasks"][number]["spec"], what: TaskCallback): boolean {
  if (spec.callbacks.includes(what)) return true;
  if (spec.email === undefined || spec.email.length === 0) return false;
  return (what === "failure" && spec.emailOnFailure) || (what === "retry" && spec.emailOnRetry);
}

/** The instance that stands for the run in its callbacks: one that failed, else the last one of the Dag. */
function representative(run: ActiveRun): { [key: string]: Json } {
  let found: Instance | undefined;
  for (const task of run.dag.order) {
    for (const instance of run.instances.of(task)) {
      if (found === undefined || failedStates.has(instance.state) || !failedStates.has(found.state))
        found = instance;
    }
  }
  if (found !== undefined) return coordinates(run, found);
  const { dagId, runId } = run.run;
  const taskId = run.dag.tasks[0]?.spec.taskId ?? "";
  return { dagId, taskId, runId, mapIndex: -1, tryNumber: 0, maxTries: 0, attemptId: "callback" };
}

function coordinates(run: ActiveRun, instance: Instance): TaskCoordinates & { [key: string]: Json } {
  const { dagId, runId } = run.run;
  const { taskId } = refOf(run, instance);
  const { mapIndex, tryNumber, maxTries, attemptId } = instance;
  const { startDate } = run.rowOf(instance);
  const known = { dagId, taskId, runId, mapIndex, tryNumber, maxTries, attemptId: attemptId ?? "callback" };
  return startDate === null ? known : { ...known, startDate: new Date(startDate).toISOString() };
}
