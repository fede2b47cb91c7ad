/** W9: SIGKILL for worker, scheduler and database, at random, under load. */
import { crashTest } from "../crash-test.ts";
import { summary } from "../engine.ts";
import { atMost } from "../figures.ts";
import { stopTradewind, type Workload } from "./workload.ts";

export const w9: Workload = {
  id: "W9",
  title: "crash: worker, scheduler and database killed at random",
  async tradewind(bench) {
    await stopTradewind();
    const kills = bench.quick ? 10 : 100;
    const result = await crashTest({ kills, seed: 20_240_501, say: bench.say });
    for (const problem of result.problems) bench.say(problem);
    const of = Object.entries(result.kills).map(([victim, count]) => `${victim} ${count}`);
    const counts = `${kills} kills (${of.join(", ")}), ${result.runs} runs, ${result.tasks} tasks, ${result.attempts} attempts`;
    const engine = { engine: "Tradewind", isolation: "B" } as const;
    bench.report({
      ...engine,
      name: "tasks lost",
      value: result.lost,
      unit: "",
      target: atMost(0),
      note: counts,
    });
    bench.report({
      ...engine,
      name: "tasks finished twice, or attempts begun twice",
      value: result.doubled,
      unit: "",
      target: atMost(0),
    });
    const note = "their end was not committed when it was lost, and their retries allow it";
    bench.report({
      ...engine,
      name: "tasks whose handler came to its end more than once",
      value: result.endedAgain,
      unit: "",
      note,
    });
    for (const [victim, times] of Object.entries(result.resumeMs)) {
      if (times.length === 0) continue;
      const { median, max } = summary(times);
      bench.report({
        ...engine,
        name: `${victim} killed → work goes on, median`,
        value: median,
        unit: "ms",
        samples: times,
      });
      bench.report({
        ...engine,
        name: `${victim} killed → work goes on, longest`,
        value: max,
        unit: "ms",
        target: atMost(5000),
      });
    }
  },
};
