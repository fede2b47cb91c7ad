/** What the pages of deployments ask for, from counted minutes and told outcomes. */
import { expect, it } from "vitest";
import type { Deployment, DeploymentItem } from "../../src/api/ui/serving-contract.ts";
import { LatencyHistogram } from "../../src/ml/serving/latency-histogram.ts";
import { addOutcomes, addTraffic } from "../../src/store/endpoint-traffic.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const now = Date.UTC(2026, 2, 1, 12, 0, 30);
const minute = 60_000;
const clock = { now: () => now, after: () => ({ cancel: () => undefined }) };

async function shop(api: TestApi, guardrails: object | null = null): Promise<void> {
  const variants = [
    { name: "champion", model: "models:/churn/3", weight: 90 },
    { name: "canary", model: "models:/churn/4", weight: 10 },
    { name: "ghost", model: "models:/churn/5", weight: 0, shadow: true },
  ];
  await api.call("POST", "/api/endpoints", { body: { name: "shop", variants, guardrails } });
}

async function counted(
  api: TestApi,
  variant: string,
  { ago, requests, errors = 0, ms = 2 }: { ago: number; requests: number; errors?: number; ms?: number },
): Promise<void> {
  const latency = new LatencyHistogram();
  for (let i = 0; i < requests; i++) latency.add(ms);
  const at = now - (now % minute) - ago * minute;
  await api.database.transaction((tx) =>
    addTraffic(tx, [
      {
        endpoint: "shop",
        variant,
        modelVersion: "3",
        generation: 1,
        minute: at,
        requests,
        errors,
        latency: latency.counts,
      },
    ]),
  );
}

it("counts what came in the last minute as a rate, shadows apart", async () => {
  const api = await freshApi({ parts: { clock } });
  await shop(api);
  await counted(api, "champion", { ago: 0, requests: 30 });
  // Half a minute of it is older than sixty seconds.
  await counted(api, "champion", { ago: 1, requests: 60, errors: 6 });
  await counted(api, "ghost", { ago: 0, requests: 30 });
  const { body } = await api.get<DeploymentItem[]>("/ui/deployments");
  expect(body).toMatchObject([
    {
      name: "shop",
      requestsPerSecond: 1,
      requests: 90,
      errorRate: expect.closeTo(6 / 90),
      lastChange: { kind: "created", actor: "admin" },
    },
  ]);
  expect(body[0]?.p95).toBeCloseTo(2.2, 0);
});

it("draws requests, errors and latencies of each variant step by step", async () => {
  const api = await freshApi({ parts: { clock } });
  await shop(api);
  await counted(api, "champion", { ago: 0, requests: 4 });
  await counted(api, "champion", { ago: 2, requests: 3, errors: 1 });
  await counted(api, "canary", { ago: 2, requests: 1, ms: 20 });
  await counted(api, "champion", { ago: 300, requests: 50 });
  const { body } = await api.get<Deployment>("/ui/deployments/shop?hours=1", { as: "Viewer" });
  expect(body.stepMs).toBe(minute);
  expect(body.times).toHaveLength(60);
  const [champion, canary, ghost] = body.traffic;
  expect(champion?.perStep.requests.slice(-3)).toEqual([3, 0, 4]);
  expect(champion?.perStep.errors.slice(-3)).toEqual([1, 0, 0]);
  expect(champion).toMatchObject({ requests: 7, errors: 1, modelVersions: ["3"] });
  expect(canary?.p50).toBeGreaterThan(15);
  expect(ghost?.requests).toBe(0);
  expect(champion?.latency.reduce((sum, count) => sum + count, 0)).toBe(7);
  expect(body.latencyBorders).toHaveLength(champion?.latency.length ?? 0);
});

it("says what each guardrail sees of a canary, and waits until there is enough", async () => {
  const api = await freshApi({ parts: { clock } });
  await shop(api, { max_error_rate: 0.1, max_p99_ms: 5, min_requests: 10 });
  const sayings = async () => (await api.get<Deployment>("/ui/deployments/shop")).body.sayings;
  await counted(api, "canary", { ago: 0, requests: 4, errors: 4 });
  expect(await sayings()).toMatchObject([
    { variant: "canary", rule: "max_error_rate", value: 1, requests: 4, minimum: 10, verdict: "waiting" },
    { rule: "max_p99_ms", verdict: "waiting" },
  ]);
  await counted(api, "canary", { ago: 0, requests: 96 });
  expect(await sayings()).toMatchObject([
    { value: expect.closeTo(0.04), verdict: "kept" },
    { rule: "max_p99_ms", verdict: "kept" },
  ]);
  await counted(api, "canary", { ago: 0, requests: 20, ms: 50 });
  expect(await sayings()).toMatchObject([{}, { rule: "max_p99_ms", verdict: "broken" }]);
});

it("puts each metric beside the baseline's, with intervals", async () => {
  const api = await freshApi({ parts: { clock } });
  await shop(api);
  const outcomes = Array.from({ length: 200 }, (_, i) => ({
    requestId: `r${i}`,
    variant: i % 2 === 0 ? "champion" : "canary",
    metric: "bought",
    value: i % 2 === 0 ? Number(i % 20 === 0) : Number(i % 3 === 0),
  }));
  await addOutcomes(api.database, "shop", outcomes, now - minute);
  const { body } = await api.get<Deployment>("/ui/deployments/shop");
  const canary = body.metrics[0]?.variants.find(({ variant }) => variant === "canary");
  expect(canary).toMatchObject({ count: 100, interval: [expect.any(Number), expect.any(Number)] });
  expect(canary?.comparison?.difference).toBeGreaterThan(0.15);
  expect(canary?.comparison?.pValue).toBeLessThan(0.01);
  expect(body.metrics[0]?.variants.find(({ variant }) => variant === "champion")?.comparison).toBeNull();
});

it("refuses what is not there, too long a window, and whoever is not signed in", async () => {
  const api = await freshApi();
  expect((await api.get("/ui/deployments/nothing")).status).toBe(404);
  expect((await api.get("/ui/deployments/nothing?hours=1000")).status).toBe(422);
  expect((await api.get("/ui/deployments", { as: "nobody" })).status).toBe(401);
});
