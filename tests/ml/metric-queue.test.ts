/** Metrics on their way to the server: how many, in which order, and what becomes of them when it is away. */
import { describe, expect, it } from "vitest";
import { TradewindError } from "../../src/errors.ts";
import type { TrackingClient } from "../../src/ml/tracking/client.ts";
import { MetricQueue } from "../../src/ml/tracking/metric-queue.ts";

interface Sent {
  readonly key: string;
  readonly value: number | string;
  readonly step: number;
}

/** Takes batches; `fail` says what becomes of each. */
function recorder(fail: (batch: number) => Error | null = () => null) {
  const batches: Sent[][] = [];
  let calls = 0;
  const client: Pick<TrackingClient, "call"> = {
    async call<Answer>(_method: string, _path: string, given: Readonly<Record<string, unknown>> = {}) {
      await Promise.resolve();
      const error = fail(calls++);
      if (error !== null) throw error;
      batches.push(given["metrics"] as Sent[]);
      return {} as Answer;
    },
  };
  return { client, batches };
}

const point = (step: number) => ({ key: "loss", value: step / 2, timestamp: 1, step });
const away = new TradewindError("TW_TRACKING_SERVER", "away");

describe("metrics on their way", () => {
  it("arrive all and in order when a million are logged in a loop that waits for nothing", async () => {
    const { client, batches } = recorder();
    const queue = new MetricQueue(client, "r");
    for (let step = 0; step < 1_000_000; step++) void queue.add([point(step)]);
    await queue.flush();
    let next = 0;
    for (const batch of batches)
      for (const { step, value } of batch) if (step === next && value === step / 2) next++;
    expect(next).toBe(1_000_000);
    expect(Math.max(...batches.map(({ length }) => length))).toBe(1000);
  });

  it("are never many where the loop waits for room", async () => {
    let waiting = 0;
    let most = 0;
    const { client, batches } = recorder();
    const queue = new MetricQueue(client, "r");
    for (let step = 0; step < 300_000; step++) {
      const room = queue.add([point(step)]);
      waiting = step + 1 - batches.reduce((sum, { length }) => sum + length, 0);
      most = Math.max(most, waiting);
      if (waiting >= 100_000) await room;
    }
    await queue.flush();
    expect(batches.flat()).toHaveLength(300_000);
    // One batch of a thousand may be on its way.
    expect(most).toBeLessThanOrEqual(101_000);
  });

  it("are kept while the server is away, and told of; what it refuses is not sent again", async () => {
    let isAway = true;
    const refused = new TradewindError("TW_TRACKING_REFUSED", "no");
    const { client, batches } = recorder((batch) => (isAway ? away : batch === 2 ? refused : null));
    const queue = new MetricQueue(client, "r");
    void queue.add([point(0), point(1)]);
    await expect(queue.flush()).rejects.toBe(away);
    isAway = false;
    await queue.flush();
    expect(batches.flat().map(({ step }) => step)).toEqual([0, 1]);
    void queue.add([point(2)]);
    await expect(queue.flush()).rejects.toBe(refused);
    await queue.flush();
    expect(batches.flat()).toHaveLength(2);
  });

  it("are refused where five million wait, and those are kept", async () => {
    const { client } = recorder(() => away);
    const queue = new MetricQueue(client, "r");
    const many = Array.from({ length: 1_000_000 }, (_, step) => point(step));
    for (let times = 0; times < 5; times++) void queue.add(many);
    expect(() => queue.add([point(0)])).toThrow(/expected at most 5000000 metrics/);
    await expect(queue.flush()).rejects.toBe(away);
  });

  it("are none when none are given", async () => {
    const { client, batches } = recorder();
    const queue = new MetricQueue(client, "r");
    await queue.add([]);
    await queue.flush();
    expect(batches).toEqual([]);
  });
});
