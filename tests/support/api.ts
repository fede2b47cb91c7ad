/** An API server on a fresh database and a free port, with one user of each role, for one test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RoleName } from "../../src/api/auth/roles.ts";
import type { ApiParts } from "../../src/api/parts.ts";
import { type ApiServer, createApiServer } from "../../src/api/server.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import type { Database } from "../../src/store/connect.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { createUser } from "../../src/store/users.ts";
import { systemClock } from "../../src/time.ts";
import { createDatabase, type TestDatabase } from "./database.ts";

export interface CallOptions {
  /** Whose name and password go along; "nobody" sends none. Admin when it is not given. */
  readonly as?: RoleName | "nobody";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text. */
  readonly body: T;
}

export interface TestApi {
  /** As `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly database: Database;
  readonly parts: ApiParts;
  readonly server: ApiServer;
  // biome-ignore lint: tests read what they expect
  call<T = never>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  get<T = never>(path: string, options?: CallOptions): Promise<Answer<T>>;
  /** The headers that sign `role` in. */
  signedIn(role: RoleName): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Name and password of the users that `signedIn` makes when they are first needed. */
export const userOf = (role: RoleName): string => role.toLowerCase();
export const passwordOf = (role: RoleName): string => `password of ${role}`;

export interface ApiOptions {
  /** Settings as environment variables: `TRADEWIND__API__…`. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly parts?: Partial<ApiParts>;
  /** One that somebody else uses as well and drops; without it a fresh one. */
  readonly database?: TestDatabase;
}

/** For `beforeAll`; the caller stops it in `afterAll`. */
export async function createApi(options: ApiOptions = {}): Promise<TestApi> {
  const home = mkdtempSync(join(tmpdir(), "tw-api-"));
  const { database, url: databaseUrl, drop } = options.database ?? (await createDatabase());
  const environment = {
    TRADEWIND__API__PORT: "0",
    TRADEWIND__DATABASE__URL: databaseUrl,
    ...options.environment,
  };
  const config = loadConfig({ home, environment });
  const secrets = loadSecrets(config.paths.secretKey);
  const parts: ApiParts = {
    database,
    secrets,
    clock: systemClock,
    config,
    log: silentLog(),
    ...options.parts,
  };
  const server = await createApiServer(parts);
  const url = await server.listen();
  const made = new Map<RoleName, Promise<unknown>>();
  const signedIn = async (role: RoleName): Promise<Record<string, string>> => {
    const user = { username: userOf(role), email: null, roles: [role], password: passwordOf(role) };
    if (!made.has(role)) made.set(role, createUser(database, user, systemClock.now()));
    await made.get(role);
    const basic = Buffer.from(`${userOf(role)}:${passwordOf(role)}`).toString("base64");
    return { authorization: `Basic ${basic}` };
  };
  const call = async <T>(method: string, path: string, call: CallOptions = {}): Promise<Answer<T>> => {
    const { as = "Admin", body, headers = {} } = call;
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(url + path, {
      method,
      redirect: "manual",
      headers: { ...json, ...(as === "nobody" ? {} : await signedIn(as)), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as T,
    };
  };
  return {
    url,
    database,
    parts,
    server,
    call,
    get: (path, more) => call("GET", path, more),
    signedIn,
    async stop() {
      await server.stop(0);
      await drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Within a test: stopped when the test ends, whatever its outcome. */
export async function freshApi(options: ApiOptions = {}): Promise<TestApi> {
  const api = await createApi(options);
  onTestFinished(api.stop);
  return api;
}
