/** Every command that reads or writes, once, against a real database, in the forms that people pipe on. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { makeWorld, pretendWatched, type World } from "./command.ts";
import { shopDags } from "./shop-dags.ts";

let database: TestDatabase;
let world: World;

/** Lines of the standard output of a command that has to succeed. */
async function lines(...argv: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await world.command(...argv);
  expect({ code, said: code === 0 ? "" : stderr }).toEqual({ code: 0, said: "" });
  return stdout.trimEnd().split("\n");
}

/** Flags of a connection to the test's own database, on TCP or on a socket. */
function ownServer(url: string): string[] {
  const socket = /[?&]host=([^&]+)/.exec(url)?.[1];
  if (socket === undefined) return ["--conn-uri", url];
  const [, login = "", schema = ""] = /^\w+:\/\/([^@]*)@\/([^?]*)/.exec(url) ?? [];
  const fields = { type: "postgres", host: decodeURIComponent(socket), login, schema };
  return Object.entries(fields).flatMap(([name, value]) => [`--conn-${name}`, value]);
}

beforeAll(async () => {
  database = await createDatabase();
  world = makeWorld({ databaseUrl: database.url, dags: shopDags });
  expect((await world.command("dags", "reserialize")).stdout).toContain("imported again");
  await pretendWatched(database.database, world);
});

afterAll(async () => {
  world.remove();
  await database.drop();
});

describe("dags", () => {
  it("list: the same rows as table, plain, JSON and YAML", async () => {
    const table = await lines("dags", "list");
    expect(table[0]?.split(/ *\| */)).toEqual(["dag_id", "fileloc", "owners", "is_paused", "schedule"]);
    expect(table.map((line) => line.split(" ")[0]?.replace(/[=+].*/, "="))).toEqual([
      "dag_id",
      "=",
      "fails",
      "shop",
      "stock",
    ]);
    const rows = await world.json("dags", "list");
    expect(rows.find((row) => row["dag_id"] === "shop")).toEqual({
      dag_id: "shop",
      fileloc: "shop.ts",
      owners: "ada",
      is_paused: true,
      schedule: "0 0 * * *",
    });
    expect(parseYaml((await lines("dags", "list", "-o", "yaml")).join("\n"))).toEqual(rows);
    expect((await lines("dags", "list", "-o", "plain")).length).toBe(4);
  });

  it("list: columns and tags", async () => {
    expect(await world.json("dags", "list", "--tags", "daily", "--columns", "dag_id,tags")).toEqual([
      { dag_id: "shop", tags: "daily, shop" },
    ]);
    const wrong = await world.command("dags", "list", "--columns", "dag_ids");
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain("--columns: expected some of dag_id");
  });

  it("details, report and list-import-errors", async () => {
    const details = await world.json<Record<string, unknown>>("dags", "details", "shop");
    expect(details).toMatchObject({ dag_id: "shop", description: "Sells things", version: 1 });
    expect(details["tasks"]).toEqual(expect.arrayContaining(["count", "label", "print", "next"]));
    expect(await world.json("dags", "report")).toMatchObject([
      { file: "shop.ts", dag_num: 1, task_num: 4 },
      { file: "stock.ts", dag_num: 2, task_num: 3 },
    ]);
    expect(await lines("dags", "list-import-errors")).toEqual(["No import errors."]);
  });

  it("show: on the terminal, as Mermaid, DOT and SVG, and into a file", async () => {
    expect((await lines("dags", "show", "shop")).join("\n")).toContain("count");
    expect((await lines("dags", "show", "shop", "-f", "mermaid"))[0]).toBe("flowchart LR");
    expect((await lines("dags", "show", "shop", "-f", "dot"))[0]).toBe('digraph "shop" {');
    const file = join(world.home, "shop.svg");
    await lines("dags", "show", "shop", "--save", file);
    expect(readFileSync(file, "utf8")).toContain("<svg");
    expect(await world.command("dags", "show", "shop", "-f", "png")).toMatchObject({ code: 2 });
  });

  it("show-dependencies: what starts and feeds what", async () => {
    expect(await world.json("dags", "show-dependencies")).toEqual([
      { from: "shop", to: "asset orders", kind: "asset", via: "count" },
      { from: "shop", to: "stock", kind: "trigger", via: "next" },
      { from: "asset orders", to: "stock", kind: "asset", via: "" },
    ]);
    expect((await lines("dags", "show-dependencies", "-f", "mermaid")).join("\n")).toContain("-->|trigger|");
    expect((await lines("dags", "show-dependencies", "-f", "dot"))[0]).toBe("digraph dependencies {");
  });

  it("next-execution", async () => {
    const next = await lines("dags", "next-execution", "shop", "-n", "2");
    expect(next).toHaveLength(2);
    expect(next[0]).toMatch(/^\d{4}-\d{2}-\d{2}T00:00:00\+00:00$/);
  });

  it("pause and unpause, one or those that match", async () => {
    expect(await world.json("dags", "unpause", "shop")).toEqual([{ dag_id: "shop", is_paused: false }]);
    const both = await world.json("dags", "pause", "s.*", "--treat-dag-id-as-regex", "--yes");
    expect(both.map((row) => row["dag_id"])).toEqual(["shop", "stock"]);
  });

  it("trigger, list-runs, state", async () => {
    const argv = ["dags", "trigger", "shop", "-r", "first", "-l", "2026-02-01", "-c", '{"shelf": 9}'];
    expect(await world.json(...argv)).toMatchObject([
      { dag_id: "shop", dag_run_id: "first", state: "queued", logical_date: "2026-02-01T00:00:00+00:00" },
    ]);
    expect(await world.json("dags", "list-runs", "shop", "--state", "queued")).toMatchObject([
      { run_id: "first", logical_date: "2026-02-01T00:00:00+00:00" },
    ]);
    expect(await lines("dags", "state", "shop", "first")).toEqual(['queued, {"shelf":9}']);
    expect(await lines("dags", "state", "shop", "2026-02-01")).toEqual(['queued, {"shelf":9}']);
  });

  it("trigger: warns of a pause and of a scheduler that is not there, beside the data", async () => {
    const { stderr } = await world.command("dags", "trigger", "stock", "-r", "noted");
    expect(stderr).toContain("stock is paused");
    expect(stderr).toContain("no scheduler is running");
  });

  it("delete asks, and without a terminal the answer is no", async () => {
    const asked = await world.command("dags", "delete", "fails");
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.stderr).toContain("nothing was changed");
  });
});

describe("tasks", () => {
  it("list, also as a tree", async () => {
    expect(await lines("tasks", "list", "shop")).toEqual(["count", "label", "next", "print"]);
    expect(await lines("tasks", "list", "shop", "--tree")).toEqual([
      expect.stringContaining("count"),
      expect.stringMatching(/^ {4}.*label/),
      expect.stringMatching(/^ {8}.*print/),
      expect.stringMatching(/^ {12}.*next/),
    ]);
  });

  it("test runs one task here", async () => {
    // Real processes: these load the Dag file themselves, which here would be Vite's to do.
    const tested = await world.start("tasks", "test", "shop", "count", "2026-02-01").ended;
    expect(tested).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("xcom return_value: [1,2]"),
    });
    const failed = await world.start("tasks", "test", "fails", "boom").ended;
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain("it broke");
    expect(failed.stderr).toContain("caused by TypeError: because of this");
  });

  it("render", async () => {
    const rendered = await world.start("tasks", "render", "shop", "print", "2026-02-01").ended;
    expect(rendered).toMatchObject({ code: 0, stdout: expect.stringContaining("echo 2026-02-01 shelf 9") });
  });

  it("state, states-for-dag-run and failed-deps of a run that waits", async () => {
    expect(await lines("tasks", "state", "shop", "count", "first")).toEqual(["None"]);
    await lines("tasks", "states-for-dag-run", "shop", "first");
    const deps = await world.command("tasks", "failed-deps", "shop", "count", "first");
    expect(deps.stdout).toMatch(/paused|queued/i);
  });

  it("names the nearest task", async () => {
    const wrong = await world.command("tasks", "test", "shop", "cuont");
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain("did you mean count?");
  });
});

describe("backfill", () => {
  it("create, dry run first; list; pause; cancel", async () => {
    const range = ["--dag-id", "shop", "--from-date", "2026-03-01", "--to-date", "2026-03-03"];
    const dry = await world.json("backfill", "create", ...range, "--dry-run", "--run-backwards");
    expect(dry.map((row) => row["logical_date"])).toEqual([
      "2026-03-03T00:00:00+00:00",
      "2026-03-02T00:00:00+00:00",
      "2026-03-01T00:00:00+00:00",
    ]);
    expect((await lines("backfill", "create", ...range))[0]).toBe(
      "Backfill 1 of shop: 3 runs, 0 dates skipped",
    );
    expect(await world.json("backfill", "list")).toMatchObject([{ id: 1, dag_id: "shop", is_paused: false }]);
    await lines("backfill", "pause", "1");
    await lines("backfill", "unpause", "1");
    expect(await lines("backfill", "cancel", "1")).toEqual(["Backfill 1 of shop: cancelled"]);
    expect(await world.command("backfill", "cancel", "7")).toMatchObject({ code: 1 });
  });
});

describe("assets", () => {
  it("list, details, create-event, materialize", async () => {
    expect(await world.json("assets", "list")).toMatchObject([{ name: "orders", uri: "file:///orders.csv" }]);
    expect(await world.json("assets", "details", "--name", "orders")).toMatchObject({
      producing_tasks: ["shop.count"],
      scheduled_dags: ["stock"],
      events: 0,
    });
    expect((await lines("assets", "create-event", "--name", "orders"))[0]).toContain("orders");
    expect(await world.json("assets", "materialize", "--uri", "file:///orders.csv")).toMatchObject([
      { dag_id: "shop", state: "queued" },
    ]);
    expect(await world.command("assets", "details")).toMatchObject({ code: 2 });
  });
});

describe("pools, variables, connections", () => {
  it("pools: set, get, list, export, import, delete", async () => {
    const zero = await world.command("pools", "set", "gpu", "0", "one card");
    expect(zero.stderr).toContain("0 slots");
    await lines("pools", "set", "gpu", "2", "two cards", "--include-deferred");
    expect(await world.json("pools", "get", "gpu")).toMatchObject([
      { pool: "gpu", slots: 2, open: 2, include_deferred: true, description: "two cards" },
    ]);
    const file = join(world.home, "pools.json");
    await lines("pools", "export", file);
    await lines("pools", "delete", "gpu");
    await lines("pools", "import", file);
    expect((await world.json("pools", "list")).map((row) => row["pool"])).toContain("gpu");
    expect(await world.command("pools", "set", "gpu", "many")).toMatchObject({ code: 2 });
    expect(await world.command("pools", "delete", "default_pool")).toMatchObject({ code: 2 });
  });

  it("variables: set, get, list, export, import, delete, and the environment's", async () => {
    await lines("variables", "set", "colour", "blue", "--description", "of the walls");
    expect(await lines("variables", "get", "colour")).toEqual(["blue"]);
    expect(await lines("variables", "get", "none", "-d", "fallback")).toEqual(["fallback"]);
    expect(await world.command("variables", "get", "none")).toMatchObject({ code: 1 });
    world.environment["AIRFLOW_VAR_SHAPE"] = "round";
    expect(await lines("variables", "get", "shape")).toEqual(["round"]);
    expect(await world.json("variables", "list")).toEqual([{ key: "colour", description: "of the walls" }]);
    const file = join(world.home, "variables.json");
    await lines("variables", "export", file);
    await lines("variables", "delete", "colour");
    expect(await lines("variables", "import", file)).toEqual([`1 of 1 variables imported from ${file}`]);
    expect(await lines("variables", "get", "colour")).toEqual(["blue"]);
    expect(await world.command("variables", "set", "bad", "{", "--json")).toMatchObject({ code: 2 });
  });

  it("a file that is not there is an error without a stack", async () => {
    const missing = await world.command("variables", "import", join(world.home, "nothing.json"));
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain("no such file");
    expect(missing.stderr).not.toContain("    at ");
  });

  it("connections: add by URI and by fields, get without and with secrets, export, import, delete", async () => {
    await lines("connections", "add", "wh", "--conn-uri", "postgres://ann:secret@db.example:5432/sales");
    await lines(
      "connections",
      "add",
      "mail",
      "--conn-type",
      "smtp",
      "--conn-host",
      "127.0.0.1",
      "--conn-port",
      "1",
    );
    expect(await world.json("connections", "get", "wh")).toMatchObject([{ login: "ann", password: "***" }]);
    expect(await world.json("connections", "get", "wh", "--show-values")).toMatchObject([
      { password: "secret" },
    ]);
    world.environment["AIRFLOW_CONN_FROM_ENV"] = "http://example.org";
    expect(await world.json("connections", "get", "from_env")).toMatchObject([{ host: "example.org" }]);
    const file = join(world.home, "connections.yaml");
    await lines("connections", "export", file);
    await lines("connections", "delete", "wh");
    await lines("connections", "import", file, "--overwrite");
    expect((await world.json("connections", "list")).map((row) => row["conn_id"])).toEqual(["mail", "wh"]);
    expect(await world.command("connections", "add", "wh", "--conn-uri", "http://x")).toMatchObject({
      code: 1,
    });
    expect(await world.command("connections", "add", "other")).toMatchObject({ code: 2 });
    expect((await lines("connections", "create-default-connections"))[0]).toContain("sqlite_default");
    expect((await lines("connections", "create-default-connections"))[0]).toContain("are there");
    expect(await world.json("connections", "get", "sqlite_default")).toMatchObject([{ conn_type: "sqlite" }]);
  });

  it("connections test asks the other side", async () => {
    await lines("connections", "add", "own", ...ownServer(database.url));
    const own = await world.command("connections", "test", "own");
    expect(own.stdout + own.stderr).toMatch(/Connection success: PostgreSQL/);
    const mail = await world.command("connections", "test", "mail");
    expect(mail).toMatchObject({ code: 1 });
    expect(mail.stderr).toContain("expected a mail server on 127.0.0.1:1");
  });
});

describe("config, db, jobs, users and what is around them", () => {
  it("config: where each value comes from", async () => {
    writeFileSync(join(world.home, "tradewind.yaml"), "worker:\n  slots: 3\n");
    world.environment["TRADEWIND__SCHEDULER__POLL_SECONDS"] = "2";
    world.environment["AIRFLOW__CORE__PARALLELISM"] = "7";
    const rows = await world.json("config", "list", "--non-defaults-only", "--log-level", "warning");
    const origins = Object.fromEntries(rows.map((row) => [row["setting"], [row["origin"], row["from"]]]));
    expect(origins).toMatchObject({
      "worker.slots": ["file", join(world.home, "tradewind.yaml")],
      "scheduler.poll_seconds": ["environment", "TRADEWIND__SCHEDULER__POLL_SECONDS"],
      "logging.level": ["flag", "--level"],
    });
    expect(await lines("config", "get-value", "worker", "slots")).toEqual(["3"]);
    expect(await lines("config", "lint")).toEqual(["No issues found in the configuration."]);
    const wrong = await world.command("config", "get-value", "worker", "slot");
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain("did you mean slots?");
    writeFileSync(join(world.home, "tradewind.yaml"), "wroker:\n  slots: 3\n");
    expect((await world.command("config", "lint")).stderr).toContain("did you mean worker?");
    writeFileSync(join(world.home, "tradewind.yaml"), "");
  });

  it("db: check, check-migrations, status, migrate, clean", async () => {
    expect(await lines("db", "check")).toEqual(["Connection successful."]);
    expect(await lines("db", "check-migrations")).toEqual(["Migrations are up to date."]);
    expect(await world.json("db", "status")).toMatchObject({ embedded: false, read_only: false });
    expect((await lines("db", "migrate"))[0]).toContain("is at migration");
    const clean = await world.json("db", "clean", "--clean-before-timestamp", "2020-01-01", "--dry-run");
    expect(clean.every((row) => row["rows"] === 0)).toBe(true);
    expect(await world.command("db", "reset")).toMatchObject({ code: 2 });
    expect(await world.command("db", "stop")).toMatchObject({ code: 2 });
    const file = join(world.home, "backup.tw");
    await lines("db", "backup", file);
    expect(existsSync(file)).toBe(true);
  });

  it("jobs: list and check", async () => {
    expect((await world.json("jobs", "list"))[0]).toMatchObject({ kind: "dag-processor", state: "running" });
    const dead = await world.command("jobs", "check", "--job-type", "SchedulerJob");
    expect(dead).toMatchObject({ code: 1 });
    expect(dead.stderr).toContain("no scheduler is alive");
  });

  it("users: create, list, roles, reset-password, delete", async () => {
    const who = ["-u", "ann", "-e", "ann@example.org", "-f", "Ann", "-l", "Lee", "-r", "Viewer"];
    await lines("users", "create", ...who, "-p", "a long password");
    await lines("users", "add-role", "-u", "ann", "-r", "Op");
    await lines("users", "remove-role", "-u", "ann", "-r", "Viewer");
    expect(await world.json("users", "list")).toMatchObject([{ username: "ann", roles: "Op" }]);
    expect((await lines("users", "reset-password", "-u", "ann", "--use-random-password"))[0]).toMatch(
      /^Password: /,
    );
    await lines("users", "delete", "-e", "ann@example.org");
    expect(await world.command("users", "delete", "-u", "ann")).toMatchObject({ code: 1 });
  });

  it("info, version, cheat-sheet, providers, plugins", async () => {
    expect(await world.json("info")).toMatchObject({ home: world.home, dags_folder: world.dags });
    expect((await lines("version"))[0]).toMatch(/^\d+\.\d+\.\d+/);
    const sheet = (await lines("cheat-sheet")).join("\n");
    expect(sheet).toContain("tradewind dags trigger <dag-id>");
    expect(sheet).not.toContain("webserver");
    expect((await world.json("providers", "list")).map((row) => row["provider"])).toContain("postgres");
    expect((await lines("plugins"))[0]).toContain("No plugins");
  });
});
