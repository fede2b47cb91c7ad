import { expect, test } from "vitest";
import * as versions from "../../src/store/dag-versions.ts";
import { storeDag } from "../../src/store/dag-versions.ts";
import * as dags from "../../src/store/dags.ts";
import * as errors from "../../src/store/import-errors.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, dagSpec, importedDag, noon } from "./rows.ts";

test("a new text makes a new version, and an old text brings the old version back", async () => {
  const { database } = await freshDatabase();
  const spec = dagSpec("d");
  const store = (text: string) => database.transaction((tx) => storeDag(tx, importedDag(spec, text), noon));
  const first = await store("one");
  expect(first).toMatchObject({ isNew: true, versionChanged: true, versionNumber: 1 });
  expect(await store("one")).toEqual({ ...first, isNew: false, versionChanged: false });
  expect(await store("two")).toMatchObject({ isNew: false, versionChanged: true, versionNumber: 2 });
  expect(await store("one")).toMatchObject({ versionId: first.versionId, versionChanged: true });
  const current = await versions.currentVersion(database, "d");
  expect(current).toMatchObject({ id: first.versionId, versionNumber: 1, spec, createdAt: noon });
  expect((await versions.listVersions(database, "d")).map(({ versionNumber }) => versionNumber)).toEqual([
    2, 1,
  ]);
  expect(await versions.readSources(database, first.versionId)).toEqual(new Map([["d.ts", "one"]]));
});

test("two imports of one Dag at once number its versions one after the other", async () => {
  const { database } = await freshDatabase();
  const texts = ["a", "b", "c", "d"];
  const stored = await Promise.all(
    texts.map((text) => database.transaction((tx) => storeDag(tx, importedDag(dagSpec("d"), text), noon))),
  );
  expect(stored.map(({ versionNumber }) => versionNumber).sort()).toEqual([1, 2, 3, 4]);
  expect(stored.filter(({ isNew }) => isNew)).toHaveLength(1);
});

test("a Dag starts paused as it says itself, else as the setting says", async () => {
  const { database } = await freshDatabase();
  const paused = { ...importedDag(dagSpec("by-setting")), pausedAtCreation: true };
  await database.transaction((tx) => storeDag(tx, paused, noon));
  const own = importedDag(dagSpec("by-itself", { isPausedUponCreation: false }));
  await database.transaction((tx) => storeDag(tx, { ...own, pausedAtCreation: true }, noon));
  const { rows } = await dags.listDags(database);
  expect(rows.map(({ dagId, isPaused }) => [dagId, isPaused])).toEqual([
    ["by-itself", false],
    ["by-setting", true],
  ]);
});

test("lists are filtered by tag, owner, pattern and pause, with the total of all pages", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "iris", { tags: ["ml", "demo"], owners: ["ann"] });
  await addDag(database, "iris_two", { tags: ["ml"], owners: ["bob"] });
  await addDag(database, "other", { tags: [], owners: ["bob"] });
  const ids = async (filter: dags.DagFilter) =>
    (await dags.listDags(database, filter)).rows.map((d) => d.dagId);
  expect(await ids({ tags: ["ml", "demo"] })).toEqual(["iris", "iris_two"]);
  expect(await ids({ tags: ["ml", "demo"], tagsMatch: "all" })).toEqual(["iris"]);
  expect(await ids({ owners: ["bob"] })).toEqual(["iris_two", "other"]);
  expect(await ids({ idPattern: "IRIS" })).toEqual(["iris", "iris_two"]);
  expect(await dags.setPaused(database, ["iris", "gone"], true)).toEqual(["iris"]);
  expect(await ids({ isPaused: true })).toEqual(["iris"]);
  expect(await dags.listTags(database)).toEqual(["demo", "ml"]);
  const page = await dags.listDags(database, {}, { limit: 1, offset: 1 });
  expect(page).toMatchObject({ total: 3, rows: [{ dagId: "iris_two" }] });
});

test("a Dag that its file does not define any more is stale, and comes back with it", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "gone", { relativeFile: "f.ts" });
  await addDag(database, "stays", { relativeFile: "f.ts" });
  const file = { bundleName: "dags-folder", relativeFile: "f.ts" };
  expect(await dags.markStale(database, { ...file, except: ["stays"] })).toEqual(["gone"]);
  expect((await dags.listDags(database)).rows.map((d) => d.dagId)).toEqual(["stays"]);
  expect(await dags.listDagFiles(database, "dags-folder")).toEqual([
    { relativeFile: "f.ts", dagIds: ["stays"] },
  ]);
  await addDag(database, "gone", { relativeFile: "f.ts" });
  expect((await dags.getDag(database, "gone")).isStale).toBe(false);
});

test("an unknown id is told with the one that was probably meant", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "iris_pipeline");
  await expect(dags.getDag(database, "iris-pipe")).rejects.toMatchObject({
    code: "TW_DAG_NOT_FOUND",
    hint: "did you mean iris_pipeline?",
  });
});

test("an import error is replaced by the next one and goes with the first success", async () => {
  const { database } = await freshDatabase();
  const file = { bundleName: "dags-folder", relativeFile: "b.ts" };
  const error = {
    ...file,
    occurredAt: noon,
    code: "TW_X",
    message: "m",
    stacktrace: "s",
    line: 3,
    column: 7,
  };
  await errors.putImportError(database, error);
  await errors.putImportError(database, { ...error, line: 4 });
  expect(await errors.listImportErrors(database)).toEqual([{ ...error, line: 4, id: expect.any(Number) }]);
  expect(await errors.clearImportError(database, file)).toBe(true);
  expect(await errors.clearImportError(database, file)).toBe(false);
  await errors.putImportError(database, error);
  expect(await errors.clearOtherImportErrors(database, "dags-folder", ["c.ts"])).toBe(1);
});

test("warnings of a Dag are those of its last import", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  await dags.putWarnings(database, "d", [{ kind: "k", message: "old" }], noon);
  await dags.putWarnings(database, "d", [{ kind: "k", message: "new" }], noon);
  expect(await dags.listWarnings(database)).toEqual([
    { dagId: "d", kind: "k", message: "new", occurredAt: noon },
  ]);
});
