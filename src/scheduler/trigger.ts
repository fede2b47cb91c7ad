/** Runs that somebody starts: a person, a command, another task. */
import type { Json } from "../core/dag-model.ts";
import { checkRunId } from "../core/run-id.ts";
import type { TriggeredBy } from "../core/states.ts";
import { instantFromIso, manualDataInterval } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { createDagRun } from "../store/dag-runs.ts";
import { notify } from "../store/notify.ts";
import { currentVersionOf, existingRuns, loadRuns } from "../store/scheduler-load.ts";
import { requestOf } from "../store/scheduler-requests.ts";
import { type CreateRuns, generatedRunId, type NewRun, noVersion } from "./create-runs.ts";
import { asksItself, CustomTimetables } from "./custom-timetables.ts";
import type { Services } from "./services.ts";
import type { DagVersion } from "./versions.ts";

export interface TriggerRequest {
  readonly dagId: string;
  readonly runId?: string | undefined;
  /** Null or absent: a run without logical date. Not in the future. */
  readonly logicalDate?: number | null | undefined;
  readonly conf?: Json | undefined;
  readonly note?: string | null | undefined;
  readonly partitionKey?: string | null | undefined;
  readonly user?: string | null | undefined;
  readonly triggeredBy: TriggeredBy;
}

export interface TriggeredRun {
  readonly pk: number;
  readonly dagId: string;
  readonly runId: string;
}

type TaskTrigger = Extract<ChildRequest, { method: "dag-run.trigger" }>["params"];

/** Times that a trigger is tried while the scheduler reads its memory again. */
const mostTries = 5;

export class Trigger {
  readonly #services: Services;
  readonly #createRuns: CreateRuns;
  readonly #timetables: CustomTimetables;

  constructor(services: Services, createRuns: CreateRuns) {
    this.#services = services;
    this.#createRuns = createRuns;
    this.#timetables = new CustomTimetables(services);
  }

  /** @throws TradewindError TW_DAG_NOT_FOUND, TW_DAG_RUN_EXISTS, TW_RUN_ID, TW_RUN_REFUSED. */
  async trigger(request: TriggerRequest): Promise<TriggeredRun> {
    const { database, clock, runIds } = this.#services;
    const { version, leased } = await this.#versionOf(request.dagId);
    const run = await this.#withInterval(this.#newRun(request, version, clock.now()), request, version);
    if (request.runId !== undefined || run.logicalDate !== null) await this.#refuseExisting(run);
    if (!leased) return this.#elsewhere(run, version.id);
    const pastDurations = await this.#createRuns.durationsFor(version);
    const pk = runIds.take() ?? (await runIds.next());
    for (let tries = 1; ; tries++) {
      try {
        return await this.#here({ ...run, pastDurations }, version, pk);
      } catch (error) {
        if (!mayTryAgain(error) || tries === mostTries) throw error;
        // The answer to the commit may have been lost, and not the commit.
        if ((await loadRuns(database, [pk])).length > 0) return { pk, dagId: run.dagId, runId: run.runId };
        await this.#refuseExisting(run);
      }
    }
  }

  async #versionOf(dagId: string): Promise<{ version: DagVersion; leased: boolean }> {
    const { engine, database, versions } = this.#services;
    const lease = engine.memory.dags.get(dagId);
    const id = lease === undefined ? await currentVersionOf(database, dagId) : lease.currentVersionId;
    if (id === null) throw noVersion(dagId);
    return { version: versions.peek(id) ?? (await versions.get(id)), leased: lease !== undefined };
  }

  async #here(run: NewRun, version: DagVersion, pk: number): Promise<TriggeredRun> {
    const { dagId, runId } = run;
    let lost = false;
    await new Promise<void>((resolve, reject) =>
      this.#services.engine.submit({
        name: "trigger",
        apply: (work) => {
          const lease = work.memory.dags.get(dagId);
          if (lease === undefined) lost = true;
          else this.#createRuns.create(work, lease, version, pk, run);
        },
        committed: resolve,
        failed: reject,
      }),
    );
    return lost ? this.#elsewhere(run, version.id) : { pk, dagId, runId };
  }

  /** Another scheduler has the Dag, or none yet: the row waits for whoever takes it. */
  async #elsewhere(run: NewRun, versionId: number): Promise<TriggeredRun> {
    const { database, clock } = this.#services;
    const row = await database.transaction(async (tx) => {
      const made = await createDagRun(tx, { ...run, versionId }, clock.now());
      await notify(tx, [`run:${run.dagId}`]);
      return made;
    });
    return { pk: row.id, dagId: run.dagId, runId: run.runId };
  }

  #newRun(request: TriggerRequest, version: DagVersion, now: number): NewRun {
    const { spec } = version.compiled;
    const logicalDate = request.logicalDate ?? null;
    if (logicalDate !== null && logicalDate > now) {
      throw refused(
        `expected a logical date that is not in the future, got ${new Date(logicalDate).toISOString()}`,
      );
    }
    if (spec.allowedRunTypes !== undefined && !spec.allowedRunTypes.includes("manual")) {
      throw refused(
        `Dag "${spec.dagId}" allows runs of type ${spec.allowedRunTypes.join(", ")}, but none of type manual`,
      );
    }
    if (request.runId !== undefined) checkRunId(request.runId);
    const dataInterval = logicalDate === null ? null : manualDataInterval(spec.timetable, logicalDate);
    return {
      dagId: spec.dagId,
      runId: request.runId ?? generatedRunId("manual", now, logicalDate, this.#services.random(8)),
      runType: "manual",
      logicalDate,
      dataInterval,
      runAfter: Math.min(now, dataInterval?.end ?? now),
      triggeredBy: request.triggeredBy,
      triggeringUser: request.user ?? null,
      conf: request.conf ?? {},
      note: request.note ?? null,
      partitionKey: request.partitionKey ?? null,
    };
  }

  /** A timetable of the user's own is asked for the interval, and may name the run. */
  async #withInterval(run: NewRun, request: TriggerRequest, version: DagVersion): Promise<NewRun> {
    if (run.logicalDate === null || !asksItself(version.compiled.spec)) return run;
    const { dataInterval, runId = run.runId } = await this.#timetables.manual(version, run.logicalDate);
    return { ...run, dataInterval, runId: request.runId ?? runId };
  }

  async #refuseExisting(run: NewRun): Promise<void> {
    const [found] = await existingRuns(this.#services.database, [run]);
    if (found === undefined) return;
    const what =
      found.runId === run.runId ? `the run id ${run.runId}` : `the logical date of run ${found.runId}`;
    throw new TradewindError(
      "TW_DAG_RUN_EXISTS",
      `expected a new run of ${run.dagId}, got ${what}, which exists already`,
      {
        hint: "clear that run to run it again, or give another run id and logical date",
      },
    );
  }

  /** For a task: a run that exists is no error, and with `reset` it is cleared. */
  async forTask(params: TaskTrigger): Promise<{ runId: string; created: boolean }> {
    const { database, clock } = this.#services;
    const logicalDate = params.logicalDate == null ? null : instantFromIso(params.logicalDate);
    const { dagId, runId, conf, note } = params;
    const wanted = { dagId, runId: runId ?? "", logicalDate };
    const [found] = runId === undefined && logicalDate === null ? [] : await existingRuns(database, [wanted]);
    if (found !== undefined) {
      if (params.reset === true) {
        await database.transaction((tx) =>
          requestOf(tx, dagId, { kind: "clear", runIds: [found.runId] }, { now: clock.now() }),
        );
      }
      return { runId: found.runId, created: false };
    }
    const made = await this.trigger({ dagId, runId, logicalDate, conf, note, triggeredBy: "operator" });
    return { runId: made.runId, created: true };
  }
}

/** The scheduler reads its memory again; what was asked was not refused. */
function mayTryAgain(error: unknown): boolean {
  if (!(error instanceof TradewindError)) return true;
  return error.code === "TW_STALE_MEMORY" || error.code === "TW_DATABASE_UNAVAILABLE";
}

function refused(message: string): TradewindError {
  return new TradewindError("TW_RUN_REFUSED", message);
}
