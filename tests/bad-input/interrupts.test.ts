/** Ctrl-C at any moment: the command ends, nothing that it started stays behind, and the next start finds its data. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { makeWorld, type World } from "../cli/command.ts";
import { freshDatabase } from "../support/database.ts";

const slow = `import { existsSync } from "node:fs";
import { Dag } from "tradewind";
const dag = new Dag("slow", { schedule: null });
const waits = dag.task("waits", async () => { console.log("waiting"); await new Promise((go) => setTimeout(go, 600_000)); })();
dag.task("after", async () => 1)().after(waits);
const gated = new Dag("gated", { schedule: null });
const gate = gated.task("gate", async () => {
  while (!existsSync(import.meta.dirname + "/../open")) await new Promise((go) => setTimeout(go, 20));
})();
gated.task("then", () => new Promise<undefined>(() => setTimeout(() => undefined, 600_000)))().after(gate);
const pool = new Dag("starved", { schedule: null });
pool.task("waits", async () => 1, { pool: "empty" })();
`;

const hasProc = existsSync("/proc/self/environ");

/** Ids of the processes that run for a home: the program, its worker, tasks and PostgreSQL know it. */
function processesOf(home: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        const text = ["environ", "cmdline"].map((name) => readFileSync(`/proc/${pid}/${name}`, "latin1"));
        return text.some((part) => part.includes(home));
      } catch {
        return false;
      }
    });
}

async function nothingIsLeft(world: World): Promise<void> {
  await vi.waitFor(() => expect(processesOf(world.home)).toEqual([]), { timeout: 15_000, interval: 50 });
}

function newWorld(databaseUrl?: string): World {
  const world = makeWorld({
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    dags: { "slow.ts": slow },
  });
  onTestFinished(() => world.remove());
  return world;
}

test("while a test runs: its run is marked as failed, and its processes end", async ({ skip }) => {
  if (!hasProc) return skip("processes are found by /proc");
  const { url } = await freshDatabase();
  const world = newWorld(url);
  const running = world.start("dags", "test", "slow", "-r", "one");
  await running.prints(/slow waits running/);
  running.interrupt();
  const { code, stderr } = await running.ended;
  expect({ code, stderr }).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("is marked as failed"),
  });
  expect(stderr).not.toContain("    at ");
  await nothingIsLeft(world);
  expect((await world.command("dags", "state", "slow", "one")).stdout).toMatch(/^failed/);
});

test("twice: the command ends at once, and what it had started follows", async ({ skip }) => {
  if (!hasProc) return skip("processes are found by /proc");
  const { url } = await freshDatabase();
  const world = newWorld(url);
  const running = world.start("dags", "test", "slow");
  await running.prints(/slow waits running/);
  running.interrupt();
  await running.prints(/once more ends at once/);
  running.interrupt();
  expect(await running.ended).toMatchObject({ code: 130 });
  await nothingIsLeft(world);
});

test("by a reader that goes away (a pipe into head)", async ({ skip }) => {
  if (!hasProc) return skip("processes are found by /proc");
  const { url } = await freshDatabase();
  const world = newWorld(url);
  const running = world.start("dags", "test", "gated");
  await running.prints(/gated gate running/);
  running.child.stdout?.destroy();
  // The gate opens, and the line that says so finds no reader.
  writeFileSync(join(world.home, "open"), "");
  expect((await running.ended).code).toBe(130);
  await nothingIsLeft(world);
});

test("a test whose pool has no slots says so, and can be ended", async () => {
  const { url } = await freshDatabase();
  const world = newWorld(url);
  expect(await world.command("pools", "set", "empty", "0")).toMatchObject({ code: 0 });
  const running = world.start("dags", "test", "starved");
  await running.prints(/starved run .* running/);
  running.interrupt();
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("pool empty has 0 slots: waits will wait until `tradewind pools set empty N`");
});

/** From the first folder to a running task. */
const moments: readonly [string, (home: string) => boolean][] = [
  ["the home has folders", (home) => existsSync(join(home, "run"))],
  ["a database is being made", (home) => readdirSync(home).some((name) => name.startsWith("postgres.new"))],
  ["the database starts", (home) => existsSync(join(home, "postgres", "postmaster.pid"))],
];

test("while a home is set up, and after: each time everything ends, and the next start goes on", {
  timeout: 120_000,
}, async ({ skip }) => {
  if (!hasProc) return skip("processes are found by /proc");
  for (const [name, reached] of moments) {
    const world = newWorld();
    const running = world.start("standalone", "--run", "slow");
    await vi.waitFor(() => expect(reached(world.home), name).toBe(true), { timeout: 30_000, interval: 2 });
    running.interrupt();
    const { code, stderr } = await running.ended;
    expect({ name, code: [0, 130].includes(code), stderr }).toMatchObject({ code: true });
    expect(stderr).not.toContain("error:");
    await nothingIsLeft(world);
    expect(await world.command("dags", "list")).toMatchObject({ code: 0 });
    await nothingIsLeft(world);
  }
  const world = newWorld();
  const ready = world.start("standalone", "--run", "slow");
  await ready.prints(/slow waits running/);
  ready.interrupt();
  expect(await ready.ended).toMatchObject({ code: 130 });
  await nothingIsLeft(world);

  const idle = world.start("standalone");
  await idle.prints(/Tradewind is ready/);
  idle.interrupt("SIGTERM");
  expect(await idle.ended).toMatchObject({ code: 0 });
  await nothingIsLeft(world);

  const runs = await world.json("dags", "list-runs", "slow");
  expect(runs.length).toBeGreaterThanOrEqual(1);
  await nothingIsLeft(world);
});
