/**
 * Tells open pages what was committed. Costs nothing while no page is open: servers ask for it as long as they have
 * one (`watching`). What changes within a moment goes out together, after the commit and on another connection.
 *
 *   silent --watching--> telling --30 s without it--> silent
 */
import type { Logger } from "../log.ts";
import type { Executor } from "../store/connect.ts";
import { type RunChange, type TaskChange, tellChanges, watchingMs } from "../store/live-changes.ts";
import type { Clock, Timer } from "../time.ts";
import type { Work } from "./work.ts";

const gatherMs = 80;
/** Changes of one run's tasks in one moment that are told one by one. */
const mostTasks = 120;

interface Gathered {
  state?: RunChange["state"];
  readonly tasks: Map<string, TaskChange>;
  many: boolean;
  readonly dagId: string;
  readonly runId: string;
}

export class LiveChanges {
  readonly #database: Executor;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #runs = new Map<number, Gathered>();
  #watchedUntil = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #sending: Promise<void> | null = null;

  constructor(database: Executor, clock: Clock, log: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  watched(): void {
    this.#watchedUntil = this.#clock.now() + watchingMs;
  }

  /** Called right after the commit, while memory still holds the runs that ended with it. */
  committed(work: Work): void {
    const { batch, memory } = work;
    if (this.#clock.now() > this.#watchedUntil) return;
    for (const { pk, dagId, runId, state } of batch.runInserts) this.#of(pk, dagId, runId).state = state;
    const known = (pk: number): Gathered | null => {
      const row = memory.runs.get(pk)?.row;
      return row === undefined ? (this.#runs.get(pk) ?? null) : this.#of(pk, row.info.dagId, row.info.runId);
    };
    for (const row of work.changedRuns)
      this.#of(row.pk, row.info.dagId, row.info.runId).state = row.info.state;
    for (const one of [...batch.instances, ...batch.instanceInserts]) {
      const gathered = known(one.runPk);
      if (gathered !== null) note(gathered, [one.taskId, one.mapIndex, one.state, one.tryNumber]);
    }
    for (const { runPk } of batch.expansions) {
      const gathered = known(runPk);
      if (gathered !== null) gathered.many = true;
    }
    if (this.#runs.size > 0) this.#timer ??= this.#clock.after(gatherMs, () => this.#flush());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#sending;
  }

  #of(pk: number, dagId: string, runId: string): Gathered {
    let found = this.#runs.get(pk);
    if (found === undefined) this.#runs.set(pk, (found = { dagId, runId, tasks: new Map(), many: false }));
    return found;
  }

  #flush(): void {
    this.#timer = null;
    // The next moment waits for this one to be sent; what comes meanwhile is gathered.
    if (this.#sending !== null) {
      this.#timer = this.#clock.after(gatherMs, () => this.#flush());
      return;
    }
    const changes = [...this.#runs.values()].map(changeOf);
    this.#runs.clear();
    this.#sending = tellChanges(this.#database, changes)
      .catch((error: unknown) => this.#log.debug({ err: error }, "pages could not be told of changes"))
      .finally(() => {
        this.#sending = null;
      });
  }
}

function note(gathered: Gathered, change: TaskChange): void {
  const [taskId, mapIndex] = change;
  const key = `${mapIndex} ${taskId}`;
  if (gathered.tasks.size < mostTasks || gathered.tasks.has(key)) gathered.tasks.set(key, change);
  else gathered.many = true;
}

function changeOf({ dagId, runId, state, tasks, many }: Gathered): RunChange {
  return {
    dagId,
    runId,
    ...(state === undefined ? {} : { state }),
    ...(many ? { tasks: "many" as const } : tasks.size === 0 ? {} : { tasks: [...tasks.values()] }),
  };
}
