/** Rollouts: what is decided from what was seen, and that it is carried out once, whoever looks and whoever is killed. */
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/log.ts";
import { withShare } from "../../../src/ml/serving/rollout-decision.ts";
import { judgeGuardrails } from "../../../src/ml/serving/rollout-guardrails.ts";
import { RolloutService } from "../../../src/ml/serving/rollout-service.ts";
import { sequentialLoss } from "../../../src/ml/serving/sequential-test.ts";
import { listAuditEntries } from "../../../src/store/audit-log.ts";
import type { Database } from "../../../src/store/connect.ts";
import { addOutcomes, addTraffic } from "../../../src/store/endpoint-traffic.ts";
import { changeTraffic, createEndpoint, findEndpoint, listChanges } from "../../../src/store/endpoints.ts";
import {
  abortRollout,
  findRollout,
  listRolloutEvents,
  pauseRollout,
  type RolloutGuardrails,
  startRollout,
} from "../../../src/store/rollouts.ts";
import { SimulatedClock } from "../../../src/testing/index.ts";
import { freshDatabase } from "../../support/database.ts";

const start = Date.parse("2026-03-01T10:00:00Z");
const by = { now: start, actor: "ann" };
const champion = { name: "champion", model: "models:/m/1", weight: 100, shadow: false };
const canary = { name: "canary", model: "models:/m/2" };
const steps = [10, 50, 100].map((weight) => ({ weight, bake_seconds: 600, min_requests: 100 }));

async function world(guardrails: RolloutGuardrails = { max_error_rate: 0.05 }) {
  const { database } = await freshDatabase();
  const endpoint = {
    name: "shop",
    description: "",
    variants: [champion],
    guardrails: null,
    requestLog: null,
  };
  const before = await createEndpoint(database, endpoint, by);
  const rollout = await startRollout(
    database,
    { endpoint: "shop", variant: "canary", model: canary.model, baseline: "champion", steps, guardrails },
    { before, variants: withShare(before.variants, canary, 10), reason: "step 1" },
    by,
  );
  const clock = new SimulatedClock(start);
  const service = () =>
    new RolloutService({ database, clock, log: silentLog(), flush: async () => undefined });
  return {
    database,
    rollout,
    service,
    /** So many seconds later, with requests in between that the present traffic answered. */
    async later(seconds: number, requests = 0, errors = 0): Promise<void> {
      clock.after(seconds * 1000, () => undefined);
      clock.advance();
      await addRequests(database, clock.now(), { requests, errors });
    },
    now: () => clock.now(),
    state: async () => {
      const { state, step, reason } = await findRollout(database, "shop", rollout.id);
      return { state, step, reason };
    },
    weights: async () =>
      (await findEndpoint(database, "shop")).variants.map(({ name, weight }) => [name, weight]),
  };
}

async function addRequests(
  database: Database,
  now: number,
  { requests, errors }: { requests: number; errors: number },
): Promise<void> {
  if (requests === 0) return;
  const { generation } = await findEndpoint(database, "shop");
  const minute = now - (now % 60_000);
  const latency = Array.from({ length: 84 }, (_, bucket) => (bucket === 30 ? requests : 0));
  await addTraffic(
    database,
    ["canary", "champion"].map((variant) => ({
      endpoint: "shop",
      variant,
      modelVersion: "1",
      generation,
      minute,
      requests,
      errors: variant === "canary" ? errors : 0,
      latency,
    })),
  );
}

describe("a rollout", () => {
  it("takes a step when time and requests have passed, and ends with all of the traffic", async () => {
    const { later, service, state, weights, database, rollout } = await world();
    await service().runOnce();
    expect(await state()).toMatchObject({
      state: "running",
      step: 0,
      reason: expect.stringContaining("until"),
    });
    await later(600, 99);
    await service().runOnce();
    expect(await state()).toMatchObject({ step: 0, reason: "step 1 of 3 (10 %): 99 of 100 requests" });
    await later(1, 1);
    // A server of its own for each look: nothing of a rollout is in memory.
    await service().runOnce();
    expect(await state()).toMatchObject({ state: "running", step: 1 });
    expect(await weights()).toEqual([
      ["champion", 50],
      ["canary", 50],
    ]);
    await later(600, 100);
    await service().runOnce();
    await later(600, 100);
    await service().runOnce();
    expect(await state()).toMatchObject({ state: "succeeded", reason: "all 3 steps held" });
    expect(await weights()).toEqual([
      ["champion", 0],
      ["canary", 100],
    ]);
    const kinds = (await listRolloutEvents(database, rollout.id)).map(({ kind, actor }) => [kind, actor]);
    expect(kinds).toEqual([
      ["started", "ann"],
      ["step", null],
      ["step", null],
      ["succeeded", null],
    ]);
  });

  it("counts what its own step answered, and nothing of before", async () => {
    const { later, service, state } = await world();
    await later(600, 500);
    await service().runOnce();
    await later(600);
    await service().runOnce();
    expect(await state()).toMatchObject({ step: 1, reason: "step 2 of 3 (50 %): 0 of 100 requests" });
  });

  it("goes back to the traffic of before when a guardrail is broken, and says why", async () => {
    const { later, service, state, weights, database } = await world();
    await later(600, 200);
    await service().runOnce();
    await later(10, 100, 20);
    await service().runOnce();
    const reason = "max_error_rate: error rate 0.2000 of 100 requests, at most 0.05";
    expect(await state()).toEqual({ state: "rolled_back", step: 1, reason });
    expect(await weights()).toEqual([["champion", 100]]);
    const [change] = await listChanges(database, "shop");
    expect(change).toMatchObject({ kind: "guardrail", actor: null, reason });
    const { rows } = await listAuditEntries(database, { events: ["rollout_rolled_back"] });
    expect(rows).toMatchObject([{ owner: "tradewind", extra: expect.stringContaining(reason) }]);
  });

  it("is moved once when several servers look at it at once", async () => {
    const { later, service, state, database } = await world();
    await later(600, 200);
    await Promise.all([service().runOnce(), service().runOnce(), service().runOnce()]);
    expect(await state()).toMatchObject({ step: 1 });
    expect(await listChanges(database, "shop")).toHaveLength(3);
  });

  it("stays at its step while it is paused, and goes back all the same", async () => {
    const { later, service, state, database, rollout, now } = await world();
    const at = { endpoint: "shop", id: rollout.id };
    await pauseRollout(database, at, { paused: true, reason: "lunch" }, { ...by, now: now() });
    await later(6000, 500);
    await service().runOnce();
    expect(await state()).toEqual({ state: "paused", step: 0, reason: "lunch" });
    await expect(pauseRollout(database, at, { paused: true, reason: null }, by)).rejects.toMatchObject({
      code: "TW_ROLLOUT_STATE",
      message: `rollout ${rollout.id} of shop: expected it to be running, got paused`,
    });
    await later(10, 500, 400);
    await service().runOnce();
    expect(await state()).toMatchObject({ state: "rolled_back" });
  });

  it("gives way to what somebody else does with the traffic", async () => {
    const { service, state, weights, database } = await world();
    const variants = [
      { ...champion, weight: 70 },
      { ...canary, weight: 30, shadow: false },
    ];
    await changeTraffic(
      database,
      "shop",
      { kind: "traffic", variants, reason: "by hand" },
      { ...by, actor: "bob" },
    );
    await service().runOnce();
    expect(await state()).toMatchObject({
      state: "superseded",
      reason: "somebody else changed the traffic: traffic, bob, by hand",
    });
    expect(await weights()).toEqual([
      ["champion", 70],
      ["canary", 30],
    ]);
  });

  it("is ended by hand, and is the only one of its endpoint", async () => {
    const { weights, database, rollout, state } = await world();
    const before = await findEndpoint(database, "shop");
    const again = {
      endpoint: "shop",
      variant: "x",
      model: "models:/m/3",
      baseline: "champion",
      steps,
      guardrails: {},
    };
    await expect(
      startRollout(database, again, { before, variants: before.variants, reason: "" }, by),
    ).rejects.toMatchObject({ code: "TW_ROLLOUT_STATE" });
    expect((await findEndpoint(database, "shop")).generation).toBe(before.generation);
    await abortRollout(database, { endpoint: "shop", id: rollout.id }, "not today", by);
    expect(await state()).toMatchObject({ state: "aborted", reason: "not today" });
    expect(await weights()).toEqual([["champion", 100]]);
  });

  it("goes back for a business metric, which is compared again and again", async () => {
    const metric = {
      metric: "bought",
      greater_is_better: true,
      max_loss: 0.05,
      significance: 0.05,
      min_samples: 100,
      required: true,
    };
    const { later, service, state, database, now } = await world({ metrics: [metric] });
    await later(600, 200);
    await service().runOnce();
    expect(await state()).toMatchObject({ step: 0, reason: expect.stringContaining("0 of 100 outcomes") });
    const told = (variant: string, share: number) =>
      Array.from({ length: 200 }, (_, i) => ({
        requestId: `${variant}-${i}`,
        variant,
        metric: "bought",
        value: i % 100 < share * 100 ? 1 : 0,
      }));
    await addOutcomes(database, "shop", [...told("champion", 0.5), ...told("canary", 0.2)], now());
    await service().runOnce();
    expect(await state()).toMatchObject({
      state: "rolled_back",
      reason: expect.stringMatching(/^bought: mean 0\.2000 against 0\.5000, loss 0\.300/),
    });
  });
});

describe("guardrails", () => {
  const names = { variant: "b", baseline: "a" };
  const report = (requests: number, errors: number, p99 = 10) => ({
    variant: "b",
    modelVersion: "",
    requests,
    errors,
    errorRate: errors / requests,
    p50: 1,
    p95: 5,
    p99,
  });
  const judge = (guardrails: RolloutGuardrails, variant: object, baseline: object | null = null) =>
    judgeGuardrails(guardrails, { variant, baseline, outcomes: [], names } as never).map(
      ({ state }) => state,
    );

  it("wait for evidence: a failure among few requests is neither proof nor a good sign", () => {
    const rule = { max_error_rate: 0.01, min_requests: 50 };
    expect(judge(rule, report(49, 49))).toEqual(["unclear"]);
    expect(judge(rule, report(50, 1))).toEqual(["unclear"]);
    expect(judge(rule, report(200, 1))).toEqual(["holds"]);
    expect(judge(rule, report(50, 5))).toEqual(["broken"]);
  });

  it("compare latencies with a bound and with the baseline's", () => {
    expect(judge({ max_p99_ms: 20 }, report(100, 0, 19))).toEqual(["holds"]);
    expect(judge({ max_p99_ms: 20 }, report(100, 0, 21))).toEqual(["broken"]);
    expect(judge({ max_p99_ratio: 2 }, report(100, 0, 21), report(100, 0, 10))).toEqual(["broken"]);
    expect(judge({ max_p99_ratio: 2 }, report(100, 0, 21))).toEqual(["holds"]);
  });
});

describe("the sequential comparison", () => {
  const side = (mean: number, count: number) => ({
    variant: "",
    metric: "",
    count,
    mean,
    variance: mean * (1 - mean),
  });
  const rules = { maxLoss: 0, greaterIsBetter: true, minSamples: 100 };

  it("finds a loss that is there, and none where there is none", () => {
    expect(sequentialLoss(side(0.5, 1000), side(0.4, 1000), rules).pValue).toBeLessThan(0.001);
    expect(sequentialLoss(side(0.5, 1000), side(0.6, 1000), rules).pValue).toBe(1);
    expect(sequentialLoss(side(0.5, 1000), side(0.4, 1000), { ...rules, maxLoss: 0.1 }).pValue).toBe(1);
  });

  it("raises a false alarm in no more than five of a hundred rollouts, however often it looks", () => {
    // A linear congruential generator: the same draws on every machine.
    let seed = 1;
    const uniform = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    let alarms = 0;
    for (let rollout = 0; rollout < 400; rollout++) {
      const hits = [0, 0];
      for (let n = 1; n <= 2000; n++) {
        hits[0]! += Number(uniform() < 0.3);
        hits[1]! += Number(uniform() < 0.3);
        if (n < 100 || n % 20 !== 0) continue;
        const { pValue } = sequentialLoss(side(hits[0]! / n, n), side(hits[1]! / n, n), rules);
        if (pValue >= 0.05) continue;
        alarms += 1;
        break;
      }
    }
    expect(alarms / 400).toBeLessThanOrEqual(0.05);
  });
});
