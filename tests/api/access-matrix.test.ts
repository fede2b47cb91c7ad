/** Role × route: every cell is asked for over HTTP. Each route says what it requires; nothing here knows the routes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Access } from "../../src/api/auth/access.ts";
import { builtInGrants, type RoleName, roleNames } from "../../src/api/auth/roles.ts";
import type { ApiRoute } from "../../src/api/route-table.ts";
import { createUser } from "../../src/store/users.ts";
import { addDag } from "../store/rows.ts";
import { createApi, freshApi, type TestApi } from "../support/api.ts";

/** Airflow's FAB roles: what each adds to the one before it. C create, R read, E edit, D delete. */
const airflowRoles: Record<Exclude<RoleName, "Admin">, Record<string, string>> = {
  Public: {},
  Viewer: {
    Assets: "R",
    Backfills: "R",
    "Cluster Activity": "R",
    "DAG Code": "R",
    "DAG Dependencies": "R",
    "DAG Runs": "R",
    "DAG Versions": "R",
    "DAG Warnings": "R",
    DAGs: "R",
    Experiments: "R",
    "HITL Detail": "R",
    ImportError: "R",
    Jobs: "R",
    Pools: "R",
    "Registered Models": "R",
    "Task Instances": "R",
    "Task Logs": "R",
    Website: "R",
    XComs: "R",
  },
  User: {
    Assets: "C",
    "DAG Runs": "CED",
    DAGs: "ED",
    Experiments: "CED",
    "HITL Detail": "E",
    "Registered Models": "CED",
    "Task Instances": "CED",
  },
  Op: {
    Assets: "D",
    Backfills: "CED",
    Configurations: "R",
    Connections: "CRED",
    Plugins: "R",
    Pools: "CED",
    Providers: "R",
    Variables: "CRED",
    XComs: "CED",
  },
};
const words: Record<string, string> = { C: "create", R: "read", E: "edit", D: "delete" };

function expected(role: RoleName): Set<string> {
  const grants = new Set<string>();
  for (const name of roleNames) {
    if (name === "Admin") break;
    for (const [resource, letters] of Object.entries(airflowRoles[name]))
      for (const letter of letters) grants.add(`${words[letter]} ${resource}`);
    if (name === role) break;
  }
  return grants;
}

const grants = new Map(roleNames.map((role) => [role, expected(role)]));

function shouldLetIn(role: RoleName | "nobody", access: Access): boolean {
  if (access === "public") return true;
  if (role === "nobody") return false;
  if (access === "signed-in" || role === "Admin") return true;
  return access.every(({ action, resource }) => grants.get(role)?.has(`${action} ${resource}`));
}

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
  for (const role of roleNames) await api.signedIn(role);
});
afterAll(() => api.stop());

/** The status alone: streams are left when their headers came. */
async function statusOf(on: TestApi, route: ApiRoute, headers: Record<string, string>): Promise<number> {
  const leave = new AbortController();
  // A value that no row has, and that fits wherever a number is asked for.
  const path = route.path.replace(/:\w+|\*/g, "987654321");
  const response = await fetch(on.url + path, {
    method: route.method,
    redirect: "manual",
    headers,
    signal: leave.signal,
  });
  leave.abort();
  return response.status;
}

const named = (route: ApiRoute): string => `${route.method} ${route.path}`;
const refusals = new Set([401, 403]);
/** What no route may answer. 501 (left out, by name) and 503 (a page that was not built) are answers. */
const broken = new Set([500, 502, 504]);
/** Signed in, but a test with Basic cannot use it with every role: their own rule refuses tokens, not roles. */
const calls = (routes: readonly ApiRoute[]): ApiRoute[] =>
  routes.filter(({ path }) => path !== "/auth/password");

describe("role × route", () => {
  it("roles are Airflow's", () => {
    for (const role of roleNames.filter((name) => name !== "Admin"))
      expect([...builtInGrants(role)].sort(), role).toEqual([...(grants.get(role) ?? [])].sort());
  });

  it.each(["nobody", ...roleNames] as const)(
    "%s is let in where the role may, and nowhere else",
    async (role) => {
      const headers = role === "nobody" ? {} : await api.signedIn(role);
      const wrong: string[] = [];
      for (const route of calls(api.server.routes)) {
        const status = await statusOf(api, route, headers);
        const letIn = shouldLetIn(role, route.access);
        if (
          refusals.has(status) === letIn ||
          (role === "nobody" && !letIn && status !== 401) ||
          broken.has(status)
        )
          wrong.push(
            `${named(route)}: ${letIn ? "expected to be let in" : "expected a refusal"}, got ${status}`,
          );
      }
      expect(wrong).toEqual([]);
    },
  );
});

describe("rights on single Dags", () => {
  const withTeam = async () => {
    const own = await freshApi();
    await addDag(own.database, "theirs", { accessControl: { team: ["can_read", "can_edit"] } });
    await addDag(own.database, "shown", { accessControl: { team: ["can_read"] } });
    await addDag(own.database, "hidden");
    const user = { username: "t", email: null, password: "t", roles: ["team"] };
    await createUser(own.database, user, own.parts.clock.now());
    const headers = { authorization: `Basic ${Buffer.from("t:t").toString("base64")}` };
    return { own, headers };
  };

  it("come from access_control: everything of a Dag that is read, changes where they are given", async () => {
    const { own, headers } = await withTeam();
    const onDag = own.server.routes.filter(
      ({ path, access }) => path.startsWith("/api/v2/dags/:dag_id/") && typeof access !== "string",
    );
    const letIn = async (route: ApiRoute, dagId: string): Promise<boolean> => {
      const status = await statusOf(own, { ...route, path: route.path.replace(":dag_id", dagId) }, headers);
      return !refusals.has(status);
    };
    const wrong: string[] = [];
    for (const route of onDag) {
      const permissions = route.access === "public" || route.access === "signed-in" ? [] : route.access;
      const reads = permissions.every(({ action }) => action === "read");
      const ofDag = permissions.every(({ resource }) => expectedOfDag.has(resource));
      const want = { hidden: false, shown: reads && ofDag };
      for (const [dagId, wanted] of Object.entries(want))
        if ((await letIn(route, dagId)) !== wanted) wrong.push(`${named(route)} on ${dagId}`);
    }
    expect(wrong).toEqual([]);
  });

  it("show in lists what they give, and nothing else", async () => {
    const { own, headers } = await withTeam();
    const dags = await own.get<{ dags: { dag_id: string }[] }>("/api/v2/dags", { as: "nobody", headers });
    if (dags.status === 404) return;
    expect(dags.body.dags.map(({ dag_id }) => dag_id).sort()).toEqual(["shown", "theirs"]);
  });
});

const expectedOfDag = new Set([
  "Backfills",
  "DAG Code",
  "DAG Dependencies",
  "DAG Runs",
  "DAG Versions",
  "DAG Warnings",
  "DAGs",
  "HITL Detail",
  "Task Instances",
  "Task Logs",
  "XComs",
]);
