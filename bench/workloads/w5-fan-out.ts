/** W5: `make_list >> work.expand(N) >> reduce` with a no-op body, N up to 100 000. */
import type { Engine } from "../engine.ts";
import { atMost, median, repeated } from "../figures.ts";
import type { Tradewind } from "../tradewind/tradewind.ts";
import { type Bench, named, type Workload, withTradewind } from "./workload.ts";

const settings = { "core.max_map_length": 200_000 };
const rounds: readonly (readonly [n: number, rounds: number])[] = [
  [100, 5],
  [1000, 5],
  [10_000, 3],
  [100_000, 1],
];

export const w5: Workload = {
  id: "W5",
  title: "mapped fan-out",
  tradewind: (bench) => withTradewind(bench, { settings }, (engine) => measure(engine, bench)),
  async peer(engine, bench) {
    if (engine.fanOut === undefined || engine.isolation === "C") return;
    for (const [n, times] of rounds.slice(0, 3)) {
      const samples = await repeated(times, () => (engine as Required<Engine>).fanOut(n));
      report(engine, bench, `N = ${n}`, median(samples), "ms", { samples });
    }
  },
};

async function measure(engine: Tradewind, bench: Bench): Promise<void> {
  const note = `${named(settings)}, maxActiveTasks: 200000 on the Dag`;
  const walls = new Map<number, number>();
  await repeated(2, () => engine.fanOut(100));
  await engine.order("heldMs");
  for (const [n, times] of bench.quick ? rounds.slice(0, 3) : rounds) {
    const samples = await repeated(times, () => engine.fanOut(n));
    walls.set(n, median(samples));
    const target = n === 10_000 ? { target: atMost(4000) } : {};
    report(engine, bench, `N = ${n}`, median(samples), "ms", { samples, note, ...target });
    report(
      engine,
      bench,
      `N = ${n}: the scheduler's loop was held at most`,
      await engine.order("heldMs"),
      "ms",
      n >= 10_000 ? { target: atMost(50) } : {},
    );
    await engine.order("lives");
  }
  for (const [from, to] of [
    [1000, 10_000],
    [10_000, 100_000],
  ] as const) {
    const [a, b] = [walls.get(from), walls.get(to)];
    if (a === undefined || b === undefined) continue;
    report(engine, bench, `exponent, ${from} → ${to}`, Math.log10(b / a), "", { target: atMost(1.1) });
  }
}

function report(
  { name: engine, isolation }: Engine,
  bench: Bench,
  name: string,
  value: number,
  unit: string,
  more: object = {},
): void {
  bench.report({ engine, isolation, name, value, unit, ...more });
}
