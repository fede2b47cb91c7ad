/** Lists of instances come in the order that was asked for, whatever way the table is read for them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/store/connect.ts";
import type { ListPage, OrderKey } from "../../src/store/list-query.ts";
import {
  listTaskInstanceSummaries,
  type TaskInstanceListFilter,
  type TaskInstanceSummary,
} from "../../src/store/lists/task-instances.ts";
import { createDatabase } from "../support/database.ts";

let database: Database;
let drop: () => Promise<void>;

/** 500 runs × 10: more than the first sample of a bound. Some have not started, some started long after their run was due. */
const fill = [
  `INSERT INTO dag (dag_id, display_name, language, dags_folder, relative_file, is_paused, max_active_runs, max_active_tasks, last_parsed_at)
   SELECT 'd' || i, 'd', 'typescript', '/', 'f', false, 1, 1, now() FROM generate_series(0, 4) i`,
  `INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, queued_at, start_date, end_date, triggered_by, version_id)
   SELECT 'd' || i % 5, 'r' || i, 'scheduled', CASE WHEN i % 100 = 3 THEN 'running' ELSE 'success' END, at, at, at,
     CASE WHEN i % 100 = 3 THEN NULL ELSE at END, 'timetable', 1
   FROM (SELECT i, timestamptz '2026-01-01' + i * interval '1 minute' AS at FROM generate_series(1, 500) i) runs`,
  `INSERT INTO task_instance (run_pk, task_id, attempt_id, state, max_tries, version_id, pool, pool_slots, queue,
     priority_weight, operator, start_date, end_date)
   SELECT run_pk, task_id, gen_random_uuid(), state, 0, 1, 'p', 1, 'q', 1, 'o', CASE WHEN state IS NULL THEN NULL ELSE at END,
     CASE WHEN state IN ('success', 'failed', 'skipped') THEN at + (run_pk * 7 % 11) * interval '1.000001 seconds' END
   FROM (
     SELECT r.id AS run_pk, 't' || t AS task_id,
       r.run_after + t * interval '0.123457 seconds' + CASE WHEN (r.id + t) % 97 = 0 THEN interval '9 hours' ELSE '0' END AS at,
       CASE WHEN r.end_date IS NULL THEN CASE t % 3 WHEN 0 THEN NULL WHEN 1 THEN 'running' ELSE 'success' END
         WHEN (r.id + t) % 41 = 0 THEN 'failed' WHEN (r.id * 10 + t) % 1999 = 0 THEN 'skipped' ELSE 'success' END AS state
     FROM dag_run r, generate_series(0, 9) t) i ORDER BY run_pk, task_id`,
];

beforeAll(async () => {
  ({ database, drop } = await createDatabase());
  for (const text of fill) await database.run({ text, values: [] });
  await database.run({ text: "VACUUM ANALYZE task_instance", values: [] });
});
afterAll(() => drop());

const now = Date.UTC(2026, 1, 1);
const key = (descending: boolean): OrderKey[] =>
  ["run_pk", "task_id", "map_index"].map((name) => ({ name, descending }));
const by = (name: string, descending: boolean): OrderKey[] => [{ name, descending }, ...key(descending)];
const list = (filter: TaskInstanceListFilter, page: ListPage) =>
  listTaskInstanceSummaries(database, filter, page, now);
const nameOf = ({ runPk, taskId }: { runPk: number; taskId: string }) => `${runPk} ${taskId}`;
const names = (rows: readonly TaskInstanceSummary[]) => rows.map(nameOf);

/** The same by a plain statement. */
async function plainly(where: string, order: string): Promise<string[]> {
  const text = `
    SELECT t.run_pk AS "runPk", t.task_id AS "taskId" FROM task_instance t JOIN dag_run r ON r.id = t.run_pk
    WHERE ${where} ORDER BY ${order}`;
  return (await database.rows<{ runPk: number; taskId: string }>({ text, values: [] })).map(nameOf);
}

const orders = ["start_date", "end_date"].flatMap((column) => [
  [column, false, `t.${column}, t.run_pk, t.task_id`] as const,
  [column, true, `t.${column} DESC, t.run_pk DESC, t.task_id DESC`] as const,
]);

describe.each(orders)("by %s, descending %s", (column, descending, order) => {
  it.each([
    [{}, "true"],
    [{ states: ["failed"] }, "t.state = 'failed'"],
    [{ states: ["skipped"] }, "t.state = 'skipped'"],
    [{ states: ["running"] }, "t.state = 'running'"],
    [{ states: [null, "running"] }, "(t.state IS NULL OR t.state = 'running')"],
    [{ dagIds: ["d3"] }, "r.dag_id = 'd3'"],
    [{ dagIdPattern: "D3" }, "r.dag_id = 'd3'"],
    [
      { startDate: { gte: Date.UTC(2026, 0, 1, 8) } },
      "(t.start_date >= '2026-01-01 08:00Z' OR t.start_date IS NULL)",
    ],
  ] satisfies [TaskInstanceListFilter, string][])("%o", async (filter, where) => {
    const expected = await plainly(where, order);
    expect(expected.length).toBeGreaterThan(0);
    for (const [offset, limit] of [
      [0, 50],
      [7, 1],
      [40, 100],
      [Math.max(0, expected.length - 3), 50],
    ] as const) {
      const { rows } = await list(filter, { limit, offset, order: by(column, descending) });
      expect(names(rows)).toEqual(expected.slice(offset, offset + limit));
    }
  });
});

it.each([
  ["their key", key(false), "t.run_pk, t.task_id"],
  ["their key, backwards", key(true), "t.run_pk DESC, t.task_id DESC"],
  ["a date that some lack", by("start_date", true), "t.start_date DESC, t.run_pk DESC, t.task_id DESC"],
  ["their runs", by("run_after", true), "r.run_after DESC, t.run_pk DESC, t.task_id DESC"],
])("cursors lead through a list by %s and back", async (_, order, plain) => {
  const expected = await plainly("r.dag_id = 'd1'", plain);
  const pages: string[][] = [];
  let cursor: ListPage["cursor"] = null;
  let last = null;
  do {
    last = await list({ dagIds: ["d1"] }, { limit: 300, order, cursor });
    pages.push(names(last.rows));
    cursor = last.next === null ? undefined : { values: last.next, backward: false };
  } while (cursor !== undefined);
  expect(pages.flat()).toEqual(expected);
  const before = await list(
    { dagIds: ["d1"] },
    { limit: 300, order, cursor: { values: last.previous ?? [], backward: true } },
  );
  expect(names(before.rows)).toEqual(pages.at(-2));
});

it("a cursor begins where it stands, by an index", async () => {
  const plans: string[] = [];
  const explaining = {
    ...database,
    rows: async <Row>(statement: { text: string; values: readonly unknown[] }) => {
      const { text, values } = statement;
      const plan = await database.rows<{ "QUERY PLAN": string }>({ text: `EXPLAIN ${text}`, values });
      plans.push(plan.map((line) => line["QUERY PLAN"]).join("\n"));
      return [] as Row[];
    },
  };
  const cursor = { values: [400, "t3", -1], backward: false };
  await listTaskInstanceSummaries(explaining, {}, { limit: 50, order: key(false), cursor }, now);
  expect(plans[0]).toMatch(/Index Cond: \(ROW\(run_pk, task_id, map_index\) > ROW\(/);
});
