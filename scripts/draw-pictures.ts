/**
 * Draws the pictures of the page in docs/images, from a fresh standalone with the examples: runs them, serves a model, asks
 * it, and looks at the page in a real Chromium. `node scripts/draw-pictures.ts home grid` draws only some. It takes a few
 * minutes, and no picture is compared with what it was: look at them before you commit them.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildPage } from "./build-page.mjs";
import { pictureDag } from "./pictures/picture-dag.ts";
import { runExamples } from "./pictures/run-examples.ts";
import { type Shot, shotsOf } from "./pictures/shots.ts";
import { runStandalone, type Standalone } from "./run-standalone.ts";
import { findBrowser } from "./test-browser.mjs";

const root = join(import.meta.dirname, "..");
const images = join(root, "docs/images");

/** A window of its own, signed in. */
async function openPage(
  browser: Browser,
  { url, password }: Standalone,
  shot: Pick<Shot, "theme" | "phone">,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: shot.phone ? { width: 390, height: 844 } : { width: 1360, height: 850 },
    colorScheme: shot.theme,
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('input[name="username"]').fill("admin");
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
  return page;
}

async function draw(browser: Browser, standalone: Standalone, shot: Shot): Promise<void> {
  const page = await openPage(browser, standalone, shot);
  await page.goto(standalone.url + shot.path);
  await page.getByText(shot.shows).first().waitFor({ timeout: 60_000 });
  await page.locator('main [role="status"][aria-label="Loading"]').first().waitFor({ state: "detached" });
  await shot.prepare?.(page);
  // Charts and graphs are drawn a few frames after their data came.
  await page.waitForTimeout(800);
  await page.screenshot({ path: join(images, `${shot.name}.png`) });
  console.log(`docs/images/${shot.name}.png`);
  await page.context().close();
}

async function main(only: readonly string[]): Promise<void> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error("there is no Chromium: TRADEWIND_TEST_BROWSER names one");
  buildPage(process.execPath);
  // Always the same: it shows in pictures.
  const folder = join(tmpdir(), "tradewind-pictures");
  rmSync(folder, { recursive: true, force: true });
  const dags = join(folder, "dags");
  mkdirSync(dags, { recursive: true });
  cpSync(join(root, "examples"), dags, { recursive: true });
  // What stays of the examples needs nothing from outside.
  for (const name of ["02_ad_clicks", "03_breast_cancer_postgres", "14_models_in_python", "airflow"])
    rmSync(join(dags, name), { recursive: true });
  writeFileSync(join(dags, "churn_training.ts"), pictureDag(Date.now()));
  const standalone = await runStandalone(join(folder, "home"), dags);
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const shown = await runExamples(standalone);
    const shots = shotsOf(shown).filter(({ name }) => only.length === 0 || only.includes(name));
    for (const shot of shots) await draw(browser, standalone, shot);
    await shown.end();
  } finally {
    await browser.close();
    await standalone.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

await main(process.argv.slice(2));
