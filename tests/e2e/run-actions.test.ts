/** What is done with runs and their tasks: again, alone, with newer code, stopped, noted, deleted, watched. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { failing, talking } from "./dags.ts";
import { browserPath, type PageWorld, pageAt, startPageWorld, withoutBrowser } from "./world.ts";

/** Fails until its file is mended. */
const breaking = failing.replace('"churn"', '"mending"');

interface Instance {
  task_id: string;
  try_number: number;
  state: string | null;
}

describe.skipIf(browserPath === null)(`runs in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld({ "churn.ts": failing, "mending.ts": breaking, "talking.ts": talking });
    for (const dagId of ["churn", "mending", "talking"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
  }, 120_000);
  afterAll(() => world?.stop());

  const start = async (dagId: string, conf: object = {}): Promise<string> => {
    const run = await world.call<{ dag_run_id: string }>("POST", `/api/v2/dags/${dagId}/dagRuns`, {
      logical_date: null,
      conf,
    });
    return encodeURIComponent(run.dag_run_id);
  };
  const ended = (dagId: string, runId: string): Promise<unknown> =>
    fetch(`${world.url}/api/v2/dags/${dagId}/dagRuns/${runId}/wait?interval=1`, {
      headers: { authorization: `Basic ${Buffer.from(`admin:${world.admin}`).toString("base64")}` },
    }).then((response) => response.text());
  const triesOf = async (runId: string, dagId = "churn"): Promise<{ [task: string]: number }> => {
    const { task_instances } = await world.call<{ task_instances: Instance[] }>(
      "GET",
      `/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances`,
    );
    return Object.fromEntries(task_instances.map(({ task_id, try_number }) => [task_id, try_number]));
  };
  const failedRun = async (dagId = "churn"): Promise<string> => {
    const runId = await start(dagId);
    await ended(dagId, runId);
    return runId;
  };
  /** A run of a task that goes on until the test lets it end. */
  const longRun = async (): Promise<{ runId: string; end: () => void }> => {
    const folder = mkdtempSync(join(tmpdir(), "tw-long-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return {
      runId: await start("talking", { folder }),
      end: () => writeFileSync(join(folder, "end"), ""),
    };
  };
  const at = (path: string): Promise<Page> => pageAt(world, path);
  const more = async (page: Page, name: string): Promise<void> => {
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name }).click();
  };

  it("runs one task alone, and nothing behind it", async () => {
    const runId = await failedRun();
    const page = await at(`/dags/churn/runs/${runId}/tasks/clean`);
    await more(page, "Run this task alone");
    const preview = page.getByTestId("preview");
    await preview.getByText("1 task instance", { exact: true }).waitFor();
    expect(await preview.getByRole("listitem").allTextContents()).toHaveLength(1);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByRole("button", { name: /^Try 2/ }).waitFor();
    await ended("churn", runId);
    expect(await triesOf(runId)).toMatchObject({ load: 1, clean: 2, train: 1 });
  });

  it("goes on from a task with the newest code, which was mended meanwhile", async () => {
    const runId = await failedRun("mending");
    const mended = breaking.replace("throw new Error(\"column 'tenure' is missing\");", "return rows;");
    writeFileSync(join(world.dags, "mending.ts"), mended);
    const page = await at(`/dags/mending/code`);
    await page.getByText("return rows;").waitFor();
    await page.goto(`${world.url}/dags/mending/runs/${runId}/tasks/train`);
    await more(page, "Resume from here with the newest code");
    await page.getByTestId("preview").getByText("publish").waitFor();
    expect(await page.getByLabel("With the newest code").isChecked()).toBe(true);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.locator('header [data-state="success"]').waitFor();
    await page.goto(`${world.url}/dags/mending/runs/${runId}`);
    await page.locator('header [data-state="success"]').waitFor();
    expect(await triesOf(runId, "mending")).toMatchObject({ load: 1, clean: 1, train: 2 });
  });

  it("clears of a run what failed, after it was shown, or all of it", async () => {
    const runId = await failedRun();
    const page = await at(`/dags/churn/runs/${runId}`);
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    const preview = page.getByTestId("preview");
    await preview.getByText("train").waitFor();
    expect(await preview.getByText("load").count()).toBe(0);
    await page.getByLabel("Only what failed").uncheck();
    await preview.getByText("load").waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.locator('[data-toast="done"]').waitFor();
    await ended("churn", runId);
    expect(await triesOf(runId)).toMatchObject({ load: 2, clean: 2, train: 2 });
  });

  it("keeps a note, and takes a run away for good", async () => {
    const runId = await failedRun();
    const page = await at(`/dags/churn/runs/${runId}`);
    await more(page, "Note");
    await page.getByRole("dialog").getByRole("textbox").fill("The source had no tenure that day");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText("The source had no tenure that day").waitFor();
    await more(page, "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.waitForURL(/\/dags\/churn$/);
    await expect(world.call("GET", `/api/v2/dags/churn/dagRuns/${runId}`)).rejects.toThrow(/404/);
  });

  it("stops a run that goes on", async () => {
    const { runId, end } = await longRun();
    const page = await at(`/dags/talking/runs/${runId}`);
    await page.getByRole("cell", { name: "running" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator('header [data-state="failed"]').waitFor();
    end();
  });

  it("tells on any page that a run which somebody watches has ended", async () => {
    const { runId, end } = await longRun();
    const page = await at(`/dags/talking/runs/${runId}`);
    await page.getByRole("button", { name: "Tell me when it ends" }).click();
    await page.getByRole("button", { name: "Do not tell me when it ends" }).waitFor();
    await page.goto(`${world.url}/assets`);
    await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
    end();
    const news = page.locator('[data-toast="news"]');
    await news.getByRole("link", { name: /talking succeeded/ }).click();
    await page.waitForURL(/\/dags\/talking\/runs\//);
  });

  it("shows of a log the lines that somebody asks for, leads from error to error, and saves it", async () => {
    const runId = await failedRun();
    const page = await at(`/dags/churn/runs/${runId}/tasks/train`);
    const log = page.getByRole("log");
    await log.getByText("training on 117 rows").waitFor();
    const time = log.locator("[title]").first();
    await time.waitFor();
    await page.keyboard.press("t");
    await time.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "With times" }).click();
    await time.waitFor();
    await page.getByRole("button", { name: "Level" }).click();
    await page.getByRole("menuitemradio", { name: "error" }).click();
    await log.getByText("training on 117 rows").waitFor({ state: "detached" });
    await log.getByText("column 'tenure' is missing").first().waitFor();
    // The link shows the same to whoever opens it.
    const shared = await at(new URL(page.url()).pathname + new URL(page.url()).search);
    await shared.getByRole("log").getByText("column 'tenure' is missing").first().waitFor();
    expect(await shared.getByRole("log").getByText("training on").count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    const saved = readFileSync(await download.path(), "utf8");
    expect(saved).toContain("training on 117 rows");
    expect(saved).toContain("column 'tenure' is missing");
  });
});
