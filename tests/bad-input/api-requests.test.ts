/** What nobody should send to the API server, and somebody does. */
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/store/connect.ts";
import { createApi, freshApi, type TestApi } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

const users = "/auth/fab/v1/users";

function raw(url: string, text: string): { socket: Socket; answer: Promise<string> } {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let got = "";
  socket.on("data", (chunk: Buffer) => (got += String(chunk)));
  socket.on("error", () => undefined);
  const answer = new Promise<string>((resolve) => socket.once("close", () => resolve(got)));
  socket.write(text);
  return { socket, answer };
}

it("a body of 100 MB is refused by its announced length, and in its course", async () => {
  const headers = { ...(await api.signedIn("Admin")), "content-type": "application/json" };
  const size = 100 * 1024 * 1024;
  const head = Object.entries({ ...headers, host: "localhost", "content-length": size })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const { answer } = raw(api.url, `POST ${users} HTTP/1.1\r\n${head}connection: close\r\n\r\n{`);
  expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const body = Readable.from(
    (function* () {
      for (; sent < 100; sent++) yield chunk;
    })(),
  );
  const streamed = await fetch(api.url + users, {
    method: "POST",
    headers,
    body: Readable.toWeb(body),
    duplex: "half",
  } as unknown as RequestInit).catch(() => null);
  // The answer may come, or the connection may be gone first; either way most of it was never read.
  if (streamed !== null) expect(streamed.status).toBe(413);
  expect(sent).toBeLessThan(100);
});

it("headers that come by drops are cut off", async () => {
  const own = await freshApi({ environment: { TRADEWIND__API__HEADER_TIMEOUT_SECONDS: "0.2" } });
  const { socket, answer } = raw(own.url, "GET /health HTTP/1.1\r\nhost: localhost\r\nx-");
  expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(socket.destroyed).toBe(true);
});

it("1000 connections that say nothing do not keep others out", async () => {
  const sockets = Array.from({ length: 1000 }, () => connect(Number(new URL(api.url).port), "127.0.0.1"));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on("error", () => undefined);
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  expect(await api.get("/health", { as: "nobody" })).toMatchObject({ status: 200 });
});

it("more connections than are allowed are closed at once", async () => {
  const own = await freshApi({ environment: { TRADEWIND__API__MAX_CONNECTIONS: "3" } });
  const first = Array.from({ length: 3 }, () => raw(own.url, ""));
  await Promise.all(first.map(({ socket }) => new Promise((resolve) => socket.once("connect", resolve))));
  const late = raw(own.url, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect(await late.answer).toBe("");
});

it.each([
  ["no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n"],
  ["two lengths", "POST /auth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"],
  [
    "a length and chunks",
    "POST /auth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a NUL in a header", "GET /health HTTP/1.1\r\nhost: x\r\nx: a\u0000b\r\n\r\n"],
])("%s is a 400, and the connection is closed", async (_, text) => {
  const { answer } = raw(api.url, text);
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
});

it.each([
  ["a lone percent sign", "%", 400],
  ["bytes that are no UTF-8", "%ff", 400],
  ["9000 characters", "a".repeat(9000), 414],
  ["a way out of a folder", "..%2f..%2f..%2fetc%2fpasswd", 404],
  ["a NUL", "%00", 422],
  ["SQL", encodeURIComponent("' OR 1=1 --"), 404],
  ["emoji and slashes", encodeURIComponent("🚀/ü".repeat(60)), 404],
])("an id with %s names nobody", async (_, id, status) => {
  const answer = await api.get<{ detail: unknown }>(`${users}/${id}`);
  expect(answer.status).toBe(status);
  expect(answer.body.detail).toBeTruthy();
});

it.each([
  ["malformed JSON", '{"username":', "application/json", 422],
  ["a list where an object is wanted", "[]", "application/json", 422],
  ["a number too many", '{"username":"a","password":"b","extra":1}', "application/json", 422],
  ["another type", '{"username":7,"password":"b"}', "application/json", 422],
  ["poisoned prototypes", '{"__proto__":{"x":1},"username":"a","password":"b"}', "application/json", 422],
  ["a form", "username=a&password=b", "application/x-www-form-urlencoded", 415],
  ["deep nesting", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, "application/json", 422],
  ["a NUL in a text", '{"username":"a\\u0000b","password":"b"}', "application/json", 422],
])("%s is refused with its place", async (_, body, type, status) => {
  const headers = { ...(await api.signedIn("Admin")), "content-type": type };
  const answer = await fetch(api.url + users, { method: "POST", headers, body });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(await answer.json())).not.toContain("node_modules");
});

it.each(["Li4vLi4vZXRjL3Bhc3N3ZA", "Li4vLi4vZXRjL3Bhc3N3ZA.c2lnbmVk", "..%2f..%2fetc%2fpasswd", "%00", "🚀"])(
  "a file token that this server did not sign names no file: %s",
  async (token) => {
    const { status } = await api.call("PUT", `/api/v2/parseDagFile/${token}`);
    expect(status).toBeOneOf([404, 422]);
  },
);

it.each([
  ["order_by=password_hash", 400],
  ["order_by=-start_date&cursor=bm9uc2Vuc2U", 400],
  ["dag_id_pattern=%27%3B%20DROP%20TABLE%20dag%3B--", 200],
  ["dag_id_pattern=%5C", 200],
  ["dag_id_pattern=%25%25%25%25%25%25%25%25%25%25", 200],
  ["limit=1e9&offset=9007199254740991", 200],
])("a list of instances with %s is %i", async (query, status) => {
  expect((await api.get(`/api/v2/dags/~/dagRuns/~/taskInstances?${query}`)).status).toBe(status);
});

it.each(["limit=1e9", "limit=-1", "limit=x", "offset=-5", "limit=99999999999999999999"])(
  "a page with %s is answered or refused, never failed",
  async (query) => {
    expect((await api.get(`${users}?${query}`)).status).toBeOneOf([200, 422]);
  },
);

it("a database that is away is told as that, and as nothing more", async () => {
  const url = "postgresql://somebody:hunter2@127.0.0.1:1/nothing";
  const database = openDatabase({ url });
  const own = await freshApi({ database: { database, url, drop: () => database.close() } });
  const headers = { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` };
  const answer = await own.get<{ detail: string }>(users, { as: "nobody", headers });
  expect(answer).toMatchObject({
    status: 503,
    body: { detail: "The database cannot be reached, or its connection broke." },
  });
  expect(await own.get("/api/v2/monitor/health", { as: "nobody" })).toMatchObject({
    status: 200,
    body: { metadatabase: { status: "unhealthy" } },
  });
});

it.each([
  "/api/v2/dags/d/dagVersions/21737895040",
  "/api/v2/dags/d/dagRuns/r/taskInstances/t/1892898120265/tries",
  "/ui/dags/d/versions/23950033231",
  "/ui/dags/~/calendar?to=-103&from=2556551267354646&unit=day",
])("a number that no row can have is the caller's mistake: %s", async (path) => {
  const { status, body } = await api.get(path);
  expect([404, 422]).toContain(status);
  expect(JSON.stringify(body)).not.toContain("PostgreSQL");
});
