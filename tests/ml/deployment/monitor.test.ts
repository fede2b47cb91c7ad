/** Watching without a server: decay while labels come late, and drift in a part of the data. */
import { describe, expect, it } from "vitest";
import { Dag } from "../../../src/index.ts";
import {
  driftBySegment,
  type MonitorResult,
  type MonitorTaskOptions,
  monitorTask,
  Table,
} from "../../../src/ml/index.ts";
import { testTask } from "../../../src/testing/index.ts";

const ids = Array.from({ length: 200 }, (_, i) => `r${i}`);
const value = (i: number): number => Math.sin(i * 12.9898) * 0.5 + Math.cos(i * 4.1414) * 0.5;
const current = (): Table =>
  Table.from({ request_id: ids, x: ids.map((_, i) => value(i + 500)), prediction: ids.map((_, i) => i % 2) });
const reference = (): Table => Table.from({ x: ids.map((_, i) => value(i)) });
/** Truth of the first `count` answers, of which the given share is what was predicted. */
const labels = (count: number, right: number): Table =>
  Table.from({
    request_id: ids.slice(0, count),
    bought: ids.slice(0, count).map((_, i) => (i < right * count ? i % 2 : 1 - (i % 2))),
  });
const accuracy = (truth: readonly unknown[], predictions: readonly unknown[]): number =>
  truth.filter((one, i) => one === predictions[i]).length / truth.length;

async function watch(options: Partial<MonitorTaskOptions>): Promise<MonitorResult> {
  const dag = new Dag("watching", { autoRegister: false });
  monitorTask(dag, "watch", { current, reference, ...options })();
  const ended = await testTask(dag, "watch", {});
  if (ended.outcome !== "success") throw new Error(ended.message);
  return ended.value as MonitorResult;
}

describe("decay, when labels come late", () => {
  const decay = { label: "bought", score: accuracy, reference: 0.9, minSamples: 40 };

  it("says nothing before there are enough, and speaks when there are", async () => {
    const early = await watch({ decay: { ...decay, labels: () => labels(20, 0.2) } });
    expect(early).toMatchObject({ alarm: false, decay: { decayed: null, samples: 20 } });
    const later = await watch({ decay: { ...decay, labels: () => labels(100, 0.6) } });
    expect(later).toMatchObject({
      alarm: true,
      reason: "the score fell from 0.9 to 0.6",
      decay: { decayed: true, samples: 100 },
    });
    const good = await watch({ decay: { ...decay, labels: () => labels(200, 0.88) } });
    expect(good).toMatchObject({ alarm: false, decay: { decayed: false, samples: 200 } });
  });

  it("joins labels in whatever order they came, the last of an id, and passes over those of nobody", async () => {
    const late = labels(100, 1);
    const table = Table.from({
      request_id: ["nobody", ids[0] as string, ...(late.texts("request_id") as string[]).toReversed()],
      bought: [0, 1, ...Array.from(late.numbers("bought")).toReversed()],
    });
    const found = await watch({ decay: { ...decay, labels: () => table } });
    expect(found.decay).toMatchObject({ decayed: false, current: 1, samples: 100 });
  });

  it("waits while no label has come at all", async () => {
    const found = await watch({ decay: { ...decay, labels: () => labels(0, 1) } });
    expect(found).toMatchObject({ alarm: false, decay: { decayed: null, current: null, samples: 0 } });
  });

  it("is decay when the score is no number", async () => {
    const found = await watch({
      decay: { ...decay, score: () => Number.NaN, labels: () => labels(100, 1) },
    });
    expect(found).toMatchObject({ alarm: true, decay: { decayed: true, current: null } });
  });
});

describe("drift by segment", () => {
  /** In one town x is high, in the other low; later the other way round. */
  const towns = (later: number): Table =>
    Table.from({
      town: ids.map((_, i) => (i % 2 === 0 ? "Bonn" : "Cork")),
      x: ids.map((_, i) => value(i) + (i % 2 === later ? 1 : -1)),
    });

  it("finds what is level on the whole", async () => {
    const [before, now] = [towns(0), towns(1)];
    const segments = driftBySegment(before, now, "town");
    expect(segments).toMatchObject([
      { segment: "Bonn", rows: 100, drifted: true, driftedColumns: ["x"], note: null },
      { segment: "Cork", rows: 100, drifted: true, driftShare: 1 },
    ]);
    expect(driftBySegment(before, towns(0), "town").map(({ drifted }) => drifted)).toEqual([false, false]);
    const whole = await watch({ current: () => now, reference: () => before });
    expect(whole).toMatchObject({ drifted: false, alarm: false, segments: null });
    const parts = await watch({ current: () => now, reference: () => before, segment: "town" });
    expect(parts).toMatchObject({ drifted: false, alarm: true });
    expect(parts.reason).toBe("drifted where town is Bonn, Cork");
  });

  it("says why a segment was not compared", () => {
    const before = towns(0);
    const now = Table.from({
      town: [...Array<string>(40).fill("Ulm"), "Bonn"],
      x: ids.slice(0, 41).map((_, i) => i),
    });
    expect(driftBySegment(before, now, "town")).toMatchObject([
      { segment: "Bonn", rows: 1, drifted: false, note: "1 of 30 rows: too few to say anything" },
      { segment: "Ulm", rows: 40, drifted: true, note: "the reference has no such segment" },
    ]);
    expect(() => driftBySegment(before, now, "city")).toThrow('there is no column "city"');
  });
});
