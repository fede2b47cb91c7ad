/** graphile/worker: a chain is a job that adds the next; jobs run in the worker's own process (class A). */
import { EventEmitter, once } from "node:events";
import type { Runner, WorkerUtils } from "graphile-worker";
import { type Engine, fibo } from "../engine.ts";

interface Link {
  run: string;
  left: number;
  n: number;
}

export async function graphileWorker(connectionString: string): Promise<Engine> {
  const { Logger, makeWorkerUtils, run } = await import("graphile-worker");
  const logger = new Logger(() => () => {});
  const done = new EventEmitter().setMaxListeners(0);
  const pending = new Map<string, number>();
  let runner: Runner;
  let utils: WorkerUtils;
  const finish = (name: string): void => {
    const left = (pending.get(name) ?? 1) - 1;
    pending.set(name, left);
    if (left === 0) done.emit(name);
  };
  const awaiting = (name: string, count: number): Promise<unknown> => {
    pending.set(name, count);
    return once(done, name);
  };
  let serial = 0;
  return {
    name: "graphile-worker 0.18",
    isolation: "A",
    async start() {
      utils = await makeWorkerUtils({ connectionString, logger });
      await utils.migrate();
      runner = await run({
        connectionString,
        logger,
        concurrency: 24,
        maxPoolSize: 24,
        noHandleSignals: true,
        preset: { worker: { localQueue: { size: 500 } } },
        taskList: {
          link: async (payload, helpers) => {
            const { run: name, left, n } = payload as Link;
            fibo(n);
            if (left > 1) await helpers.addJob("link", { run: name, left: left - 1, n });
            else finish(name);
          },
          noop: async (payload) => finish((payload as { run: string }).run),
        },
      });
    },
    async stop() {
      await runner.stop();
      await utils.release();
    },
    async chain(length, n) {
      const name = `r${serial++}`;
      const ended = awaiting(name, 1);
      const begin = performance.now();
      await runner.addJob("link", { run: name, left: length, n });
      await ended;
      return performance.now() - begin;
    },
    async chains(runs, length) {
      const name = `r${serial++}`;
      const ended = awaiting(name, runs);
      const begin = performance.now();
      await utils.addJobs(
        Array.from({ length: runs }, () => ({
          identifier: "link",
          payload: { run: name, left: length, n: 1 },
        })),
      );
      await ended;
      return performance.now() - begin;
    },
    async independent(dags, tasks) {
      const name = `r${serial++}`;
      const ended = awaiting(name, dags * tasks);
      const begin = performance.now();
      await utils.addJobs(
        Array.from({ length: dags * tasks }, () => ({ identifier: "noop", payload: { run: name } })),
      );
      await ended;
      return performance.now() - begin;
    },
  };
}
