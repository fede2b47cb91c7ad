/**
 * W6A: what people's pages and Airflow's clients ask for, over 500 Dags × 200 runs × 30 tasks: three million task
 * instances; and the grids of 900 tasks × 25 runs and 6000 × 10. Asked over HTTP of the API's own process; nothing is
 * scheduled meanwhile. `bench/lists.ts` asks a real Airflow the same.
 */
import { atMost } from "../figures.ts";
import { ask } from "../lists/ask.ts";
import { questionsOf } from "../lists/questions.ts";
import { tradewindLists } from "../lists/tradewind.ts";
import { number } from "../report.ts";
import type { Workload } from "./workload.ts";

export const w6a: Workload = {
  id: "W6A",
  title: "pages and lists over 500 Dags and 3 000 000 finished task instances",
  async tradewind(bench) {
    const size = { dags: 500, runsOfEach: bench.quick ? 20 : 200, tasks: 30 };
    bench.say(`loading ${size.dags * size.runsOfEach * size.tasks} task instances`);
    const server = await tradewindLists(size);
    try {
      for (const { name, tradewind, target } of questionsOf(size)) {
        const { p50, p95, kilobytes, samples } = await ask(server, tradewind, bench.quick ? 5 : 15);
        bench.report({
          engine: "Tradewind",
          isolation: "A",
          name,
          value: p50,
          unit: "ms",
          samples,
          note: `p95 ${number(p95)} ms, ${Math.ceil(kilobytes)} kB`,
          target: atMost(target),
        });
      }
    } finally {
      await server.stop();
    }
  },
};
