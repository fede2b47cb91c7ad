import { expect, test } from "vitest";
import { runAt } from "../../src/core/timetable/timetable.ts";
import { addAuditEntry, listAuditEntries } from "../../src/store/audit-log.ts";
import * as backfills from "../../src/store/backfills.ts";
import { listLeases } from "../../src/store/dag-leases.ts";
import { deadlinesOfRun, dueDeadlines, listDeadlines } from "../../src/store/deadlines.ts";
import * as jobs from "../../src/store/jobs.ts";
import * as requests from "../../src/store/scheduling-requests.ts";
import { instant, sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";
import { day, noon } from "./rows.ts";

const backfill: backfills.NewBackfill = {
  dagId: "d",
  fromDate: noon,
  toDate: noon + 2 * day,
  conf: { a: 1 },
  runBackwards: true,
  reprocessBehavior: "failed",
  maxActiveRuns: 3,
  dates: [{ run: runAt(noon + day) }, { run: runAt(noon), exceptionReason: "already exists" }],
};

test("a Dag has one backfill at a time, also when two are asked for at once", async () => {
  const { database } = await freshDatabase();
  const create = (dagId: string) =>
    database.transaction((tx) => backfills.createBackfill(tx, { ...backfill, dagId }, noon));
  const outcomes = await Promise.allSettled([create("d"), create("d"), create("other")]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
    reason: { code: "TW_BACKFILL_EXISTS" },
  });
});

test("a backfill keeps its dates in order, is paused, cancelled, and then over", async () => {
  const { database } = await freshDatabase();
  const made = await database.transaction((tx) => backfills.createBackfill(tx, backfill, noon));
  const { dates: _, ...given } = backfill;
  expect(await backfills.getBackfill(database, made.id)).toMatchObject({
    ...given,
    isPaused: false,
    completedAt: null,
  });
  expect(await backfills.listBackfillRuns(database, made.id)).toMatchObject([
    { logicalDate: noon + day, sortOrdinal: 1, exceptionReason: null },
    { logicalDate: noon, sortOrdinal: 2, exceptionReason: "already exists" },
  ]);
  expect(await backfills.setBackfillPaused(database, made.id, true)).toBe(true);
  expect(await backfills.cancelBackfill(database, made.id, noon + 5)).toBe(true);
  expect(await backfills.cancelBackfill(database, made.id, noon + 6)).toBe(false);
  expect(await backfills.listBackfills(database, { onlyActive: true })).toEqual([]);
  expect(await backfills.listBackfills(database, { dagId: "d" })).toMatchObject([{ completedAt: noon + 5 }]);
  await expect(backfills.getBackfill(database, 99)).rejects.toMatchObject({ code: "TW_BACKFILL_NOT_FOUND" });
});

test("a job lives by its heartbeats, and learns that it was given up", async () => {
  const { database } = await freshDatabase();
  const quiet = await jobs.startJob(database, { kind: "triggerer", hostname: "h", pid: 1 }, noon);
  const loud = await jobs.startJob(
    database,
    { kind: "triggerer", hostname: "h", pid: 2, details: { v: 1 } },
    noon,
  );
  expect(await jobs.heartbeat(database, loud, noon + 60_000)).toBe(true);
  expect(await jobs.endSilentJobs(database, "triggerer", noon + 30_000, noon + 60_000)).toEqual([quiet]);
  expect(await jobs.heartbeat(database, quiet, noon + 61_000)).toBe(false);
  expect(await jobs.listJobs(database, { onlyRunning: true })).toMatchObject([
    { id: loud, details: { v: 1 } },
  ]);
  await jobs.endJob(database, loud, "success", noon + 70_000);
  expect(await jobs.listJobs(database)).toMatchObject([
    { state: "success", endedAt: noon + 70_000 },
    { state: "failed" },
  ]);
  expect(await jobs.listJobs(database, { aliveSince: noon + 50_000 })).toHaveLength(1);
});

test("a lease is alive while its scheduler's session holds its lock", async () => {
  const { database } = await freshDatabase();
  await database.run(
    sql`INSERT INTO dag_lease VALUES ('d', 41, ${instant(noon)}), ('e', 42, ${instant(noon)})`,
  );
  const session = await database.connect();
  await session.run(sql`SELECT pg_advisory_lock(7, 41)`);
  expect((await listLeases(database)).map(({ dagId, isAlive }) => [dagId, isAlive])).toEqual([
    ["d", true],
    ["e", false],
  ]);
  await session.close();
  expect(await listLeases(database, ["e"])).toMatchObject([{ schedulerId: 42 }]);
});

test("a request tells the schedulers in the transaction that makes it, and is done when it is gone", async () => {
  const { database } = await freshDatabase();
  const session = await database.connect();
  const heard = new Promise((resolve) =>
    session.client.once("notification", ({ payload }) => resolve(payload)),
  );
  await session.run({ text: "LISTEN tradewind", values: [] });
  const id = await database.transaction((tx) =>
    requests.addRequest(tx, { dagId: "d", kind: "clear", payload: { runId: "r" }, requestedBy: "ann" }, noon),
  );
  expect(await heard).toBe("request:d");
  expect(await requests.isRequestDone(database, id)).toBe(false);
  expect(await requests.listRequests(database, ["d"])).toMatchObject([
    { id, kind: "clear", payload: { runId: "r" } },
  ]);
  expect(await requests.withdrawRequest(database, id)).toBe(true);
  expect(await requests.isRequestDone(database, id)).toBe(true);
  await session.close();
});

test("the audit log is listed newest first and filtered", async () => {
  const { database } = await freshDatabase();
  await addAuditEntry(database, { event: "trigger", dagId: "d", owner: "ann", extra: "{}" }, noon);
  await addAuditEntry(database, { event: "pause", dagId: "d" }, noon + 1);
  await addAuditEntry(database, { event: "login", owner: "bob" }, noon + 2);
  const all = await listAuditEntries(database);
  expect([all.total, all.rows.map(({ event }) => event)]).toEqual([3, ["login", "pause", "trigger"]]);
  expect((await listAuditEntries(database, { dagId: "d", events: ["trigger"] })).rows).toMatchObject([
    { owner: "ann" },
  ]);
  expect((await listAuditEntries(database, { after: noon, before: noon + 2 })).total).toBe(1);
});

test("deadlines are due once, and listed by run", async () => {
  const { database } = await freshDatabase();
  await database.run(sql`
    INSERT INTO deadline (run_pk, dag_id, deadline_at, callback, missed_at)
    VALUES (1, 'd', ${instant(noon)}, 0, NULL), (1, 'd', ${instant(noon - 1)}, 1, ${instant(noon)}), (2, 'd', ${instant(noon + 1)}, 2, NULL)`);
  expect((await dueDeadlines(database, noon, 10)).map(({ callback }) => callback)).toEqual([0]);
  expect((await deadlinesOfRun(database, 1)).map(({ callback }) => callback)).toEqual([1, 0]);
  expect(await listDeadlines(database, { onlyMissed: true })).toMatchObject([{ missedAt: noon }]);
});
