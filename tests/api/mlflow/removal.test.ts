/** What was deleted goes for good: when asked, or by itself after its time. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MetricWatch } from "../../../src/api/mlflow/metric-watch.ts";
import { removeOldRuns } from "../../../src/api/mlflow/removal.ts";
import { createWebhookSender } from "../../../src/api/mlflow/webhook-sender.ts";
import { openArtifactStore } from "../../../src/artifacts/from-settings.ts";
import { ChangedSubjects } from "../../../src/store/changed-subjects.ts";
import { sql } from "../../../src/store/sql.ts";
import { freshApi, type TestApi } from "../../support/api.ts";

type Json = ReturnType<typeof JSON.parse>;
const base = "/api/2.0/mlflow/";

async function loggedRun(api: TestApi, experimentId: string): Promise<string> {
  const made = await api.call<Json>("POST", `${base}runs/create`, { body: { experiment_id: experimentId } });
  const id = made.body.run.info.run_id;
  await api.call("POST", `${base}runs/log-batch`, {
    body: {
      run_id: id,
      metrics: [{ key: "m", value: 1, timestamp: 1 }],
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "1" }],
    },
  });
  await fetch(`${api.url}/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${id}/artifacts/f`, {
    method: "PUT",
    body: "x",
    headers: await api.signedIn("Admin"),
  });
  return id;
}

const folderOf = (api: TestApi, ...parts: string[]): string =>
  join(api.parts.config.paths.artifacts, "mlflow-artifacts", ...parts);

async function rowsLeft(api: TestApi): Promise<number> {
  const row = await api.database.row<{ n: number }>(sql`
    SELECT (SELECT count(*) FROM run) + (SELECT count(*) FROM run_metric) + (SELECT count(*) FROM run_latest_metric)
      + (SELECT count(*) FROM run_param) + (SELECT count(*) FROM run_tag) AS n`);
  return row?.n ?? -1;
}

test("a run has to be deleted first, and then leaves neither rows nor files", async () => {
  const api = await freshApi();
  const id = await loggedRun(api, "0");
  const gone = () => api.call("POST", `${base}runs/delete-permanently`, { body: { run_id: id } });
  expect(await gone()).toMatchObject({ status: 400 });
  await api.call("POST", `${base}runs/delete`, { body: { run_id: id } });
  expect(await gone()).toMatchObject({ status: 200, body: {} });
  expect(await rowsLeft(api)).toBe(0);
  expect(existsSync(folderOf(api, "0", id))).toBe(false);
  expect((await api.get(`${base}runs/get?run_id=${id}`)).status).toBe(404);
});

test("an experiment goes with all that is in it, and its name is free", async () => {
  const api = await freshApi();
  const made = await api.call<Json>("POST", `${base}experiments/create`, { body: { name: "e" } });
  const experiment_id = made.body.experiment_id;
  await loggedRun(api, experiment_id);
  await api.call("POST", `${base}experiments/delete`, { body: { experiment_id } });
  expect(
    (await api.call("POST", `${base}experiments/delete-permanently`, { body: { experiment_id } })).status,
  ).toBe(200);
  expect(await rowsLeft(api)).toBe(0);
  expect(existsSync(folderOf(api, experiment_id))).toBe(false);
  expect((await api.call("POST", `${base}experiments/create`, { body: { name: "e" } })).status).toBe(200);
});

test("deleted runs go by themselves after their days, and no other", async () => {
  const api = await freshApi({ environment: { TRADEWIND__TRACKING__DELETED_DAYS: "30" } });
  const { parts } = api;
  const [old, recent] = [await loggedRun(api, "0"), await loggedRun(api, "0")];
  await loggedRun(api, "0");
  for (const run_id of [old, recent]) await api.call("POST", `${base}runs/delete`, { body: { run_id } });
  await api.database.run(
    sql`UPDATE run SET deleted_at = deleted_at - interval '31 days' WHERE run_id = ${old}`,
  );
  const root = folderOf(api);
  const webhooks = createWebhookSender(parts);
  const mlflow = {
    ...parts,
    artifacts: openArtifactStore(root, {}),
    webhooks,
    watch: new MetricWatch({ ...parts, webhooks }),
    news: new ChangedSubjects(parts.database, parts.clock),
  };
  expect(await removeOldRuns(mlflow)).toBe(1);
  expect(existsSync(folderOf(api, "0", old))).toBe(false);
  expect(existsSync(folderOf(api, "0", recent))).toBe(true);
});
