/**
 * Setup and teardown: a resource that exists only while it is needed.
 *
 * `create_cluster` is a setup, `delete_cluster` its teardown. The teardown runs whether the work between them succeeded
 * or failed, as long as the setup succeeded; its own success does not hide the failure of the work. Clearing a task in
 * between clears the setup and the teardown with it.
 */
import { Dag, getContext, Param } from "tradewind";

export const setupTeardown = new Dag("setup_teardown", {
  schedule: null,
  tags: ["example"],
  params: { break_it: new Param(false, { type: "boolean", description: "Let the work fail" }) },
});

interface Cluster {
  address: string;
  nodes: number;
}

const create = setupTeardown.setup(
  "create_cluster",
  async (): Promise<Cluster> => ({ address: "10.0.0.7", nodes: 3 }),
)();

const work = setupTeardown.task("work", async ({ cluster }: { cluster: Cluster }) => {
  if (getContext().params["break_it"] === true) throw new Error(`the job on ${cluster.address} failed`);
  return cluster.nodes * 100;
})({ cluster: create });

const remove = setupTeardown.teardown("delete_cluster", async ({ cluster }: { cluster: Cluster }) => {
  getContext().logger.info(`deleted ${cluster.address}`);
})({ cluster: create });

remove.asTeardown({ setups: create }).after(work);
