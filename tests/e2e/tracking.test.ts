/** Experiments and tracked runs as people use them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { training } from "./dags.ts";
import { fillTracking, learning, makeExperiment, makeRun, type TrackedWorld } from "./tracked.ts";
import {
  addViewer,
  browserPath,
  type OpenOptions,
  type PageWorld,
  pageAt,
  startPageWorld,
  viewer,
  withoutBrowser,
} from "./world.ts";

/** As long as the page's own waits. */
const patience = 30_000;

describe.skipIf(browserPath === null)(`experiments in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let tracked: TrackedWorld;
  beforeAll(async () => {
    world = await startPageWorld({ "training.ts": training });
    tracked = await fillTracking(world);
    await addViewer(world);
  }, 120_000);
  afterAll(() => world?.stop());

  const at = (path: string, options?: OpenOptions): Promise<Page> => pageAt(world, path, options);
  const experiment = (): string => `/experiments/${tracked.experimentId}`;
  const names = (page: Page): Promise<string[]> =>
    page
      .locator("tr[data-run] th a")
      .evaluateAll((links) => links.map(({ textContent }) => textContent ?? ""));
  /** Names of the runs, in the order in which they are listed. */
  const expectNames = (page: Page, expected: readonly string[]): Promise<void> =>
    expect.poll(() => names(page), { timeout: patience }).toEqual(expected);
  const rowOf = (page: Page, name: string) => page.locator("tr[data-run]", { hasText: name });

  it("are made, renamed, described with tags, deleted and restored", async () => {
    const page = await at("/experiments");
    await page.getByRole("button", { name: "New experiment" }).click();
    await page.getByLabel("Name", { exact: true }).fill("churn");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("alert").getByText("already exists").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("pricing");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("heading", { name: "pricing" }).waitFor();
    await page.getByRole("link", { name: "Details" }).click();
    await page.getByRole("button", { name: "Add a tag" }).click();
    await page.getByLabel("Key").fill("owner");
    await page.getByLabel("Value").fill("grace");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("header").getByText("owner: grace").waitFor();
    await page.getByRole("button", { name: "Actions for pricing" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByLabel("Name", { exact: true }).fill("prices");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "prices" }).waitFor();
    await page.getByRole("button", { name: "Actions for prices" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.locator("header").getByText("deleted", { exact: true }).waitFor();
    await page.goto(`${world.url}/experiments?show=deleted`);
    await page.getByRole("button", { name: "Actions for prices" }).click();
    await page.getByRole("menuitem", { name: "Restore" }).click();
    await page.getByText("No experiment fits").waitFor();
  });

  it("sort their runs by any column, and keep that in the address", async () => {
    const page = await at(experiment());
    await page.getByRole("button", { name: "loss" }).click();
    // NaN stands behind all numbers, and runs without the metric behind those.
    await expectNames(page, ["linear", "forest", "boosting", "diverged", "search"]);
    await page.getByRole("button", { name: "loss" }).click();
    await expectNames(page, ["boosting", "forest", "linear", "diverged", "search"]);
    await page.reload();
    await expectNames(page, ["boosting", "forest", "linear", "diverged", "search"]);
  });

  it("filter their runs with suggestions and help, and say where a filter is wrong", async () => {
    const page = await at(experiment());
    const field = page.getByRole("combobox", { name: "Filter runs" });
    await field.pressSequentially("metr");
    await page.getByRole("option", { name: "metrics.accuracy" }).click();
    await field.pressSequentially("> ");
    await field.press("Enter");
    await page.getByRole("alert").getByText("expected a value at character").waitFor();
    await field.pressSequentially("0.9499");
    await field.press("Enter");
    await rowOf(page, "boosting").waitFor();
    await rowOf(page, "linear").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Help with filters" }).click();
    await page.getByRole("button", { name: "params.model = 'forest'", exact: true }).click();
    await expectNames(page, ["forest"]);
    await field.fill("depth-");
    await field.press("Enter");
    await expectNames(page, ["depth-8", "depth-4", "depth-2"]);
  });

  it("show the columns that were chosen", async () => {
    const page = await at(experiment());
    const head = page.getByRole("table", { name: "Runs" }).locator("thead");
    await head.getByText("depth").waitFor();
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "depth" }).uncheck();
    await page.getByRole("checkbox", { name: "Task", exact: true }).check();
    await page.getByRole("button", { name: "Done" }).click();
    await head.getByText("Task").waitFor();
    await page.reload();
    await head.getByText("Task").waitFor();
    expect(await head.getByText("depth").count()).toBe(0);
  });

  it("fold runs that belong to another run", async () => {
    const page = await at(experiment());
    await rowOf(page, "search").first().waitFor();
    expect(await names(page)).not.toContain("depth-8");
    await page.getByRole("button", { name: "Runs within search: 3" }).click();
    await rowOf(page, "depth-8").waitFor();
    expect((await names(page)).slice(0, 4)).toEqual(["search", "depth-8", "depth-4", "depth-2"]);
  });

  it("draw only the rows of a long list that are on the screen, and load the rest when it is scrolled to", async () => {
    const id = await makeExperiment(world.call, "long");
    for (let start = 0; start < 350; start += 25)
      await Promise.all(
        Array.from({ length: 25 }, (_, index) =>
          makeRun(world.call, id, {
            name: `run-${start + index}`,
            at: Date.UTC(2026, 0, 1) + (start + index) * 1000,
            metrics: { score: [start + index] },
          }),
        ),
      );
    const page = await at(`/experiments/${id}`);
    await page.locator('[data-total="350"]').waitFor();
    await rowOf(page, "run-349").waitFor();
    const region = page.getByRole("region", { name: "Runs" });
    await region.evaluate((node) => node.scrollTo(0, node.scrollHeight));
    await rowOf(page, "run-0").first().waitFor();
    expect(await page.locator("tr[data-run]").count()).toBeLessThan(100);
  }, 90_000);

  it("delete chosen runs, and bring them back", async () => {
    const page = await at(experiment());
    await page.getByRole("checkbox", { name: "Select diverged" }).check();
    await page.getByText("1 chosen").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await rowOf(page, "diverged").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Deleted" }).click();
    await page.getByRole("checkbox", { name: "Select diverged" }).check();
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText("There is no run here").waitFor();
    await page.getByRole("button", { name: "Active" }).click();
    await rowOf(page, "diverged").waitFor();
  });

  it("are compared by curves, axes, points, boxes and what differs", async () => {
    const page = await at(experiment());
    for (const name of ["forest", "linear", "boosting"])
      await page.getByRole("checkbox", { name: `Select ${name}` }).check();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("heading", { name: "Compare 3 runs" }).waitFor();
    await page.locator('[role="img"][data-points="120"]').first().waitFor();
    await page.getByRole("link", { name: "Parallel coordinates" }).click();
    const parallel = page.getByRole("img", { name: "Parallel coordinates" });
    for (const axis of ["depth", "lr", "model", "loss"])
      await parallel.getByText(axis, { exact: true }).waitFor();
    await page.getByRole("link", { name: "Scatter" }).click();
    await page.getByLabel("Colour").selectOption("metrics.loss");
    await page.locator('[role="img"] svg path').first().waitFor({ state: "attached" });
    await page.getByRole("link", { name: "Box plot" }).click();
    await page.getByLabel("Grouped by").selectOption("params.model");
    await page.getByRole("img", { name: "accuracy · model" }).getByText("boosting").waitFor();
    await page.getByRole("link", { name: "What differs" }).click();
    const table = page.getByRole("table", { name: "What differs" });
    await table.getByRole("row", { name: /^depth/ }).waitFor();
    // All three were run by the same person.
    expect(await table.getByRole("row", { name: /^User/ }).count()).toBe(0);
    await page.getByRole("checkbox", { name: "Only what differs" }).uncheck();
    await table.getByRole("row", { name: /^User/ }).waitFor();
  });

  it("draw curves that grow while a run logs", async () => {
    const id = await makeExperiment(world.call, "growing");
    const runId = await makeRun(world.call, id, { name: "growing", metrics: { loss: [3, 2, 1] } });
    const page = await at(`/experiments/${id}/runs/${runId}/metrics`);
    await page.locator('[role="img"][data-points="3"]').waitFor();
    await world.call("POST", "/api/2.0/mlflow/runs/log-metric", {
      run_id: runId,
      key: "loss",
      value: 0.5,
      step: 3,
      timestamp: Date.UTC(2026, 10, 20, 9),
    });
    await page.locator('[role="img"][data-points="4"]').waitFor();
    await world.call("POST", "/api/2.0/mlflow/runs/update", {
      run_id: runId,
      status: "FINISHED",
      end_time: 1,
    });
    await page.locator('header [data-status="FINISHED"]').waitFor();
  });

  it("show a run that a task tracks from its first point on, with the way to the task and back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-live-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await world.call("PATCH", "/api/v2/dags/training", { is_paused: false });
    const page = await at("/experiments");
    const { dag_run_id: dagRun } = await world.call<{ dag_run_id: string }>(
      "POST",
      "/api/v2/dags/training/dagRuns",
      { logical_date: null, conf: { folder } },
    );
    await page.getByRole("link", { name: "live", exact: true }).click();
    await page.getByRole("link", { name: "from-a-task" }).click();
    await page.getByRole("link", { name: "Metrics" }).first().click();
    for (const step of [0, 1, 2]) writeFileSync(join(folder, String(step)), "");
    await page.locator('[role="img"][data-points="4"]').waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("link", { name: "training · fit" }).click();
    await page.getByRole("heading", { name: "fit", exact: true }).waitFor();
    await page.getByRole("link", { name: "Tracked runs" }).click();
    writeFileSync(join(folder, "end"), "");
    await page.locator('main [data-status="FINISHED"]').waitFor();
    await page.getByRole("link", { name: "from-a-task" }).click();
    await page.getByRole("heading", { name: "from-a-task" }).waitFor();
    await page.goto(`${world.url}/dags/training/runs/${encodeURIComponent(dagRun)}/tracked`);
    await page.getByRole("link", { name: "from-a-task" }).waitFor();
  }, 90_000);

  it("show artifacts as what they are, and let none of them out of its frame", async () => {
    const page = await at(`${experiment()}/runs/${tracked.runs.forest}/artifacts`);
    await page.getByRole("button", { name: /report\.html/ }).click();
    const said = page.frameLocator("iframe").locator("#said");
    await expect.poll(() => said.textContent(), { timeout: patience }).toContain("refused");
    expect(JSON.parse((await said.textContent()) ?? "")).toEqual({
      cookie: "SecurityError",
      parent: "SecurityError",
      storage: "SecurityError",
      net: "refused",
      origin: "null",
    });
    await page.getByRole("button", { name: /notes\.md/ }).click();
    await page.getByRole("heading", { name: "Notes", exact: true }).waitFor();
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
    await page.getByRole("button", { name: /rows\.csv/ }).click();
    await page.getByRole("cell", { name: "Ada, Countess" }).waitFor();
    await page.getByRole("button", { name: /table\.json/ }).click();
    await page.getByRole("cell", { name: "true" }).waitFor();
    await page.getByRole("button", { name: "plots" }).click();
    await page.getByRole("button", { name: /confusion\.png/ }).click();
    const image = page.getByRole("img", { name: "confusion.png" });
    const width = (): Promise<number> =>
      image.evaluate((node) => (node as unknown as { naturalWidth: number }).naturalWidth);
    await expect.poll(width, { timeout: patience }).toBe(1);
    await page.getByRole("button", { name: /weights\.bin/ }).click();
    await page.getByText("This file is not shown here").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("weights.bin");
  });

  it("let a run be described, tagged and registered", async () => {
    const page = await at(`${experiment()}/runs/${tracked.runs.forest}`);
    await page.getByRole("button", { name: "Change the description" }).click();
    await page.getByLabel("Description").last().fill("It is **good**.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("strong", { hasText: "good" }).waitFor();
    await page.getByRole("button", { name: "Remove the tag team" }).click();
    await page.getByRole("button", { name: "Remove the tag team" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "customers" }).click();
    await page.getByRole("dialog").getByText("num_rows").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Register a model" }).click();
    await page.getByLabel("What").selectOption("model");
    await page.getByLabel("As a version of").fill("brand-new");
    await page.getByRole("button", { name: "Register", exact: true }).click();
    await page.getByRole("heading", { name: "Version 1" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/models/brand-new/versions/1");
    await page.getByRole("cell", { name: "double" }).waitFor();
  });

  it("are where MLflow's links lead", async () => {
    const { experimentId, runs } = tracked;
    const links = {
      [`/#/experiments/${experimentId}/runs/${runs.forest}`]: `/experiments/${experimentId}/runs/${runs.forest}`,
      [`/#/experiments/${experimentId}/runs/${runs.forest}/artifacts`]: `/experiments/${experimentId}/runs/${runs.forest}/artifacts`,
      [`/#/experiments/${experimentId}`]: `/experiments/${experimentId}`,
      "/#/models/churn/versions/2": "/models/churn/versions/2",
      "/#/models/churn": "/models/churn",
    };
    const page = await at("/");
    for (const [link, path] of Object.entries(links)) {
      await page.goto("about:blank");
      await page.goto(world.url + link);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(new URL(page.url()).pathname).toBe(path);
    }
    const [a, b] = [runs.forest, runs.linear];
    await page.goto("about:blank");
    await page.goto(`${world.url}/#/compare-runs?runs=["${a}","${b}"]&experiments=["${experimentId}"]`);
    await page.getByRole("heading", { name: "Compare 2 runs" }).waitFor();
  });

  it("offer a viewer nothing to change, and take nothing from one", async () => {
    const page = await at(`${experiment()}/runs/${tracked.runs.linear}`, viewer);
    await page.getByRole("heading", { name: "linear" }).waitFor();
    for (const name of ["Register a model", "Add a tag", "Change the description", "Actions"])
      expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
    await page.goto(`${world.url}/experiments`);
    await page.getByRole("link", { name: "churn" }).waitFor();
    expect(await page.getByRole("button", { name: /New experiment|Actions for/ }).count()).toBe(0);
    await page.goto(world.url + experiment());
    await page.getByRole("checkbox", { name: "Select forest" }).check();
    await page.getByText("1 chosen").waitFor();
    expect(await page.getByRole("button", { name: "Delete", exact: true }).count()).toBe(0);
    const status = await page.evaluate(`(async () => {
      const { csrfToken } = await (await fetch("/ui/session")).json();
      const headers = { "content-type": "application/json", "x-csrf-token": csrfToken };
      const body = JSON.stringify({ run_id: "${tracked.runs.linear}", key: "k", value: "v" });
      return (await fetch("/ajax-api/2.0/mlflow/runs/set-tag", { method: "POST", headers, body })).status;
    })()`);
    expect(status).toBe(403);
  });

  it("stay live where a run is made by somebody else", async () => {
    const page = await at(experiment());
    await rowOf(page, "forest").first().waitFor();
    await makeRun(world.call, tracked.experimentId, {
      name: "newcomer",
      metrics: learning(0.2, 3),
      at: Date.now(),
    });
    await rowOf(page, "newcomer").waitFor();
  });
});
