/** The page where it is put: under a path behind a proxy, over TLS, and while its server restarts. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { failing, wide } from "./dags.ts";
import { browserPath, type PageWorld, startPageWorld, type WorldOptions, withoutBrowser } from "./world.ts";

const prefix = "/tools/flow";

/** Passes on what is below `prefix`, without it, and knows nothing else. */
async function startProxy(target: () => string): Promise<{ url: string; server: Server }> {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "";
    if (!path.startsWith(`${prefix}/`) || target() === "") {
      outgoing.writeHead(404).end("not below the prefix");
      return;
    }
    const { hostname, port } = new URL(target());
    const onward = request(
      { hostname, port, method: incoming.method, path: path.slice(prefix.length), headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`, server };
}

async function world(dags: { [name: string]: string }, options: WorldOptions = {}): Promise<PageWorld> {
  const made = await startPageWorld(dags, options);
  onTestFinished(() => made.stop());
  return made;
}

/** Goes where a person goes: by links, in the page that is open. */
async function lookAround(page: Page): Promise<void> {
  const main = page.getByRole("navigation", { name: "Main" });
  await main.getByText("Dags").first().click();
  await page.getByRole("link", { name: "wide" }).first().click();
  await page.getByRole("link", { name: "Graph" }).click();
  await page.getByText("report").first().waitFor();
  await page.reload();
  await page.getByText("report").first().waitFor();
}

describe.skipIf(browserPath === null)(
  `the page where it is put${withoutBrowser}`,
  { timeout: 120_000 },
  () => {
    it("works below a path of a proxy that strips it", async () => {
      let target = "";
      const proxy = await startProxy(() => target);
      onTestFinished(() => {
        proxy.server.closeAllConnections();
        proxy.server.close();
      });
      const environment = { TRADEWIND__API__BASE_URL: proxy.url };
      const here = await world({ "wide.ts": wide }, { environment, seenAt: `${proxy.url}/` });
      target = new URL(here.listensAt).origin;
      const { page, complaints } = await here.open();
      const asked: string[] = [];
      page.on("request", (sent) => asked.push(new URL(sent.url()).pathname));
      await lookAround(page);
      expect(new URL(page.url()).pathname).toBe(`${prefix}/dags/wide/graph`);
      await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
      expect(asked.filter((path) => !path.startsWith(`${prefix}/`))).toEqual([]);
      expect(complaints).toEqual([]);
    });

    it("works over TLS, with a cookie for secure connections only", async () => {
      const file = (name: string): string => join(import.meta.dirname, "../fixtures/tls", name);
      const environment = {
        TRADEWIND__API__SSL_CERT: file("cert.pem"),
        TRADEWIND__API__SSL_KEY: file("key.pem"),
      };
      const here = await world({ "wide.ts": wide }, { environment });
      expect(here.url).toMatch(/^https:/);
      const { page, context, complaints } = await here.open();
      await lookAround(page);
      expect(complaints).toEqual([]);
      expect(await context.cookies()).toMatchObject([{ secure: true, httpOnly: true, sameSite: "Lax" }]);
    });

    it("says that its server is away, comes back by itself, and shows what happened meanwhile", async () => {
      const here = await world({ "churn.ts": failing });
      const { page } = await here.open();
      await page.goto(`${here.url}/dags/churn`);
      await page.getByText("No run yet").waitFor();
      await here.restart(async () => {
        await page.getByRole("alert").getByText("The server does not answer").waitFor();
      });
      await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
      await page.getByRole("alert").waitFor({ state: "detached" });
      // Still signed in, and told of what comes.
      await here.call("PATCH", "/api/v2/dags/churn", { is_paused: false });
      const body = { logical_date: null, dag_run_id: "after" };
      await here.call("POST", "/api/v2/dags/churn/dagRuns", body);
      await page.locator('[data-run="after"][data-task="train"][data-state="failed"]').waitFor();
    });
  },
);
