/** The whole loop, as it runs: a first version, drift, a new version that looks good and is not, and back again. */
import { expect, it } from "vitest";
import { type FinishedRun, type RunningWorld, runningWorld } from "./running-world.ts";

const bird = [39.1, 18.7, 181, 3750];
const columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"];

/** So many birds at once, each a little different, and larger by a factor. */
function flock(size: number, factor = 1): number[][] {
  return Array.from({ length: size }, (_, i) =>
    bird.map((value, place) => value * factor * (1 + (((i * 37 + place * 11) % 41) - 15) / 100)),
  );
}

async function ask(world: RunningWorld, data: number[][]) {
  const answer = await world.call<{ predictions: string[] }>("POST", "/endpoints/penguins/invocations", {
    dataframe_split: { columns, data },
  });
  expect(answer.status).toBe(200);
  return {
    variant: answer.headers.get("x-tradewind-variant"),
    id: answer.headers.get("x-tradewind-request-id"),
  };
}

interface Versions {
  model_versions: { version: string; aliases?: string[]; tags: { key: string; value: string }[] }[];
}

it("trains, serves, sees drift, trains again, and goes back by itself", { timeout: 180_000 }, async () => {
  const world = await runningWorld(["penguins_retrain", "penguins_monitor"], {}, { api: true });
  const first = await world.run("penguins_retrain");
  expect(first.states).toEqual({
    may_retrain: "success",
    "train.fit": "success",
    register: "success",
    gate: "success",
    canary: "success",
    promote: "success",
    settle: "success",
  });
  expect(await first.xcom("gate")).toMatchObject({ passed: true, champion: null, version: "1" });

  const lineage = await world.call<{ nodes: { kind: string; id: string }[] }>(
    "GET",
    "/api/lineage?kind=model_version&id=penguins%2F1&direction=upstream&depth=6",
  );
  const behind = (kind: string): string[] =>
    lineage.body.nodes.filter((node) => node.kind === kind).map(({ id }) => id);
  expect(behind("task_attempt").map((id) => id.split("/").at(-3))).toEqual(
    expect.arrayContaining(["register", "train.fit"]),
  );
  expect(behind("dataset")).toEqual([expect.stringMatching(/^penguins:[0-9a-f]{16}$/)]);
  expect(behind("dag_version")).toEqual(["penguins_retrain/1"]);

  // 5000 rows are written to the request log at once.
  for (let i = 0; i < 50; i++) await ask(world, flock(100));
  for (let i = 0; i < 60; i++) await ask(world, flock(100, 1.4));
  const outcomes: object[] = [];
  for (let i = 0; i < 60; i++) {
    const { id } = await ask(world, flock(1));
    outcomes.push({ request_id: id, metric: "right", value: 1 });
  }
  await world.call("POST", "/api/endpoints/penguins/outcomes", { outcomes });
  const watched = await world.run("penguins_monitor");
  expect(watched.states).toEqual({ watch: "success" });
  expect(await watched.xcom("watch")).toMatchObject({ alarm: true, drifted: true, driftedColumns: columns });

  // The asset's event has started the other Dag. While its canary takes a part of the traffic, its answers turn out wrong.
  const ended = world.ended("penguins_retrain", 2);
  const askAndTell = async (): Promise<null> => {
    const { id, variant } = await ask(world, flock(1));
    const told = { request_id: id, metric: "right", value: variant === "v1" ? 1 : 0 };
    await world.call("POST", "/api/endpoints/penguins/outcomes", { outcomes: [told] });
    return null;
  };
  let runs: FinishedRun[] | null = null;
  while (runs === null) runs = await Promise.race([ended, askAndTell()]);
  const [, second] = runs;
  expect(second?.states).toMatchObject({
    gate: "success",
    canary: "skipped",
    promote: "skipped",
    settle: "failed",
  });
  expect(await second?.xcom("gate")).toMatchObject({ passed: true, champion: "1", version: "2" });
  expect(await second?.xcom("canary", "canary")).toMatchObject({
    succeeded: false,
    state: "rolled_back",
    reason: expect.stringContaining("right: mean 0.000 against 1.000"),
  });

  const endpoint = await world.call("GET", "/api/endpoints/penguins");
  expect(endpoint.body).toMatchObject({ variants: [{ name: "v1", weight: 100 }] });
  const { body } = await world.call<{ changes: { kind: string }[] }>(
    "GET",
    "/api/endpoints/penguins/changes",
  );
  expect(body.changes.map(({ kind }) => kind)).toEqual(["guardrail", "rollout", "promoted", "created"]);
  const versions = await world.call<Versions>(
    "GET",
    "/api/2.0/mlflow/model-versions/search?filter=name%3D'penguins'",
  );
  const outcome = Object.fromEntries(
    versions.body.model_versions.map(({ version, tags }) => [
      version,
      tags.find(({ key }) => key === "retrain.outcome")?.value,
    ]),
  );
  expect(outcome).toEqual({ 1: "promoted", 2: "rolled_back" });
  const incidents = await world.call<{ experiment: { experiment_id: string } }>(
    "GET",
    "/api/2.0/mlflow/experiments/get-by-name?experiment_name=penguins%20incidents",
  );
  const found = await world.call<{ runs: object[] }>("POST", "/api/2.0/mlflow/runs/search", {
    experiment_ids: [incidents.body.experiment.experiment_id],
  });
  expect(found.body.runs).toHaveLength(1);
});
