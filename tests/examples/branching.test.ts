import { expect, it } from "vitest";
import { branching } from "../../examples/06_branching.ts";
import { testDag } from "../../src/testing/index.ts";

it.each([
  [0, "nothing_to_do", ["in_memory", "in_chunks"], "archive"],
  [251, "in_memory", ["in_chunks", "nothing_to_do"], "review"],
  [5000, "in_chunks", ["in_memory", "nothing_to_do"], "archive"],
])("with %d rows takes the way %s and joins", async (rows, taken, others, routed) => {
  const run = await testDag(branching, { params: { rows } });
  expect(run.state).toBe("success");
  expect(run.states[taken]).toBe("success");
  expect(others.map((other) => run.states[other])).toEqual(["skipped", "skipped"]);
  expect(run.states["publish"]).toBe("success");
  expect(run.states[routed]).toBe("success");
});
