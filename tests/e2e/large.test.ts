/** Lists and grids of 10 000 rows: what is not seen is not drawn, and what is at the end can be reached. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetItem, DagStructure, GridData } from "../../src/api/ui/contract.ts";
import { letterOf } from "../../src/api/ui/state-letters.ts";
import { wide } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

const count = 10_000;
const name = (index: number): string => `row_${String(index).padStart(5, "0")}`;
const rows = Array.from({ length: count }, (_, index) => index);

/** Answers that a server with as much would give. */
const assets: AssetItem[] = rows.map((index) => ({
  id: index + 1,
  name: name(index),
  uri: `file:///${name(index)}`,
  group: "asset",
  isActive: true,
  latestEvent: null,
  events: 0,
  producers: [],
  consumers: [],
}));
const structure: DagStructure = {
  dagId: "wide",
  versionNumber: 1,
  nodes: rows.map((index) => ({
    id: name(index),
    label: name(index),
    kind: "task",
    parent: null,
    depth: 0,
    operator: "@task",
  })),
  edges: [],
  assets: [],
};
const runs: GridData["runs"] = Array.from({ length: 10 }, (_, run) => ({
  runId: `run_${run}`,
  state: "success",
  runType: "manual",
  runAfter: Date.UTC(2026, 0, run + 1),
  logicalDate: null,
  startDate: Date.UTC(2026, 0, run + 1),
  endDate: Date.UTC(2026, 0, run + 1, 1),
  versionNumber: 1,
  note: null,
  cells: letterOf("success").repeat(count),
  mapped: {},
}));

describe.skipIf(browserPath === null)(`lists of 10 000 rows${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  beforeAll(async () => {
    world = await startPageWorld({ "wide.ts": wide });
    page = (await world.open()).page;
    const answer = (path: RegExp, json: unknown) => page.route(path, (route) => route.fulfill({ json }));
    await answer(/\/ui\/assets$/, assets);
    await answer(/\/ui\/dags\/wide\/structure/, structure);
    const grid: GridData = { taskIds: rows.map(name), runs, hasOlder: false };
    await answer(/\/ui\/dags\/wide\/grid/, grid);
  }, 120_000);
  afterAll(() => world?.stop());

  const scrollToEnd = (selector: string) =>
    page.evaluate(`{ const box = document.querySelector('${selector}'); box.scrollTop = box.scrollHeight; }`);

  it("draws the rows of a table that are seen, and the last when somebody goes there", async () => {
    await page.goto(`${world.url}/assets`);
    await page.getByRole("link", { name: name(0) }).waitFor();
    expect(await page.getByRole("table").getAttribute("aria-rowcount")).toBe(String(count + 1));
    expect(await page.locator("tbody tr").count()).toBeLessThan(100);
    await scrollToEnd("[role=region][tabindex]");
    await page.getByRole("link", { name: name(count - 1) }).waitFor();
    expect(await page.locator("tbody tr").count()).toBeLessThan(100);
  });

  it("draws the rows of a grid that are seen, takes keys among them, and opens what is chosen at the end", async () => {
    await page.goto(`${world.url}/dags/wide`);
    const first = page.locator(`[data-run="run_9"][data-task="${name(0)}"]`);
    await first.waitFor();
    expect(await page.locator("[role=row]").count()).toBeLessThan(120);
    await scrollToEnd('[data-testid="grid"]');
    const last = page.locator(`[data-run="run_0"][data-task="${name(count - 1)}"]`);
    await last.waitFor();
    expect(await page.locator("[role=row]").count()).toBeLessThan(120);
    expect(await first.count()).toBe(0);
    // The name beside a cell is that of its task, whichever task the element showed before.
    const index = await last.locator("..").getAttribute("aria-rowindex");
    const head = page.locator(`[role=row][aria-rowindex="${index}"] [role=rowheader]`);
    expect(await head.textContent()).toBe(name(count - 1));
    await last.hover();
    expect(await last.getAttribute("title")).toContain("success");
    await last.click();
    expect(new URL(page.url()).searchParams.get("task")).toBe(name(count - 1));
    await page.getByTestId("grid").press("ArrowUp");
    await page.waitForURL(new RegExp(`task=${name(count - 2)}`));
  });
});
