/** A scheduler, a triggerer and a Dag processor as processes of their own, and the commands that talk to them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { makeWorld, type RunningCommand, type World } from "./command.ts";

let database: TestDatabase;
let world: World;
let services: RunningCommand[];

const dags = {
  "night.ts": `import { existsSync } from "node:fs";
import { Dag, defer, getContext, TimeDeltaTrigger } from "tradewind";
const dag = new Dag("night", { schedule: null, isPausedUponCreation: false });
const waited = dag.task("waits", async () => {
  if (getContext().triggerEvent === undefined) defer(TimeDeltaTrigger({ delta: 0.3 }));
})();
const works = dag.task("works", async () => { console.log("working"); return 7; })().after(waited);
dag.task("flaky", async ({ n }: { n: number }) => {
  console.log("trying", getContext().tryNumber);
  if (!existsSync(import.meta.dirname + "/../mended")) throw new Error("not mended");
  return n + 1;
}, { retries: 1, retryDelay: 0.05 })({ n: works });
`,
};

beforeAll(async () => {
  database = await createDatabase();
  world = makeWorld({ databaseUrl: database.url, dags });
  services = [
    world.start("scheduler", "--no-triggerer", "--no-dag-processor"),
    world.start("triggerer"),
    world.start("dag-processor"),
  ];
  await Promise.all([
    services[0]?.prints(/scheduler started/),
    services[1]?.prints(/waits for deferred tasks/),
    services[2]?.prints(/are imported as they change/),
  ]);
}, 90_000);

afterAll(async () => {
  for (const service of services) service.interrupt();
  for (const service of services) expect(await service.ended).toMatchObject({ code: 0 });
  world.remove();
  await database.drop();
});

test("trigger --wait follows a run to its failure, says why, and exits with 1", {
  timeout: 60_000,
}, async () => {
  // The Dag processor has the file; the command must not import it again.
  const { code, stdout, stderr } = await world.command("dags", "trigger", "night", "-r", "one", "--wait");
  expect({ code, stderr }).toMatchObject({ code: 1 });
  expect(stdout).toMatch(/night waits (deferred|success)/);
  expect(stdout).toContain("night works success");
  expect(stdout).toContain("flaky failed on try 2: Error: not mended");
  expect(stdout).toMatch(/night\.ts:10:/);
});

test("tasks logs shows each try", async () => {
  const logs = async (...argv: string[]): Promise<string> =>
    (await world.command("tasks", "logs", "night", "flaky", "one", ...argv)).stdout;
  expect(await logs()).toMatch(/try 2 of 2.*\n.*trying 2\n.*Error: not mended\n\s+at [\s\S]*failed after/);
  expect(await logs("--try", "1")).toMatch(/trying 1\n[\s\S]*up_for_retry after/);
  const records = (await logs("-o", "json"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(records.at(-1)).toMatchObject({ logger: "worker", state: "failed", try_number: 2, max_tries: 2 });
  const third = await world.command("tasks", "logs", "night", "flaky", "one", "--try", "3");
  expect(third).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected a try from 1 to 2, got 3"),
  });
});

test("states and the reasons for what waits", async () => {
  expect((await world.command("tasks", "state", "night", "works", "one")).stdout).toBe("success\n");
  const tries = await world.json("tasks", "states-for-dag-run", "night", "one", "--tries");
  expect(tries.filter((row) => row["task_id"] === "flaky").map((row) => row["state"])).toEqual([
    "failed",
    "failed",
  ]);
});

test("tasks clear lets a failed task run again, and logs -f follows it to its end", {
  timeout: 60_000,
}, async () => {
  writeFileSync(join(world.home, "mended"), "");
  const cleared = await world.command("tasks", "clear", "night", "-r", "one", "--only-failed", "--yes");
  expect(cleared).toMatchObject({ code: 0, stdout: "1 task instance cleared\n" });
  const followed = await world.command("tasks", "logs", "night", "flaky", "one", "--follow");
  expect(followed.stdout).toContain("trying 3");
  expect(followed.stdout).toMatch(/success after/);
  expect((await world.command("dags", "state", "night", "one")).stdout).toMatch(/^(success|running)/);
});

test("jobs check finds each of them", async () => {
  for (const kind of ["SchedulerJob", "TriggererJob", "dag-processor"])
    expect(await world.command("jobs", "check", "--job-type", kind)).toMatchObject({
      code: 0,
      stdout: "Found one alive job.\n",
    });
});

test("dags test leaves the run to the scheduler that is there", { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await world.command("dags", "test", "night");
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("it runs the test") });
  expect(stdout).toContain("flaky: 8");
});

test("scheduler -n ends by itself", { timeout: 60_000 }, async () => {
  const argv = ["scheduler", "-n", "1", "--no-triggerer", "--no-dag-processor"];
  const other = makeWorld({ databaseUrl: database.url });
  try {
    expect(await other.start(...argv).ended).toMatchObject({ code: 0 });
  } finally {
    other.remove();
  }
});
