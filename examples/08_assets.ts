/**
 * Assets: a Dag that runs when data is there, not at a time.
 *
 * `collect_orders` and `collect_refunds` declare what they produce as outlets. `report` has no clock: a run of it
 * starts when both assets were updated since its last run, and it can ask which events started it.
 */
import { Asset, Dag, getContext } from "tradewind";

const orders = new Asset({ name: "orders", uri: "file:///warehouse/orders.csv" });
const refunds = new Asset({ name: "refunds", uri: "file:///warehouse/refunds.csv" });

export const collectOrders = new Dag("collect_orders", {
  schedule: "@hourly",
  startDate: "2024-01-01",
  tags: ["example"],
});
collectOrders.task(
  "collect",
  async () => {
    // What the event tells those who wait for the asset.
    getContext().outletEvents.of(orders).extra = { rows: 120 };
    return 120;
  },
  { outlets: orders },
)();

export const collectRefunds = new Dag("collect_refunds", {
  schedule: "@daily",
  startDate: "2024-01-01",
  tags: ["example"],
});
collectRefunds.task("collect", async () => 3, { outlets: refunds })();

export const report = new Dag("report", {
  schedule: orders.and(refunds),
  startDate: "2024-01-01",
  tags: ["example"],
});
report.task("report", async () => {
  const events = getContext().triggeringAssetEvents;
  return [orders, refunds].map((asset) => `${asset.name}: ${events.of(asset).length} updates`);
})();
