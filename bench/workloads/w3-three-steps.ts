/** W3: three trivial tasks in a row; one run after another, then 100 and 1000 at once. */
import { type Engine, summary } from "../engine.ts";
import { atLeast, atMost, median, repeated } from "../figures.ts";
import { type Bench, type Workload, withTradewind } from "./workload.ts";

export const w3: Workload = {
  id: "W3",
  title: "three tasks in a row",
  tradewind: (bench) => withTradewind(bench, {}, (engine) => measure(engine, bench, true)),
  peer: (engine, bench) => measure(engine, bench, false),
};

async function measure(engine: Engine, bench: Bench, withTargets: boolean): Promise<void> {
  const { name, isolation } = engine;
  const slow = isolation === "C";
  await repeated(slow ? 1 : 5, () => engine.chain(3, 1));
  const samples = await repeated(slow ? 5 : 50, () => engine.chain(3, 1));
  const { median: middle, p95 } = summary(samples);
  const target = withTargets ? { target: atMost(8) } : {};
  bench.report({
    engine: name,
    isolation,
    name: "one run after another, median",
    value: middle,
    unit: "ms",
    samples,
    ...target,
  });
  bench.report({ engine: name, isolation, name: "one run after another, p95", value: p95, unit: "ms" });
  for (const count of slow ? [10] : [100, 1000]) {
    const rounds = slow ? 1 : bench.quick ? 2 : 7;
    const rates = await repeated(rounds, async () => (count / (await engine.chains(count, 3))) * 1000);
    bench.report({
      engine: name,
      isolation,
      name: `${count} at once`,
      value: median(rates),
      unit: "runs/s",
      samples: rates,
      ...(withTargets ? { target: atLeast(400), note: "maxActiveRuns: 2000 on the Dag" } : {}),
    });
  }
}
