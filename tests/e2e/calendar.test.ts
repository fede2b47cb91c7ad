/** Dates: runs that are planned, those of a day, a range of them; always on the clock of the chosen time zone. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wide } from "./dags.ts";
import { browserPath, type PageWorld, pageAt, startPageWorld, withoutBrowser } from "./world.ts";

const hourly = `
import { Dag } from "tradewind";
const dag = new Dag("hourly", { schedule: "@hourly", startDate: "2026-01-01", catchup: false });
dag.task("one", async () => 1)();
`;

describe.skipIf(browserPath === null)(`dates in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld({ "hourly.ts": hourly, "wide.ts": wide });
    for (const dagId of ["hourly", "wide"])
      await world.call("PATCH", `/api/v2/dags/${dagId}`, { is_paused: false });
    // Noon of a winter's day in Tokyo is the night before in Los Angeles.
    for (const [runId, logical_date] of [
      ["noon", "2026-02-03T03:00:00Z"],
      ["evening", "2026-02-03T10:00:00Z"],
    ])
      await world.call("POST", "/api/v2/dags/wide/dagRuns", { dag_run_id: runId, logical_date });
  }, 120_000);
  afterAll(() => world?.stop());

  const at = (path: string): Promise<Page> => pageAt(world, path);
  const inZone = async (page: Page, zone: string): Promise<void> => {
    await page
      .getByRole("button", { name: /Account/ })
      .first()
      .click();
    await page.getByRole("menuitemradio", { name: zone, exact: true }).click();
  };

  it("show in the calendar what the schedule plans, and what the colours say", async () => {
    const page = await at("/dags/hourly/calendar");
    const tomorrow = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Europe/Paris",
      dateStyle: "short",
    }).format(Date.now() + 24 * 3600_000);
    await page.locator(`[title^="${tomorrow}"][title*="24 planned"]`).waitFor();
    await page.getByRole("listitem").filter({ hasText: "planned" }).waitFor();
  });

  it("lead from a day of the calendar to its runs", async () => {
    const page = await at("/dags/wide/calendar?year=2026");
    const days = page.getByRole("link", { name: /^\d+$/ });
    await days.first().waitFor();
    await page.locator('a[title^="2026-02-03"], a[title*="run"]').first().click();
    await page.waitForURL(/\/dags\/wide\/runs\?from=.*&to=/);
    await page.getByRole("table", { name: "Runs" }).waitFor();
  });

  it("are typed on the clock of the chosen time zone, and stand as instants in the address", async () => {
    const page = await at("/dag_runs");
    await page.getByRole("table", { name: "Runs" }).waitFor();
    await inZone(page, "Asia/Tokyo");
    await page.getByLabel("Due from").fill("2026-02-03T12:00");
    await expect.poll(() => new URL(page.url()).searchParams.get("from")).toBe("2026-02-03T03:00:00.000Z");
    await inZone(page, "America/New_York");
    await expect.poll(() => page.getByLabel("Due from").inputValue()).toBe("2026-02-02T22:00");
  });

  it("narrow the list of runs to those that became due within a range", async () => {
    const due = async (runId: string): Promise<string> =>
      (await world.call<{ run_after: string }>("GET", `/api/v2/dags/wide/dagRuns/${runId}`)).run_after;
    const evening = await due("evening");
    const page = await at(`/dags/wide/runs?from=${encodeURIComponent(evening)}`);
    const table = page.getByRole("table", { name: "Runs" });
    await table.getByRole("link", { name: "evening" }).waitFor();
    await page.goto(`${world.url}/dags/wide/runs?to=2026-01-01T00:00:00Z`);
    await page.getByText("No run fits").waitFor();
  });

  it("begin a backfill on the clock of the chosen time zone", async () => {
    const page = await at("/dags/wide/backfills");
    await page.getByRole("button", { name: "New backfill" }).waitFor();
    await inZone(page, "Asia/Tokyo");
    await page.getByRole("button", { name: "New backfill" }).click();
    await page.getByText("On the clock of Asia/Tokyo").waitFor();
    await page.getByLabel("From").fill("2026-03-01T00:00");
    await page.getByLabel("To", { exact: true }).fill("2026-03-03T00:00");
    await page.getByText("Configuration of the runs").click();
    await page.getByLabel("Configuration as JSON").fill("{not json");
    expect(await page.getByRole("button", { name: "Preview" }).isDisabled()).toBe(true);
    await page.getByLabel("Configuration as JSON").fill('{"trees": 7}');
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByTestId("backfill-preview").waitFor();
    await page.getByRole("button", { name: "Start the backfill" }).click();
    await page.getByRole("row").nth(1).waitFor();
    const { backfills } = await world.call<{ backfills: { from_date: string; dag_run_conf: object }[] }>(
      "GET",
      "/api/v2/backfills?dag_id=wide",
    );
    expect(backfills).toMatchObject([{ dag_run_conf: { trees: 7 } }]);
    expect(new Date(backfills[0]?.from_date ?? 0).toISOString()).toBe("2026-02-28T15:00:00.000Z");
  });

  it("say how long runs took, and how late they landed", async () => {
    const page = await at("/dags/wide/durations");
    await page.getByRole("heading", { name: "When runs landed" }).waitFor();
    await page.getByText("landed after it was due").first().waitFor();
    const tasks = page.getByRole("table", { name: "Tasks · wide" });
    await tasks.getByRole("row", { name: /report/ }).waitFor();
  });
});
