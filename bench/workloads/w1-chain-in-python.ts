/** W1 with a Dag in Python: each task in a process of its own, forked from one that has imported the file. */
import { join } from "node:path";
import { atMost, median, repeated } from "../figures.ts";
import { cpuSeconds, endedChildrenSeconds } from "../processes.ts";
import type { Pids, Tradewind } from "../tradewind/tradewind.ts";
import { type Bench, type Workload, withTradewind } from "./workload.ts";

const tasks = 40;
const dag = "chain_40_python";

export const w1Python: Workload = {
  id: "W1P",
  title: "chain of 40 tasks in Python, fibo(10) each",
  tradewind(bench) {
    const interpreter = process.env["TRADEWIND_TEST_PYTHON"] ?? "python3";
    const options = {
      dagsFolder: join(import.meta.dirname, "../dags-python"),
      settings: { "python.interpreter": interpreter },
    };
    return withTradewind(bench, options, async (engine) => {
      await repeated(3, () => engine.run([dag]));
      await wallAndProcessorTime(engine, bench);
      await waits(engine, bench);
    });
  },
};

async function wallAndProcessorTime(engine: Tradewind, bench: Bench): Promise<void> {
  const { name } = engine;
  const rounds = bench.quick ? 5 : 20;
  const before = usage(engine.pids());
  const samples = await repeated(rounds, () => engine.run([dag]));
  const after = usage(engine.pids());
  const target = atMost(500);
  bench.report({
    engine: name,
    isolation: "C",
    name: "wall, median",
    value: median(samples),
    unit: "ms",
    samples,
    target,
  });
  for (const [part, seconds] of Object.entries(after)) {
    const each = ((seconds - (before[part as keyof typeof before] ?? 0)) / (rounds * tasks)) * 1e3;
    bench.report({ engine: name, isolation: "C", name: `CPU per task, ${part}`, value: each, unit: "ms" });
  }
}

/** What stands between a task and its function, and between a task and the next one. */
async function waits(engine: Tradewind, bench: Bench): Promise<void> {
  await engine.order("lives");
  for (let i = 0; i < (bench.quick ? 2 : 10); i++) await engine.run(["chain_40_python_timed"]);
  const lives = (await engine.order("lives")).filter(({ handlerBegan }) => handlerBegan !== null);
  const lengths = {
    "task: queued → taken": lives.map((life) => life.taken - life.dispatched),
    "task: taken → running is committed": lives.map((life) => life.begun - life.taken),
    "task: running → the function starts": lives.map((life) => (life.handlerBegan ?? 0) - life.begun),
    "task: the function ended → the result is back": lives.map(
      (life) => life.finished - (life.handlerEnded ?? 0),
    ),
    "task: the function ended → the next one starts": lives.flatMap((life, at) => {
      const next = lives[at + 1];
      return next?.runId === life.runId ? [(next.handlerBegan ?? 0) - (life.handlerEnded ?? 0)] : [];
    }),
  };
  for (const [name, nanoseconds] of Object.entries(lengths)) {
    const value = median(nanoseconds.map((one) => one / 1e6));
    const target = name === "task: running → the function starts" ? { target: atMost(10) } : {};
    bench.report({ engine: engine.name, isolation: "C", name, value, unit: "ms", ...target });
  }
}

function usage(pids: Pids): Record<"scheduler" | "worker" | "processes of Python" | "database", number> {
  return {
    scheduler: cpuSeconds(pids.main),
    worker: cpuSeconds(pids.worker),
    // Of the tasks' own only what has ended, and its parent has heard of.
    "processes of Python": cpuSeconds(pids.tasks) + endedChildrenSeconds(pids.tasks),
    database: cpuSeconds(pids.database),
  };
}
