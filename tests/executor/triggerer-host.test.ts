import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { nodeTriggerer } from "../../src/executor/triggerer-commands.ts";
import { TriggererHost, type WaitingTrigger } from "../../src/executor/triggerer-host.ts";
import { silentLog } from "../../src/log.ts";
import { readLog } from "../../src/logs/read-log.ts";
import { systemClock } from "../../src/time.ts";
import { isGone } from "./process-state.ts";
import { startTask } from "./workload.ts";

interface Fired {
  triggerId: string;
  event?: Json;
  error?: string;
}

/** A host with its own home; `next` gives what its triggers come to, in order. */
const fixture = join(import.meta.dirname, "fixtures", "triggerer.ts");

async function makeHost(idleMs = 60_000, entry: string | undefined = fixture) {
  const home = mkdtempSync(join(tmpdir(), "tradewind-triggerer-"));
  const come: Fired[] = [];
  const waiting: ((fired: Fired) => void)[] = [];
  const push = (fired: Fired): void => {
    const wake = waiting.shift();
    if (wake === undefined) come.push(fired);
    else wake(fired);
  };
  const host = new TriggererHost(
    {
      clock: systemClock,
      log: silentLog(),
      runFolder: join(home, "run"),
      logFolder: home,
      maxTaskLogBytes: 1e6,
      idleMs,
      command: entry === "own" ? nodeTriggerer() : nodeTriggerer(entry),
    },
    {
      fired: (triggerId, { event }) => push({ triggerId, event }),
      failed: (triggerId, error) => push({ triggerId, error: error.message }),
      request: async () => "swordfish",
    },
  );
  await host.start();
  const next = (): Promise<Fired> => {
    const first = come.shift();
    return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
  };
  return { host, next, home };
}

const it = test.extend<{ make: (idleMs?: number, entry?: string) => ReturnType<typeof makeHost> }>({
  // Vitest reads which fixtures a fixture needs from its pattern.
  // oxlint-disable-next-line no-empty-pattern
  make: async ({}, use) => {
    const made: Awaited<ReturnType<typeof makeHost>>[] = [];
    await use(async (idleMs, entry) => {
      const one = await makeHost(idleMs, entry);
      made.push(one);
      return one;
    });
    for (const { host, home } of made) {
      await host.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
});

function trigger(triggerId: string, does: string): WaitingTrigger {
  const { code, task } = startTask("a", { do: "succeed" });
  return {
    triggerId,
    trigger: { classpath: "x", kwargs: { does } },
    code,
    task,
    logLevel: "info",
    logPath: "a.log",
  };
}

describe.concurrent("TriggererHost", () => {
  it("starts no process before the first trigger, and one for all", async ({ make }) => {
    const { host, next } = await make();
    expect(host.pid).toBeNull();
    host.add(trigger("1", "fire"));
    host.add(trigger("1", "fire"));
    host.add(trigger("2", "fail"));
    const pid = host.pid;
    expect(await next()).toEqual({ triggerId: "1", event: { pid, seen: 1 } });
    expect(await next()).toEqual({ triggerId: "2", error: "no" });
    expect(host.size).toBe(0);
  });

  it("keeps a trigger that may fire again", async ({ make }) => {
    const { host, next } = await make();
    host.add(trigger("1", "fire often"));
    await next();
    expect(host.has("1")).toBe(true);
  });

  it("answers what a trigger asks, and hides secrets in what it logs to the attempt's file", async ({
    make,
  }) => {
    const { host, next, home } = await make();
    host.add(trigger("1", "ask"));
    expect(await next()).toEqual({ triggerId: "1", event: "swordfish" });
    expect((await readLog(join(home, "a.log"))).records.map(({ message }) => message)).toEqual(["it is ***"]);
  });

  it("starts again with all that wait when the process dies", async ({ make }) => {
    const { host, next } = await make();
    host.add(trigger("1", "fire often"));
    host.add(trigger("2", "wait"));
    await next();
    const before = host.pid;
    process.kill(before ?? 0, "SIGKILL");
    expect(await next()).toMatchObject({ triggerId: "1" });
    expect(host.pid).not.toBe(before);
    host.add(trigger("3", "fire"));
    // "1" and "2" were handed over again before "3".
    expect(await next()).toMatchObject({ triggerId: "3", event: { seen: 3 } });
  });

  it("ends the process when nothing waits any more, and starts one for the next trigger", async ({
    make,
  }) => {
    const { host, next } = await make(20);
    host.add(trigger("1", "wait"));
    const pid = host.pid ?? 0;
    host.cancel("1");
    await vi.waitFor(() => expect(isGone(pid)).toBe(true));
    host.add(trigger("2", "fire"));
    expect(await next()).toMatchObject({ triggerId: "2", event: { seen: 1 } });
  });

  it("holds ten thousand triggers in one process", async ({ make }) => {
    const { host, next } = await make();
    for (let i = 0; i < 10_000; i++) host.add(trigger(`${i}`, "wait"));
    host.add(trigger("last", "fire"));
    expect(await next()).toMatchObject({ triggerId: "last", event: { seen: 10_001 } });
    expect(host.size).toBe(10_000);
  });

  it("speaks with Tradewind's own triggerer", async ({ make }) => {
    const { host, next } = await make(60_000, "own");
    const moment = new Date(systemClock.now() + 50).toISOString();
    host.add({ ...trigger("1", ""), trigger: { classpath: "DateTimeTrigger", kwargs: { moment } } });
    host.add({ ...trigger("2", ""), trigger: { classpath: "NoSuchTrigger", kwargs: {} } });
    const came = [await next(), await next()].sort((a, b) => Number(a.triggerId) - Number(b.triggerId));
    expect(came).toEqual([
      { triggerId: "1", event: moment },
      { triggerId: "2", error: expect.any(String) },
    ]);
  });
});
