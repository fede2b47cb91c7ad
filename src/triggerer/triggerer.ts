/**
 * Waits for deferred tasks: takes triggers out of the database, gives them to the processes that run them, and
 * writes down which fired. Several triggerers share the triggers; those of one that is gone are taken by the others.
 *
 * `start` registers a job and listens; a notification, and a slow poll behind it, ask for a pass (claim what nobody
 * watches, drop what nobody wants). What fires while a write is on its way goes out with the next one.
 */
import type { Json } from "../core/dag-model.ts";
import type { TriggererEvents } from "../executor/triggerer-host.ts";
import type { TriggererHosts } from "../executor/triggerer-hosts.ts";
import type { Logger } from "../log.ts";
import type { ChildRequest, CodeLocation, LogLevel } from "../runtime/protocol.ts";
import { Versions } from "../scheduler/versions.ts";
import { attemptLogPath, codeOf } from "../scheduler/workload.ts";
import type { Database } from "../store/connect.ts";
import { endJob, heartbeat, startJob } from "../store/jobs.ts";
import { type Listener, listen, notify } from "../store/notify.ts";
import type { Secrets } from "../store/secrets.ts";
import {
  claimTriggers,
  type FiredTrigger,
  fireTriggers,
  type TriggerOwner,
  type TriggerRow,
  triggerOwners,
  watchedTriggers,
} from "../store/triggers.ts";
import { watcherFired } from "../store/watchers.ts";
import type { Clock, Timer } from "../time.ts";

export interface TriggererOptions {
  readonly database: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hostname: string;
  readonly capacity: number;
  readonly versionsFolder: string;
  readonly logLevel: LogLevel;
  readonly heartbeatMs: number;
  readonly pollMs: number;
  createHosts(events: TriggererEvents): TriggererHosts;
  /** Answers what a trigger asks: variables, connections, states of other runs. */
  answer(request: ChildRequest): Promise<Json>;
}

/** Triggers taken by one statement. */
const claimBatch = 1000;
/** Before a watcher that failed is started again. */
const watcherPauseMs = 10_000;

export class Triggerer {
  readonly #options: TriggererOptions;
  readonly #hosts: TriggererHosts;
  readonly #versions: Versions;
  #jobId = 0;
  #listener: Listener | null = null;
  #timer: Timer | null = null;
  #fired: FiredTrigger[] = [];
  #writing: Promise<void> | null = null;
  #passing: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  /** Ids that the hosts have. */
  readonly #watched = new Set<number>();
  /** Those that watch an asset. */
  readonly #watchers = new Map<number, TriggerRow>();

  constructor(options: TriggererOptions) {
    this.#options = options;
    this.#versions = new Versions(options.database);
    this.#hosts = options.createHosts({
      fired: (id, { event, last, end = null }) => {
        const watcher = this.#watchers.get(Number(id));
        if (watcher === undefined) this.#note({ id: Number(id), event, end, error: null }, last);
        else void this.#saw(watcher, event);
      },
      failed: (id, error) => this.#failed(Number(id), `${error.name}: ${error.message}`),
      request: (_, request) => options.answer(request),
    });
  }

  async start(): Promise<void> {
    const { database, hostname, clock, pollMs } = this.#options;
    this.#jobId = await startJob(database, { kind: "triggerer", hostname, pid: process.pid }, clock.now());
    await this.#hosts.start();
    this.#listener = listen(database, {
      clock,
      pollMs,
      onPayload: (payload) => payload.startsWith("trigger") && void this.runOnce(),
      onGap: () => void this.runOnce(),
    });
    this.#beat();
    await this.runOnce();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#listener?.stop();
    await this.#passing;
    await this.#hosts.stop();
    await this.#writing;
    await endJob(this.#options.database, this.#jobId, "success", this.#options.clock.now()).catch(
      () => undefined,
    );
  }

  /** One pass; calls while one is under way ask for another. */
  runOnce(): Promise<void> {
    this.#again = true;
    this.#passing ??= this.#passes().finally(() => (this.#passing = null));
    return this.#passing;
  }

  async #passes(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#drop();
        while (!this.#stopped && (await this.#claim()) === claimBatch);
      } catch (error) {
        this.#options.log.warn({ err: error }, "triggers could not be looked after");
      }
    }
  }

  /** Rows that went, because their task was cleared, marked or timed out. */
  async #drop(): Promise<void> {
    if (this.#watched.size + this.#watchers.size === 0) return;
    const wanted = new Set(await watchedTriggers(this.#options.database, this.#jobId));
    for (const id of this.#watched) {
      if (wanted.has(id)) continue;
      this.#watched.delete(id);
      this.#hosts.cancel(String(id));
    }
    for (const id of this.#watchers.keys()) if (!wanted.has(id)) this.#watchers.delete(id);
  }

  async #claim(): Promise<number> {
    const { database, secrets, capacity } = this.#options;
    const room = Math.min(claimBatch, capacity - this.#watched.size);
    if (room <= 0) return 0;
    const rows = await claimTriggers(database, secrets, { triggererId: this.#jobId, limit: room });
    if (rows.length === 0) return 0;
    await this.#versions.load(rows.flatMap(({ versionId }) => (versionId === null ? [] : [versionId])));
    const owners = new Map(
      (
        await triggerOwners(
          database,
          rows.map(({ id }) => id),
        )
      ).map((owner) => [owner.triggerId, owner]),
    );
    for (const row of rows) this.#watch(row, owners.get(row.id));
    return rows.length;
  }

  #watch(row: TriggerRow, owner: TriggerOwner | undefined): void {
    const { versionsFolder, logLevel } = this.#options;
    const version = row.versionId === null ? undefined : this.#versions.peek(row.versionId);
    if (version === undefined) return this.#failed(row.id, "its Dag's version is not there any more");
    const code: CodeLocation = codeOf(version, versionsFolder);
    this.#watched.add(row.id);
    if (row.assetId !== null) this.#watchers.set(row.id, row);
    this.#hosts.add({
      triggerId: String(row.id),
      trigger: { classpath: row.classpath, kwargs: row.kwargs },
      code,
      task: owner === undefined ? null : { ...owner },
      logLevel,
      logPath: owner === undefined ? null : attemptLogPath(owner),
    });
  }

  /** A watcher of an asset saw something; it goes on watching. */
  async #saw({ assetId, classpath }: TriggerRow, payload: Json): Promise<void> {
    const { database, clock, log } = this.#options;
    if (assetId === null) return;
    try {
      await database.transaction((tx) => watcherFired(tx, { assetId, payload }, clock.now()));
    } catch (error) {
      log.error({ err: error, assetId, classpath }, "what a watcher of an asset saw could not be written");
    }
  }

  /** A watcher is waited for again after a while, as long as its Dag defines it. */
  #watcherFailed(watcher: TriggerRow, error: string): void {
    const { clock, log } = this.#options;
    const { id, classpath, assetId } = watcher;
    log.error({ assetId, classpath, error }, "a watcher of an asset failed and is started again");
    this.#watched.delete(id);
    clock.after(watcherPauseMs, () => {
      if (this.#watchers.has(id) && !this.#stopped) this.#watch(watcher, undefined);
    });
  }

  #failed(id: number, error: string): void {
    const watcher = this.#watchers.get(id);
    if (watcher !== undefined) return this.#watcherFailed(watcher, error);
    this.#note({ id, event: null, end: null, error }, true);
  }

  #note(fired: FiredTrigger, last: boolean): void {
    if (last) this.#watched.delete(fired.id);
    this.#fired.push(fired);
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { database, clock, log } = this.#options;
    while (this.#fired.length > 0) {
      const triggers = this.#fired.splice(0);
      try {
        await database.transaction(async (tx) => {
          await fireTriggers(tx, { triggererId: this.#jobId, triggers }, clock.now());
          await notify(tx, ["fired"]);
        });
      } catch (error) {
        log.warn({ err: error, triggers: triggers.length }, "fired triggers could not be written yet");
        if (this.#stopped) break;
        this.#fired.unshift(...triggers);
        await new Promise<void>((resolve) => clock.after(200, resolve));
      }
    }
    this.#writing = null;
  }

  #beat(): void {
    const { clock, heartbeatMs, database, log } = this.#options;
    if (this.#stopped) return;
    this.#timer = clock.after(heartbeatMs, () => {
      heartbeat(database, this.#jobId, clock.now())
        .catch((error: unknown) => log.warn({ err: error }, "the triggerer could not report that it lives"))
        .finally(() => this.#beat());
    });
  }
}
