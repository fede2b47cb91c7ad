/** A whole Tradewind on a home of its own, and a real browser that looks at its page. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { buildPage } from "../../scripts/build-page.mjs";
import { runStandalone, type Standalone } from "../../scripts/run-standalone.ts";
import { findBrowser } from "../../scripts/test-browser.mjs";

export const browserPath = findBrowser();

/** Ends the name of a suite that cannot run here. */
export const withoutBrowser = browserPath === null ? " (skipped: there is no Chromium)" : "";

export interface PageWorld {
  readonly url: string;
  readonly dags: string;
  readonly admin: string;
  readonly listensAt: string;
  /** Ends everything and starts it again on the same port; `meanwhile` happens while nothing listens. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
  /** A person's own window, signed in; what its page complains of is in `complaints`. */
  open(options?: OpenOptions): Promise<OpenedPage>;
  /** Calls the API as the admin. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export interface OpenOptions {
  readonly user?: string;
  readonly password?: string;
  readonly theme?: "light" | "dark";
  readonly phone?: boolean;
  readonly locale?: string;
  readonly signedIn?: boolean;
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, refusals of the policy, and failed requests, as they came. */
  readonly complaints: string[];
}

export interface WorldOptions {
  /** Settings of the server: `TRADEWIND__API__…`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where browsers find it, when that is not where it listens. */
  readonly seenAt?: string;
}

export async function startPageWorld(
  dags: { [name: string]: string },
  options: WorldOptions = {},
): Promise<PageWorld> {
  buildPage(process.execPath);
  const home = mkdtempSync(join(tmpdir(), "tw-page-"));
  const folder = join(home, "dags");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(dags)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  let server = await runStandalone(home, folder, options.environment);
  const seenAt = (): Standalone => ({ ...server, url: options.seenAt ?? server.url });
  const browser = await chromium.launch({
    executablePath: browserPath as string,
    // Root has no sandbox; and a container's shared memory is small.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const basic = `Basic ${Buffer.from(`admin:${server.password}`).toString("base64")}`;
  return {
    url: seenAt().url,
    listensAt: server.url,
    dags: folder,
    admin: server.password,
    open: (options = {}) => openPage(browser, seenAt(), options),
    async restart(meanwhile) {
      const { password, url } = server;
      await server.stop();
      await meanwhile();
      const environment = { ...options.environment, TRADEWIND__API__PORT: new URL(url).port };
      server = { ...(await runStandalone(home, folder, environment)), password };
    },
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          authorization: basic,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === "" ? null : JSON.parse(text)) as T;
    },
    async stop() {
      await browser.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

async function openPage(browser: Browser, server: Standalone, options: OpenOptions): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: options.phone ? { width: 390, height: 844 } : { width: 1360, height: 850 },
    colorScheme: options.theme ?? "light",
    locale: options.locale ?? "en-GB",
    // The certificate of the tests is signed by nobody.
    ignoreHTTPSErrors: true,
    timezoneId: "Europe/Paris",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  await page.goto(server.url);
  if (options.signedIn !== false)
    await signIn(page, options.user ?? "admin", options.password ?? server.password);
  return { page, context, complaints };
}

export async function signIn(page: Page, user: string, password: string): Promise<void> {
  await page.locator('input[name="username"]').fill(user);
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
}

/** Whoever may look and not touch, as `open` signs in. */
export const viewer = { user: "viewer", password: "correct horse battery" };

export async function addViewer(world: PageWorld): Promise<void> {
  const { user: username, password } = viewer;
  await world.call("POST", "/auth/fab/v1/users", { username, password, roles: [{ name: "Viewer" }] });
}

/** A page of its own at an address of the world, closed with the test. */
export async function pageAt(world: PageWorld, path: string, options: OpenOptions = {}): Promise<Page> {
  const { page, context } = await world.open(options);
  onTestFinished(() => context.close());
  await page.goto(world.url + path);
  return page;
}
