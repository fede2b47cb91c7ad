/** Registered models and studies as people use them. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillTracking, tellTrial } from "./tracked.ts";
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

describe.skipIf(browserPath === null)(`models and studies in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld({});
    await fillTracking(world);
    await addViewer(world);
  }, 120_000);
  afterAll(() => world?.stop());

  const at = (path: string, options?: OpenOptions): Promise<Page> => pageAt(world, path, options);

  it("move an alias only after saying what that means, and remember who moved it", async () => {
    const page = await at("/models/churn/versions/2");
    await page.getByRole("button", { name: "Set an alias" }).click();
    await page.getByLabel("Alias", { exact: true }).fill("champion");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByText("It stands at version 1.").waitFor();
    await page.getByRole("button", { name: "Move" }).click();
    await page.getByRole("button", { name: "Take @champion away" }).waitFor();
    await page.goto(`${world.url}/models`);
    await page.getByRole("link", { name: "@champion v2" }).waitFor();
    await page.goto(`${world.url}/models/churn/history`);
    const newest = page.getByRole("list", { name: "History" }).getByRole("listitem").first();
    expect(await newest.textContent()).toMatch(/@champion\s*v1\s*→\s*v2.*admin/);
    await page.goto(`${world.url}/models/churn/versions/2`);
    await page.getByRole("button", { name: "Take @champion away" }).click();
    await page.getByRole("dialog").getByText("models:/churn@champion").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Take away" }).click();
    await page.getByText("@champion", { exact: true }).waitFor({ state: "detached" });
  });

  it("approve and reject a version, for everybody who looks", async () => {
    const page = await at("/models/churn/versions/1");
    const other = await at("/models/churn", viewer);
    await page.getByRole("button", { name: "Approve" }).click();
    await other.locator('[data-validation="approved"]').waitFor();
    const { model_version: version } = await world.call<{
      model_version: { tags: { key: string; value: string }[] };
    }>("GET", "/api/2.0/mlflow/model-versions/get?name=churn&version=1");
    expect(version.tags).toContainEqual({ key: "validation_status", value: "approved" });
    await page.getByRole("button", { name: "Take the decision back" }).click();
    await page.getByRole("button", { name: "Reject" }).click();
    await other.locator('[data-validation="rejected"]').waitFor();
  });

  it("change the stage, and archive what stood there", async () => {
    const page = await at("/models/churn/versions/2");
    await page.getByRole("button", { name: "Stage", exact: true }).click();
    await page.getByRole("menuitem", { name: "Production" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Move" }).click();
    await page.locator("main header").getByText("Production", { exact: true }).waitFor();
    await page.goto(`${world.url}/models/churn`);
    await page.getByRole("row", { name: /v1/ }).getByText("Archived").waitFor();
  });

  it("set two versions beside each other", async () => {
    const page = await at("/models/churn");
    await page.getByRole("checkbox", { name: "Select 1" }).check();
    await page.getByRole("checkbox", { name: "Select 2" }).check();
    await page.getByRole("button", { name: "Compare" }).click();
    const table = page.getByRole("table", { name: "What differs" });
    await table.getByRole("row", { name: /^model forest boosting/ }).waitFor();
    await table.getByRole("row", { name: /^accuracy 0\.949836 0\.949997/ }).waitFor();
    // The second version's run has no MLmodel.
    await table.getByRole("row", { name: /^Inputs tenure: double, plan: string\? –/ }).waitFor();
  });

  it("are made, described, deleted", async () => {
    const page = await at("/models");
    await page.getByRole("button", { name: "New model" }).click();
    await page.getByLabel("Name", { exact: true }).fill("short-lived");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "short-lived" }).waitFor();
    await page.getByRole("link", { name: "Details" }).click();
    await page.getByRole("button", { name: "Change the description" }).click();
    await page.getByLabel("Description").last().fill("Gone soon");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Gone soon").first().waitFor();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Models", exact: true }).waitFor();
    await page.getByRole("link", { name: "short-lived" }).waitFor({ state: "detached" });
  });

  it("offer a viewer nothing to change", async () => {
    const page = await at("/models/churn/versions/1", viewer);
    await page.getByText("tenure").waitFor();
    for (const name of ["Approve", "Reject", "Stage", "Set an alias", "Add a tag", "Delete the version"])
      expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
    await page.goto(`${world.url}/studies/forest`);
    await page.getByText("Best trial").first().waitFor();
    expect(await page.getByRole("button", { name: "Delete the study" }).count()).toBe(0);
  });

  it("show a study's search as it goes on", async () => {
    const page = await at("/studies/forest/trials");
    await page.getByRole("link", { name: "Trials 13" }).waitFor();
    await tellTrial(world.call, "forest");
    await page.getByRole("link", { name: "Trials 14" }).waitFor();
    await page.getByRole("button", { name: "Value" }).click();
    await page.getByRole("row").nth(1).getByText("best").waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    const best = Number(await page.locator("[data-best]").getAttribute("data-best"));
    const { trials } = await world.call<{ trials: { number: number }[] }>("GET", "/api/studies/forest/best");
    expect(best).toBe(trials[0]?.number);
    await page
      .getByRole("img", { name: "How the best value came about" })
      .locator("svg path")
      .first()
      .waitFor({ state: "attached" });
    await page.getByRole("link", { name: "Contour" }).click();
    await page.getByLabel("Horizontal axis").selectOption("depth");
    await page.getByRole("img", { name: "depth and rate against the value" }).waitFor();
  });
});
