import { expect, it } from "vitest";
import { mapping } from "../../examples/05_mapping.ts";
import { testDag } from "../../src/testing/index.ts";

it("maps a task and a group over what another task returns", async () => {
  const run = await testDag(mapping);
  expect(run.state).toBe("success");
  expect(run.results["count_words"]).toEqual([2, 2, 1]);
  expect(run.results["total"]).toBe(5);
  expect(run.results["per_region.sum"]).toEqual([8, 8, 7]);
  expect(run.results["largest"]).toBe(8);
});

it("skips what is mapped over nothing", async () => {
  const run = await testDag(mapping, { mocks: { list_files: [] } });
  expect(run.states["count_words"]).toBe("skipped");
  expect(run.states["total"]).toBe("skipped");
});
