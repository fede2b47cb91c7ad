/** What tasks found in their data, features that are online, and the way from a prediction back to all of it. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askIris, trainIris } from "./served-models.ts";
import { training } from "./serving-dags.ts";
import { expectAccessible, expectFits, Looks } from "./view-checks.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

const hour = 3_600_000;
const ago = (hours: number): string => new Date(Date.now() - hours * hour).toISOString();

/** A view with two versions, of which the newer one is online. */
async function registerDrivers({ call }: PageWorld): Promise<void> {
  const view = {
    name: "driver",
    join_keys: ["driver"],
    features: { trips: "number", city: "text" },
    event_time: "event",
    ttl: 86_400,
    source: "s3://lake/drivers",
  };
  await call("PUT", "/api/features/views", view);
  const newer = { ...view.features, tenure: "number" };
  await call("PUT", "/api/features/views", { ...view, version: 2, features: newer });
  await call("POST", "/api/features/views/driver/materialize", {
    df: {
      driver: [7, 8],
      trips: [12, 5],
      city: ["Lyon", null],
      tenure: [3, 4],
      event: [ago(1), ago(48)],
    },
  });
}

describe.skipIf(browserPath === null)(`checks, features and lineage in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  let runId: string;
  let requestId: string;
  beforeAll(async () => {
    world = await startPageWorld({ "train_iris.ts": training });
    page = (await world.open()).page;
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "train_iris" }).first().waitFor();
    await trainIris(world);
    runId = await trainIris(world, { spread: 1.6 });
    const variants = [{ name: "champion", model: "models:/iris/2", weight: 100 }];
    await world.call("POST", "/api/endpoints", { name: "flowers", variants });
    requestId = (await askIris(world, "flowers")).requestId;
    await registerDrivers(world);
  }, 120_000);
  afterAll(() => world?.stop());

  const show = (path: string): Promise<unknown> => page.goto(world.url + path);
  const row = (words: string | RegExp) => page.getByRole("row").filter({ hasText: words });

  it("lists each check with how it went, narrowed by kind, outcome and words, and keeps that in the address", async () => {
    await show("/checks");
    await row("check_data").getByText("failed").waitFor();
    await row("train_iris · drift").getByText("2 / 5").waitFor();
    await page.getByRole("button", { name: "Performance" }).click();
    await row("decay").getByText("failed").waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    expect(new URL(page.url()).search).toBe("?kind=performance");
    await page.reload();
    await row("decay").waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    await show("/checks?outcome=warned");
    await row("drift").waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
  });

  it("shows a column's test, and its distributions beside each other", async () => {
    await show("/checks?kind=drift");
    await page.getByRole("link", { name: "drift", exact: true }).click();
    await row("petal_length").getByText("drifted").waitFor();
    await row("sepal_width").getByText("as before").waitFor();
    const shown = page.getByRole("region", { name: "Distributions of site" });
    await page.getByRole("button", { name: "site" }).click();
    await shown.getByText("marsh").waitFor();
    await shown.getByText("20 %").first().waitFor();
    expect(new URL(page.url()).searchParams.get("column")).toBe("site");
    await page.getByRole("region", { name: "Over time" }).waitFor();
    const reports = page.getByRole("navigation", { name: "Reports of this check" }).getByRole("link");
    expect(await reports.count()).toBe(2);
    await reports.first().click();
    await page.getByText("0 of 5 columns drifted").waitFor();
  });

  it("shows which expectations do not hold, and values that do not fit", async () => {
    await show("/checks?kind=validation");
    await page.getByRole("link", { name: "irises", exact: true }).click();
    await page.getByText("2 of 6 expectations do not hold").waitFor();
    await page.getByRole("button", { name: /Do not hold/ }).click();
    await row("expect_column_values_to_be_in_set").getByText("marsh").waitFor();
    expect(await page.getByRole("table", { name: "Expectations" }).getByRole("row").count()).toBe(3);
  });

  it("has the reports of a task beside its log, and the way back to the task", async () => {
    await show(`/dags/train_iris/runs/${encodeURIComponent(runId)}/tasks/decay`);
    await page
      .getByRole("link", { name: /Checks/ })
      .last()
      .click();
    await page.getByRole("link", { name: "decay", exact: true }).click();
    await page.getByText("0.85").waitFor();
    await page.getByRole("link", { name: "train_iris · decay" }).click();
    await page.getByRole("heading", { name: "decay" }).waitFor();
  });

  it("looks up an entity's features, old ones marked as such", async () => {
    await show("/features");
    await page.getByRole("button", { name: /driver/ }).click();
    await page.getByRole("link", { name: "driver" }).click();
    await page.getByText("new in this version").waitFor();
    const value = (feature: string) => page.locator(`[data-feature="${feature}"]`);
    await page.getByLabel("driver").fill("7");
    await page.getByRole("button", { name: "Look up" }).click();
    await value("trips").getByText("12").waitFor();
    await value("city").getByText("Lyon").waitFor();
    await page.getByLabel("driver").fill("8");
    await page.getByRole("button", { name: "Look up" }).click();
    await value("trips").getByText("older than the TTL").waitFor();
    await page.getByLabel("driver").fill("nobody");
    await page.getByRole("button", { name: "Look up" }).click();
    await value("trips").getByText("entity not online").waitFor();
  });

  it("leads from a prediction to the model, the run, the task, the data and the code", async () => {
    await show("/lineage");
    await page.getByLabel("Request id").fill(requestId);
    await page.getByRole("button", { name: "Show" }).click();
    const graph = page.getByTestId("graph");
    for (const words of [
      "flowers/champion",
      "iris 2",
      "logistic regression",
      "fit",
      "irises",
      "train_iris v1",
    ])
      await graph.getByText(words, { exact: true }).first().waitFor();
    await graph.getByRole("button", { name: "Lineage of iris 2" }).click();
    await page.getByText("Model version iris/2").waitFor();
    expect(new URL(page.url()).searchParams.get("id")).toBe("iris/2");
  });

  it("reads as a list, narrowed to one direction and a few steps", async () => {
    await show(`/lineage?kind=model_version&id=${encodeURIComponent("iris/2")}&as=list`);
    await row("logistic regression").first().waitFor();
    await row("flowers/champion").first().waitFor();
    await page.getByLabel("Direction").selectOption("upstream");
    await row("flowers/champion").first().waitFor({ state: "detached" });
    await page.getByLabel("Depth").selectOption("1");
    await expect.poll(() => page.getByRole("row").count()).toBe(3);
    await page.getByRole("link", { name: "logistic regression", exact: true }).click();
    await page.getByRole("heading", { name: "logistic regression" }).waitFor();
  });

  it("says so where there is nothing", async () => {
    await show("/lineage?kind=model_version&id=iris%2F99");
    await page.getByText("There is nothing here").waitFor();
    await show("/checks/987654");
    await page.getByText("There is nothing here").waitFor();
    await show("/features/nothing");
    await page.getByText("There is nothing here").waitFor();
    await show("/deployments/nothing");
    await page.getByText("There is nothing here").waitFor();
  });

  /** Path → what stands there when it is drawn. */
  const views: { [path: string]: string } = {
    "/deployments": "flowers",
    "/deployments/flowers": "What they did",
    "/deployments/flowers/try": "petal_width",
    "/deployments/flowers/requests": "Which request?",
    "/deployments/flowers/requests?request=REQUEST": "logistic regression",
    "/deployments/flowers/history": "Created",
    "/checks": "check_data",
    "/checks/VALIDATION": "expect_column_values_to_be_in_set",
    "/checks/DRIFT": "petal_length",
    "/checks/PERFORMANCE": "Score now",
    "/features": "driver",
    "/features/driver": "Entities online",
    "/lineage": "Request id",
    "/lineage?kind=prediction&id=REQUEST": "logistic regression",
    "/lineage?kind=prediction&id=REQUEST&as=list": "logistic regression",
  };

  const looks = new Looks(() => world);

  async function pathOf(view: string): Promise<string> {
    const kind = /VALIDATION|DRIFT|PERFORMANCE/.exec(view)?.[0] ?? "";
    if (kind === "") return view.replace("REQUEST", encodeURIComponent(requestId));
    const { checks } = await world.call<{ checks: { id: number }[] }>(
      "GET",
      `/api/checks?kind=${kind.toLowerCase()}`,
    );
    return view.replace(kind, String(checks[0]?.id));
  }

  for (const [view, words] of Object.entries(views)) {
    it(`draws ${view}, and nobody is shut out`, async () =>
      expectAccessible(await looks.show(await pathOf(view), words, "light", false)));

    it(`fits ${view} on a phone, in the dark`, async () =>
      expectFits(await looks.show(await pathOf(view), words, "dark", true)));
  }
});
