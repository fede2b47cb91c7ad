/** The graph of a Dag: its groups, what is before and after a task, live colours, pictures; and two versions of it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wide } from "./dags.ts";
import { expectAccessible } from "./view-checks.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

const gated = `
import { Dag, Label } from "tradewind";
const dag = new Dag("gated", { startDate: "2026-01-01" });
const decision = dag.branch("decide", async () => "deploy")();
decision.before(Label("good enough"), dag.task("deploy", async () => "out")());
decision.before(Label("not yet"), dag.task("notify", async () => "not good enough")());
`;

/** One version of a Dag, and the next: a task is new, one is gone, one is tried more often. */
const growing = (isGrown: boolean): string => `
import { Dag } from "tradewind";
const dag = new Dag("growing", { startDate: "2026-01-01" });
const load = dag.task("load", async () => 1);
const train = dag.task("train", async ({ rows }: { rows: number }) => rows, { retries: ${isGrown ? 2 : 0} });
const last = dag.task("${isGrown ? "publish" : "print"}", async ({ model }: { model: number }) => model);
last({ model: train({ rows: load() }) });
`;

describe.skipIf(browserPath === null)(`the graph of a Dag${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    world = await startPageWorld({ "wide.ts": wide, "gated.ts": gated, "growing.ts": growing(false) });
    ({ page, complaints } = await world.open());
    for (const dagId of ["wide", "gated"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
  }, 120_000);
  afterAll(() => world?.stop());

  const graph = () => page.getByTestId("graph");
  const node = (name: string) => graph().getByRole("link", { name });
  const show = async (path: string): Promise<void> => {
    await page.goto(world.url + path);
    await graph().waitFor();
  };
  const trigger = async (dagId: string): Promise<string> =>
    (
      await world.call<{ dag_run_id: string }>("POST", `/api/v2/dags/${dagId}/dagRuns`, {
        logical_date: null,
      })
    ).dag_run_id;

  it("folds a group, and unfolds it", async () => {
    await show("/dags/wide/graph");
    await node("features").waitFor();
    await graph().getByRole("button", { name: "prepare" }).click();
    await node("features").waitFor({ state: "detached" });
    await graph().getByRole("button", { name: "prepare" }).click();
    await node("features").waitFor();
  });

  it("shows a task with what is before it, and keeps that in the address", async () => {
    await show("/dags/wide/graph");
    await page.getByLabel("Task to look at").selectOption("prepare.features");
    await page.getByLabel("What is shown of it").selectOption("upstream");
    await node("report").waitFor({ state: "detached" });
    await node("days").waitFor();
    await page.reload();
    await node("days").waitFor();
    expect(await node("report").count()).toBe(0);
    await page.getByLabel("What is shown of it").selectOption("downstream");
    await node("report").waitFor();
    await node("days").waitFor({ state: "detached" });
  });

  it("shows assets, and leaves them out where they are not asked for", async () => {
    await show("/dags/wide/graph");
    await graph().getByText("scores").waitFor();
    await page.getByRole("button", { name: "Assets" }).click();
    await page.getByRole("menuitemradio", { name: "not shown" }).click();
    await graph().getByText("scores").waitFor({ state: "detached" });
    expect(page.url()).toContain("assets=off");
  });

  it("takes the colours of a run as it goes on, and says which way a branch leads", async () => {
    await show("/dags/gated/graph");
    await graph().getByText("good enough").waitFor();
    await trigger("gated");
    await node("deploy").and(page.locator('[data-state="success"]')).waitFor();
    await node("notify").and(page.locator('[data-state="skipped"]')).waitFor();
  });

  it("is saved as a picture: a drawing with names, arrows and groups, and points", async () => {
    await show("/dags/wide/graph");
    const saved = async (button: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: button }).click(),
      ]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const svg = await saved("Save as SVG");
    expect(svg.name).toBe("graph.svg");
    const text = svg.bytes.toString();
    for (const words of ["days", "features", "report", "prepare", "scores", "marker-end"])
      expect(text).toContain(words);
    // Programs that show drawings know few kinds of colours.
    expect(text).not.toMatch(/oklch|var\(/);
    const png = await saved("Save as PNG");
    expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(300);
  });

  it("compares two versions, in the code and in the graph", async () => {
    writeFileSync(join(world.dags, "growing.ts"), growing(true));
    await page.goto(`${world.url}/dags/growing/code`);
    await page.getByLabel("Compare with").selectOption({ index: 1 });
    await page.getByText("retries: 0").waitFor();
    await page.getByText("retries: 2").waitFor();
    await page.getByRole("button", { name: "Graph", exact: true }).click();
    const changes = page.getByRole("list", { name: "What changed in the graph" });
    await changes.getByRole("button", { name: "added publish" }).waitFor();
    await changes.getByRole("button", { name: "removed print" }).waitFor();
    await changes.getByRole("button", { name: "changed train retries: 0 → 2" }).waitFor();
    await changes.getByText("train → publish").waitFor();
    await graph().locator('[data-change="added"]', { hasText: "publish" }).waitFor();
    await graph().locator('[data-change="removed"]', { hasText: "print" }).waitFor();
    complaints.length = 0;
    await page.reload();
    await graph().locator('[data-change="changed"]', { hasText: "train" }).waitFor();
    await expectAccessible({ page, complaints, context: page.context() });
  });
});
