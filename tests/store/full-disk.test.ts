/** A disk that is full, for real: a small file system in memory, which only root may make. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { backup } from "../../src/store/admin/backup.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";
import { noon } from "./rows.ts";

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

test("a backup onto a full disk fails, leaves no file, and lets the database go", async ({ skip }) => {
  const folder = smallDisk("1m");
  if (folder === null) return skip("a file system cannot be mounted here");
  const { database } = await freshDatabase();
  await database.run(sql`
    INSERT INTO log (dttm, event, extra)
    SELECT now(), 'e', encode(sha512(i::text::bytea), 'hex') FROM generate_series(1, 60000) i`);
  const file = join(folder, "backup");
  await expect(backup(database, file, noon)).rejects.toMatchObject({ code: "ENOSPC" });
  expect(existsSync(`${file}.partial`)).toBe(false);
  const sessions = await database.row<{ n: number }>(sql`
    SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tradewind backup'
      AND state LIKE '%transaction%'`);
  expect(sessions?.n).toBe(0);
});

test("a full disk is told as such, loses nothing, and work goes on when there is room again", async ({
  skip,
}) => {
  const home = smallDisk("200m");
  if (home === null) return skip("a file system cannot be mounted here");
  // The log of the last changes has its room from the start, and the filler leaves none for more.
  const server = await startEmbedded({
    home,
    role: "command",
    settings: { max_wal_size: "32MB", min_wal_size: "32MB" },
  });
  const database = openDatabase({ url: server.url, poolSize: 1 });
  await database.run(sql`CREATE TABLE kept (n int, filler text)`);
  await database.run(sql`INSERT INTO kept VALUES (1, '')`);
  const filler = join(home, "filler");
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=1M"], { stdio: "ignore" });
  } catch {
    // It ends when the disk is full.
  }
  const insert = sql`INSERT INTO kept SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i`;
  await expect(database.run(insert)).rejects.toMatchObject({ code: "TW_DATABASE_FULL" });
  expect(await database.rows(sql`SELECT n FROM kept`)).toEqual([{ n: 1 }]);
  rmSync(filler);
  await database.run(insert);
  expect(await database.row(sql`SELECT count(*) AS n FROM kept`)).toEqual({ n: 20_001 });
  await database.close();
  await server.close();
});

test("a data folder that does not fit is told with what initdb said, and nothing half-made stays", async ({
  skip,
}) => {
  const home = smallDisk("5m");
  if (home === null) return skip("a file system cannot be mounted here");
  await expect(startEmbedded({ home, role: "command" })).rejects.toThrow(/No space left on device/);
  expect(existsSync(join(home, "postgres"))).toBe(false);
  writeFileSync(join(home, "there-is-room"), "x");
});
