import { expect, it } from "vitest";
import { waiting } from "../../examples/07_sensors_and_deferral.ts";
import { testDag } from "../../src/testing/index.ts";

it("goes on when both waits are over, in one try each", async () => {
  const run = await testDag(waiting, { now: "2026-01-01T00:00:00Z", params: { seconds: 30 } });
  expect(run.state).toBe("success");
  expect(run.results["go_on"]).toBe("waited 30 s; woken after 30 s");
  expect(run.tries).toMatchObject({ condition: 1, instant: 1 });
  expect(run.attempts.filter(({ outcome }) => outcome === "deferred")).toHaveLength(1);
  expect(run.attempts.filter(({ outcome }) => outcome === "reschedule").length).toBeGreaterThan(20);
});
