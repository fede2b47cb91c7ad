/** `state-store clean`: what tasks keep no longer is listed, then removed; what is still kept stays. */
import { expect, onTestFinished, test } from "vitest";
import { findDagRun } from "../../src/store/dag-runs.ts";
import { listTaskStates, setTaskState } from "../../src/store/state-store.ts";
import { createDatabase } from "../support/database.ts";
import { makeWorld } from "./command.ts";

test("removes the values whose time is over, and with --dry-run lists them", async () => {
  const { url, database, drop } = await createDatabase();
  const world = makeWorld({
    databaseUrl: url,
    dags: { "here.ts": `import { Dag } from "tradewind"; new Dag("here").task("work", async () => 1)();` },
  });
  onTestFinished(async () => {
    world.remove();
    await drop();
  });
  expect(await world.command("dags", "test", "here", "2024-01-01")).toMatchObject({ code: 0 });
  const runId = "manual__2024-01-01T00:00:00+00:00";
  const instance = {
    runPk: (await findDagRun(database, "here", runId))?.id ?? 0,
    taskId: "work",
    mapIndex: -1,
  };
  const now = Date.now();
  await setTaskState(database, instance, { key: "over", value: 1, expiresAt: now - 1 }, now);
  await setTaskState(database, instance, { key: "later", value: 2, expiresAt: now + 3_600_000 }, now);
  await setTaskState(database, instance, { key: "always", value: 3 }, now);
  const keys = async () => (await listTaskStates(database, instance, {}, now)).rows.map(({ key }) => key);

  const listed = await world.json("state-store", "clean", "--dry-run");
  expect(listed).toMatchObject([{ key: "over" }]);
  expect(await world.command("state-store", "clean")).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("1 values were removed"),
  });
  expect(await world.json("state-store", "clean", "--dry-run")).toEqual([]);
  expect(await keys()).toEqual(["always", "later"]);
});
