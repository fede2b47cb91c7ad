/** The short version of workload W9: the real program, killed under load. */
import { expect, it } from "vitest";
import { crashTest } from "../../bench/crash-test.ts";

it("loses no task and finishes none twice when worker, scheduler and database are killed under load", {
  timeout: 120_000,
}, async () => {
  const said: string[] = [];
  // The seed's order has each of the three at least once.
  const result = await crashTest({ kills: 6, seed: 19, linesBetween: 100, say: (text) => said.push(text) });
  expect(result.problems, said.join("\n")).toEqual([]);
  expect(result.lost).toBe(0);
  expect(result.doubled).toBe(0);
  expect(result.runs).toBeGreaterThan(0);
  for (const victim of ["worker", "scheduler", "database"] as const)
    expect(result.kills[victim]).toBeGreaterThan(0);
});
