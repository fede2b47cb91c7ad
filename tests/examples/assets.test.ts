import { expect, it } from "vitest";
import { collectOrders, report } from "../../examples/08_assets.ts";
import { testDag } from "../../src/testing/index.ts";

it("tells what it updated, and how much", async () => {
  const run = await testDag(collectOrders);
  expect(run.assetEvents).toEqual([
    { asset: { name: "orders", uri: "file:///warehouse/orders.csv" }, extra: { rows: 120 } },
  ]);
});

it("reports without events when it is started by hand", async () => {
  const run = await testDag(report);
  expect(run.results["report"]).toEqual(["orders: 0 updates", "refunds: 0 updates"]);
});
