/** Lists over all that ran: task instances and XComs; and what the server says, in the language of whoever looks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failing, telling, wide } from "./dags.ts";
import {
  browserPath,
  type OpenOptions,
  type PageWorld,
  pageAt,
  startPageWorld,
  withoutBrowser,
} from "./world.ts";

const folder = mkdtempSync(join(tmpdir(), "tw-history-"));
const goOn = join(folder, "go-on");
/** Its second task waits until the test lets the first one end. */
const slow = `
import { existsSync } from "node:fs";
import { Dag } from "tradewind";
const dag = new Dag("slow", { startDate: "2026-01-01" });
const first = dag.task("first", async () => {
  while (!existsSync(${JSON.stringify(goOn)})) await new Promise((resolve) => setTimeout(resolve, 20));
  return 1;
});
const behind = dag.task("behind", async ({ one }: { one: number }) => one);
behind({ one: first() });
`;

describe.skipIf(browserPath === null)(`lists of what ran${withoutBrowser}`, () => {
  let world: PageWorld;
  let runId: string;
  beforeAll(async () => {
    world = await startPageWorld({
      "churn.ts": failing,
      "telling.ts": telling,
      "wide.ts": wide,
      "slow.ts": slow,
    });
    for (const dagId of ["churn", "telling"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
    runId = await trigger("churn");
    await trigger("telling");
    const { page, context } = await world.open();
    await page.goto(`${world.url}/dags/churn/runs/${encodeURIComponent(runId)}`);
    await page.locator('header [data-state="failed"]').waitFor();
    await context.close();
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (path: string, options?: OpenOptions): Promise<Page> => pageAt(world, path, options);
  async function trigger(dagId: string): Promise<string> {
    const made = await world.call<{ dag_run_id: string }>("POST", `/api/v2/dags/${dagId}/dagRuns`, {
      logical_date: null,
    });
    return made.dag_run_id;
  }

  it("show instances of all Dags, and their filters stand in the address", async () => {
    const page = await at("/dag_runs");
    await page.getByRole("link", { name: "Task instances" }).click();
    const table = page.getByRole("table", { name: "Task instances" });
    await table.getByRole("link", { name: "train" }).waitFor();
    await table.getByRole("link", { name: "frame" }).waitFor();
    await page.getByRole("button", { name: "State" }).click();
    await page.getByRole("menuitemradio", { name: "upstream failed" }).click();
    await table.getByRole("link", { name: "publish" }).waitFor();
    await table.getByRole("link", { name: "train" }).waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("state")).toBe("upstream_failed");
    await page.reload();
    await table.getByRole("link", { name: "publish" }).waitFor();
    await page.goto(`${world.url}/task_instances?dag=CHU&task=load`);
    await table.getByRole("link", { name: "load" }).click();
    await page.getByRole("heading", { name: "load" }).waitFor();
  });

  it("say that nothing fits", async () => {
    const page = await at("/task_instances?task=nothing-like-it");
    await page.getByText("No task instance fits").waitFor();
    await page.goto(`${world.url}/xcoms?key=nothing-like-it`);
    await page.getByText("No XCom fits").waitFor();
  });

  it("let several be marked at once", async () => {
    const page = await at("/task_instances?dag=churn&state=upstream_failed");
    await page.getByRole("checkbox", { name: /^Select .*publish/s }).check();
    await page.getByText("1 task instance", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Mark as success" }).click();
    await page.getByText("No task instance fits").waitFor();
    const { state } = await world.call<{ state: string }>(
      "GET",
      `/api/v2/dags/churn/dagRuns/${encodeURIComponent(runId)}/taskInstances/publish`,
    );
    expect(state).toBe("success");
  });

  it("show XComs with the beginning of their values, and lead to the whole", async () => {
    const page = await at("/xcoms?dag=churn&task=load");
    const table = page.getByRole("table", { name: "XComs" });
    await table.getByText('{"rows":120}').waitFor();
    await table.getByRole("link", { name: "return_value" }).click();
    await page.getByRole("heading", { name: "return_value" }).waitFor();
  });

  it("follow what happens", async () => {
    const page = await at("/task_instances?dag=wide");
    await page.getByText("No task instance fits").waitFor();
    await world.call("PATCH", "/api/v2/dags/wide", { is_paused: false });
    await trigger("wide");
    await page.getByRole("table").getByRole("link", { name: "days" }).first().waitFor();
  });

  it("speak French where the server speaks English", async () => {
    await world.call("PATCH", "/api/v2/dags/slow", { is_paused: false });
    const waiting = await trigger("slow");
    const french = await at(`/dags/slow/runs/${encodeURIComponent(waiting)}/tasks/behind`, {
      locale: "fr-FR",
    });
    const why = french.getByText("la règle all_success n'est pas remplie ; sur 1 en amont : 1 pas terminées");
    await why.or(french.getByText("son exécution est dans l'état")).first().waitFor();
    await french.getByText("Règle de déclenchement:").waitFor();
    await french.goto(`${world.url}/dags/nothing`);
    await french.getByText("Il n'y a pas de Dag « nothing »").waitFor();
    const english = await at("/dags/nothing");
    await english.getByText('expected the id of a Dag, got "nothing"').waitFor();
    writeFileSync(goOn, "");
  });
});
