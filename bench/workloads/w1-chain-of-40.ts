/** W1, "Windmill 40": one Dag, 40 tasks in a row, each fibo(10); and W2: 10 in a row, each fibo(33). */
import { type Engine, summary } from "../engine.ts";
import { atMost, median, repeated } from "../figures.ts";
import { fibo33Ms } from "../machine.ts";
import type { Tradewind } from "../tradewind/tradewind.ts";
import { lifeOfAnAttempt } from "./life-of-an-attempt.ts";
import { type Bench, type Workload, withTradewind } from "./workload.ts";

export const w1: Workload = {
  id: "W1",
  title: "chain of 40 tasks, fibo(10) each",
  tradewind: (bench) =>
    withTradewind(bench, {}, async (engine) => {
      await wall(engine, bench, true);
      await lifeOfAnAttempt(engine, bench);
      await isolated(engine, bench);
    }),
  peer: (engine, bench) => wall(engine, bench, false),
};

async function wall(engine: Engine, bench: Bench, withTarget: boolean): Promise<void> {
  const slow = engine.isolation === "C";
  await repeated(slow ? 1 : 10, () => engine.chain(40, 10));
  const samples = await repeated(slow ? 3 : bench.quick ? 10 : 30, () => engine.chain(40, 10));
  const { name, isolation } = engine;
  const { median, p95 } = summary(samples);
  bench.report({
    engine: name,
    isolation,
    name: "wall, median",
    value: median,
    unit: "ms",
    samples,
    ...(withTarget ? { target: atMost(150) } : {}),
  });
  if (!slow) bench.report({ engine: name, isolation, name: "wall, p95", value: p95, unit: "ms" });
}

/** Every task in a fresh process, to stand beside engines that work so. */
async function isolated(engine: Tradewind, bench: Bench): Promise<void> {
  const samples = await repeated(bench.quick ? 1 : 3, () => engine.run(["chain_40_fibo_10_process"]));
  const note = 'isolation: "process" on each task';
  bench.report({
    engine: engine.name,
    isolation: "C",
    name: "wall, median",
    value: median(samples),
    unit: "ms",
    samples,
    note,
  });
}

export const w2: Workload = {
  id: "W2",
  title: "chain of 10 tasks, fibo(33) each",
  tradewind: (bench) => withTradewind(bench, {}, (engine) => overhead(engine, bench)),
  peer: overhead,
};

async function overhead(engine: Engine, bench: Bench): Promise<void> {
  const rounds = engine.isolation === "C" ? 2 : bench.quick ? 3 : 8;
  await engine.chain(10, 33);
  const samples = await repeated(rounds, () => engine.chain(10, 33));
  const alone = fibo33Ms();
  const { name, isolation } = engine;
  bench.report({
    engine: name,
    isolation,
    name: "wall, median",
    value: median(samples),
    unit: "ms",
    samples,
  });
  const note = `10 × the body alone: ${(10 * alone).toFixed(0)} ms in this process`;
  bench.report({
    engine: name,
    isolation,
    name: "wall − 10 × body",
    value: median(samples) - 10 * alone,
    unit: "ms",
    note,
  });
}
