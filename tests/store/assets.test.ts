import { expect, test } from "vitest";
import type { AssetExpression, DagSpec } from "../../src/core/dag-model.ts";
import * as events from "../../src/store/asset-events.ts";
import * as assets from "../../src/store/assets.ts";
import type { Database } from "../../src/store/connect.ts";
import { markStale } from "../../src/store/dags.ts";
import { sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, addRun, dagSpec, noon, task } from "./rows.ts";

const raw = { name: "raw", uri: "s3://raw", group: "asset", extra: { k: 1 } };
const clean = { name: "clean", uri: "s3://clean", group: "asset", extra: {} };
const on = (...list: AssetExpression[]): Partial<DagSpec> => ({
  timetable: { kind: "asset", assets: { all: list } },
});

async function register(database: Database, dagId: string, more: Partial<DagSpec>): Promise<void> {
  await addDag(database, dagId, more);
  await database.transaction((tx) => assets.registerAssets(tx, dagSpec(dagId, more), noon));
}

async function consumerAndProducer(database: Database): Promise<void> {
  await register(database, "consumer", {
    assets: [raw, clean],
    ...on(
      { asset: raw },
      { any: [{ ref: { name: "clean" } }, { alias: { name: "any-clean", group: "g" } }] },
    ),
  });
  await register(database, "producer", {
    assets: [raw],
    tasks: [task("make", { outlets: [{ asset: raw }], inlets: [{ asset: clean }] })],
  });
}

test("knows who is scheduled on an asset, makes it and reads it", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  const { id } = await assets.getAsset(database, { uri: "s3://raw" });
  expect(await assets.getAsset(database, { id })).toMatchObject({ ...raw, isActive: true });
  expect(await assets.listReferences(database, id)).toEqual([
    { dagId: "producer", taskId: "make", role: "outlet" },
    { dagId: "consumer", taskId: "", role: "schedule" },
  ]);
  const { rows, total } = await assets.listAssets(database, { namePattern: "CLE" });
  expect([rows.map(({ name }) => name), total]).toEqual([["clean"], 1]);
  expect(await assets.listAliases(database)).toMatchObject([{ name: "any-clean", group: "g", assetIds: [] }]);
  await expect(assets.getAsset(database, { name: "x" })).rejects.toMatchObject({
    code: "TW_ASSET_NOT_FOUND",
  });
  await expect(assets.getAsset(database, {})).rejects.toMatchObject({ code: "TW_ASSET_NOT_FOUND" });
});

test("a new version replaces the references and forgets what waited for the old ones", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  const { id } = await assets.getAsset(database, { name: "raw" });
  await database.transaction((tx) => events.createAssetEvent(tx, { assetId: id }, noon));
  expect(await events.listQueued(database)).toHaveLength(1);
  await register(database, "consumer", { assets: [clean], ...on({ asset: clean }) });
  expect(await events.listQueued(database)).toEqual([]);
  expect((await assets.listReferences(database, id)).map(({ dagId }) => dagId)).toEqual(["producer"]);
});

test("an event reaches the queues of the Dags that are scheduled on it, and coalesces", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  await register(database, "paused", on({ asset: raw }));
  await database.run(sql`UPDATE dag SET is_paused = true WHERE dag_id = 'paused'`);
  const { id } = await assets.getAsset(database, { name: "raw" });
  const send = (extra: { [key: string]: number }, at: number) =>
    database.transaction((tx) => events.createAssetEvent(tx, { assetId: id, extra }, at));
  expect((await send({ n: 1 }, noon)).dagIds).toEqual(["consumer"]);
  await send({ n: 2 }, noon + 1);
  expect(await events.listQueued(database, { dagIds: ["consumer"] })).toMatchObject([
    { assetId: id, createdAt: noon + 1 },
  ]);
  const newest = await events.listAssetEvents(database, { name: "raw" });
  expect([newest.total, newest.rows.map(({ extra }) => extra)]).toEqual([2, [{ n: 2 }, { n: 1 }]]);
  const after = await events.listAssetEvents(database, { assetId: id, after: noon + 1 }, { ascending: true });
  expect(after.rows).toMatchObject([{ extra: { n: 2 } }]);
  expect(await events.clearQueued(database, {})).toBe(0);
  expect(await events.clearQueued(database, { dagId: "consumer" })).toBe(1);
});

test("events reach a Dag that waits for an alias that stood for the asset", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  const { id } = await assets.getAsset(database, { name: "clean" });
  await database.run(sql`INSERT INTO asset_alias_asset SELECT id, ${id} FROM asset_alias`);
  await database.run(sql`DELETE FROM asset_reference WHERE asset_id = ${id}`);
  const { dagIds } = await database.transaction((tx) => events.createAssetEvent(tx, { assetId: id }, noon));
  expect(dagIds).toEqual(["consumer"]);
});

test("a run knows the events that started it", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  const { id } = await assets.getAsset(database, { name: "raw" });
  const { eventId } = await database.transaction((tx) => events.createAssetEvent(tx, { assetId: id }, noon));
  const run = await addRun(database, "consumer", "r", { type: "asset_triggered" });
  await database.run(sql`INSERT INTO dagrun_asset_event VALUES (${run.id}, ${eventId})`);
  expect(await events.eventsOfRun(database, run.id)).toMatchObject([{ id: eventId, name: "raw" }]);
});

test("an asset that only stale Dags mention is inactive", async () => {
  const { database } = await freshDatabase();
  await consumerAndProducer(database);
  await markStale(database, { bundleName: "dags-folder", relativeFile: "consumer.ts", except: [] });
  await assets.refreshActive(database);
  const names = (await assets.listAssets(database)).rows.map(({ name }) => name);
  expect(names).toEqual(["clean", "raw"]);
  await markStale(database, { bundleName: "dags-folder", relativeFile: "producer.ts", except: [] });
  await assets.refreshActive(database);
  expect((await assets.listAssets(database)).total).toBe(0);
  expect((await assets.listAssets(database, { onlyActive: false })).total).toBe(2);
});
