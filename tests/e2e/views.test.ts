/** Each view: it draws, nothing complains, axe finds nothing, and a phone shows all of it. */

import { afterAll, beforeAll, describe, it } from "vitest";
import { python } from "../python/find-python.ts";
import { asking, broken, failing, wide } from "./dags.ts";
import { expectAccessible, expectFits, Looks } from "./view-checks.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

/** Path → what stands there when it is drawn. `RUN` is a run of the Dag. */
const views: { [path: string]: string } = {
  "/": "Needs attention",
  "/dags": "Recent runs",
  "/import_errors": "broken.ts",
  "/dags/churn": "train",
  "/dags/churn?run=RUN&task=train": "Open the log",
  "/dags/churn/graph": "train",
  "/dags/wide/graph": "prepare",
  "/dags/churn/runs": "manual__",
  "/dags/churn/tasks": "Trigger rule",
  "/dags/churn/tasks/train": "Facts",
  "/dags/churn/calendar": "November",
  "/dags/churn/durations": "How long runs took",
  "/dags/churn/code": "column 'tenure' is missing",
  "/dags/churn/details": "Catches up",
  "/dags/churn/runs/RUN": "What failed",
  "/dags/churn/runs/RUN/graph": "train",
  "/dags/churn/runs/RUN/gantt": "train",
  "/dags/churn/runs/RUN/details": "Data interval",
  "/dags/churn/runs/RUN/tasks/train": "Why it failed",
  "/dags/churn/runs/RUN/tasks/load?tab=xcoms": "return_value",
  "/dags/churn/runs/RUN/tasks/load?tab=details": "Trigger rule",
  "/dag_runs": "manual__",
  "/task_instances": "Due from",
  "/xcoms": "return_value",
  "/assets": "scores",
  "/assets?as=graph": "scores",
  "/configs": "core.dags_folder",
  "/users": "admin",
  "/tokens": "You have no token",
  "/jobs": "cheduler",
  "/dags/wide/backfills": "running",
  "/dags/churn/events": "trigger_dag_run",
  "/assets/1": "somebody outside",
  "/required_actions": python === null ? "Nobody waits for you" : "Publish the model?",
  "/pools": "Two cards",
  "/variables": "eu-west",
  "/connections": "db.internal:5432/dw",
  "/events": "post_variable",
  "/providers": "apache-airflow-providers-http",
  "/plugins": "There is no plugin",
};

/** What the lists show. The Dag of the backfill is paused, so that its runs wait. */
async function fill({ call }: PageWorld): Promise<void> {
  await call("POST", "/api/v2/pools", { name: "gpu", slots: 2, description: "Two cards" });
  await call("POST", "/api/v2/variables", { key: "region", value: "eu-west" });
  await call("POST", "/api/v2/connections", {
    connection_id: "warehouse",
    conn_type: "postgres",
    host: "db.internal",
    port: 5432,
    schema: "dw",
  });
  await call("POST", "/api/v2/backfills", {
    dag_id: "wide",
    from_date: "2026-02-01T00:00:00Z",
    to_date: "2026-02-05T00:00:00Z",
  });
  await call("POST", "/api/v2/assets/events", { asset_id: 1, extra: { rows: 3 } });
}

describe.skipIf(browserPath === null)(`the views of the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let runId: string;
  const looks = new Looks(() => world);
  beforeAll(async () => {
    const dags = { "churn.ts": failing, "wide.ts": wide, "broken.ts": broken };
    world = await startPageWorld({ ...dags, ...(python === null ? {} : { "release.py": asking }) });
    await fill(world);
    await world.call("PATCH", "/api/v2/dags/churn", { is_paused: false });
    const run = await world.call<{ dag_run_id: string }>("POST", "/api/v2/dags/churn/dagRuns", {
      logical_date: null,
    });
    runId = run.dag_run_id;
    const { page } = await looks.open("light", false);
    await page.goto(`${world.url}/dags/churn/runs/${encodeURIComponent(runId)}`);
    await page.locator('header [data-state="failed"]').waitFor();
    if (python === null) return;
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "release" }).first().waitFor();
    await world.call("POST", "/api/v2/dags/release/dagRuns", { logical_date: null });
    await page.goto(`${world.url}/required_actions`);
    await page.getByText("Publish the model?").waitFor();
  }, 120_000);
  afterAll(() => world?.stop());

  for (const [path, words] of Object.entries(views)) {
    const name = path.replace("RUN", "…");
    const address = (): string => path.replace("RUN", encodeURIComponent(runId));

    it(`draws ${name}, and nobody is shut out`, async () =>
      expectAccessible(await looks.show(address(), words, "light", false)));

    it(`fits ${name} on a phone, in the dark`, async () =>
      expectFits(await looks.show(address(), words, "dark", true)));
  }
});
