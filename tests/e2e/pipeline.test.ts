/** What a person does with a pipeline: sees that it failed, finds out why, and runs it again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failing, talking, wide } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

describe.skipIf(browserPath === null)(`a pipeline in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  beforeAll(async () => {
    world = await startPageWorld({ "churn.ts": failing, "talking.ts": talking, "wide.ts": wide });
    for (const dagId of ["churn", "talking", "wide"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
    page = (await world.open()).page;
  }, 120_000);
  afterAll(() => world?.stop());

  const start = async (dagId: string, conf: object = {}): Promise<string> => {
    const run = await world.call<{ dag_run_id: string }>("POST", `/api/v2/dags/${dagId}/dagRuns`, {
      logical_date: null,
      conf,
    });
    return run.dag_run_id;
  };
  const ended = (dagId: string, runId: string): Promise<unknown> =>
    fetch(`${world.url}/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/wait?interval=1`, {
      headers: { authorization: `Basic ${Buffer.from(`admin:${world.admin}`).toString("base64")}` },
    }).then((response) => response.text());

  it("leads from the first page to the cause of a failure with one click", async () => {
    const runId = await start("churn");
    await ended("churn", runId);
    await page.goto(world.url);
    await page.getByText("column 'tenure' is missing").first().click();
    await page.getByRole("heading", { name: "train" }).waitFor();
    await page.getByText("churn.ts:8").waitFor();
    const error = page.locator('[data-level="error"]', { hasText: "column 'tenure' is missing" });
    await error.waitFor();
    await page.getByRole("log").getByText("training on 117 rows").waitFor();
  });

  it("says of a task that did not start which one before it failed", async () => {
    const runId = await start("churn");
    await ended("churn", runId);
    await page.goto(`${world.url}/dags/churn/runs/${encodeURIComponent(runId)}/tasks/publish`);
    await page.getByText("It did not start: a task before it failed").waitFor();
    await page.getByRole("link", { name: "train" }).first().click();
    await page.getByText("Why it failed").first().waitFor();
  });

  it("follows a log while it is written, and shows what it says as text", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-talk-"));
    const runId = await start("talking", { folder });
    await page.goto(`${world.url}/dags/talking/runs/${encodeURIComponent(runId)}/tasks/talk`);
    const log = page.getByRole("log");
    await log.getByText("line 1 ").waitFor();
    for (const line of [1, 2, 3]) {
      writeFileSync(join(folder, String(line)), "");
      await log.getByText(`line ${line + 1} `).waitFor();
    }
    expect(await log.textContent()).toContain("<b>not bold</b>");
    expect(await log.locator("b").count()).toBe(0);
    expect(await log.textContent()).not.toContain("\u001b");
    writeFileSync(join(folder, "end"), "");
    await page.locator('header [data-state="success"]').waitFor();
    rmSync(folder, { recursive: true });
  });

  it("previews what a retry runs again, and runs it", async () => {
    const runId = await start("churn");
    await ended("churn", runId);
    await page.goto(`${world.url}/dags/churn/runs/${encodeURIComponent(runId)}/tasks/train`);
    await page.getByRole("button", { name: "Retry" }).click();
    const preview = page.getByTestId("preview");
    await preview.getByText("train").waitFor();
    await preview.getByText("publish").waitFor();
    expect(await preview.getByText("load").count()).toBe(0);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.locator('[data-toast="done"]').waitFor();
    await page.getByRole("button", { name: /^Try 2/ }).waitFor();
  });

  it("marks a failed task as success, after it was shown what changes", async () => {
    const runId = await start("churn");
    await ended("churn", runId);
    await page.goto(`${world.url}/dags/churn/runs/${encodeURIComponent(runId)}/tasks/train`);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Mark as success" }).click();
    await page.getByTestId("preview").getByText("train").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Mark as success" }).click();
    await page.locator('header [data-state="success"]').waitFor();
  });

  it("starts a run with the form of its params, and refuses what they do not allow", async () => {
    await page.goto(`${world.url}/dags`);
    await page.getByRole("button", { name: "Trigger wide" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("trees").fill("0");
    await dialog.getByRole("button", { name: "Trigger", exact: true }).click();
    await dialog.getByRole("alert").getByText("Expected at least 1").waitFor();
    await dialog.getByLabel("trees").fill("7");
    await dialog.getByLabel("model").selectOption({ label: "linear" });
    await dialog.getByRole("button", { name: "Trigger", exact: true }).click();
    await page.waitForURL(/\/dags\/wide\/runs\/manual/);
    await page.locator('header [data-state="success"]').waitFor();
    await page.getByRole("link", { name: "Details" }).click();
    await page.getByText('"model"').waitFor();
    const { conf } = await world.call<{ conf: object }>(
      "GET",
      `/api/v2/dags/wide/dagRuns/${new URL(page.url()).pathname.split("/")[4]}`,
    );
    expect(conf).toMatchObject({ trees: 7, model: "linear", deep: false });
  });

  it("pauses and unpauses a Dag in the list", async () => {
    await page.goto(`${world.url}/dags`);
    await page.getByRole("switch", { name: "Pause wide" }).click();
    await page.getByRole("switch", { name: "Unpause wide" }).waitFor();
    expect(await world.call("GET", "/api/v2/dags/wide")).toMatchObject({ is_paused: true });
    await page.getByRole("switch", { name: "Unpause wide" }).click();
    await page.getByRole("switch", { name: "Pause wide" }).waitFor();
  });

  it("shows a run as it changes without being asked", async () => {
    await page.goto(`${world.url}/dags/wide`);
    await page.getByTestId("grid").or(page.getByText("No run yet")).first().waitFor();
    const runId = await start("wide");
    const cell = page.locator(`[data-run="${runId}"][data-task="report"]`);
    await cell.and(page.locator('[data-state="success"]')).waitFor();
  });

  it("moves in the grid by keyboard and opens what is chosen", async () => {
    const runId = await start("wide");
    await ended("wide", runId);
    await page.goto(`${world.url}/dags/wide`);
    const grid = page.getByTestId("grid");
    await grid.focus();
    await grid.press("ArrowDown");
    expect(new URL(page.url()).searchParams.get("task")).toBe("days");
    await grid.press("Enter");
    await page.waitForURL(/\/tasks\/days/);
  });

  it("finds a task in the command palette", async () => {
    await page.goto(`${world.url}/dags`);
    await page.getByRole("heading", { name: "Dags" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("featur");
    await page.getByRole("option", { name: /features/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/dags\/wide\/tasks\/prepare\.features/);
  });
});
