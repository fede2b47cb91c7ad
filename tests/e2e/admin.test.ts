/** What a person changes besides pipelines: pools, secrets, backfills, favourites, and answers to tasks that ask. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { python } from "../python/find-python.ts";
import { asking, wide } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

describe.skipIf(browserPath === null)(`what else a person changes in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  beforeAll(async () => {
    world = await startPageWorld({ "wide.ts": wide, ...(python === null ? {} : { "release.py": asking }) });
    page = (await world.open()).page;
  }, 120_000);
  afterAll(() => world?.stop());

  const save = async (): Promise<void> => {
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };

  it("makes a pool, and changes its slots", async () => {
    await page.goto(`${world.url}/pools`);
    await page.getByRole("button", { name: "New pool" }).click();
    await page.getByLabel("Name", { exact: true }).fill("gpu");
    await page.getByRole("spinbutton", { name: "Slots" }).fill("2");
    await page.getByLabel("Description").fill("Two cards");
    await save();
    await page.getByRole("button", { name: "Change gpu" }).click();
    await page.getByRole("spinbutton", { name: "Slots" }).fill("5");
    await save();
    expect(await world.call("GET", "/api/v2/pools/gpu")).toMatchObject({
      slots: 5,
      description: "Two cards",
    });
  });

  it("changes the slots of the default pool, and nothing else of it", async () => {
    await page.goto(`${world.url}/pools`);
    await page.getByRole("button", { name: "Change default_pool" }).click();
    expect(await page.getByLabel("Description").count()).toBe(0);
    await page.getByRole("spinbutton", { name: "Slots" }).fill("64");
    await save();
    expect(await world.call("GET", "/api/v2/pools/default_pool")).toMatchObject({
      slots: 64,
      description: "Default pool",
    });
  });

  it("imports variables from a file, and changes one", async () => {
    await page.goto(`${world.url}/variables`);
    const variables = { region: { value: "eu-west", description: "Where" }, limits: { rows: 3 } };
    await page.locator('input[type="file"]').setInputFiles({
      name: "variables.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(variables)),
    });
    await page.getByText('{"rows":3}').waitFor();
    await page.getByRole("button", { name: "Change region" }).click();
    await page.getByLabel("Value").fill("eu-north");
    await save();
    expect(await world.call("GET", "/api/v2/variables/region")).toMatchObject({
      value: "eu-north",
      description: "Where",
    });
  });

  it("makes a connection, and changes its host without its password being typed again", async () => {
    await page.goto(`${world.url}/connections`);
    await page.getByRole("button", { name: "New connection" }).click();
    await page.getByLabel("Id", { exact: true }).fill("warehouse");
    await page.getByLabel("Type").fill("postgres");
    await page.getByLabel("Password").fill("wind-and-tide");
    await save();
    await page.getByRole("button", { name: "Change warehouse" }).click();
    await page.getByLabel("Host").fill("db.internal");
    await save();
    await page.getByText("db.internal").waitFor();
    expect(await page.content()).not.toContain("wind-and-tide");
    expect(await world.call("GET", "/api/v2/connections/warehouse")).toMatchObject({
      host: "db.internal",
      password: "***",
    });
  });

  it("previews a backfill, starts it, and cancels it", async () => {
    await page.goto(`${world.url}/dags/wide/backfills`);
    await page.getByRole("button", { name: "New backfill" }).click();
    await page.getByLabel("From").fill("2026-02-01T00:00");
    await page.getByLabel("To", { exact: true }).fill("2026-02-05T00:00");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByTestId("backfill-preview").getByText("4 runs").waitFor();
    await page.getByRole("button", { name: "Start the backfill" }).click();
    // The Dag is paused: its runs wait.
    await page.getByRole("row").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("row").getByText("Cancelled").waitFor();
    const { backfills } = await world.call<{ backfills: { completed_at: string | null }[] }>(
      "GET",
      "/api/v2/backfills?dag_id=wide",
    );
    expect(backfills).toHaveLength(1);
    expect(backfills[0]?.completed_at).not.toBeNull();
  });

  it("makes a Dag a favourite, and takes that back", async () => {
    const isFavorite = async (): Promise<boolean> =>
      (await world.call<{ is_favorite: boolean }>("GET", "/api/v2/dags/wide/details")).is_favorite;
    await page.goto(`${world.url}/dags/wide`);
    await page.getByRole("button", { name: "Make it a favourite" }).click();
    await page.getByRole("button", { name: "No favourite any more" }).waitFor();
    expect(await isFavorite()).toBe(true);
    await page.getByRole("button", { name: "No favourite any more" }).click();
    await page.getByRole("button", { name: "Make it a favourite" }).waitFor();
    expect(await isFavorite()).toBe(false);
  });

  it.skipIf(python === null)("answers tasks that ask, with a comment and with several options", async () => {
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "release" }).first().waitFor();
    await world.call("POST", "/api/v2/dags/release/dagRuns", { logical_date: null, dag_run_id: "one" });
    await page.goto(`${world.url}/required_actions`);
    await page.getByLabel("comment").fill("better than before");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByLabel("north").check();
    await page.getByLabel("west").check();
    await page.getByRole("button", { name: "Answer" }).click();
    await page.getByText("Nobody waits for you").waitFor();
    const path = "/api/v2/dags/release/dagRuns/one/hitlDetails?order_by=task_instance_operator";
    const { hitl_details } = await world.call<{ hitl_details: unknown[] }>("GET", path);
    expect(hitl_details).toMatchObject([
      { chosen_options: ["Approve"], params_input: { comment: "better than before" } },
      { chosen_options: ["north", "west"], params_input: {} },
    ]);
  });
});
