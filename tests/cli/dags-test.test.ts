/** `dags test` with a file of its own, and with tasks that are taken as done. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startJob } from "../../src/store/jobs.ts";
import { systemClock } from "../../src/time.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { makeWorld, type World } from "./command.ts";

let database: TestDatabase;
let world: World;
let elsewhere: string;

beforeAll(async () => {
  database = await createDatabase();
  world = makeWorld({
    databaseUrl: database.url,
    dags: {
      "here.ts": `import { Dag } from "tradewind"; new Dag("here").task("work", async () => 1)();`,
    },
  });
  elsewhere = mkdtempSync(join(tmpdir(), "tw-file-"));
  writeFileSync(
    join(elsewhere, "alone.ts"),
    `import { Dag } from "tradewind";
     const dag = new Dag("alone", { jinjaEnvironmentKwargs: { undefined: "default" } });
     const slow_one = dag.task("slow_one", async () => { throw new Error("not to be run"); });
     const last = dag.task("last", async () => "done", { loggerName: "alone.last" });
     last().after(slow_one());`,
  );
});

afterAll(async () => {
  world.remove();
  rmSync(elsewhere, { recursive: true });
  await database.drop();
});

test("reads the file that --dagfile-path names, and leaves the Dags of the folder as they are", async () => {
  expect(await world.command("dags", "reserialize")).toMatchObject({ code: 0 });
  const file = join(elsewhere, "alone.ts");
  const argv = ["dags", "test", "alone", "-f", file, "--mark-success-pattern", "slow_.*", "--use-executor"];
  const { code, stdout, stderr } = await world.command(...argv);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('last: "done"');
  const listed = await world.json("dags", "list");
  expect(listed.map((row) => row["dag_id"])).toContain("here");
});

test("runs the same date again: the run that ended gives way", async () => {
  expect(await world.command("dags", "reserialize")).toMatchObject({ code: 0 });
  const argv = ["dags", "test", "here", "2024-01-01"];
  const first = await world.command(...argv);
  const second = await world.command(...argv);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(second.stderr).toContain("the run of that date, is replaced");
  const runs = await world.json("dags", "list-runs", "here");
  expect(runs.filter((run) => String(run["logical_date"]).startsWith("2024-01-01"))).toHaveLength(1);
});

test("says what is wrong with the file or the pattern", async () => {
  expect(await world.command("dags", "test", "here", "-f", join(elsewhere, "gone.ts"))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`there is no file ${join(elsewhere, "gone.ts")}`),
  });
  expect(await world.command("dags", "test", "here", "--mark-success-pattern", "(")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--mark-success-pattern: Invalid regular expression"),
  });
  expect(await world.command("dags", "test", "here", "--mark-success-pattern", "wrok")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'expected one that matches a task of here, got "wrok"; the tasks are work',
    ),
  });
});

test("a command that names no Dags folder takes that of the service that runs, and leaves its Dags alone", async () => {
  expect(await world.command("dags", "reserialize")).toMatchObject({ code: 0 });
  const ids = async () => (await world.json("dags", "list")).map((row) => row["dag_id"]);
  expect(await ids()).toContain("here");
  const details = { dagsFolder: "/elsewhere" };
  const kind = "dag-processor" as const;
  await startJob(database.database, { kind, hostname: "test", pid: process.pid, details }, systemClock.now());
  rmSync(world.dags, { recursive: true });
  const { stdout, stderr } = await world.command("dags", "list");
  expect([stdout.includes("here"), stderr]).toEqual([true, ""]);
});
