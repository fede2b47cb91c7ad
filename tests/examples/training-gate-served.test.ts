/** The gated training under a server: what it deployed is watched, and drift trains again before the week is over. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { readParquet } from "../../src/ml/index.ts";
import { runningWorld } from "./running-world.ts";

const columns = [
  "Daily Time Spent on Site",
  "Age",
  "Area Income",
  "Daily Internet Usage",
  "Male",
  "Share on Site",
  "Hour",
];

/** Visitors who are much older, and much longer here, than those that it was trained on. */
const visitors = Array.from({ length: 100 }, (_, i) => [
  150 + (i % 37),
  80 + (i % 11),
  20_000 + i * 10,
  300 + i,
  i % 2,
  0.5,
  i % 24,
]);

it("scores visitors with checks, sees drift, and trains again", { timeout: 240_000 }, async () => {
  const world = await runningWorld(["training_gate", "training_gate_monitor"], {}, { api: true });
  await world.setPool("gpu_pool", 2);
  // Unpausing it has made the run of this week.
  const [first] = await world.ended("training_gate", 1);
  expect(first?.states).toMatchObject({
    deploy_model: "success",
    score_visitors: "success",
    join: "success",
  });
  const scored = (await first?.xcom("score_visitors")) as { rows: number; bad: number; path: string };
  expect(scored).toMatchObject({ rows: 2000, bad: 0 });
  const scores = await readParquet(scored.path);
  expect(scores.names).toEqual(expect.arrayContaining(["Age", "prediction"]));
  expect(scored.path).toContain(join("data", "scores"));

  // A tenth of the requests is kept, and 5000 rows of them are written at once.
  const asked = { dataframe_split: { columns, data: visitors } };
  for (let i = 0; i < 800; i++) {
    const { status } = await world.call("POST", "/endpoints/ad_clicks/invocations", asked);
    expect(status).toBe(200);
  }
  const ended = world.ended("training_gate", 2);
  const watched = await world.run("training_gate_monitor");
  expect(watched.states).toEqual({ watch: "success" });
  expect(await watched.xcom("watch")).toMatchObject({ alarm: true, drifted: true });
  const [, second] = await ended;
  expect(second?.runId).toMatch(/^asset_triggered__/);
  expect(second?.states).toMatchObject({ register_model: "success", deploy_model: "success" });
  // What served before goes on: the new version has a tenth.
  expect((await world.call("GET", "/api/endpoints/ad_clicks")).body).toMatchObject({
    variants: [
      { name: "v1", weight: 90 },
      { name: "v2", weight: 10 },
    ],
  });
});
