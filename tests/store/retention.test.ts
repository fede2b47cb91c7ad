import { expect, test } from "vitest";
import { addAuditEntry } from "../../src/store/audit-log.ts";
import type { Database } from "../../src/store/connect.ts";
import { listVersions, storeDag } from "../../src/store/dag-versions.ts";
import { addOutcomes, addTraffic, outcomesSince, trafficSince } from "../../src/store/endpoint-traffic.ts";
import { createEndpoint } from "../../src/store/endpoints.ts";
import type { RetentionPolicy } from "../../src/store/retention.ts";
import { pruneRest, pruneRuns } from "../../src/store/retention.ts";
import { batchOfRuns } from "../../src/store/run-deletion.ts";
import { instant, sql } from "../../src/store/sql.ts";
import { setXCom } from "../../src/store/xcoms.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, addInstance, addRun, dagSpec, day, importedDag, noon } from "./rows.ts";

const none: RetentionPolicy = {
  runsBefore: null,
  runsPerDag: null,
  auditBefore: null,
  trafficBefore: null,
  outcomesBefore: null,
};

async function runIds(database: Database): Promise<string[]> {
  const rows = await database.rows<{ id: string }>(
    sql`SELECT dag_id || '/' || run_id AS id FROM dag_run ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

async function history(database: Database): Promise<void> {
  for (const dagId of ["a", "b"]) {
    await addDag(database, dagId);
    for (let i = 0; i < 4; i++) {
      const run = await addRun(database, dagId, `r${i}`, {
        at: noon + i * day,
        state: "success",
        type: "scheduled",
      });
      await addInstance(database, run.id, "t", { state: "success" });
      await setXCom(database, { runPk: run.id, taskId: "t", mapIndex: -1, key: "k" }, { value: i }, noon);
    }
  }
  await addRun(database, "a", "unfinished", { at: noon, state: "running" });
}

test("removes finished runs by age, with all that belongs to them, and never an unfinished one", async () => {
  const { database } = await freshDatabase();
  await history(database);
  const policy = { ...none, runsBefore: noon + 2 * day };
  expect((await pruneRuns(database, policy)).runs).toHaveLength(4);
  expect((await pruneRuns(database, policy)).runs).toEqual([]);
  expect(await runIds(database)).toEqual(["a/r2", "a/r3", "a/unfinished", "b/r2", "b/r3"]);
  for (const table of ["task_instance", "xcom"]) {
    expect(await database.row({ text: `SELECT count(*) AS n FROM ${table}`, values: [] })).toEqual({ n: 4 });
  }
});

test("keeps so many finished runs of each Dag, the newest", async () => {
  const { database } = await freshDatabase();
  await history(database);
  expect((await pruneRuns(database, { ...none, runsPerDag: 3 })).runs).toHaveLength(2);
  expect(await runIds(database)).toEqual(["a/r1", "a/r2", "a/r3", "a/unfinished", "b/r1", "b/r2", "b/r3"]);
});

test("keeps the newest scheduled run of a Dag, which the next one counts from", async () => {
  const { database } = await freshDatabase();
  await history(database);
  await pruneRuns(database, { ...none, runsBefore: noon + 100 * day });
  expect(await runIds(database)).toEqual(["a/r3", "a/unfinished", "b/r3"]);
});

test("leaves a run that somebody works on for later, and does not wait for it", async () => {
  const { database } = await freshDatabase();
  await history(database);
  await database.transaction(async (tx) => {
    await tx.rows(sql`SELECT 1 FROM dag_run WHERE dag_id = 'a' AND run_id = 'r0' FOR UPDATE`);
    expect((await pruneRuns(database, { ...none, runsBefore: noon + day })).runs).toEqual([
      { dagId: "b", runId: "r0" },
    ]);
  });
  expect((await pruneRuns(database, { ...none, runsBefore: noon + day })).runs).toEqual([
    { dagId: "a", runId: "r0" },
  ]);
});

test("takes many runs in batches", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  await database.run(sql`
    INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, queued_at, start_date, end_date, triggered_by, version_id)
    SELECT 'd', 'r' || i, 'manual', 'success', ${instant(noon)}, ${instant(noon)}, ${instant(noon)}, ${instant(noon)}, 'cli', 1
    FROM generate_series(1, ${batchOfRuns + 5}::int) i`);
  const sizes: number[] = [];
  for (let size = 1; size > 0; sizes.push(size)) {
    size = (await pruneRuns(database, { ...none, runsBefore: noon + day })).runs.length;
  }
  expect(sizes).toEqual([batchOfRuns, 5, 0]);
});

test("removes versions that nothing names any more, with their texts", async () => {
  const { database } = await freshDatabase();
  const store = (text: string, at: number) =>
    database.transaction((tx) => storeDag(tx, importedDag(dagSpec("d"), text), at));
  const first = await store("one", noon);
  const second = await store("two", noon + 1);
  await store("three", noon + 2);
  await store("four", noon + 3);
  await addRun(database, "d", "r", { versionId: second.versionId, at: noon + 10 });
  const policy = { ...none, runsBefore: noon };
  expect(await pruneRest(database, none)).toMatchObject({ versions: 0, texts: 0 });
  expect(await pruneRest(database, policy)).toMatchObject({ versions: 2, texts: 2 });
  expect((await listVersions(database, "d")).map(({ versionNumber }) => versionNumber)).toEqual([4, 2]);
  expect(first.versionNumber).toBe(1);
  expect(await store("one", noon + 20)).toMatchObject({ versionNumber: 5 });
});

test("removes old minutes of endpoints' traffic, and keeps the others", async () => {
  const { database } = await freshDatabase();
  const change = { now: noon, actor: null };
  const variants = [{ name: "a", model: "models:/m/1", weight: 100, shadow: false }];
  const endpoint = { name: "e", description: "", variants, guardrails: null, requestLog: null };
  await createEndpoint(database, endpoint, change);
  const minute = { endpoint: "e", variant: "a", modelVersion: "1", generation: 1, requests: 1, errors: 0 };
  await addTraffic(
    database,
    [noon - day, noon - 1, noon, noon + 1].map((at) => ({ ...minute, minute: at, latency: [1] })),
  );
  expect(await pruneRest(database, { ...none, trafficBefore: noon })).toMatchObject({ trafficMinutes: 2 });
  expect((await trafficSince(database, "e", 0)).map((row) => row.minute)).toEqual([noon, noon + 1]);
});

test("removes old outcomes of endpoints' answers, and keeps the others", async () => {
  const { database } = await freshDatabase();
  const variants = [{ name: "a", model: "models:/m/1", weight: 100, shadow: false }];
  for (const name of ["e", "f"]) {
    const endpoint = { name, description: "", variants, guardrails: null, requestLog: null };
    await createEndpoint(database, endpoint, { now: noon, actor: null });
    for (const [n, at] of [noon - day, noon - 1, noon].entries())
      await addOutcomes(
        database,
        name,
        [{ requestId: `r${n}`, variant: "a", metric: "bought", value: n }],
        at,
      );
  }
  expect(await pruneRest(database, { ...none, outcomesBefore: noon })).toMatchObject({ outcomes: 4 });
  for (const name of ["e", "f"])
    expect(await outcomesSince(database, name, 0)).toMatchObject([{ metric: "bought", count: 1, mean: 2 }]);
});

test("removes old asset events that nobody waits for, audit entries and ended jobs", async () => {
  const { database } = await freshDatabase();
  await database.run(
    sql`INSERT INTO asset (name, uri, created_at) VALUES ('x', 'x', ${instant(noon)}), ('y', 'y', ${instant(noon)})`,
  );
  await database.run(sql`
    INSERT INTO asset_event (asset_id, "timestamp")
    VALUES (1, ${instant(noon)}), (1, ${instant(noon + 2 * day)}), (2, ${instant(noon)})`);
  await database.run(sql`INSERT INTO asset_dag_run_queue VALUES ('waits', 2, ${instant(noon)})`);
  await database.run(sql`
    INSERT INTO job (kind, state, hostname, pid, started_at, latest_heartbeat, ended_at)
    VALUES ('worker', 'success', 'h', 1, ${instant(noon)}, ${instant(noon)}, ${instant(noon)}),
           ('worker', 'running', 'h', 1, ${instant(noon)}, ${instant(noon)}, NULL)`);
  for (const at of [noon, noon + 2 * day]) await addAuditEntry(database, { event: "e" }, at);
  const pruned = await pruneRest(database, {
    runsBefore: noon + day,
    runsPerDag: null,
    auditBefore: noon + day,
    trafficBefore: null,
    outcomesBefore: null,
  });
  expect(pruned).toMatchObject({ assetEvents: 1, auditEntries: 1, jobs: 1 });
});
