/** What a person changes besides pipelines: pools, secrets, backfills, favourites, and answers to tasks that ask. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { python } from "../python/find-python.ts";
import { asking, wide } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

describe.skipIf(browserPath === null)(`what else a person changes in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  beforeAll(async () => {
    world = await startPageWorld(
      { "wide.ts": wide, ...(python === null ? {} : { "release.py": asking }) },
      { environment: { TRADEWIND__API__MAXIMUM_PAGE_LIMIT: "500" } },
    );
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

  it("asks for what a kind of connection has, and keeps what it has no field for", async () => {
    const extra = { region_name: "eu-west-1", config_kwargs: { retries: 3 } };
    await world.call("POST", "/api/v2/connections", {
      connection_id: "lake",
      conn_type: "aws",
      host: "kept.example.org",
      extra: JSON.stringify(extra),
    });
    await page.goto(`${world.url}/connections`);
    await page.getByRole("button", { name: "Change lake" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Access key id").fill("AKIA123");
    expect(await dialog.getByLabel("Region").inputValue()).toBe("eu-west-1");
    await dialog.getByLabel("Region").fill("eu-north-1");
    await dialog.getByLabel("Endpoint").fill("http://localhost:9000");
    expect(await dialog.getByLabel("Host").count()).toBe(0);
    await save();
    const lake = await world.call<{ extra: string }>("GET", "/api/v2/connections/lake");
    expect(lake).toMatchObject({ host: "kept.example.org", login: "AKIA123" });
    expect(JSON.parse(lake.extra)).toEqual({
      region_name: "eu-north-1",
      endpoint_url: "http://localhost:9000",
      config_kwargs: { retries: 3 },
    });
    await page.getByRole("button", { name: "Change lake" }).click();
    await dialog.getByLabel("More extra (JSON)").fill("[1]");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator('[data-toast="error"]', { hasText: "Expected a JSON object" }).waitFor();
    await dialog.getByLabel("Type").fill("fs");
    await dialog.getByLabel("Folder").waitFor();
    await page.keyboard.press("Escape");
  });

  it("tests a connection before it is saved", async () => {
    const server = createServer((_, response) => response.end());
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    await page.goto(`${world.url}/connections`);
    await page.getByRole("button", { name: "New connection" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Id", { exact: true }).fill("api");
    await dialog.getByLabel("Type").fill("http");
    await dialog.getByLabel("Host").fill("127.0.0.1");
    await dialog.getByLabel("Port").fill(String(port));
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByText("the server answers with status 200").waitFor();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByText(/expected an answer from HEAD/).waitFor();
  });

  it("says where each setting comes from", async () => {
    await page.goto(`${world.url}/configs`);
    const search = page.getByRole("searchbox", { name: "Search settings" });
    await search.fill("page_limit");
    const row = page.getByRole("row").filter({ hasText: "api.maximum_page_limit" });
    await row.getByText("environment: TRADEWIND__API__MAXIMUM_PAGE_LIMIT").waitFor();
    await page.getByRole("button", { name: "Changed" }).click();
    await page.getByText("api.fallback_page_limit").waitFor({ state: "detached" });
    await search.fill("");
    await page.getByText("core.dags_folder").waitFor();
    expect(await page.getByText("core.parallelism").count()).toBe(0);
  });

  it("shows which parts run, and since when", async () => {
    await page.goto(`${world.url}/jobs`);
    const scheduler = page.getByRole("row").filter({ hasText: /scheduler/i });
    await scheduler.first().getByText("running").waitFor();
    await scheduler
      .first()
      .getByText(/ago|now/)
      .waitFor();
  });

  it("makes a token that a script acts with, and takes it back", async () => {
    await page.goto(`${world.url}/tokens`);
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByLabel("Name").fill("nightly");
    await page.getByRole("button", { name: "Make it" }).click();
    const token = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
    const asked = async (path: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(world.url + path, { headers })).status;
    };
    expect(await asked("/api/v2/dags")).toBe(200);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Take back nightly" }).click();
    await page.getByRole("cell", { name: "nightly", exact: true }).waitFor({ state: "detached" });
    expect(await asked("/api/v2/dags")).toBe(401);
  });

  it("makes an asset by the Dag that makes it, and writes an event by hand", async () => {
    await world.call("PATCH", "/api/v2/dags/wide", { is_paused: false });
    await page.goto(`${world.url}/assets`);
    await page.getByRole("link", { name: "scores" }).click();
    await page.getByRole("button", { name: "Write an event" }).click();
    await page.getByRole("cell", { name: "somebody outside" }).waitFor();
    await page.getByRole("button", { name: "Materialise" }).click();
    const events = page.getByRole("table", { name: "Events" });
    await events.getByRole("link", { name: "wide · report" }).waitFor();
    await world.call("PATCH", "/api/v2/dags/wide", { is_paused: true });
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
    await page.getByRole("button", { name: "Answer", exact: true }).click();
    await page.getByText("Nobody waits for you").waitFor();
    await page.getByRole("button", { name: "Answered" }).click();
    const answered = page.getByRole("listitem").filter({ hasText: "Which regions?" });
    await answered.getByText("north, west").waitFor();
    await answered.getByText("admin").waitFor();
    const path = "/api/v2/dags/release/dagRuns/one/hitlDetails?order_by=task_instance_operator";
    const { hitl_details } = await world.call<{ hitl_details: unknown[] }>("GET", path);
    expect(hitl_details).toMatchObject([
      { chosen_options: ["Approve"], params_input: { comment: "better than before" } },
      { chosen_options: ["north", "west"], params_input: {} },
    ]);
  });

  it.skipIf(python === null)("answers a task on its own page", async () => {
    await world.call("POST", "/api/v2/dags/release/dagRuns", { logical_date: null, dag_run_id: "two" });
    await page.goto(`${world.url}/dags/release/runs/two/tasks/approve`);
    const question = page.getByRole("region", { name: "Publish the model?" });
    await question.getByLabel("comment").fill("not yet");
    await question.getByRole("button", { name: "Reject" }).click();
    await question.waitFor({ state: "detached" });
    const detail = "/api/v2/dags/release/dagRuns/two/taskInstances/approve/-1/hitlDetails";
    expect(await world.call("GET", detail)).toMatchObject({
      chosen_options: ["Reject"],
      params_input: { comment: "not yet" },
    });
  });
});
