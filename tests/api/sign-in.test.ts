import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listAuditEntries } from "../../src/store/audit-log.ts";
import { createUser, resetPassword } from "../../src/store/users.ts";
import { createApi, freshApi, passwordOf, type TestApi, userOf } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
  for (const role of ["Admin", "Viewer"] as const) await api.signedIn(role);
});
afterAll(() => api.stop());

const credentials = (role: "Admin" | "Viewer") => ({ username: userOf(role), password: passwordOf(role) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const users = "/auth/fab/v1/users";

async function tokenOf(on: TestApi, role: "Admin" | "Viewer", path = "/auth/token"): Promise<string> {
  const { status, body } = await on.call<{ access_token: string }>("POST", path, {
    as: "nobody",
    body: credentials(role),
  });
  expect(status).toBe(201);
  return body.access_token;
}

describe("tokens", () => {
  it("are given for a name and a password, and let their user in", async () => {
    const headers = bearer(await tokenOf(api, "Admin"));
    expect(await api.get(users, { as: "nobody", headers })).toMatchObject({ status: 200 });
    const ofViewer = bearer(await tokenOf(api, "Viewer", "/auth/token/cli"));
    expect(await api.get(users, { as: "nobody", headers: ofViewer })).toMatchObject({ status: 403 });
  });

  it("are refused with a wrong password, as Airflow refuses", async () => {
    const wrong = { username: userOf("Admin"), password: "wrong" };
    expect(await api.call("POST", "/auth/token", { as: "nobody", body: wrong })).toMatchObject({
      status: 401,
      body: { detail: "Invalid credentials" },
    });
  });

  it("of another key, of another algorithm, and none at all do not count", async () => {
    const claims = { iat: 1, exp: 9_999_999_999 };
    const other = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("1")
      .setAudience("tradewind-api")
      .setJti("x")
      .sign(new Uint8Array(32));
    const body = Buffer.from(JSON.stringify({ ...claims, sub: "1", jti: "x" })).toString("base64url");
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`;
    for (const token of [other, unsigned, "tw_nothing", "x"]) {
      expect(await api.get(users, { as: "nobody", headers: bearer(token) })).toMatchObject({ status: 401 });
    }
  });

  it("expire", async () => {
    let now = Date.now();
    const clock = { now: () => now, after: () => ({ cancel: () => undefined }) };
    const own = await freshApi({ parts: { clock } });
    await own.signedIn("Admin");
    const headers = bearer(await tokenOf(own, "Admin"));
    now += 86_399_000;
    expect(await own.get(users, { as: "nobody", headers })).toMatchObject({ status: 200 });
    now += 2000;
    expect(await own.get(users, { as: "nobody", headers })).toMatchObject({ status: 401 });
  });

  it("end when they are taken back, when the password changes, and when the user is switched off", async () => {
    const own = await freshApi();
    await own.signedIn("Viewer");
    const alive = async (token: string): Promise<boolean> =>
      (await own.get("/auth/session", { as: "nobody", headers: bearer(token) })).status === 200;
    const [first, second] = [await tokenOf(own, "Viewer"), await tokenOf(own, "Viewer")];
    await own.call("DELETE", "/auth/token", { as: "nobody", headers: bearer(first) });
    expect([await alive(first), await alive(second)]).toEqual([false, true]);
    await resetPassword(own.database, userOf("Viewer"), passwordOf("Viewer"), own.parts.clock.now());
    expect(await alive(second)).toBe(false);
    const third = await tokenOf(own, "Viewer");
    expect(await alive(third)).toBe(true);
    await own.call("PATCH", `${users}/${userOf("Viewer")}`, { body: { active: false } });
    expect(await alive(third)).toBe(false);
  });
});

describe("tokens of one's own", () => {
  const make = (body: object) =>
    api.call<{ id: number; token: string }>("POST", "/auth/tokens", { as: "Admin", body });

  it("do what their scopes say and no more", async () => {
    const { body } = await make({ name: "reader of users", scopes: ["read:Users"] });
    const headers = bearer(body.token);
    expect(await api.get(users, { as: "nobody", headers })).toMatchObject({ status: 200 });
    expect(await api.get("/auth/fab/v1/roles", { as: "nobody", headers })).toMatchObject({ status: 403 });
    expect(await api.call("DELETE", `${users}/x`, { as: "nobody", headers })).toMatchObject({ status: 403 });
  });

  it("cannot make others", async () => {
    const { body } = await make({ name: "all" });
    const more = { as: "nobody", headers: bearer(body.token), body: { name: "more" } } as const;
    expect(await api.call("POST", "/auth/tokens", more)).toMatchObject({ status: 403 });
  });

  it("are shown once, listed without their secret, and end when they are deleted", async () => {
    const { body } = await make({ name: "short" });
    const listed = await api.get<{ tokens: object[] }>("/auth/tokens");
    expect(JSON.stringify(listed.body)).not.toContain(body.token);
    expect(await api.call("DELETE", `/auth/tokens/${body.id}`)).toMatchObject({ status: 204 });
    expect(await api.get(users, { as: "nobody", headers: bearer(body.token) })).toMatchObject({
      status: 401,
    });
  });

  it("refuse a scope that does not exist", async () => {
    expect(await make({ name: "x", scopes: ["fly:DAGs"] })).toMatchObject({ status: 422 });
  });
});

describe("the page's session", () => {
  const signIn = async (on = api) => {
    const answer = await on.call<{ csrf_token: string }>("POST", "/auth/login", {
      as: "nobody",
      body: credentials("Admin"),
    });
    const cookie = answer.headers.get("set-cookie") ?? "";
    return { answer, cookie, csrf: answer.body.csrf_token, headers: { cookie: cookie.split(";")[0] ?? "" } };
  };

  it("is a cookie that no script reads and no other site sends with its changes", async () => {
    const { cookie } = await signIn();
    expect(cookie).toMatch(/^_token=[\w-]{43}; /);
    for (const attribute of ["HttpOnly", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain("Secure");
  });

  it("reads, and changes only with the token that our page alone can know", async () => {
    const { headers, csrf } = await signIn();
    expect(await api.get(users, { as: "nobody", headers })).toMatchObject({ status: 200 });
    const role = { name: `r${Math.trunc(performance.now() * 1000)}`, permissions: [] };
    const post = (more: Record<string, string>) =>
      api.call("POST", "/auth/fab/v1/roles", { as: "nobody", body: role, headers: { ...headers, ...more } });
    expect(await post({})).toMatchObject({ status: 403 });
    expect(await post({ "x-csrf-token": "guessed" })).toMatchObject({ status: 403 });
    expect(await post({ "x-csrf-token": csrf, origin: "https://evil.example" })).toMatchObject({
      status: 403,
    });
    expect(await post({ "x-csrf-token": csrf, "sec-fetch-site": "cross-site" })).toMatchObject({
      status: 403,
    });
    expect(await post({ "x-csrf-token": csrf, origin: api.url })).toMatchObject({ status: 201 });
  });

  it("ends at the sign-out", async () => {
    const { headers } = await signIn();
    const out = await api.get("/auth/logout", { as: "nobody", headers });
    expect(out.status).toBe(307);
    expect(out.headers.get("location")).toBe("/login");
    expect(await api.get("/auth/session", { as: "nobody", headers })).toMatchObject({ status: 401 });
  });

  it("goes on at a path of this server, and nowhere else", async () => {
    const next = async (path: string) =>
      (await api.get(`/auth/login?next=${encodeURIComponent(path)}`, { as: "nobody" })).headers.get(
        "location",
      );
    expect(await next("/dags/x?tab=graph")).toBe(`/login?next=${encodeURIComponent("/dags/x?tab=graph")}`);
    for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])
      expect(await next(bad)).toBe("/login?next=%2F");
  });
});

describe("a pair of name and password that was right", () => {
  it("counts no more once the password is another or the user is switched off, though it is remembered", async () => {
    const own = await freshApi();
    const ask = () => own.get("/api/v2/pools", { as: "Viewer" });
    const remembered = async () => expect(await ask()).toMatchObject({ status: 200 });
    await remembered();
    await remembered();
    await resetPassword(own.database, userOf("Viewer"), "another password", Date.now());
    expect(await ask()).toMatchObject({ status: 401 });
    await resetPassword(own.database, userOf("Viewer"), passwordOf("Viewer"), Date.now());
    await remembered();
    const off = await own.call("PATCH", `${users}/${userOf("Viewer")}`, { body: { active: false } });
    expect(off.status).toBe(200);
    expect(await ask()).toMatchObject({ status: 401 });
  });
});

describe("guessing", () => {
  it("is slowed down after five failures, and for that name alone", async () => {
    let now = Date.now();
    const clock = { now: () => now, after: () => ({ cancel: () => undefined }) };
    const own = await freshApi({ parts: { clock } });
    await own.signedIn("Admin");
    const attempt = (password: string, username = userOf("Admin")) =>
      own.call("POST", "/auth/token", { as: "nobody", body: { username, password } });
    for (let n = 0; n < 5; n++) expect(await attempt("wrong")).toMatchObject({ status: 401 });
    const slowed = await attempt(passwordOf("Admin"));
    expect(slowed.status).toBe(429);
    expect(slowed.headers.get("retry-after")).toBe("1");
    expect(await attempt("wrong", "somebody else")).toMatchObject({ status: 401 });
    const basic = Buffer.from(`${userOf("Admin")}:wrong`).toString("base64");
    expect(
      await own.get(users, { as: "nobody", headers: { authorization: `Basic ${basic}` } }),
    ).toMatchObject({ status: 429 });
    now += 1001;
    expect(await attempt(passwordOf("Admin"))).toMatchObject({ status: 201 });
    expect(await attempt("wrong")).toMatchObject({ status: 401 });
  });
});

describe("without a sign-in", () => {
  it("nobody sees anything, unless the public role says so", async () => {
    expect(await api.get("/auth/fab/v1/roles", { as: "nobody" })).toMatchObject({ status: 401 });
    const open = await freshApi({ environment: { AIRFLOW__FAB__AUTH_ROLE_PUBLIC: "Admin" } });
    expect(await open.get("/auth/fab/v1/roles", { as: "nobody" })).toMatchObject({ status: 200 });
  });

  it("everyone on this machine is an Admin where the setting says so, but no other site's page", async () => {
    const open = await freshApi({ environment: { AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True" } });
    expect(await open.get(users, { as: "nobody" })).toMatchObject({ status: 200 });
    const role = { name: "mine" };
    const foreign = { as: "nobody", body: role, headers: { origin: "https://evil.example" } } as const;
    expect(await open.call("POST", "/auth/fab/v1/roles", foreign)).toMatchObject({ status: 403 });
    expect(await open.call("POST", "/auth/fab/v1/roles", { as: "nobody", body: role })).toMatchObject({
      status: 201,
    });
  });

  it("is refused on an address that others can reach", async () => {
    const environment = { TRADEWIND__API__ALL_ADMINS: "true", TRADEWIND__API__HOST: "0.0.0.0" };
    await expect(freshApi({ environment })).rejects.toMatchObject({ code: "TW_API_OPEN" });
  });
});

describe("the audit log", () => {
  it("says who changed what, and no secret of it", async () => {
    const own = await freshApi();
    const body = { username: "eve", password: "correct horse battery", roles: [{ name: "Viewer" }] };
    expect(await own.call("POST", users, { body })).toMatchObject({ status: 201 });
    const refused = await own.call("POST", users, { body });
    expect(refused.status).toBe(409);
    const { rows } = await listAuditEntries(own.database, { events: ["create_user"] });
    expect(rows).toMatchObject([{ owner: userOf("Admin"), event: "create_user" }]);
    expect(rows[0]?.extra).toContain("eve");
    expect(rows[0]?.extra).not.toContain("horse");
  });

  it("knows who signed in and who tried", async () => {
    const own = await freshApi();
    await own.signedIn("Admin");
    await tokenOf(own, "Admin");
    await own.call("POST", "/auth/token", { as: "nobody", body: { username: "x", password: "y" } });
    const { rows } = await listAuditEntries(own.database);
    expect(rows.map(({ event, owner }) => `${event} ${owner}`)).toEqual(["login_failed x", "login admin"]);
  });
});

describe("users and roles", () => {
  it("are made, changed and removed as with Airflow's FAB provider", async () => {
    const own = await freshApi();
    const permission = { action: { name: "can_read" }, resource: { name: "Pools" } };
    const role = { name: "team", actions: [permission] };
    expect(await own.call("POST", "/auth/fab/v1/roles", { body: role })).toMatchObject({
      status: 201,
      body: { name: "team", permissions: [permission] },
    });
    const person = { username: "p", password: "p", roles: [{ name: "team" }] };
    expect(await own.call("POST", users, { body: person })).toMatchObject({ status: 201 });
    expect(
      await own.call("POST", users, { body: { ...person, username: "q", roles: [{ name: "no" }] } }),
    ).toMatchObject({ status: 400 });
    expect(await own.call("PATCH", "/auth/fab/v1/roles/team", { body: { name: "crew" } })).toMatchObject({
      status: 200,
    });
    expect(await own.get(`${users}/p`)).toMatchObject({ body: { roles: [{ name: "crew" }] } });
    expect(await own.call("PATCH", "/auth/fab/v1/roles/Admin", { body: {} })).toMatchObject({ status: 403 });
    expect(await own.call("DELETE", `${users}/p`)).toMatchObject({ status: 204 });
    expect(await own.get(`${users}/p`)).toMatchObject({ status: 404 });
  });

  it("with names that have slashes, quotes and SQL in them are found again", async () => {
    const username = `a/b'; DROP TABLE app_user; -- "ü" 🚀`;
    await createUser(api.database, { username, email: null, roles: [], password: null }, Date.now());
    expect(await api.get(`${users}/${encodeURIComponent(username)}`)).toMatchObject({ body: { username } });
  });
});
