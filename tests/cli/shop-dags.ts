/** Dag files that the tests of the command line share: a small shop with assets, mapping, templates and a failure. */
export const shopDags = {
  "assets.ts": `
import { Asset } from "tradewind";
export const orders = new Asset({ name: "orders", uri: "file:///orders.csv" });
`,
  "shop.ts": `
import { BashOperator, Dag } from "tradewind";
import { orders } from "./assets.ts";
const dag = new Dag("shop", {
  schedule: "@daily", startDate: "2026-01-01", tags: ["shop", "daily"], description: "Sells things",
  params: { shelf: 3 }, defaultArgs: { owner: "ada" },
});
const count = dag.task("count", async () => { console.log("counting"); return [1, 2]; }, { outlets: orders });
const label = dag.task("label", async ({ n }: { n: number }) => n * 10);
const labels = label.expand({ n: count() });
const bashCommand = "echo {{ ds }} shelf {{ params.shelf }}";
const print = dag.add(new BashOperator({ taskId: "print", bashCommand }));
print.after(labels);
dag.triggerDagRun({ taskId: "next", dagId: "stock" }).after(print);
`,
  "stock.ts": `
import { Dag } from "tradewind";
import { orders } from "./assets.ts";
export const stock = new Dag("stock", { schedule: orders, startDate: "2026-01-01" });
stock.task("take", async () => "taken")();
export const fails = new Dag("fails", { schedule: null });
const boom = fails.task("boom", async () => {
  console.log("before the end");
  throw new Error("it broke", { cause: new TypeError("because of this") });
}, { retries: 1, retryDelay: 0.05 })();
fails.task("later", async () => 1)().after(boom);
`,
} as const;
