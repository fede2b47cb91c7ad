import { expect, test } from "vitest";
import { deletePool, getPool, listPools, listPoolUsage, setPool } from "../../src/store/pools.ts";
import { freshDatabase } from "../support/database.ts";
import { addInstance, addRun } from "./rows.ts";

test("the default pool is there first, and cannot be deleted", async () => {
  const { database } = await freshDatabase();
  await setPool(database, { name: "a", slots: 1 });
  expect((await listPools(database)).map(({ name }) => name)).toEqual(["default_pool", "a"]);
  await expect(deletePool(database, "default_pool")).rejects.toMatchObject({ code: "TW_POOL_DEFAULT" });
  await deletePool(database, "a");
  await expect(deletePool(database, "a")).rejects.toMatchObject({ code: "TW_POOL_NOT_FOUND" });
});

test("setting a pool changes what is given and leaves the rest", async () => {
  const { database } = await freshDatabase();
  await setPool(database, { name: "gpu", slots: 2, description: "cards", includeDeferred: true });
  await setPool(database, { name: "gpu", slots: -1 });
  expect(await getPool(database, "gpu")).toEqual({
    name: "gpu",
    slots: -1,
    description: "cards",
    includeDeferred: true,
  });
  await expect(setPool(database, { name: "gpu", slots: -2 })).rejects.toMatchObject({
    code: "TW_POOL_SLOTS",
  });
  await expect(setPool(database, { name: "gpu", slots: 1.5 })).rejects.toMatchObject({
    code: "TW_POOL_SLOTS",
  });
});

test("usage counts slots by state, and deferred ones where the pool says so", async () => {
  const { database } = await freshDatabase();
  await setPool(database, { name: "gpu", slots: 10, includeDeferred: true });
  const run = await addRun(database, "d", "r", { state: "running" });
  const finished = await addRun(database, "d", "old", { state: "success" });
  for (const [i, state] of (["running", "queued", "deferred", "scheduled", "success"] as const).entries())
    await addInstance(database, run.id, "t", { state, mapIndex: i, pool: "gpu", slots: 2 });
  await addInstance(database, finished.id, "t", { state: "running", pool: "gpu" });
  const [gpu] = await listPoolUsage(database, "gpu");
  expect(gpu).toMatchObject({
    runningSlots: 2,
    queuedSlots: 2,
    deferredSlots: 2,
    scheduledSlots: 2,
    occupiedSlots: 6,
    openSlots: 4,
  });
  const [unused] = await listPoolUsage(database, "default_pool");
  expect(unused).toMatchObject({ occupiedSlots: 0, openSlots: 128 });
});
