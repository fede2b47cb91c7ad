/**
 * The page and what it asks for: grids of large Dags as the server answers them, the bundle, the first paint on a cold
 * cache, and scrolling through 6000 tasks × 10 runs in a real browser.
 *
 *     node scripts/bootstrap.mjs bench/page.ts
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";
import { buildPage } from "../scripts/build-page.mjs";
import { findBrowser } from "../scripts/test-browser.mjs";
import { createApiServer } from "../src/api/server.ts";
import { loadConfig } from "../src/config.ts";
import { silentLog } from "../src/log.ts";
import { type Database, openDatabase } from "../src/store/connect.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import { migrate } from "../src/store/migrate.ts";
import { loadSecrets } from "../src/store/secrets.ts";
import { sql } from "../src/store/sql.ts";
import { createUser } from "../src/store/users.ts";
import { systemClock } from "../src/time.ts";
import { addDag, addRun, day, noon, task } from "../tests/store/rows.ts";
import { machine } from "./machine.ts";

const password = "a password of the bench";
const rounds = 15;
const scrollMs = 4000;

async function seed(database: Database, dagId: string, tasks: number, runs: number): Promise<void> {
  const ids = Array.from({ length: tasks }, (_, index) => `task_${String(index).padStart(4, "0")}`);
  const specs = ids.map((id, index) =>
    task(id, { upstream: index % 10 === 0 ? [] : [ids[index - 1] as string] }),
  );
  const { versionId } = await addDag(database, dagId, { tasks: specs });
  for (let run = 0; run < runs; run++) {
    const { id } = await addRun(database, dagId, `run_${run}`, {
      state: run % 4 === 3 ? "failed" : "success",
      at: noon + run * day,
      versionId,
    });
    await database.run(sql`
      INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots,
        queue, priority_weight, operator, start_date, end_date)
      SELECT ${id}, name, gen_random_uuid(), CASE WHEN random() < 0.05 THEN 'failed' ELSE 'success' END, 1, 1,
        ${versionId}, 'default_pool', 1, 'default', 1, '@task', now(), now() + interval '3 s'
      FROM unnest(${ids}::text[]) AS name`);
  }
  await database.run(sql`ANALYZE task_instance`);
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

async function bearer(url: string): Promise<string> {
  const response = await fetch(`${url}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password }),
  });
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
}

async function answers(url: string, path: string): Promise<{ ms: number; kilobytes: number }> {
  const authorization = await bearer(url);
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const response = await fetch(url + path, { headers: { authorization } });
    bytes = (await response.arrayBuffer()).byteLength;
    times.push(performance.now() - begin);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
  }
  return { ms: Math.round(median(times)), kilobytes: Math.round(bytes / 1024) };
}

/** Of the files that load before any view: the document's script and all that it imports at once. */
function bundleKilobytes(): { script: number; style: number } {
  const folder = join(import.meta.dirname, "../dist/ui/static");
  const entry =
    /static\/(index-[\w-]+\.js)/.exec(readFileSync(join(folder, "../index.html"), "utf8"))?.[1] ?? "";
  const seen = new Set<string>();
  const walk = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const text = readFileSync(join(folder, name), "utf8");
    for (const [, other] of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
      walk(other as string);
  };
  walk(entry);
  const size = (names: Iterable<string>): number =>
    Math.round(
      [...names].reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0) / 1024,
    );
  return {
    script: size(seen),
    style: size(readdirSync(folder).filter((name) => /^index-.*\.css$/.test(name))),
  };
}

async function firstPaint(page: Page, address: string): Promise<number> {
  await page.goto(address);
  await page.locator("h1").first().waitFor();
  return Math.round(
    (await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")) as number,
  );
}

/** Frames a second while the grid is scrolled by script at every frame. */
async function scrolling(page: Page): Promise<number> {
  await page.getByTestId("grid").waitFor();
  return Math.round(
    (await page.evaluate(`new Promise((resolve) => {
      const grid = document.querySelector('[data-testid="grid"]');
      const begin = performance.now();
      let frames = 0;
      const step = (now) => {
        frames++;
        grid.scrollTop += 60;
        if (now - begin < ${scrollMs}) requestAnimationFrame(step);
        else resolve((frames * 1000) / (now - begin));
      };
      requestAnimationFrame(step);
    })`)) as number,
  );
}

async function main(): Promise<void> {
  buildPage(process.execPath);
  const home = mkdtempSync(join(tmpdir(), "tw-bench-page-"));
  const embedded = await startEmbedded({ home, role: "service", name: "bench", settings: {} });
  const database = openDatabase({ url: embedded.url, poolSize: 5 });
  await migrate(database);
  const config = loadConfig({ home, environment: { TRADEWIND__API__PORT: "0" } });
  const secrets = loadSecrets(config.paths.secretKey);
  const server = await createApiServer({ database, secrets, clock: systemClock, config, log: silentLog() });
  const url = await server.listen();
  try {
    await createUser(
      database,
      { username: "admin", email: null, roles: ["Admin"], password },
      systemClock.now(),
    );
    await seed(database, "wide", 900, 25);
    await seed(database, "huge", 6000, 10);
    const grid = await answers(url, "/ui/dags/wide/grid?limit=25");
    const huge = await answers(url, "/ui/dags/huge/grid?limit=10");
    console.log(JSON.stringify({ machine: machine() }));
    console.log(`grid 900 x 25: ${grid.ms} ms, ${grid.kilobytes} kB`);
    console.log(`grid 6000 x 10: ${huge.ms} ms, ${huge.kilobytes} kB`);
    const bundle = bundleKilobytes();
    console.log(`first files: ${bundle.script} kB of script, ${bundle.style} kB of style (gzip)`);
    await inBrowser(url);
  } finally {
    await server.stop(0);
    await database.close();
    await embedded.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function inBrowser(url: string): Promise<void> {
  const executablePath = findBrowser();
  if (executablePath === null) return console.log("no Chromium: the page was not measured");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const paints: number[] = [];
    for (let round = 0; round < 5; round++) {
      const context = await browser.newContext();
      paints.push(await firstPaint(await context.newPage(), url));
      await context.close();
    }
    console.log(`first paint, cold cache: ${median(paints)} ms (${paints.join(", ")})`);
    const page = await (await browser.newContext({ viewport: { width: 1360, height: 850 } })).newPage();
    await page.goto(url);
    await page.locator('input[name="username"]').fill("admin");
    await page.locator('input[name="password"]').fill(password);
    await page.locator('button[type="submit"]').click();
    await page.locator("[data-live]").first().waitFor({ state: "attached" });
    await page.goto(`${url}/dags/huge?n=10`);
    console.log(`scrolling 6000 x 10: ${await scrolling(page)} frames/s`);
  } finally {
    await browser.close();
  }
}

await main();
