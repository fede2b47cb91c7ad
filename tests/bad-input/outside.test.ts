/** What lies outside and is not as it should be: databases, disks, folders, ports. Exit code 3, and a way out. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { makeWorld, RunningCommand, type World } from "../cli/command.ts";
import { freshDatabase } from "../support/database.ts";

function world(options: Parameters<typeof makeWorld>[0] = {}): World {
  const made = makeWorld(options);
  onTestFinished(() => made.remove());
  return made;
}

const isRoot = process.getuid?.() === 0;

test("a database that is down", async () => {
  const { command } = world({ databaseUrl: "postgresql://nobody@127.0.0.1:1/none" });
  for (const argv of [["dags", "list"], ["standalone"], ["db", "check"]]) {
    const { code, stderr } = await command(...argv);
    expect({ argv, code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("TW_DATABASE_UNAVAILABLE"),
    });
    expect(stderr).toContain("127.0.0.1:1");
    expect(stderr).not.toContain("    at ");
  }
});

test("a database that can only be read: what reads works, what writes says so", async () => {
  const { url, database } = await freshDatabase();
  const name = await database.row<{ name: string }>(sql`SELECT current_database() AS name`);
  const { command } = world({ databaseUrl: url });
  expect(await command("variables", "set", "colour", "blue")).toMatchObject({ code: 0 });
  await database.run({
    text: `ALTER DATABASE "${name?.name}" SET default_transaction_read_only = on`,
    values: [],
  });
  expect(await command("variables", "get", "colour")).toMatchObject({ code: 0, stdout: "blue\n" });
  for (const argv of [
    ["variables", "set", "colour", "red"],
    ["db", "check"],
    ["scheduler", "-n", "1"],
  ]) {
    const { code, stderr } = await command(...argv);
    expect({ argv, code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("TW_DATABASE_READ_ONLY"),
    });
  }
});

test("a database of a newer version, and one without tables", async () => {
  const { url, database } = await freshDatabase();
  await database.run(sql`
    INSERT INTO schema_migration (number, name, checksum) VALUES (9999, '9999_of_tomorrow', 'x')`);
  const newer = await world({ databaseUrl: url }).command("dags", "list");
  expect(newer.code).toBe(3);
  expect(newer.stderr).toContain("TW_DATABASE_NEWER");

  const empty = await freshDatabase({ empty: true });
  const bare = await world({ databaseUrl: empty.url }).command("dags", "list");
  expect(bare.code).toBe(3);
  expect(bare.stderr).toContain("db migrate");
});

test("an address that is none", async () => {
  const { code, stderr } = await world({ databaseUrl: "mysql://localhost/x" }).command("dags", "list");
  expect(code).toBe(2);
  expect(stderr).toContain("TW_DATABASE_URL");
});

test("a home that is a file, or under one", async () => {
  const made = world();
  const file = join(made.home, "file");
  writeFileSync(file, "");
  for (const home of [file, join(file, "home")]) {
    const { code, stderr } = await made.command("standalone", "--home", home);
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("TW_HOME_NOT_WRITABLE"),
    });
    expect(stderr).toContain(file);
  }
});

test("a home that belongs to somebody else", async ({ skip }) => {
  if (!isRoot) return skip("only root can start a process as another user");
  const made = world();
  chmodSync(made.home, 0o755);
  for (const argv of [["standalone"], ["dags", "list"]]) {
    const running = new RunningCommand(argv, { ...made.environment, HOME: "/nonexistent" }, 65_534);
    const { code, stderr } = await running.ended;
    if (stderr.includes("ERR_MODULE_NOT_FOUND") || stderr.includes("EACCES: permission denied, open"))
      return skip("other users cannot read the program here");
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("TW_HOME_NOT_WRITABLE"),
    });
  }
});

test("a settings file that nobody can make sense of", async () => {
  const made = world();
  writeFileSync(join(made.home, "tradewind.yaml"), "worker: [1\n");
  const broken = await made.command("dags", "list");
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining("TW_CONFIG_FILE") });
  writeFileSync(join(made.home, "tradewind.yaml"), "worker:\n  slots: many\n");
  const wrong = await made.command("dags", "list");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('worker.slots: expected a whole number from 0 up, got "many"');
});

test("a port that is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const { url } = await freshDatabase();
  const made = world({ databaseUrl: url });
  const { port } = server.address() as { port: number };
  made.environment["TRADEWIND__METRICS__PORT"] = String(port);
  const { code, stderr } = await made.command("scheduler", "-n", "1");
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining("TW_METRICS_PORT") });
  expect(stderr).toContain(String(port));
});

/** A folder with so much room; null where none can be made. */
function smallDisk(size: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), "tw-small-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", folder], {
      stdio: "ignore",
    });
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test("a disk without room for the embedded database", async ({ skip }) => {
  const home = smallDisk("8m");
  if (home === null) return skip("a file system cannot be mounted here");
  const { code, stderr } = await world().command("dags", "list", "--home", home);
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringMatching(/TW_EMBEDDED_FAILED/) });
  expect(stderr).toMatch(/No space left on device/i);
});

test("a disk that tasks fill: logs are cut, values are refused, and the run ends", async ({ skip }) => {
  const home = smallDisk("4m");
  if (home === null) return skip("a file system cannot be mounted here");
  const { url } = await freshDatabase();
  const dag = `import { Dag } from "tradewind";
const dag = new Dag("fills", { schedule: null });
const talks = dag.task("talks", async () => { for (let i = 0; i < 6000; i++) console.log("x".repeat(1000)); })();
const value = dag.task("value", async () => "x".repeat(3_000_000), { triggerRule: "all_done" })().after(talks);
dag.task("small", async () => "fits", { triggerRule: "all_done" })().after(talks);
`;
  const made = world({ databaseUrl: url });
  mkdirSync(join(home, "dags"));
  writeFileSync(join(home, "dags", "fills.ts"), dag);
  const { code, stdout } = await made.command("dags", "test", "fills", "-r", "one", "--home", home);
  expect(code).toBe(1);
  expect(stdout).toMatch(/talks success/);
  expect(stdout).toMatch(/value failed/);
  expect(stdout).toMatch(/small success/);
  expect(stdout).toMatch(/no space left on device/i);
  expect(stdout).toContain('small: "fits"');
});
