import { expect, it } from "vitest";
import { retries } from "../../examples/10_retries.ts";
import { testDag } from "../../src/testing/index.ts";

it("succeeds on the third try, waits between tries, and skips what has nothing to do", async () => {
  const run = await testDag(retries, { now: "2026-01-01T00:00:00Z" });
  expect(run.state).toBe("success");
  expect(run.results["flaky"]).toBe("done on try 3");
  expect(run.states).toMatchObject({ maybe: "skipped", after_maybe: "skipped", clean_up: "success" });
  expect(run.end.getTime() - run.start.getTime()).toBeGreaterThanOrEqual(2000);
  expect(run.logs.filter(({ message }) => message.startsWith("another try"))).toHaveLength(2);
});

it("does not try again what cannot be helped", async () => {
  const run = await testDag(retries, { params: { hopeless: true } });
  expect(run.tries["hopeless"]).toBe(1);
  expect(run.logs.some(({ message }) => message.startsWith("gave up"))).toBe(true);
  expect(run.states["clean_up"]).toBe("success");
});
