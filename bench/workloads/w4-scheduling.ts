/** W4, Airflow's `scheduling_performance`: 10 Dags × 100 no-op tasks in five shapes, all runs triggered at once. */
import { type Engine, summary } from "../engine.ts";
import { atLeast, median, repeated } from "../figures.ts";
import { cpuSeconds, endedChildrenSeconds } from "../processes.ts";
import type { Tradewind } from "../tradewind/tradewind.ts";
import { type Bench, type Workload, withTradewind } from "./workload.ts";

const tasks = 1000;
const note = "maxActiveTasks: 1000 on the Dags";

export const w4: Workload = {
  id: "W4",
  title: "10 Dags × 100 no-op tasks",
  tradewind: (bench) =>
    withTradewind(bench, {}, async (engine) => {
      for (const shape of ["independent", "binary_tree", "grid", "star", "chain"])
        await measure(engine, bench, shape);
    }),
  async peer(engine, bench) {
    if (engine.independent === undefined) return;
    const { name, isolation } = engine;
    const slow = isolation === "C";
    if (!slow) await engine.independent(10, 100);
    const rounds = slow ? 1 : bench.quick ? 2 : 5;
    const rates = await repeated(rounds, async () =>
      rate(await (engine as Required<Engine>).independent(10, 100)),
    );
    bench.report({
      engine: name,
      isolation,
      name: "independent",
      value: median(rates),
      unit: "tasks/s",
      samples: rates,
    });
  },
};

const rate = (ms: number): number => (tasks / ms) * 1000;

async function measure(engine: Tradewind, bench: Bench, shape: string): Promise<void> {
  const { name, isolation } = engine;
  const main = shape === "independent";
  await repeated(main ? 3 : 1, () => engine.shape(shape, 10));
  await engine.order("lives");
  const rounds = bench.quick ? 2 : main ? 10 : 4;
  const pids = engine.pids();
  const batchesBefore = await engine.order("batches");
  const before = usage(pids);
  const rates = await repeated(rounds, async () => rate(await engine.shape(shape, 10)));
  const after = usage(engine.pids());
  const target = main ? { target: atLeast(2500) } : {};
  bench.report({
    engine: name,
    isolation,
    name: shape,
    value: median(rates),
    unit: "tasks/s",
    samples: rates,
    note,
    ...target,
  });
  if (!main) return;
  const batches = ((await engine.order("batches")) - batchesBefore) / (rounds * tasks);
  bench.report({ engine: name, isolation, name: "commits per task", value: batches, unit: "" });
  const waits = (await engine.order("lives")).map((life) => (life.begun - life.dispatched) / 1e6);
  const { median: middle, p95 } = summary(waits);
  bench.report({ engine: name, isolation, name: "queued → started, median", value: middle, unit: "ms" });
  bench.report({ engine: name, isolation, name: "queued → started, p95", value: p95, unit: "ms" });
  for (const [part, seconds] of Object.entries(after)) {
    const each = ((seconds - (before[part as keyof typeof before] ?? 0)) / (rounds * tasks)) * 1e6;
    bench.report({ engine: name, isolation, name: `CPU per task, ${part}`, value: each, unit: "µs" });
  }
}

function usage(
  pids: ReturnType<Tradewind["pids"]>,
): Record<"scheduler" | "worker" | "task processes" | "database", number> {
  return {
    scheduler: cpuSeconds(pids.main),
    worker: cpuSeconds(pids.worker),
    "task processes": cpuSeconds(pids.tasks) + endedChildrenSeconds(pids.worker),
    database: cpuSeconds(pids.database),
  };
}
