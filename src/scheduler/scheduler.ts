/**
 * A scheduler: one engine (the only writer of memory) and the services around it, put together. `start` takes what
 * it may lease and works until `stop`; several may run on one database.
 */
import { randomFillSync } from "node:crypto";
import { hostname as systemHostname } from "node:os";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { Executor, ExecutorEvents } from "../executor/executor.ts";
import type { Logger } from "../log.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import type { Database } from "../store/connect.ts";
import type { Environment, SecretSources } from "../store/environment-secrets.ts";
import { endJob, openSchedulerSession, registerJob } from "../store/scheduler-session.ts";
import type { Secrets } from "../store/secrets.ts";
import type { Clock, Timer } from "../time.ts";
import { AssetRuns } from "./asset-runs.ts";
import { AttemptTracking } from "./attempt-tracking.ts";
import { Attempts } from "./attempts.ts";
import { Backfills } from "./backfills.ts";
import { Callbacks } from "./callbacks.ts";
import { CreateRuns } from "./create-runs.ts";
import { Deadlines } from "./deadlines.ts";
import { FiredTriggers } from "./deferral.ts";
import { Dispatch } from "./dispatch.ts";
import { Engine } from "./engine.ts";
import { ExecutionService, type OutsideRequest, type TriggerForTask } from "./execution-service.ts";
import { IdPool } from "./id-pool.ts";
import { Leases } from "./leases.ts";
import { LiveChanges } from "./live-changes.ts";
import { Notifications } from "./notifications.ts";
import { type Observer, observersOf, type RunObserver } from "./observer.ts";
import { PartitionRuns } from "./partition-runs.ts";
import { Pools } from "./pools.ts";
import { Prune } from "./prune.ts";
import { Requests } from "./requests.ts";
import { Rescue } from "./rescue.ts";
import type { Around } from "./run-changes.ts";
import { type EndedRun, RunEndings } from "./run-endings.ts";
import { Runs } from "./runs.ts";
import type { Services } from "./services.ts";
import type { SchedulerSettings } from "./settings.ts";
import { type DebugHook, Signals } from "./signals.ts";
import { StepCache } from "./step-cache.ts";
import { TimetableQuestions } from "./timetable-questions.ts";
import { Trigger, type TriggeredRun, type TriggerRequest } from "./trigger.ts";
import { Versions } from "./versions.ts";
import type { Work } from "./work.ts";
import { XComCache } from "./xcom-cache.ts";

export interface SchedulerOptions {
  readonly database: Database;
  readonly secrets: Secrets;
  readonly environment: Environment;
  /** Connections that settings stand for, where nobody made them. */
  readonly configuredConnections?: SecretSources["configured"];
  readonly executor: Executor;
  /** Asks timetables of users; without one their Dags are not scheduled. */
  readonly timetables?: Services["timetables"];
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: SchedulerSettings;
  readonly hostname?: string;
  /** Holds the engine at named places, for tests of what a crash there leaves behind. */
  readonly debug?: DebugHook;
  /** Hears of what was committed: metrics and traces. */
  readonly observer?: Observer;
  /** Hears of the same: OpenLineage events. */
  readonly lineage?: RunObserver;
  /** Only requests are carried out; no run starts or goes on. For a command without a living scheduler. */
  readonly onlyRequests?: boolean;
}

export class Scheduler {
  readonly signals = new Signals();
  readonly services: Services;
  readonly runs: Runs;
  readonly leases: Leases;
  readonly createRuns: CreateRuns;
  readonly assetRuns: AssetRuns;
  readonly partitionRuns: PartitionRuns;
  readonly backfills: Backfills;
  readonly requests: Requests;
  readonly deadlines: Deadlines;
  readonly callbacks: Callbacks;
  readonly timetableQuestions: TimetableQuestions;
  readonly firedTriggers: FiredTriggers;
  readonly pools: Pools;
  readonly prune: Prune;
  readonly rescue: Rescue;
  readonly #options: SchedulerOptions;
  readonly #attempts: Attempts;
  readonly #cache: StepCache;
  readonly #dispatch: Dispatch;
  readonly #endings: RunEndings;
  readonly #execution: ExecutionService;
  readonly #trigger: Trigger;
  readonly #notifications: Notifications;
  readonly #live: LiveChanges;
  readonly #timers = new Set<Timer>();
  #markReady: () => void = () => undefined;
  #stopped = false;

  private constructor(options: SchedulerOptions, jobId: number) {
    this.#options = options;
    const { clock, log, database, executor, secrets, settings, environment } = options;
    this.#live = new LiveChanges(database, clock, log);
    const engine = new Engine({
      clock,
      log,
      signals: this.signals,
      debug: options.debug,
      openSession: () =>
        openSchedulerSession(database, jobId, (payload) => this.#notifications.heard(payload)),
      reload: () => this.#reload(),
      decide: (work) => this.#decide(work),
      onCommit: (work) => this.#live.committed(work),
      clearsTaskStates: settings.stateStore.clearOnSuccess,
      onBatch: options.observer && ((seconds) => options.observer?.batch(seconds)),
    });
    this.services = {
      database,
      secrets,
      secretSources: { executor: database, secrets, environment, configured: options.configuredConnections },
      executor,
      clock,
      log,
      settings,
      tracking: new AttemptTracking(secrets, settings.trackingUri),
      signals: this.signals,
      versions: new Versions(database, log),
      xcoms: new XComCache(),
      runIds: new IdPool(database, "dag_run"),
      triggerIds: new IdPool(database, "trigger"),
      engine,
      timetables: options.timetables ?? null,
      jobId,
      hostname: options.hostname ?? systemHostname(),
      random: randomSource(),
    };
    const around = this.#around();
    const { services } = this;
    this.runs = new Runs(services, around);
    this.callbacks = new Callbacks(services);
    this.timetableQuestions = new TimetableQuestions(services);
    this.#attempts = new Attempts(services, around, this.callbacks);
    this.#cache = new StepCache(services, this.#attempts);
    this.#dispatch = new Dispatch(services, around);
    this.#endings = new RunEndings(services, this.runs, this.callbacks);
    this.rescue = new Rescue(services, around, { attempts: this.#attempts, dispatch: this.#dispatch });
    this.createRuns = new CreateRuns(services, this.runs);
    this.leases = new Leases(services, { runs: this.runs, createRuns: this.createRuns, rescue: this.rescue });
    this.pools = new Pools(services);
    this.requests = new Requests(services, around, this.runs);
    this.backfills = new Backfills(services, around, { runs: this.runs, createRuns: this.createRuns });
    this.assetRuns = new AssetRuns(services, this.createRuns);
    this.partitionRuns = new PartitionRuns(services, this.createRuns);
    this.deadlines = new Deadlines(services, this.callbacks);
    this.firedTriggers = new FiredTriggers(services, around, this.#attempts);
    this.prune = new Prune(services);
    this.#trigger = new Trigger(services, this.createRuns);
    this.#notifications = new Notifications(services, this, this.#live);
    const ready = new Promise<void>((resolve) => (this.#markReady = resolve));
    const trigger: TriggerForTask = (params) => this.#trigger.forTask(params);
    this.#execution = new ExecutionService(services, { trigger, cache: this.#cache }, ready);
    this.#endings.listeners.push((ended, run) => this.#afterRun(ended, run.run.backfillId));
  }

  /** Registers the job; nothing runs before `start`. */
  static async create(options: SchedulerOptions): Promise<Scheduler> {
    const hostname = options.hostname ?? systemHostname();
    const jobId = await registerJob(options.database, {
      hostname,
      pid: process.pid,
      now: options.clock.now(),
    });
    return new Scheduler(options, jobId);
  }

  get jobId(): number {
    return this.services.jobId;
  }

  /** Workers first, so that what an earlier scheduler left has been announced before runs are read. */
  async start(): Promise<void> {
    const { executor, engine, log } = this.services;
    await executor.start(this.#executorEvents());
    this.rescue.executorReady = true;
    await engine.start();
    this.#markReady();
    await this.pools.runOnce();
    this.#beat();
    this.#every(Math.min(500, this.services.settings.pollMs), () => this.leases.runOnce());
    this.#every(this.services.settings.pollMs, () => this.#poll());
    if (this.prune.wanted)
      this.#every(this.services.settings.retention.intervalMs, () => this.prune.runOnce());
    this.#poll().catch((error: unknown) =>
      log.warn({ err: error }, "the first look failed; the poll looks again"),
    );
    log.info({ jobId: this.jobId, dags: engine.memory.dags.size }, "scheduler started");
  }

  /** With `keepRunning` tasks go on under their workers, for the next scheduler to adopt. */
  async stop(options: { keepRunning: boolean; graceMs?: number } = { keepRunning: true }): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    const { executor, engine, database, jobId, clock, log } = this.services;
    await executor.stop({ keepRunning: options.keepRunning, graceMs: options.graceMs ?? 10_000 });
    await engine.stop();
    await this.#live.stop();
    await endJob(database, jobId, clock.now()).catch((error: unknown) =>
      log.warn({ err: error }, "the job could not be ended"),
    );
  }

  /** Ends without a word to anybody, as a killed process does; for tests. */
  async vanish(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await this.services.engine.stop();
  }

  /** Starts a run by hand; one commit where this scheduler holds the Dag's lease. */
  triggerRun(request: TriggerRequest): Promise<TriggeredRun> {
    return this.#trigger.trigger(request);
  }

  /** Answers what a trigger of the triggerer asks. @throws TradewindError TW_PROTOCOL for what only attempts may. */
  answerTrigger(request: ChildRequest): Promise<Json> {
    const { method } = request;
    if (
      /^xcom\.|-state\.|^step-cache\./.test(method) ||
      method === "rendered-fields.set" ||
      method === "dag-run.trigger"
    )
      return Promise.reject(new TradewindError("TW_PROTOCOL", `a trigger may not ask for ${method}`));
    return this.#execution.outside(request as OutsideRequest);
  }

  /** Attempts by what they do, and slots, for gauges. */
  slotCounts(): { running: number; queued: number; open: number } {
    let running = 0;
    const { attempts } = this.services.engine.memory;
    for (const { instance } of attempts.values()) if (instance.state === "running") running++;
    return {
      running,
      queued: attempts.size - running,
      open: Math.max(0, this.#dispatch.totalSlots - running),
    };
  }

  /** Resolves when a run that this scheduler works on has ended. */
  waitForRun(pk: number): Promise<EndedRun> {
    return this.#endings.wait(pk);
  }

  /** Everything that a notification might have told, looked at without one. */
  async #poll(): Promise<void> {
    const { engine } = this.services;
    const dagIds = [...engine.memory.dags.keys()];
    await Promise.all([
      this.leases.newRuns(dagIds),
      this.leases.lookAtDags(),
      this.requests.runOnce(),
      this.firedTriggers.runOnce(),
      this.assetRuns.runOnce(),
      this.partitionRuns.runOnce(),
      this.backfills.runOnce(),
      this.deadlines.runOnce(),
      this.callbacks.runOnce(),
      this.timetableQuestions.runOnce(),
      this.pools.runOnce(),
    ]);
    engine.submit({ name: "look for silent attempts", apply: (work) => this.rescue.look(work) });
    this.signals.emit("poll");
  }

  async #reload() {
    const { xcoms, engine } = this.services;
    xcoms.clear();
    this.pools.restore(engine.memory);
    const loaded = await this.leases.reload();
    await this.#endings.afterReload();
    return loaded;
  }

  #decide(work: Work): void {
    if (this.#options.onlyRequests === true) {
      work.memory.startable.clear();
      work.touched.clear();
      return;
    }
    this.runs.advance(work);
    this.#dispatch.choose(work);
  }

  #around(): Around {
    return {
      observer: observersOf(
        [this.#options.observer, this.#options.lineage].filter((one) => one !== undefined),
      ),
      wake: (run, instance, at) => {
        const { engine } = this.services;
        engine.timers.at(at, () =>
          engine.submit({
            name: "time has come",
            apply: (work) => {
              if (work.memory.runs.get(run.row.pk) === run) work.touch(run, [instance]);
            },
          }),
        );
      },
      cancel: (attemptId, reason) => {
        this.#attempts.release(attemptId);
        this.services.executor.cancel(attemptId, reason);
      },
      asksCache: (work, run, instance) => this.#cache.ask(work, run, instance),
      end: (attemptId, reason) => this.services.executor.cancel(attemptId, reason),
      runStarted: (work, run) => this.callbacks.tell(work, run, "on_dag_run_running"),
      runEnded: (work, run) => this.#endings.ended(work, run),
      valuesGone: ({ runPk, taskId, mapIndex }) =>
        this.services.xcoms.forget(runPk, taskId, mapIndex, "return_value"),
    };
  }

  #executorEvents(): ExecutorEvents {
    return {
      taken: (attemptId, where) => {
        this.rescue.heard(attemptId);
        this.#attempts.taken(attemptId, where);
      },
      finished: (attemptId, end) => {
        this.rescue.forget(attemptId);
        this.#attempts.finished(attemptId, end);
      },
      lost: (attemptId, why) => {
        this.rescue.forget(attemptId);
        this.#attempts.lost(attemptId, why);
      },
      alive: (attemptIds) => {
        for (const id of attemptIds) this.rescue.heard(id);
        this.#attempts.alive(attemptIds);
      },
      slots: (_free, total) => this.#dispatch.slots(total),
      request: (attemptId, request) => this.#execution.request(attemptId, request),
    };
  }

  #afterRun(ended: EndedRun, backfillId: number | null): void {
    const lease = this.services.engine.memory.dags.get(ended.dagId);
    const next = lease?.schedule?.next;
    if (lease !== undefined && lease.schedule?.timetable.kind === "continuous") this.createRuns.watch(lease);
    else if (next != null && next.runAfter <= this.services.clock.now()) this.createRuns.due(ended.dagId);
    if (backfillId !== null) void this.backfills.runOnce();
  }

  /** Through the engine's own session: a loop that hangs does not beat. */
  #beat(): void {
    const { engine, jobId, settings } = this.services;
    this.#every(settings.heartbeatMs, () =>
      engine.submit({ name: "heartbeat", apply: (work) => void work.batch.heartbeats.push(jobId) }),
    );
  }

  #every(ms: number, act: () => unknown): void {
    const { clock, log } = this.services;
    const arm = (): void => {
      if (this.#stopped) return;
      const timer = clock.after(ms, () => {
        this.#timers.delete(timer);
        void Promise.resolve()
          .then(act)
          .catch((error: unknown) => log.warn({ err: error }, "a periodic task failed"))
          .finally(arm);
      });
      this.#timers.add(timer);
    };
    arm();
  }
}

/** Random bytes from a pool: a system call for each attempt's id would cost more than the id. */
function randomSource(): (bytes: number) => Uint8Array {
  const pool = new Uint8Array(4096);
  let used = pool.length;
  return (bytes) => {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.slice(used - bytes, used);
  };
}
