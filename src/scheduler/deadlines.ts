/** Calls back for runs that are not over by their deadline. Each deadline is missed once. */
import { deadlineMissed } from "../core/deadline.ts";
import { dueDeadlinesOf } from "../store/scheduler-deadlines.ts";
import { loadRuns } from "../store/scheduler-load.ts";
import type { Callbacks } from "./callbacks.ts";
import { loadWithInstances, restoreRun } from "./load-runs.ts";
import type { Services } from "./services.ts";

export class Deadlines {
  readonly #services: Services;
  readonly #callbacks: Callbacks;
  #passing: Promise<void> | null = null;

  constructor(services: Services, callbacks: Callbacks) {
    this.#services = services;
    this.#callbacks = callbacks;
  }

  runOnce(): Promise<void> {
    this.#passing ??= this.#pass()
      .catch((error: unknown) =>
        this.#services.log.warn({ err: error }, "deadlines could not be looked after"),
      )
      .finally(() => {
        this.#passing = null;
        this.#services.signals.emit("deadlines");
      });
    return this.#passing;
  }

  async #pass(): Promise<void> {
    const { database, engine, clock, versions, log } = this.#services;
    const now = clock.now();
    const due = await dueDeadlinesOf(database, [...engine.memory.dags.keys()], now);
    if (due.length === 0) return;
    const missed = due.filter(({ deadlineAt, endDate }) => deadlineMissed(deadlineAt, endDate, now));
    const absent = missed.filter(({ runPk }) => !engine.memory.runs.has(runPk)).map(({ runPk }) => runPk);
    const loader = { database, versions, log, memory: () => engine.memory };
    const loaded = await loadWithInstances(loader, await loadRuns(database, absent));
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "deadlines",
        apply: (work) => {
          const wasMissed = new Set(missed.map(({ id }) => id));
          for (const { id } of due) {
            if (wasMissed.has(id)) work.batch.deadlinesMissed.push(id);
            else work.batch.deadlineDeletes.push(id);
          }
          for (const { runPk, callback, dagId } of missed) {
            const lease = work.memory.dags.get(dagId);
            const found = loaded.find(({ record }) => record.pk === runPk);
            const run =
              work.memory.runs.get(runPk) ?? (lease && found ? restoreRun(found, lease, now) : undefined);
            if (run !== undefined) this.#callbacks.ask(work, run, { deadline: callback }, "deadline missed");
          }
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }
}
