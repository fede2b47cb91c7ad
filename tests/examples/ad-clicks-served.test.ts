/** The ad-click pipeline under a server: what it trains is tracked, registered, and tried on a tenth of the traffic. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mailServer } from "./mail-server.ts";
import { runningWorld } from "./running-world.ts";

interface Endpoint {
  variants: { name: string; weight: number; model: string }[];
}

const visitor = {
  "Daily Time Spent on Site": 42.1,
  Age: 51,
  "Area Income": 38_000,
  "Daily Internet Usage": 120.5,
  Male: 0,
};

it("keeps its runs, versions and an endpoint of two variants", { timeout: 180_000 }, async () => {
  const { connection } = await mailServer();
  const world = await runningWorld(["ad_clicks"], { smtp_default: connection }, { api: true });
  // Unpausing it has made the run of today.
  const [first] = await world.ended("ad_clicks", 1);
  expect(first?.states).toMatchObject({
    track_model: "success",
    register_model: "success",
    deploy_model: "success",
    start_status_api: "success",
  });
  const second = await world.run("ad_clicks", { folder: world.folder, wandb: true });
  expect(second.states).toMatchObject({ deploy_model: "success" });

  const { body: endpoint } = await world.call<Endpoint>("GET", "/api/endpoints/ad_click_rate");
  expect(endpoint.variants.map(({ name, weight }) => [name, weight])).toEqual([
    ["v1", 90],
    ["v2", 10],
  ]);
  const asked = { dataframe_records: [visitor] };
  const answer = await world.call("POST", "/endpoints/ad_click_rate/invocations", asked);
  expect(answer).toMatchObject({ status: 200, body: { predictions: [expect.any(Number)] } });

  const { body: found } = await world.call<{
    runs: { data: { metrics: { key: string; value: number }[] } }[];
  }>("POST", "/api/2.0/mlflow/runs/search", { experiment_ids: ["1"] });
  expect(found.runs).toHaveLength(2);
  const accuracy = found.runs[0]?.data.metrics.find(({ key }) => key === "accuracy");
  expect(accuracy?.value).toBeGreaterThan(0.93);
  const files = readdirSync(world.folder, { recursive: true, encoding: "utf8" });
  expect(files.some((file) => /offline-run-[^/]*\/run-[^/]*\.wandb$/.test(join("/", file)))).toBe(true);
});
