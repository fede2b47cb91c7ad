/** The first page and the list of Dags: what comes, what is in use, what somebody marked, and how Dags are found. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { broken, failing, talking, wide } from "./dags.ts";
import { browserPath, type PageWorld, pageAt, startPageWorld, withoutBrowser } from "./world.ts";

const hourly = `
import { Dag } from "tradewind";
const dag = new Dag("hourly", { schedule: "@hourly", startDate: "2026-01-01", catchup: false, tags: ["often"] });
dag.task("one", async () => 1)();
`;

describe.skipIf(browserPath === null)(`the first page${withoutBrowser}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "tw-first-"));
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld({
      "churn.ts": failing,
      "hourly.ts": hourly,
      "talking.ts": talking,
      "wide.ts": wide,
      "broken.ts": broken,
    });
    for (const dagId of ["churn", "hourly", "talking"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (path: string): Promise<Page> => pageAt(world, path);
  const panel = (page: Page, title: string) =>
    page.locator("section", { has: page.getByRole("heading", { name: title, exact: true }) });

  it("says what comes within a day", async () => {
    const page = await at("/");
    const next = panel(page, "What is next").getByRole("link", { name: /hourly/ });
    await next.nth(22).waitFor();
    expect(await next.first().textContent()).toMatch(/^\d\d:00hourlyin /);
    // A Dag that is paused will not run.
    expect(await panel(page, "What is next").getByRole("link", { name: /wide/ }).count()).toBe(0);
  });

  it("counts the slots that are in use as tasks take and leave them", async () => {
    const page = await at("/");
    const pools = panel(page, "Slots in use");
    await pools.getByText(/^0 \/ 128/).waitFor();
    await world.call("POST", "/api/v2/dags/talking/dagRuns", { logical_date: null, conf: { folder } });
    await pools.getByText(/^1 \/ 128/).waitFor();
    await panel(page, "What ran").getByText("talking").waitFor();
    writeFileSync(join(folder, "end"), "");
    await pools.getByText(/^0 \/ 128/).waitFor();
  });

  it("shows the Dags that somebody marked, and no panel while there are none", async () => {
    const page = await at("/");
    await panel(page, "What is next").waitFor();
    expect(await panel(page, "Favourites").count()).toBe(0);
    await world.call("POST", "/api/v2/dags/hourly/favorite");
    await page.reload();
    await panel(page, "Favourites").getByRole("link", { name: "hourly" }).click();
    await page.getByRole("heading", { name: "hourly" }).waitFor();
    await page.goto(`${world.url}/dags?show=favorite`);
    await page.getByRole("table", { name: "Dags" }).getByRole("link", { name: "hourly" }).waitFor();
    expect(await page.getByRole("table").getByRole("link", { name: "churn" }).count()).toBe(0);
  });

  it("leads to the line of a file that does not import", async () => {
    const page = await at("/");
    await page.getByRole("link", { name: "1 file did not import" }).click();
    await page.getByText("broken.ts").first().waitFor();
    await page.getByText('dag.task("a", async () => 1)(;').first().waitFor();
  });

  it("finds Dags by words, tag, owner and state, and keeps that in the address", async () => {
    const page = await at("/dags");
    const table = page.getByRole("table", { name: "Dags" });
    const only = async (name: string, others: readonly string[]): Promise<void> => {
      await table.getByRole("link", { name, exact: true }).waitFor();
      for (const other of others)
        await table.getByRole("link", { name: other, exact: true }).waitFor({ state: "detached" });
    };
    await table.waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("hour");
    await only("hourly", ["churn", "wide"]);
    await page.getByRole("searchbox", { name: "Search Dags" }).fill("");
    await page.getByRole("button", { name: "Tag" }).click();
    await page.getByRole("menuitemradio", { name: "ml (1)" }).click();
    await only("churn", ["hourly", "wide"]);
    await page.reload();
    await only("churn", ["hourly", "wide"]);
    await page.goto(`${world.url}/dags`);
    await page.getByRole("button", { name: "Owner" }).click();
    await page.getByRole("menuitemradio", { name: /^ada/ }).click();
    await only("wide", ["hourly", "churn"]);
    await page.goto(`${world.url}/dags`);
    await page.getByRole("button", { name: /^Paused/ }).click();
    await only("wide", ["hourly", "churn"]);
  });

  it("goes anywhere by keys, and lists them", async () => {
    const page = await at("/");
    await page.getByRole("heading", { name: "Home" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { name: "Dags", exact: true }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("To the search of a list").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("dark");
    await page.getByRole("option", { name: /Dark theme/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator('html[data-theme="dark"]').waitFor();
  });
});
