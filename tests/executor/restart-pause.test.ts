import { expect, test } from "vitest";
import { RestartPause } from "../../src/executor/restart-pause.ts";

const limits = { firstMs: 50, longestMs: 300, settledMs: 2000 };

function afterLives(...lifetimesMs: number[]): number[] {
  let now = 1_000_000;
  const pause = new RestartPause({ now: () => now }, limits);
  return lifetimesMs.map((lifetimeMs) => {
    pause.started();
    now += lifetimeMs;
    const waited = pause.afterDeath();
    now += waited;
    return waited;
  });
}

test("a process that dies again and again is waited for twice as long each time, up to the longest", () => {
  expect(afterLives(0, 10, 2000, 0, 0)).toEqual([50, 100, 200, 300, 300]);
});

test("a process that was in order is started again as soon as the first one", () => {
  expect(afterLives(0, 0, 2001, 0)).toEqual([50, 100, 50, 100]);
});
