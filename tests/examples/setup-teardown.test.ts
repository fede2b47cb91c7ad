import { expect, it } from "vitest";
import { setupTeardown } from "../../examples/09_setup_teardown.ts";
import { testDag } from "../../src/testing/index.ts";

it("takes the cluster down after the work", async () => {
  const run = await testDag(setupTeardown);
  expect(run.state).toBe("success");
  expect(run.order).toEqual(["create_cluster", "work", "delete_cluster"]);
});

it("takes the cluster down after work that failed, and the run is failed all the same", async () => {
  const run = await testDag(setupTeardown, { params: { break_it: true } });
  expect(run.states).toEqual({ create_cluster: "success", work: "failed", delete_cluster: "success" });
  expect(run.state).toBe("failed");
});

it("has nothing to take down when the cluster was never there", async () => {
  const mocks = {
    create_cluster: () => {
      throw new Error("no quota");
    },
  };
  const run = await testDag(setupTeardown, { mocks });
  expect(run.states["work"]).toBe("upstream_failed");
  expect(run.order).toEqual(["create_cluster"]);
});
