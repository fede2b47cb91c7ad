/** Deployments in the page, on a real model that really answers: traffic moved, rolled back, tried, looked up. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askIris, trainIris } from "./served-models.ts";
import { training } from "./serving-dags.ts";
import { addViewer, browserPath, type PageWorld, startPageWorld, viewer, withoutBrowser } from "./world.ts";

describe.skipIf(browserPath === null)(`deployments in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  let page: Page;
  beforeAll(async () => {
    world = await startPageWorld({ "train_iris.ts": training });
    page = (await world.open()).page;
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "train_iris" }).first().waitFor();
    for (const c of [1, 0.01]) await trainIris(world, { c });
    await addViewer(world);
  }, 120_000);
  afterAll(() => world?.stop());

  const show = (path: string): Promise<unknown> => page.goto(world.url + path);
  const endpoint = () =>
    world.call<{ variants: { name: string; weight: number; shadow: boolean }[] }>(
      "GET",
      "/api/endpoints/flowers",
    );
  const weights = async () =>
    Object.fromEntries((await endpoint()).variants.map(({ name, weight }) => [name, weight]));

  it("makes an endpoint, and gives it a second version", async () => {
    await show("/deployments");
    await page.getByRole("button", { name: "New endpoint" }).click();
    await page.getByLabel("Name").fill("flowers");
    await page.getByLabel("Model", { exact: true }).fill("models:/iris/1");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "flowers" }).click();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Change the variants" }).click();
    await page.getByRole("button", { name: "Add a variant" }).click();
    await page.getByLabel("Model of canary").fill("models:/iris/2");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator('[data-variant="canary"]').waitFor();
    expect(await weights()).toEqual({ champion: 100, canary: 0 });
  });

  it("moves traffic with the slider after a confirmation, and shows that it moved", async () => {
    await show("/deployments/flowers");
    for (let i = 0; i < 10; i++) expect((await askIris(world, "flowers")).variant).toBe("champion");
    await page.getByLabel("Share of canary").fill("40");
    await page.getByRole("button", { name: "Apply…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("40 %").waitFor();
    await dialog.getByLabel("Reason").fill("the first day went well");
    await dialog.getByRole("button", { name: "Move the traffic" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Not applied yet.").waitFor({ state: "detached" });
    expect(await weights()).toEqual({ champion: 60, canary: 40 });
    const answered = await Promise.all(
      Array.from({ length: 60 }, (_, i) => askIris(world, "flowers", `k${i}`)),
    );
    const toCanary = answered.filter(
      ({ variant, version }) => variant === "canary" && version === "2",
    ).length;
    expect(toCanary).toBeGreaterThan(10);
    // The counts are written down every few seconds, and the page looks for them by itself.
    const measured = page.locator('[data-variant="canary"] [data-figure="requests"]');
    await expect.poll(() => measured.textContent(), { timeout: 20_000 }).toBe(String(toCanary));
  });

  it("does not apply weights that do not add up", async () => {
    await show("/deployments/flowers");
    await page.getByLabel("Percent of canary").fill("30");
    await page.getByText("The weights add up to 90 %").waitFor();
    expect(await page.getByRole("button", { name: "Apply…" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Discard" }).click();
    expect(await page.getByLabel("Percent of canary").inputValue()).toBe("40");
  });

  it("refuses a change that was made on traffic that somebody changed meanwhile", async () => {
    await show("/deployments/flowers");
    await page.getByLabel("Share of canary").fill("90");
    const { variants } = await endpoint();
    await world.call("PUT", "/api/endpoints/flowers/traffic", { variants, reason: "the same again" });
    await page.getByText("Somebody changed the traffic meanwhile.").waitFor();
    expect(await page.getByRole("button", { name: "Apply…" }).isDisabled()).toBe(true);
  });

  it("rolls back at once, and says in the history who did it and why", async () => {
    await show("/deployments/flowers");
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("complaints");
    await dialog.getByRole("button", { name: "Roll back" }).click();
    await expect.poll(weights).toEqual({ champion: 100, canary: 0 });
    expect((await askIris(world, "flowers", "k1")).variant).toBe("champion");
    await page.getByRole("link", { name: "History" }).click();
    const newest = page.getByRole("row").nth(1);
    await newest.getByText("Rolled back").waitFor();
    await newest.getByText("complaints").waitFor();
    await newest.getByText("admin").waitFor();
    await page.getByText("the first day went well").waitFor();
  });

  it("goes back to any earlier traffic from the history", async () => {
    await show("/deployments/flowers/history");
    await page.getByRole("row").filter({ hasText: "the first day went well" }).getByRole("button").click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await expect.poll(weights).toEqual({ champion: 60, canary: 40 });
  });

  it("turns a variant into a shadow, which answers nobody", async () => {
    await show("/deployments/flowers");
    await page.locator('[data-variant="canary"]').getByLabel("shadow").check();
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Move the traffic" }).click();
    await expect
      .poll(async () => (await endpoint()).variants)
      .toMatchObject([
        { name: "champion", weight: 100 },
        { name: "canary", weight: 0, shadow: true },
      ]);
  });

  it("sets guardrails, and says that none is judged without a canary", async () => {
    await show("/deployments/flowers");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Change the guardrails" }).click();
    await page.getByLabel("Errors at most, in percent").fill("2.5");
    await page.getByLabel("Requests before it is judged").fill("20");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("No variant is judged now").waitFor();
    expect(await endpoint()).toMatchObject({ guardrails: { max_error_rate: 0.025, min_requests: 20 } });
  });

  it("asks the model for a row from a form, and leads from the answer to what gave it", async () => {
    await show("/deployments/flowers/try");
    for (const [name, value] of Object.entries({
      sepal_length: "6.7",
      sepal_width: "3",
      petal_length: "5.2",
      petal_width: "2.3",
    }))
      await page.getByLabel(name).fill(value);
    await page.getByRole("button", { name: "Ask" }).click();
    const answer = page.getByRole("region", { name: "Answer" });
    await answer.getByText("virginica").waitFor();
    await page.getByLabel("petal_width").fill("wide");
    await page.getByRole("button", { name: "Ask" }).click();
    await answer.getByText("Failed to convert column petal_width").waitFor();
    await page.getByLabel("petal_width").fill("2.3");
    await page.getByRole("button", { name: "Ask" }).click();
    await answer.getByRole("link").click();
    const before = page.getByRole("region", { name: "What led to it" });
    await before.getByRole("link", { name: "logistic regression" }).waitFor();
    await before
      .getByRole("link", { name: /train_iris/ })
      .first()
      .waitFor();
    await page.getByLabel("Metric").fill("bought");
    await page.getByLabel("Value").fill("1");
    await page.getByRole("button", { name: "Tell what came of it" }).click();
    await page.getByRole("listitem").filter({ hasText: "bought" }).waitFor();
  });

  it("begins a canary rollout, holds it, lets it go on, and aborts it", async () => {
    await show("/deployments/flowers");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "New canary rollout" }).click();
    await page.getByLabel("Name of the variant").fill("next");
    await page.getByLabel("Model", { exact: true }).fill("models:/iris/2");
    await page.getByLabel("Steps, in percent").fill("25, 100");
    await page.getByRole("button", { name: "Begin" }).click();
    const rollout = page.getByRole("region", { name: "Canary rollout" });
    await rollout.getByRole("listitem").filter({ hasText: "25 %" }).first().waitFor();
    expect(await weights()).toMatchObject({ champion: 75, next: 25 });
    await rollout.getByRole("button", { name: "Hold" }).click();
    await rollout.locator('[data-rollout="paused"]').waitFor();
    await rollout.getByRole("button", { name: "Go on" }).click();
    await rollout.locator('[data-rollout="running"]').waitFor();
    await rollout.getByRole("button", { name: "Abort" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Abort the rollout" }).click();
    await rollout.waitFor({ state: "detached" });
    expect(await weights()).toMatchObject({ champion: 100 });
    await show("/deployments/flowers/history");
    const past = page.getByRole("table", { name: "Canary rollouts" });
    await past.getByText("aborted").waitFor();
  });

  it("lets a viewer see and ask, and change nothing", async () => {
    const { page: seen } = await world.open(viewer);
    await seen.goto(`${world.url}/deployments`);
    await seen.getByRole("link", { name: "flowers" }).waitFor();
    expect(await seen.getByRole("button", { name: "New endpoint" }).count()).toBe(0);
    await seen.goto(`${world.url}/deployments/flowers`);
    await seen.locator('[data-variant="champion"]').waitFor();
    expect(await seen.getByRole("button", { name: /Roll back|More actions/ }).count()).toBe(0);
    expect(await seen.getByLabel("Share of champion").isDisabled()).toBe(true);
    expect(await seen.getByLabel("Percent of champion").count()).toBe(0);
    await seen.goto(`${world.url}/deployments/flowers/history`);
    await seen.getByRole("row").nth(1).waitFor();
    expect(await seen.getByRole("button", { name: "Back to this" }).count()).toBe(0);
  });
});
