/** DBOS: a workflow whose steps are the tasks, in the caller's own process (class A). */
import { type Engine, fibo } from "../engine.ts";

export async function dbos(databaseUrl: string): Promise<Engine> {
  const { DBOS } = await import("@dbos-inc/dbos-sdk");
  const chain = DBOS.registerWorkflow(
    async (length: number, n: number) => {
      for (let i = 0; i < length; i++) await DBOS.runStep(async () => fibo(n), { name: `t${i}` });
    },
    { name: "chain" },
  );
  const fanOut = DBOS.registerWorkflow(
    async (n: number) => {
      const list = await DBOS.runStep(async () => Array.from({ length: n }, (_, i) => i), {
        name: "make_list",
      });
      await Promise.all(list.map((i) => DBOS.runStep(async () => null, { name: `work_${i}` })));
      await DBOS.runStep(async () => null, { name: "reduce" });
    },
    { name: "fan-out" },
  );
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
  };
  return {
    name: "DBOS 5.3",
    isolation: "A",
    async start() {
      DBOS.setConfig({
        name: "bench",
        // Its parser wants a host; the one behind `?host=` is used.
        systemDatabaseUrl: databaseUrl.replace("@/", "@localhost/"),
        logLevel: "error",
        runAdminServer: false,
      });
      await DBOS.launch();
    },
    stop: () => DBOS.shutdown(),
    chain: (length, n) => timed(() => chain(length, n)),
    chains: (runs, length) => timed(() => Promise.all(Array.from({ length: runs }, () => chain(length, 1)))),
    independent: (dags, tasks) => timed(() => Promise.all(Array.from({ length: dags }, () => fanOut(tasks)))),
    fanOut: (n) => timed(() => fanOut(n)),
  };
}
