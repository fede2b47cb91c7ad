/**
 * Plans of the statements that run often, on tables with a history: each has to come in through an index, so that
 * its cost does not grow with what is finished.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFilter, runSubject } from "../../src/core/tracking/filter-terms.ts";
import { readOrder } from "../../src/core/tracking/order-by.ts";
import { listAssetEvents } from "../../src/store/asset-events.ts";
import type { Executor } from "../../src/store/connect.ts";
import * as runs from "../../src/store/dag-runs.ts";
import { dueDeadlines } from "../../src/store/deadlines.ts";
import { endJob } from "../../src/store/jobs.ts";
import { listPoolUsage } from "../../src/store/pools.ts";
import { pruneRuns } from "../../src/store/retention.ts";
import { deleteRuns, tablesOfRuns } from "../../src/store/run-deletion.ts";
import type { Statement } from "../../src/store/sql.ts";
import { sql } from "../../src/store/sql.ts";
import { listTries } from "../../src/store/task-instance-history.ts";
import * as instances from "../../src/store/task-instances.ts";
import { runOrder, searchRuns } from "../../src/store/tracking/run-search.ts";
import { claimTriggers, firedTriggers, watchedTriggers } from "../../src/store/triggers.ts";
import * as xcoms from "../../src/store/xcoms.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { noon } from "./rows.ts";

let test_: TestDatabase;

const fill = [
  `INSERT INTO dag (dag_id, display_name, language, dags_folder, relative_file, is_paused, max_active_runs, max_active_tasks, last_parsed_at)
   SELECT 'd' || i, 'd', 'typescript', '/', 'f', false, 1, 1, now() FROM generate_series(0, 19) i`,
  `INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, logical_date, queued_at, start_date, end_date, triggered_by, version_id)
   SELECT 'd' || i % 20, 'r' || i, 'scheduled', CASE WHEN i % 500 = 0 THEN 'running' ELSE 'success' END,
     now() - make_interval(mins => i), now() - make_interval(mins => i), now(), now(),
     CASE WHEN i % 500 = 0 THEN NULL ELSE now() END, 'timetable', 1 FROM generate_series(1, 20000) i`,
  `INSERT INTO task_instance (run_pk, task_id, attempt_id, state, max_tries, version_id, pool, pool_slots, queue, priority_weight, operator, start_date)
   SELECT r.id, 't' || t, gen_random_uuid(), CASE WHEN r.end_date IS NULL THEN 'running' ELSE 'success' END, 0, 1, 'default_pool', 1, 'q', 1, 'o', now()
   FROM dag_run r, generate_series(1, 5) t`,
  `INSERT INTO task_instance_history SELECT run_pk, task_id, map_index, 1, attempt_id, 'failed', 0, 1, 'p', 1, 'q', 1, 'o' FROM task_instance`,
  `INSERT INTO xcom SELECT run_pk, task_id, map_index, 'return_value', '1', NULL, now() FROM task_instance`,
  `INSERT INTO rendered_task_instance_fields SELECT run_pk, task_id, map_index, '{}' FROM task_instance`,
  `INSERT INTO task_reschedule SELECT run_pk, task_id, map_index, attempt_id, now(), now(), now() FROM task_instance`,
  `INSERT INTO task_map SELECT run_pk, task_id, map_index, 1 FROM task_instance`,
  `INSERT INTO deadline (run_pk, dag_id, deadline_at, callback, missed_at) SELECT id, dag_id, now(), 0, now() FROM dag_run`,
  `INSERT INTO hitl_detail (run_pk, task_id, map_index, attempt_id, try_number, subject, options, created_at)
   SELECT run_pk, task_id, map_index, attempt_id, 1, 's', '{}', now() FROM task_instance`,
  `INSERT INTO task_state SELECT run_pk, task_id, map_index, 'k', '1', now(), NULL FROM task_instance`,
  `INSERT INTO callback SELECT gen_random_uuid(), dag_id, id, 1, '{}', '{}', 'l', now() FROM dag_run`,
  `INSERT INTO trigger (classpath, kwargs, created_at, triggerer_id, run_pk) SELECT 'c', '', now(), id % 100, id FROM dag_run`,
  `INSERT INTO asset (name, uri, created_at) SELECT 'a' || i, 'u', now() FROM generate_series(1, 50) i`,
  `INSERT INTO asset_event (asset_id, "timestamp") SELECT i % 50, now() FROM generate_series(1, 20000) i`,
  `INSERT INTO dagrun_asset_event SELECT id, id FROM dag_run`,
  `INSERT INTO partition_run (dag_id, partition_key, created_at, run_pk) SELECT dag_id, run_id, now(), id FROM dag_run`,
  `INSERT INTO step_cache (run_pk, task_id, map_index, try_number, dag_id, run_id, key, parts, result, created_at)
   SELECT run_pk, task_id, map_index, 1, 'd', 'r', md5(run_pk || task_id), '{}', '{}', now() FROM task_instance`,
  `INSERT INTO step_cache_lookup SELECT run_pk, task_id, map_index, 1, 'miss', 'e', NULL, NULL, NULL, NULL, now() FROM task_instance`,
  `INSERT INTO partition_run_event SELECT id, id FROM partition_run`,
  `INSERT INTO run (run_id, experiment_id, name, status, start_time, artifact_uri)
   SELECT lpad(to_hex(i), 32, '0')::uuid, i % 2, 'r', 'FINISHED', now(), 'u' FROM generate_series(1, 20000) i`,
  `INSERT INTO run_latest_metric (run_id, key, timestamp_ms, step, value, experiment_id)
   SELECT r.run_id, 'm' || k, 0, 0, random(), r.experiment_id FROM run r, generate_series(1, 5) k`,
];

beforeAll(async () => {
  test_ = await createDatabase();
  for (const text of fill) await test_.database.run({ text, values: [] });
  await test_.database.run(sql`ANALYZE`);
});

afterAll(() => test_.drop());

/** An executor that explains each statement instead of running it, and keeps the plans. */
function explaining(answers: unknown[] = []): Executor & { plans: string[] } {
  const plans: string[] = [];
  const explain = async (statement: Statement): Promise<void> => {
    const rows = await test_.database.rows<{ "QUERY PLAN": string }>({
      text: `EXPLAIN ${statement.text}`,
      values: statement.values,
    });
    plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
  };
  return {
    plans,
    rows: async <Row>(statement: Statement) => (await explain(statement), answers as Row[]),
    row: async <Row>(statement: Statement) => (await explain(statement), null as Row | null),
    run: async (statement) => (await explain(statement), 1),
  };
}

const grown = [...tablesOfRuns, "dag_run", "asset_event"];

function scannedTables(plan: string): string[] {
  return [...plan.matchAll(/Seq Scan on (\w+)/g)]
    .map((m) => m[1] ?? "")
    .filter((name) => (grown as string[]).includes(name));
}

const secrets = { seal: () => Buffer.alloc(0), open: () => "{}", isOld: () => false, derive: () => [] };

describe("comes in through an index", () => {
  const statements: [string, (executor: Executor) => Promise<unknown>][] = [
    ["a run by its id", (e) => runs.findDagRun(e, "d1", "r1")],
    ["a run by its date", (e) => runs.findDagRunByLogicalDate(e, "d1", noon)],
    ["the newest runs of Dags", (e) => runs.latestDagRuns(e, ["d1", "d2"])],
    ["instances of a run", (e) => instances.taskInstancesOfRun(e, 7)],
    ["one instance", (e) => instances.findTaskInstance(e, { dagId: "d1", runId: "r1", taskId: "t1" })],
    ["states of a run", (e) => instances.countStates(e, 7)],
    [
      "states for a sensor",
      (e) => instances.readStates(e, { dagId: "d1", logicalDates: [noon], taskIds: ["t1"] }),
    ],
    [
      "instances of a run, filtered",
      (e) => instances.listTaskInstances(e, { dagIds: ["d1"], runIds: ["r1"], states: ["failed"] }),
    ],
    ["tries", (e) => listTries(e, { runPk: 7, taskId: "t1", mapIndex: -1 })],
    ["a value", (e) => xcoms.findXCom(e, { runPk: 7, taskId: "t1", mapIndex: -1, key: "k" })],
    ["values of tasks", (e) => xcoms.readXComs(e, { runPk: 7, taskIds: ["t1", "t2"], key: "k" })],
    ["usage of pools", (e) => listPoolUsage(e)],
    ["due deadlines", (e) => dueDeadlines(e, noon, 10)],
    ["claims of triggers", (e) => claimTriggers(e, secrets, { triggererId: 1, limit: 10 })],
    ["watched triggers", (e) => watchedTriggers(e, 1)],
    ["the end of a triggerer", (e) => endJob(e, 7, "failed", noon)],
    ["fired triggers", (e) => firedTriggers(e, secrets, 10)],
    ["events of an asset", (e) => listAssetEvents(e, { assetId: 7 }, { limit: 10 })],
    ["deletion of runs", (e) => deleteRuns(e, [1, 2, 3])],
    [
      "pruning by age",
      (e) =>
        pruneRuns(
          { ...e, transaction: (work) => work(e) },
          {
            runsBefore: noon,
            runsPerDag: null,
            auditBefore: null,
            trafficBefore: null,
            outcomesBefore: null,
          },
        ),
    ],
    [
      "pruning by number",
      (e) =>
        pruneRuns(
          { ...e, transaction: (work) => work(e) },
          { runsBefore: null, runsPerDag: 500, auditBefore: null, trafficBefore: null, outcomesBefore: null },
        ),
    ],
  ];

  test.each(statements)("%s", async (_, run) => {
    const executor = explaining();
    await run(executor).catch(() => undefined);
    expect(executor.plans.length).toBeGreaterThan(0);
    for (const plan of executor.plans)
      expect({ plan, scanned: scannedTables(plan) }).toEqual({ plan, scanned: [] });
  });

  test("the newest page of all runs, and of one Dag's", async () => {
    const executor = explaining();
    await runs.listDagRuns(executor, {}, { limit: 10 });
    await runs.listDagRuns(executor, { dagIds: ["d1"] }, { limit: 10 });
    expect(executor.plans[0]).toMatch(/Index Scan using dag_run_by_time/);
    expect(executor.plans[2]).toMatch(/Index Scan.* using dag_run_(recent|by_time)/);
  });
});

test("a search by a metric reads its part of an index, and the best runs in their order", async () => {
  const executor = explaining();
  const search = { experimentIds: [1], view: "ACTIVE_ONLY", limit: 100, offset: 0 } as const;
  const filter = readFilter("metrics.m2 > 0.99", runSubject);
  await searchRuns(executor, { ...search, filter: null, order: readOrder(["metrics.m1 DESC"], runOrder) });
  await searchRuns(executor, { ...search, filter, order: [] });
  const [best, , compared] = executor.plans;
  expect(best).toMatch(/Index (Only )?Scan Backward using run_latest_metric_by_value/);
  expect(compared).toMatch(/Index (Only )?Scan.* (using|on) run_latest_metric_by_value/);
});

test("updates of an instance's state stay on their page, for no index but that of ranges holds what changes", async () => {
  const { database } = test_;
  const indexed = await database.rows<{ column: string }>(sql`
    SELECT DISTINCT a.attname::text AS column FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname <> 'brin'
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = 'task_instance'::regclass ORDER BY 1`);
  expect(indexed.map(({ column }) => column)).toEqual(["map_index", "run_pk", "task_id"]);
  const updated = await database.transaction(async (tx) => {
    await tx.run(sql`
      UPDATE task_instance SET state = 'failed', start_date = now(), end_date = now() WHERE run_pk BETWEEN 100 AND 110`);
    return tx.row(sql`
      SELECT pg_stat_get_xact_tuples_updated(t.oid) AS rows, pg_stat_get_xact_tuples_hot_updated(t.oid) AS "onTheirPage"
      FROM (SELECT 'task_instance'::regclass AS oid) t`);
  });
  expect(updated).toEqual({ rows: 55, onTheirPage: 55 });
});
