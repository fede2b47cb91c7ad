/** What is printed where, spellings of other times, commands that are not there, and the drawn guide. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawCli } from "../../scripts/draw-cli.ts";
import { addAbsentCommands } from "../../src/cli/absent-commands.ts";
import { namesOfGroups } from "../../src/cli/command-groups.ts";
import { airflowSpelling } from "../../src/cli/legacy-spellings.ts";
import { program } from "../../src/cli/main.ts";
import { displayWidth, formatObject, formatRows } from "../../src/cli/output.ts";
import { makeWorld, type World } from "./command.ts";

const absent = new Set(namesOf(addAbsentCommands));

function namesOf(add: (root: Command) => void): string[] {
  const root = new Command();
  add(root);
  return root.commands.map((command) => command.name());
}

let world: World;
beforeAll(() => {
  world = makeWorld({ databaseUrl: "postgresql://nobody@127.0.0.1:1/none" });
});
afterAll(() => world.remove());

describe("spellings of Airflow 2", () => {
  it.each([
    ["db init", "db migrate --default-connections"],
    ["variables --set key value", "variables set key value"],
    ["variables -s key value", "variables set key value"],
    ["pool -s slow 2 few", "pools set slow 2 few"],
    ["connections --add --conn_id pg --conn_uri postgres://x", "connections add pg --conn-uri postgres://x"],
    ["tasks run shop a 2026-01-01", "tasks test shop a 2026-01-01"],
    ["rotate-fernet-key", "db rotate-key"],
    ["celery worker -q gpu", "worker -q gpu"],
    ["list_dags", "dags list"],
    ["trigger_dag shop", "dags trigger shop"],
    ["clear shop -t a", "tasks clear shop -t a"],
    ["create_user -u ann", "users create -u ann"],
    [
      "dags backfill -s 2026-01-01 -e 2026-01-31 -B shop",
      "backfill create --from-date 2026-01-01 --to-date 2026-01-31 --run-backwards --dag-id shop",
    ],
    ["dags backfill shop --start-date=2026-01-01", "backfill create --dag-id shop --from-date=2026-01-01"],
  ])("%s is understood as %s, with a hint", (old, today) => {
    const { argv, hints } = airflowSpelling(old.split(" "));
    expect(argv.join(" ")).toBe(today);
    expect(hints).toEqual([expect.stringMatching(/^hint: `.*` is spelled `.*` today$/)]);
  });

  it("flags that were renamed are taken without a word", () => {
    const { argv, hints } = airflowSpelling(["dags", "trigger", "shop", "--exec-date", "2026-01-01"]);
    expect(argv).toEqual(["dags", "trigger", "shop", "--logical-date", "2026-01-01"]);
    expect(hints).toEqual([]);
  });

  it.each([
    ["webserver -w 4 --port 8080 -d", "api-server --port 8080", "-w, -d"],
    ["scheduler --do-pickle -n 5", "scheduler -n 5", "--do-pickle"],
    ["db reset --skip-init -y", "db reset -y", "--skip-init"],
    ["dags list-runs -d shop --no-backfill", "dags list-runs shop", "--no-backfill"],
    ["tasks clear shop --exclude-subdags -y", "tasks clear shop -y", "--exclude-subdags"],
    ["db migrate --to-version=3.0.0", "db migrate", "--to-version"],
  ])("flags that change nothing here are taken: %s", (given, taken, dropped) => {
    const { argv, hints } = airflowSpelling(given.split(" "));
    expect(argv.join(" ")).toBe(taken);
    expect(hints).toEqual([`hint: ${dropped} has no effect here`]);
  });

  it("what `upgrade` means is told by the command's name", () => {
    expect(airflowSpelling(["db", "upgrade"]).argv).toEqual(["db", "upgrade"]);
    expect(airflowSpelling(["db", "upgrade"], true).argv).toEqual(["db", "migrate"]);
  });

  it("a command for which there is nothing to do says so", () => {
    expect(airflowSpelling(["sync-perm"])).toMatchObject({
      isDone: true,
      hints: [expect.stringContaining("nothing was done")],
    });
  });
});

describe("commands that are not there", () => {
  it.each([
    ["db downgrade -n 2.9", "migrations go up only"],
    ["dags list-jobs", "jobs list"],
    ["config update --fix", "config lint"],
    ["celery flower", "worker"],
    ["kerberos", "nothing to run"],
  ])("%s says what to use instead", async (line, expected) => {
    const { code, stdout, stderr } = await world.command(...line.split(" "));
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
    expect(stderr).toContain("[TW_COMMAND_ABSENT]");
    expect(stdout).toBe("");
  });

  it.each([
    ["dgs list", "dags"],
    ["dags lst", "list"],
    ["pools lsit", "list"],
    ["dags list --ouput json", "--output"],
  ])("%s: the nearest name", async (line, near) => {
    const { code, stderr } = await world.command(...line.split(" "));
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${near}?`);
  });

  it("a group without a verb shows its verbs, as wrong usage", async () => {
    const { code, stderr } = await world.command("dags");
    expect(code).toBe(2);
    expect(stderr).toContain("list-import-errors");
  });

  it("help and version are no errors", async () => {
    expect(await world.command("--help")).toMatchObject({ code: 0 });
    expect(await world.command("dags", "trigger", "--help")).toMatchObject({ code: 0 });
    expect(await world.command("--version")).toMatchObject({ code: 0 });
  });
});

describe("wrong values of flags name the flag, what was expected and what came", () => {
  it.each([
    ["dags list -o xml", "table, json, yaml, plain"],
    ["config list --section wroker", "did you mean worker?"],
    ["scheduler -n many", '--num-runs: expected a whole number from -1 on, got "many"'],
    ["triggerer --capacity 0", '--capacity: expected a whole number from 1 on, got "0"'],
    ["dags list --log-level loud", "logging.level: expected one of"],
  ])("%s", async (line, expected) => {
    const { code, stderr } = await world.command(...line.split(" "));
    expect(code).toBe(2);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(expected);
    expect(stderr).not.toContain("    at ");
  });
});

describe("output", () => {
  const rows = [
    { name: "a", text: "x".repeat(60), note: "line\nbreak" },
    { name: "名前", text: "short", note: "\u001b[31mred" },
  ];

  it("tables fit the terminal, and are whole in a pipe", () => {
    const narrow = formatRows(rows, { format: "table", width: 40 }).trimEnd().split("\n");
    for (const line of narrow) expect(displayWidth(line)).toBeLessThanOrEqual(40);
    expect(narrow[2]).toContain("…");
    expect(formatRows(rows, { format: "table" })).toContain("x".repeat(60));
  });

  it("the first column, which names the row, gives way last", () => {
    const long = [
      { id: "a_rather_long_name_of_a_dag", file: "some/where/under/the/dags/folder.ts", text: "12345678" },
    ];
    expect(formatRows(long, { format: "table", width: 60 })).toContain("a_rather_long_name_of_a_dag");
  });

  it("columns stand under each other with wide characters, and values cannot steer the terminal", () => {
    const lines = formatRows(rows, { format: "table" }).split("\n");
    const at = (line = ""): number => displayWidth(line.slice(0, line.indexOf("|")));
    expect(at(lines[3])).toBe(at(lines[0]));
    expect(lines.join("\n")).not.toContain("\u001b");
    expect(lines[2]).toContain("line⏎break");
  });

  it("nothing found is said in a table, and is an empty list as data", () => {
    expect(formatRows([], { format: "table" })).toBe("No data found\n");
    expect(JSON.parse(formatRows([], { format: "json" }))).toEqual([]);
    expect(formatRows([], { format: "plain" }).trim()).toBe("");
  });

  it("one object is a table of properties, or itself", () => {
    expect(formatObject({ a: 1 }, { format: "plain" })).toContain("a");
    expect(JSON.parse(formatObject({ a: 1 }, { format: "json" }))).toEqual({ a: 1 });
  });
});

it("docs/guides/cli.md is the one that scripts/draw-cli.ts draws", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/guides/cli.md"), "utf8");
  expect(page).toBe(await drawCli());
});

it.each(namesOfGroups.map((names) => [names.join(", "), names] as const))(
  "the group %s has the commands that its names promise, and is there alone when one is called",
  async (_title, names) => {
    for (const called of names.filter((name) => name !== "cheat-sheet")) {
      const { commands } = await program({ called });
      const shown = commands.filter((command) => !absent.has(command.name()));
      expect(shown.flatMap((command) => [command.name(), ...command.aliases()]).sort()).toEqual(
        [...names].sort(),
      );
    }
  },
);
