/**
 * The process that is measured: what `tradewind standalone` puts together (embedded PostgreSQL, scheduler, worker,
 * Dag processor), taking its orders from the process that forked it. Only triggering and clocks are added.
 * Usage: fork("host.ts", [home, dagsFolder]).
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { startServices } from "../../src/cli/services.ts";
import { openSession } from "../../src/cli/session.ts";
import { LocalExecutor } from "../../src/executor/local.ts";
import type { Orders } from "./orders.ts";
import { type Life, watchAttempts } from "./watch-attempts.ts";

const [home, dagsFolder] = process.argv.slice(2) as [string, string];
const lives = watchAttempts(LocalExecutor.prototype);
const services = await startServices(openSession({ home, dagsFolder, logLevel: "warning" }), {
  name: "tradewind bench",
  dagFiles: true,
  triggerer: true,
});
const { scheduler } = services;
/** How long the loop was held at most since the last question; off until first asked. */
let held: ReturnType<typeof monitorEventLoopDelay> | null = null;

const orders: Orders = {
  async run(dagIds) {
    const begin = performance.now();
    const ended = await Promise.all(
      dagIds.map(async (dagId) => {
        const { pk } = await scheduler.triggerRun({ dagId, triggeredBy: "test" });
        const end = await scheduler.waitForRun(pk);
        if (end.state !== "success") throw new Error(`a run of ${dagId} ended as ${end.state}`);
        return pk;
      }),
    );
    return { ms: performance.now() - begin, pks: ended };
  },
  async lives() {
    return lives.splice(0) as Life[];
  },
  async heldMs() {
    const ms = held === null ? 0 : held.max / 1e6;
    held ??= monitorEventLoopDelay({ resolution: 1 });
    held.enable();
    held.reset();
    return ms;
  },
  async batches() {
    return scheduler.services.engine.passes;
  },
  async prune() {
    const begin = performance.now();
    const runs = await scheduler.prune.runOnce();
    return { ms: performance.now() - begin, runs };
  },
  async stop() {
    await services.stop({ keepRunning: false, graceMs: 1000 });
  },
};

process.on("message", ({ id, order, args }: { id: number; order: keyof Orders; args: unknown[] }) => {
  const act = orders[order] as (...args: unknown[]) => Promise<unknown>;
  void act(...args)
    .then(
      (value) => ({ id, value }),
      (error: unknown) => ({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    .then((answer) => process.send?.(answer, () => order === "stop" && process.disconnect()));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, value: { workers: scheduler.services.executor instanceof LocalExecutor } });
