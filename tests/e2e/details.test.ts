/** The details of a task instance: values of every shape, changed by hand; a log that folds; links; runs by the hour. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { python } from "../python/find-python.ts";
import { linking, linkingPlugin, telling } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

describe.skipIf(browserPath === null)(`the details of a task instance${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  const at = (dagId: string, runId: string, taskId: string, query = ""): string =>
    `${world.url}/dags/${dagId}/runs/${runId}/tasks/${taskId}${query}`;
  const run = async (dagId: string): Promise<void> => {
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: dagId }).first().waitFor();
    await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
    const body = { logical_date: null, dag_run_id: "one" };
    await world.call("POST", `/api/v2/dags/${dagId}/dagRuns`, body);
    await page.goto(`${world.url}/dags/${dagId}/runs/one`);
    await page.locator('header [data-state="failed"], header [data-state="success"]').first().waitFor();
  };
  beforeAll(async () => {
    const withPython = { "linking.py": linking, "../plugins/costs.py": linkingPlugin };
    world = await startPageWorld({ "telling.ts": telling, ...(python === null ? {} : withPython) });
    page = (await world.open()).page;
    await run("telling");
  }, 120_000);
  afterAll(() => world?.stop());

  it("shows a value as what it is: a table, an image, or JSON", async () => {
    await page.goto(at("telling", "one", "frame", "?tab=xcoms"));
    await page.getByRole("cell", { name: "0.93" }).waitFor();
    expect(await page.getByRole("columnheader").allTextContents()).toEqual(["model", "accuracy"]);
    await page.goto(at("telling", "one", "picture", "?tab=xcoms"));
    const image = page.getByRole("img", { name: "Image" });
    await image.waitFor();
    expect(
      await page.evaluate(
        "(async (i) => (await i.decode(), i.naturalWidth))(document.querySelector('main img'))",
      ),
    ).toBe(1);
  });

  it("shows a table that is too large for its row as its first rows", async () => {
    await page.goto(at("telling", "one", "large", "?tab=xcoms"));
    await page.getByText("The first 1000 of 2500 rows").waitFor();
    const table = page.getByRole("table", { name: "return_value" });
    expect(await table.getByRole("columnheader").allTextContents()).toEqual(["id", "score", "city"]);
    await table.getByText("city 3").first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    expect(
      readFileSync(await download.path())
        .subarray(0, 4)
        .toString(),
    ).toBe("PAR1");
  });

  it("adds, changes and deletes XComs", async () => {
    await page.goto(at("telling", "one", "frame", "?tab=xcoms"));
    await page.getByRole("button", { name: "New XCom" }).click();
    await page.getByLabel("Key", { exact: true }).fill("limit");
    await page.getByLabel("Value", { exact: true }).fill("12");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "limit" }).waitFor();
    const path = "/api/v2/dags/telling/dagRuns/one/taskInstances/frame/xcomEntries";
    expect(await world.call("GET", `${path}/limit`)).toMatchObject({ value: 12 });
    await page.getByRole("button", { name: "Change limit" }).click();
    await page.getByLabel("Value", { exact: true }).fill("not JSON");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText('"not JSON"').waitFor();
    expect(await world.call("GET", `${path}/limit`)).toMatchObject({ value: "not JSON" });
    await page.getByRole("button", { name: "Delete limit" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "limit" }).waitFor({ state: "detached" });
    const left = await world.call<{ xcom_entries: { key: string }[] }>("GET", path);
    expect(left.xcom_entries.map(({ key }) => key)).toEqual(["return_value"]);
  });

  it("folds groups of a log, but for the one with the error, and unfolds what a search finds", async () => {
    await page.goto(at("telling", "one", "tell"));
    const log = page.getByRole("log");
    await log.getByText("the model broke").first().waitFor();
    await log.getByRole("button", { name: "Setting up" }).waitFor();
    expect(await log.getByText("three packages").count()).toBe(0);
    expect(await log.getByText("endgroup").count()).toBe(0);
    await log.getByRole("button", { name: "Setting up" }).click();
    await log.getByText("three packages").waitFor();
    await page
      .getByRole("button", { name: "Unfold groups" })
      .or(page.getByRole("button", { name: "Fold groups" }))
      .click();
    await log.getByText("three packages").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "To the first error" }).click();
    await log.locator('[data-level="error"]').first().waitFor();
    await page.getByRole("searchbox", { name: "Search the log" }).fill("four packages");
    await log.getByText("four packages").waitFor();
  });

  it("shows runs by the hour", async () => {
    await page.goto(`${world.url}/dags/telling/calendar`);
    await page.getByRole("button", { name: "hours" }).click();
    const hour = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Europe/Paris",
      dateStyle: "short",
      timeStyle: "short",
    }).format(Date.now());
    await page.locator(`[title^="${hour.slice(0, 10)} "][title*="1 run,"]`).waitFor();
    expect(page.url()).toContain("by=hour");
  });

  it.skipIf(python === null)("leads to where operators and plugins say, and lists the plugins", async () => {
    await run("linking");
    await page.goto(at("linking", "one", "load"));
    const links = page.getByRole("navigation", { name: "Links" });
    expect(await links.getByRole("link", { name: "Costs" }).getAttribute("href")).toBe(
      "https://example.org/costs/linking/load",
    );
    // An address that would run a script is none.
    expect(await links.getByRole("link").count()).toBe(1);
    await page.goto(`${world.url}/plugins`);
    await page.getByRole("cell", { name: "costs", exact: true }).waitFor();
    await page.getByText("Costs of the cloud").waitFor();
  });
});
