import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/store/connect.ts";
import { findBinaries } from "../../src/store/embedded/binaries.ts";
import { embeddedUrl, serverHome } from "../../src/store/embedded/home.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { finishSwap } from "../../src/store/embedded/swap.ts";
import { sql } from "../../src/store/sql.ts";
import { hold, newHome, serverEnded, serverPid, serverRuns } from "./held-server.ts";

const isRoot = process.getuid?.() === 0;

describe("the embedded server", { timeout: 60_000 }, () => {
  test("is made, started, joined by a second process, and ends with the last one", async () => {
    const home = newHome();
    const first = hold(home);
    expect(await first.next()).toMatchObject({ started: true });
    const second = hold(home);
    expect(await second.next()).toMatchObject({ started: false });
    expect(await first.end()).toEqual({ stopped: false });
    expect(serverRuns(home)).toBe(true);
    expect(await second.end()).toEqual({ stopped: true });
    expect(serverRuns(home)).toBe(false);
  });

  test("is shared by processes that start at the same moment on a home without a folder", async () => {
    const home = newHome();
    const all = Array.from({ length: 4 }, () => hold(home));
    const said = await Promise.all(all.map((held) => held.next()));
    expect(said.filter(({ started }) => started === true)).toHaveLength(1);
    const ends = await Promise.all(all.map((held) => held.end()));
    expect(ends.filter(({ stopped }) => stopped === true)).toHaveLength(1);
  });

  test("refuses a second service on the same home and names the first", async () => {
    const home = newHome();
    const first = hold(home, "service");
    await first.next();
    const second = await hold(home, "service").next();
    expect(second).toMatchObject({ code: "TW_HOME_IN_USE" });
    expect(second["message"]).toContain(`held (process ${first.process.pid})`);
    expect(serverRuns(home)).toBe(true);
  });

  test("ends when the process that uses it is killed, and keeps what was committed", async () => {
    const home = newHome();
    const held = hold(home, "service");
    const { url } = (await held.next()) as { url: string };
    const database = openDatabase({ url });
    await database.run(sql`CREATE TABLE kept (n int)`);
    await database.run(sql`INSERT INTO kept VALUES (1)`);
    await database.close();
    held.process.kill("SIGKILL");
    await serverEnded(home);
    const again = await startEmbedded({ home, role: "service" });
    const reopened = openDatabase({ url: again.url });
    expect(await reopened.rows(sql`SELECT n FROM kept`)).toEqual([{ n: 1 }]);
    await reopened.close();
    await again.close();
  });

  test("stays while another process uses it when one is killed", async () => {
    const home = newHome();
    const [one, two] = [hold(home), hold(home)];
    await Promise.all([one.next(), two.next()]);
    one.process.kill("SIGKILL");
    const database = openDatabase({ url: embeddedUrl(serverHome(home)) });
    expect(await database.rows(sql`SELECT 1 AS n`)).toEqual([{ n: 1 }]);
    await database.close();
    // The second process, or the watchdog of the first, whichever leaves later.
    await two.end();
    await serverEnded(home);
  });

  test("recovers after a kill of the server itself, whose lock file stays behind", async () => {
    const home = newHome();
    const held = hold(home);
    const { url } = (await held.next()) as { url: string };
    const database = openDatabase({ url });
    await database.run(sql`CREATE TABLE kept AS SELECT 1 AS n`);
    await database.close();
    process.kill(serverPid(home), "SIGKILL");
    const lock = join(serverHome(home).data, "postmaster.pid");
    expect(existsSync(lock)).toBe(true);
    // The number of the dead server may belong to another process by now: ours.
    await serverEnded(home);
    writeFileSync(lock, readFileSync(lock, "utf8").replace(/^\d+/, String(process.pid)));
    const again = await startEmbedded({ home, role: "service" });
    const reopened = openDatabase({ url: again.url });
    expect(await reopened.rows(sql`SELECT n FROM kept`)).toEqual([{ n: 1 }]);
    await reopened.close();
    expect(await again.close()).toBe(true);
  });

  test("joins a server that a killed process and its watchdog left behind, and ends it", async () => {
    const home = newHome();
    const held = hold(home);
    await held.next();
    const watchdogs = execFileSync("pgrep", ["-f", `watchdog.ts ${home}`], { encoding: "utf8" });
    for (const pid of watchdogs.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
    held.process.kill("SIGKILL");
    const next = hold(home, "service");
    expect(await next.next()).toMatchObject({ started: false });
    expect(await next.end()).toEqual({ stopped: true });
  });

  test("runs on after its last user when it is kept, until it is stopped", async () => {
    const home = newHome();
    const server = await startEmbedded({ home, role: "command" });
    server.keep();
    expect(await server.close()).toBe(false);
    expect(serverRuns(home)).toBe(true);
    const joined = await startEmbedded({ home, role: "command" });
    expect(joined.started).toBe(false);
    expect(await joined.close()).toBe(false);
    expect(serverRuns(home)).toBe(true);
  });

  test("puts its socket into a short folder when the home's path is long", async () => {
    const under = mkdtempSync(join(tmpdir(), "tw-"));
    const deep = join(under, "a".repeat(60), "b".repeat(60));
    mkdirSync(deep, { recursive: true });
    chmodSync(under, 0o755);
    onTestFinished(() => rmSync(under, { recursive: true, force: true }));
    const home = newHome(deep);
    const paths = serverHome(home);
    expect(paths.socketFile.length).toBeLessThan(108);
    const server = await startEmbedded({ home, role: "command" });
    expect(statSync(paths.sockets).mode & 0o777).toBe(0o700);
    await server.close();
  });

  test("refuses a folder of another major version and names the command that upgrades it", async () => {
    const home = newHome();
    await (await startEmbedded({ home, role: "command" })).close();
    writeFileSync(join(serverHome(home).data, "PG_VERSION"), "12\n");
    await expect(startEmbedded({ home, role: "command" })).rejects.toMatchObject({
      code: "TW_EMBEDDED_MAJOR",
      hint: expect.stringContaining("tradewind db upgrade"),
    });
  });

  test("tells what the server said when it cannot start", async () => {
    const home = newHome();
    const settings = { shared_buffers: "nonsense" };
    await expect(startEmbedded({ home, role: "command", settings })).rejects.toThrow(
      /shared_buffers.*nonsense/s,
    );
  });

  test("tells a home that cannot be written", async () => {
    const refused = startEmbedded({ home: "/dev/full/home", role: "command" });
    await expect(refused).rejects.toMatchObject({ code: "TW_HOME_NOT_WRITABLE" });
  });

  test("commits to disk before it answers", async () => {
    const server = await startEmbedded({ home: newHome(), role: "command" });
    const database = openDatabase({ url: server.url });
    const rows = await database.rows(
      sql`SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name`,
    );
    expect(rows).toEqual(
      ["fsync", "full_page_writes", "synchronous_commit"].map((name) => ({ name, setting: "on" })),
    );
    await database.close();
    await server.close();
  });

  test("puts a finished upgrade's folder in its place when the last step was cut off", () => {
    const home = newHome();
    const { data } = serverHome(home);
    mkdirSync(`${data}.upgraded`);
    writeFileSync(join(`${data}.upgraded`, "PG_VERSION"), "18\n");
    finishSwap(data);
    expect(readFileSync(join(data, "PG_VERSION"), "utf8")).toBe("18\n");
  });

  const machine = existsSync("/usr/local/bin/postgres") || existsSync("/usr/lib/postgresql");
  test.skipIf(!machine)("uses a PostgreSQL of the machine where the npm package is absent", async () => {
    const home = newHome();
    const server = await startEmbedded({ home, role: "command", packageName: "no-such-package" });
    expect(server.binaries.origin).toBe("machine");
    await server.close();
  });

  test("says what to do where there is no PostgreSQL at all", async () => {
    const none = { packageName: "no-such-package", linkFolder: "/tmp", installation: "/nonexistent" };
    await expect(findBinaries(none)).rejects.toMatchObject({ code: "TW_EMBEDDED_BINARIES" });
  });

  test.runIf(isRoot)(
    "runs for root as another user, also in a home under a folder closed to others",
    async () => {
      const closed = mkdtempSync(join(tmpdir(), "tw-closed-"));
      onTestFinished(() => rmSync(closed, { recursive: true, force: true }));
      expect(statSync(closed).mode & 0o077).toBe(0);
      const home = newHome(closed);
      const server = await startEmbedded({ home, role: "command" });
      expect(statSync(serverHome(home).data).uid).not.toBe(0);
      expect(statSync(serverHome(home).sockets).mode & 0o777).toBe(0o700);
      await server.close();
    },
  );

  test.runIf(isRoot)("runs for another user than root as that user", async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const home = newHome();
    execFileSync("chown", ["65534:65534", home]);
    const held = hold(home, "service", {}, nobody);
    expect(await held.next()).toMatchObject({ started: true });
    expect(statSync(serverHome(home).data).uid).toBe(nobody.uid);
    expect(await held.end()).toEqual({ stopped: true });
  });
});
