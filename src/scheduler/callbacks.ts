/**
 * Callbacks of Dags, listeners of their runs, and callbacks of tasks whose process did not live to call them. Each is
 * a row that is committed with what asks for it; after the commit it is run by a worker, and the row goes. Rows that
 * another scheduler left, or that no worker could run, are found by the poll: a callback runs at least once. One that
 * takes its worker down with it is called three times; then it is over, too, and the audit log says so.
 */
import type { DagRunHook, Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import { failedStates } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import { uuid7 } from "../ids.ts";
import { AttemptLog } from "../logs/attempt-log.ts";
import { SecretMasker } from "../logs/secret-masker.ts";
import type { CallbackKind, TaskCoordinates } from "../runtime/protocol.ts";
import { addAuditEntry } from "../store/audit-log.ts";
import {
  type CallbackRow,
  countCallbackTry,
  deleteCallback,
  takeBackCallbackTry,
  waitingCallbacks,
} from "../store/callbacks.ts";
import type { ActiveRun } from "./memory.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";
import { attemptLogPath, codeOf, runContext } from "./workload.ts";

type TaskCallback = Extract<CallbackKind, { task: unknown }>["task"];

/** Rows that one look takes up. */
const perLook = 200;
/** Workers that one callback may cost. */
const mostTries = 3;
const eventOfFailure = "callback failed";
/** Of the few lines that are written here. */
const logBytes = 1024 * 1024;

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
      const tries = await countCallbackTry(database, id);
      if (tries !== null) await this.#over(row, await this.#call(row, tries));
    } catch (error) {
      // No worker ran it, or nobody could write that one did: the row waits for the next look.
      log.warn({ err: error, dagId, callback: id }, "a callback waits for another try");
      this.#sent.delete(id);
    }
  }

  /**
   * Why the callback failed, or null. The row goes with the entry of the audit log, so that a failure is told once.
   */
  async #over(row: CallbackRow, problem: string | null): Promise<void> {
    const { database, clock, log } = this.#services;
    const { id, dagId, kind, context } = row;
    if (problem !== null) log.error({ dagId, callback: kind }, `a callback failed: ${problem}`);
    await database.transaction(async (tx) => {
      await deleteCallback(tx, id);
      if (problem === null) return;
      const { taskId, mapIndex, tryNumber } = taskOf(row);
      const extra = JSON.stringify({ callback: kind, message: problem });
      const runId = context["runId"] as string;
      await addAuditEntry(
        tx,
        { event: eventOfFailure, dagId, runId, taskId, mapIndex, tryNumber, extra },
        clock.now(),
      );
    });
  }

  /** Resolves with the reason when it failed, which changes nothing else; rejects when it is to be called again. */
  async #call(row: CallbackRow, tries: number): Promise<string | null> {
    const { executor, settings, versions, database } = this.#services;
    const { id, dagId, versionId, kind, context, logPath } = row;
    try {
      if (tries > mostTries) throw new TradewindError("TW_CALLBACK_LOST", "nobody lived to tell its end");
      const code = codeOf(await versions.get(versionId), settings.versionsFolder);
      const message = { type: "run-callback", code, dagId, callback: kind, context };
      await executor.runCallback({ id, message: message as unknown as { [key: string]: Json }, logPath });
      return null;
    } catch (error) {
      if (!(error instanceof TradewindError)) throw error;
      if (error.code === "TW_CONNECTION_CLOSED") {
        await takeBackCallbackTry(database, id);
        throw error;
      }
      if (error.code !== "TW_CALLBACK_LOST") return error.message;
      if (tries < mostTries) throw error;
      const problem = `its worker went away each of the ${mostTries} times that it was called, the last time: ${error.message}; it is not called again`;
      this.#writeLog(row, problem);
      return problem;
    }
  }

  /** Where the callback's own lines are; a worker that is gone cannot write it. */
  #writeLog({ logPath, id }: CallbackRow, problem: string): void {
    const { clock, settings, log } = this.#services;
    const file = new AttemptLog(settings.logFolder, logPath, {
      clock,
      masker: new SecretMasker(),
      maxBytes: logBytes,
      onError: (error) => log.warn({ err: error, callback: id }, "the log of a callback cannot be written"),
    });
    file.conclude("error", "scheduler", `the callback failed: ${problem}`);
    file.close();
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

function taskOf({ kind, context }: CallbackRow): {
  taskId: string | null;
  mapIndex: number | null;
  tryNumber: number | null;
} {
  const isOfTask = typeof kind === "object" && "task" in kind;
  const task = (isOfTask ? (context["task"] ?? {}) : {}) as Partial<TaskCoordinates>;
  return {
    taskId: task.taskId ?? null,
    mapIndex: task.mapIndex ?? null,
    tryNumber: task.tryNumber ?? null,
  };
}
