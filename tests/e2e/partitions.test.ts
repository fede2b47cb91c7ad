/** Partitions that wait: what came, what is missing, and how both change while one looks. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { python } from "../python/find-python.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

const dags = `
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    DAG, Asset, DayWindow, MinimumCount, PartitionedAssetTimetable, RollupMapper, StartOfDayMapper,
)

hourly, prices = Asset("hourly"), Asset("prices")
enough = RollupMapper(upstream_mapper=StartOfDayMapper(), window=DayWindow(), wait_policy=MinimumCount(3))

with DAG("daily", schedule=PartitionedAssetTimetable(assets=hourly & prices, partition_mapper_config={hourly: enough}),
         is_paused_upon_creation=False):
    EmptyOperator(task_id="report")

with DAG("plain", schedule=None):
    EmptyOperator(task_id="one")
`;

const without = python === null ? " (skipped: there is no Python)" : withoutBrowser;

describe.skipIf(browserPath === null || python === null)(`partitions that wait${without}`, () => {
  let world: PageWorld;
  let page: Page;
  let complaints: string[];
  const ids = new Map<string, number>();
  const came = (asset: string, key: string): Promise<unknown> =>
    world.call("POST", "/api/v2/assets/events", { asset_id: ids.get(asset), partition_key: key, extra: {} });
  beforeAll(async () => {
    world = await startPageWorld(
      { "dags.py": dags },
      { environment: { TRADEWIND__PYTHON__INTERPRETER: python ?? "" } },
    );
    ({ page, complaints } = await world.open());
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "daily" }).first().waitFor();
    const { assets } = await world.call<{ assets: { id: number; name: string }[] }>("GET", "/api/v2/assets");
    for (const { id, name } of assets) ids.set(name, id);
  }, 120_000);
  afterAll(() => world?.stop());

  it("say which keys came and which are missing, and go when all is there", { timeout: 90_000 }, async () => {
    await page.goto(`${world.url}/dags/daily/partitions`);
    await page.getByText("No partition waits").waitFor();
    await came("hourly", "2026-03-01T05:00:00");
    const row = page.getByRole("button", { name: "2026-03-01" });
    await row.waitFor();
    expect(await row.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("1");
    await row.click();
    const hours = page.getByRole("region", { name: "hourly" });
    await hours.getByText("1 of 24 came").waitFor();
    await hours.getByText("3 are enough").waitFor();
    expect(await hours.getByRole("list", { name: "Came" }).getByRole("listitem").allTextContents()).toEqual([
      "2026-03-01T05:00:00",
    ]);
    expect(await hours.getByRole("list", { name: "Missing" }).getByRole("listitem").count()).toBe(23);
    await page
      .getByRole("region", { name: "prices" })
      .getByText("Any key that belongs to the partition is enough")
      .waitFor();
    for (const hour of ["06", "07"]) await came("hourly", `2026-03-01T${hour}:00:00`);
    await hours.getByText("3 of 24 came").waitFor();
    await came("prices", "2026-03-01");
    await page.getByText("No partition waits").waitFor();
    await page.getByRole("link", { name: "Started" }).click();
    await page.getByRole("cell", { name: "2026-03-01", exact: true }).waitFor();
    await page
      .getByRole("row")
      .getByRole("link", { name: /^asset_triggered__/ })
      .click();
    await page.waitForURL(/\/dags\/daily\/runs\/asset_triggered__/);
    expect(complaints).toEqual([]);
  });

  it("have a tab only where the Dag goes by partitions", async () => {
    await page.goto(`${world.url}/dags/plain`);
    await page.getByRole("link", { name: "Audit log" }).waitFor();
    expect(await page.getByRole("link", { name: "Partitions" }).count()).toBe(0);
  });
});
