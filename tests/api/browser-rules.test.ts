import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi, freshApi, passwordOf, type TestApi, userOf } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

/** As a client that writes its own Host, which fetch does not allow. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }> {
  const { method = "GET", headers = {}, body } = options;
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += String(chunk)));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.once("error", reject);
    request.end(body);
  });
}

describe("every answer", () => {
  it.each(["/api/v2/version", "/api/v2/nothing", "/auth/fab/v1/users", "/docs"])(
    "%s tells the browser to run no script but ours, and to show it in no other page",
    async (path) => {
      const { headers } = await api.get(path, { as: "nobody" });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
    },
  );
});

describe("the host", () => {
  const asked = async (host: string, on = api) =>
    (await ask(`${on.url}/health`, { headers: { host } })).status;

  it("is one that nobody else can point at this machine, or the server's own", async () => {
    for (const host of ["127.0.0.1:1", "[::1]", "localhost:8080", "tradewind:8080", "x.localhost"])
      expect(await asked(host), host).toBe(200);
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])
      expect(await asked(host), host).toBe(421);
  });

  it("may be named by settings", async () => {
    const own = await freshApi({
      environment: {
        TRADEWIND__API__ALLOWED_HOSTS: "api.example.org, .internal.example",
        TRADEWIND__API__BASE_URL: "https://people.example.org",
      },
    });
    for (const host of ["api.example.org", "a.b.internal.example", "people.example.org"])
      expect(await asked(host, own), host).toBe(200);
    expect(await asked("evil.example", own)).toBe(421);
  });
});

describe("behind a proxy", () => {
  it("answers under the path of its address, whether or not the proxy strips it", async () => {
    const own = await freshApi({
      environment: { TRADEWIND__API__BASE_URL: "https://example.org/team/tradewind/" },
    });
    const at = new URL(own.url).origin;
    for (const path of ["/health", "/team/tradewind/health"])
      expect((await ask(`${at}${path}`)).status, path).toBe(200);
    expect((await ask(`${at}/team/tradewindx/health`)).status).toBe(404);
    const login = await ask(`${at}/team/tradewind/auth/login`);
    expect(login.headers["location"]).toBe("/team/tradewind/login?next=%2Fteam%2Ftradewind%2F");
    await own.signedIn("Admin");
    const body = JSON.stringify({ username: userOf("Admin"), password: passwordOf("Admin") });
    const headers = { "content-type": "application/json", origin: "https://example.org" };
    const signedIn = await ask(`${at}/auth/login`, { method: "POST", headers, body });
    expect(signedIn.status).toBe(200);
    expect(String(signedIn.headers["set-cookie"])).toMatch(/Path=\/team\/tradewind;.*Secure/);
  });

  it("believes X-Forwarded-* of the proxies that it was told of, and of nobody else", async () => {
    const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" };
    expect((await ask(`${api.url}/health`, { headers: forwarded })).status).toBe(200);
    const own = await freshApi({
      environment: {
        TRADEWIND__API__TRUSTED_PROXIES: "loopback",
        TRADEWIND__API__ALLOWED_HOSTS: "good.example",
      },
    });
    expect((await ask(`${own.url}/health`, { headers: forwarded })).status).toBe(421);
    const good = await ask(`${own.url}/health`, {
      headers: { ...forwarded, "x-forwarded-host": "good.example" },
    });
    expect(good.status).toBe(200);
    expect(good.headers["strict-transport-security"]).toContain("max-age");
  });
});

describe("TLS", () => {
  const file = (name: string): string => join(import.meta.dirname, "../fixtures/tls", name);

  it("comes with a certificate and its key", async () => {
    const own = await freshApi({
      environment: { AIRFLOW__API__SSL_CERT: file("cert.pem"), AIRFLOW__API__SSL_KEY: file("key.pem") },
    });
    expect(own.url).toMatch(/^https:/);
    const answer = await ask(`${own.url}/api/v2/version`);
    expect(answer.status).toBe(200);
    expect(answer.headers["strict-transport-security"]).toContain("max-age");
  });

  it.each([
    [
      "a file that is not there",
      { TRADEWIND__API__SSL_CERT: "/nowhere", TRADEWIND__API__SSL_KEY: "/nowhere" },
    ],
    ["one without the other", { TRADEWIND__API__SSL_CERT: file("cert.pem") }],
    [
      "what is no certificate",
      { TRADEWIND__API__SSL_CERT: import.meta.filename, TRADEWIND__API__SSL_KEY: file("key.pem") },
    ],
  ])("is an error with %s", async (_, environment) => {
    await expect(freshApi({ environment: environment as Record<string, string> })).rejects.toMatchObject({
      code: "TW_API_CERTIFICATE",
    });
  });
});
