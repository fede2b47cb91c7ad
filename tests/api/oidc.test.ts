import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findUser } from "../../src/store/users.ts";
import { createApi, type TestApi } from "../support/api.ts";

let provider: ChildProcess;
let api: TestApi;

/** The provider has to know our address, and we its: a port that was free a moment ago is ours. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

beforeAll(async () => {
  const port = await freePort();
  const script = join(import.meta.dirname, "../fixtures/oidc-provider.mjs");
  provider = fork(script, [`http://127.0.0.1:${port}/auth/oidc/callback`], { silent: true, execArgv: [] });
  const [line] = (await once(provider.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  api = await createApi({
    environment: {
      TRADEWIND__API__PORT: String(port),
      TRADEWIND__OIDC__ISSUER: String(line).trim(),
      TRADEWIND__OIDC__CLIENT_ID: "tradewind",
      TRADEWIND__OIDC__CLIENT_SECRET: "a secret between the two of them",
      TRADEWIND__OIDC__ROLES_CLAIM: "groups",
      TRADEWIND__OIDC__ROLE_MAPPING: "admins=Admin, others=Viewer",
      TRADEWIND__OIDC__NAME: "The Company",
    },
  });
});
afterAll(async () => {
  await api?.stop();
  provider?.kill();
});

/** A browser as far as redirects, cookies by host and forms go. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async visit(
    url: string,
    form?: Record<string, string>,
  ): Promise<{ url: string; status: number; text: string }> {
    let at = url;
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hops = 0; hops < 15; hops++) {
      const { host } = new URL(at);
      const jar = this.#cookies.get(host) ?? new Map<string, string>();
      this.#cookies.set(host, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(at, {
        redirect: "manual",
        headers: { cookie },
        ...(body === undefined ? {} : { method: "POST", body }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      const location = response.headers.get("location");
      if (location === null) return { url: at, status: response.status, text: await response.text() };
      at = new URL(location, at).href;
      body = undefined;
      if (at.includes("/dags/")) return { url: at, status: 200, text: "" };
    }
    throw new Error(`too many redirects at ${at}`);
  }

  cookie(url: string): string {
    return [...(this.#cookies.get(new URL(url).host) ?? [])]
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  }
}

const action = (html: string): string => /action="([^"]+)"/.exec(html)?.[1] ?? "";

async function signIn(
  browser: Browser,
  name: string,
): Promise<{ url: string; status: number; text: string }> {
  const form = await browser.visit(`${api.url}/auth/oidc/login?next=${encodeURIComponent("/dags/x")}`);
  const consent = await browser.visit(new URL(action(form.text), form.url).href, {
    prompt: "login",
    login: name,
    password: "any",
  });
  if (!consent.text.includes("consent")) return consent;
  return await browser.visit(new URL(action(consent.text), consent.url).href, { prompt: "consent" });
}

it("says that the provider is there", async () => {
  const { body } = await api.get("/auth/providers", { as: "nobody" });
  expect(body).toEqual({ password: true, oidc: { name: "The Company", path: "/auth/oidc/login" } });
});

it("lets in whom the provider vouches for, with the roles that it names, where they wanted to go", async () => {
  const browser = new Browser();
  expect((await signIn(browser, "boss")).url).toBe(`${api.url}/dags/x`);
  const headers = { cookie: browser.cookie(api.url) };
  expect(await api.get("/auth/session", { as: "nobody", headers })).toMatchObject({
    status: 200,
    body: { username: "boss", roles: ["Admin"] },
  });
  expect(await findUser(api.database, "boss")).toMatchObject({
    email: "boss@example.org",
    firstName: "Given boss",
    roles: ["Admin"],
    loginCount: 1,
  });
  const other = new Browser();
  await signIn(other, "clerk");
  const session = await api.get("/auth/session", {
    as: "nobody",
    headers: { cookie: other.cookie(api.url) },
  });
  expect(session).toMatchObject({ body: { username: "clerk", roles: ["Viewer"] } });
});

it("lets nobody in who has only the name of a user of this server", async () => {
  await api.signedIn("Admin");
  const browser = new Browser();
  expect(await signIn(browser, "admin")).toMatchObject({ status: 409 });
  const headers = { cookie: browser.cookie(api.url) };
  expect(await api.get("/auth/session", { as: "nobody", headers })).toMatchObject({ status: 401 });
});

it("refuses a way back that was not begun in this browser, or that was changed", async () => {
  const back = await api.get<{ detail: string }>("/auth/oidc/callback?code=x&state=y", { as: "nobody" });
  expect(back.status).toBe(401);
  const begun = await api.get("/auth/oidc/login", { as: "nobody" });
  const cookie = (begun.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const forged = await api.get("/auth/oidc/callback?code=x&state=y", { as: "nobody", headers: { cookie } });
  expect(forged.status).toBe(401);
});
