import { describe, expect, test } from "vitest";
import { readFilter, runSubject } from "../../../src/core/tracking/filter-terms.ts";
import { readOrder } from "../../../src/core/tracking/order-by.ts";
import type { Database } from "../../../src/store/connect.ts";
import {
  findExperiment,
  getExperiment,
  renameExperiment,
  setExperimentStage,
} from "../../../src/store/tracking/experiments.ts";
import { readMetricHistory, readSampledHistory } from "../../../src/store/tracking/metric-history.ts";
import { withDetails } from "../../../src/store/tracking/run-details.ts";
import { logInputs } from "../../../src/store/tracking/run-inputs.ts";
import { appendLoggedModelHistory, logBatch, logMetrics } from "../../../src/store/tracking/run-logging.ts";
import { runOrder, searchRuns } from "../../../src/store/tracking/run-search.ts";
import { getRun, putRunTags, setRunStage, updateRun } from "../../../src/store/tracking/runs.ts";
import { freshDatabase } from "../../support/database.ts";
import { addExperiment, addRun, noon, point } from "./rows.ts";

async function details(database: Database, runId: string) {
  const [run] = await withDetails(database, [await getRun(database, runId)]);
  if (run === undefined) throw new Error("no run");
  return run;
}

const batch = (more: Partial<Parameters<typeof logBatch>[2]>) => ({
  metrics: [],
  params: [],
  tags: [],
  ...more,
});

describe("experiments", () => {
  test("the one named Default is there first; a name is taken even by a deleted one", async () => {
    const { database } = await freshDatabase();
    expect(await findExperiment(database, 0)).toMatchObject({
      name: "Default",
      artifactLocation: "mlflow-artifacts:/0",
    });
    const id = await addExperiment(database, "churn");
    expect(await getExperiment(database, String(id))).toMatchObject({
      artifactLocation: `mlflow-artifacts:/${id}`,
    });
    await setExperimentStage(database, String(id), "deleted", noon);
    await expect(addExperiment(database, "churn")).rejects.toMatchObject({ code: "TW_TRACKING_EXISTS" });
    await expect(renameExperiment(database, String(id), "x", noon)).rejects.toMatchObject({
      code: "TW_TRACKING_STATE",
    });
    await expect(getExperiment(database, "x1")).rejects.toThrow("No Experiment with id=x1 exists");
  });

  test("runs are deleted with their experiment, and come back with it", async () => {
    const { database } = await freshDatabase();
    const experimentId = await addExperiment(database, "churn");
    const runId = await addRun(database, { experimentId });
    await setExperimentStage(database, String(experimentId), "deleted", noon);
    expect(await getRun(database, runId)).toMatchObject({ lifecycleStage: "deleted" });
    await expect(logMetrics(database, runId, [point("a", 1)])).rejects.toThrow(
      `The run ${runId} must be in the 'active' state. Current state is deleted.`,
    );
    await setExperimentStage(database, String(experimentId), "active", noon);
    await logMetrics(database, runId, [point("a", 1)]);
  });
});

describe("what runs log", () => {
  test("the last of a metric is the highest step, then instant, then value; the history keeps all, each once", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database);
    await logMetrics(database, runId, [point("a", 7, 1, 9), point("a", 2, 3, 5), point("a", 2, 3, 5)]);
    await logMetrics(database, runId, [point("a", 9, 2, 99)]);
    expect((await details(database, runId)).metrics).toEqual([point("a", 2, 3, 5)]);
    const { rows } = await readMetricHistory(database, { runId, key: "a", limit: 2, offset: 0 });
    expect(rows).toEqual([point("a", 2, 3, 5), point("a", 7, 1, 9)]);
  });

  test("NaN and infinities are kept, once, and sort as numbers do", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database);
    for (let again = 0; again < 2; again++)
      await logMetrics(database, runId, [
        point("nan", Number.NaN),
        point("inf", Number.POSITIVE_INFINITY),
        point("low", Number.NEGATIVE_INFINITY),
      ]);
    const { metrics } = await details(database, runId);
    expect(Object.fromEntries(metrics.map(({ key, value }) => [key, value]))).toEqual({
      nan: Number.NaN,
      inf: Number.POSITIVE_INFINITY,
      low: Number.NEGATIVE_INFINITY,
    });
    expect(
      (await readMetricHistory(database, { runId, key: "nan", limit: null, offset: 0 })).rows,
    ).toHaveLength(1);
  });

  test("a param keeps its value: the same again is nothing, another one refuses the whole batch", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database);
    await logBatch(database, runId, batch({ params: [{ key: "p", value: "1" }] }));
    await logBatch(
      database,
      runId,
      batch({ params: [{ key: "p", value: "1" }], tags: [{ key: "t", value: "x" }] }),
    );
    await expect(
      logBatch(
        database,
        runId,
        batch({
          params: [
            { key: "p", value: "2" },
            { key: "q", value: "1" },
          ],
          metrics: [point("m", 1)],
          tags: [{ key: "u", value: "x" }],
        }),
      ),
    ).rejects.toThrow(
      `Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='${runId}'. Attempted logging new value '2'.`,
    );
    const run = await details(database, runId);
    expect(run.params).toEqual([{ key: "p", value: "1" }]);
    expect(run.metrics).toEqual([]);
    expect(run.tags.map(({ key }) => key).sort()).toEqual(["mlflow.runName", "t"]);
  });

  test("eight writers of one run lose nothing", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database);
    const writer = async (w: number): Promise<void> => {
      for (let step = 0; step < 25; step++)
        await logBatch(
          database,
          runId,
          batch({
            metrics: ["a", "b", `own${w}`].map((key) => point(key, w, step * 8 + w)),
            params: [{ key: `p${w}-${step}`, value: "v" }],
            tags: [
              { key: "last", value: String(w) },
              { key: "also", value: String(step) },
            ],
          }),
        );
    };
    await Promise.all(Array.from({ length: 8 }, (_, w) => writer(w)));
    const history = await readMetricHistory(database, { runId, key: "a", limit: null, offset: 0 });
    expect(history.rows).toHaveLength(200);
    const run = await details(database, runId);
    expect(run.params).toHaveLength(200);
    expect(run.metrics.find(({ key }) => key === "a")).toMatchObject({ step: 199, value: 7 });
  });

  test("a run's name and its tag are one", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database, { name: "first" });
    await putRunTags(database, runId, [{ key: "mlflow.runName", value: "second" }]);
    expect((await getRun(database, runId)).name).toBe("second");
    await updateRun(database, runId, { status: "FINISHED", endTime: noon + 5, name: "third" });
    const run = await details(database, runId);
    expect(run.info).toMatchObject({ name: "third", status: "FINISHED", endTime: noon + 5 });
    expect(run.tags).toEqual([{ key: "mlflow.runName", value: "third" }]);
  });

  test("models that two clients log at the same moment are both in the tag", async () => {
    const { database } = await freshDatabase();
    const runId = await addRun(database);
    await Promise.all([1, 2, 3].map((n) => appendLoggedModelHistory(database, runId, { n })));
    const tag = (await details(database, runId)).tags.find(({ key }) => key === "mlflow.log-model.history");
    expect(
      JSON.parse(tag?.value ?? "")
        .map(({ n }: { n: number }) => n)
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  test("a chart gets evenly spaced steps, and the first and the last of each run", async () => {
    const { database } = await freshDatabase();
    const long = await addRun(database);
    const short = await addRun(database);
    await logMetrics(
      database,
      long,
      Array.from({ length: 1000 }, (_, step) => point("a", step, step)),
    );
    await logMetrics(database, short, [point("a", 0, 3), point("a", 0, 333)]);
    const points = await readSampledHistory(database, {
      runIds: [long, short],
      key: "a",
      startStep: null,
      endStep: null,
      maxSteps: 10,
    });
    const steps = points.filter(({ runId }) => runId === long).map(({ step }) => step);
    expect(steps).toEqual([0, 3, 100, 200, 300, 333, 400, 500, 600, 700, 800, 900, 999]);
    expect(points.filter(({ runId }) => runId === short).map(({ step }) => step)).toEqual([3, 333]);
  });
});

describe("search", () => {
  const dataset = {
    name: "iris",
    digest: "d1",
    sourceType: "local",
    source: "{}",
    schema: null,
    profile: null,
  };

  async function threeRuns(database: Database): Promise<Record<string, string>> {
    const ids: Record<string, string> = {};
    for (const [n, name] of ["one", "two", "three"].entries()) {
      const runId = await addRun(database, { name, startTime: noon + n });
      ids[runId] = name;
      await logBatch(
        database,
        runId,
        batch({
          metrics: [
            point("acc", [0.5, Number.NaN, 0.9][n] as number),
            ...(n === 2 ? [point("only", 1)] : []),
          ],
          params: [{ key: "model", value: ["rf", "RF", "xgb_1"][n] as string }],
          tags: n === 0 ? [] : [{ key: "team", value: "a" }],
        }),
      );
      if (n === 0)
        await logInputs(database, runId, {
          datasets: [{ dataset, tags: [{ key: "mlflow.data.context", value: "training" }] }],
          models: [],
        });
    }
    return ids;
  }

  async function find(database: Database, ids: Record<string, string>, filter: string, order: string[] = []) {
    const { rows } = await searchRuns(database, {
      experimentIds: [0],
      view: "ACTIVE_ONLY",
      filter: readFilter(filter, runSubject),
      order: readOrder(order, runOrder),
      limit: 10,
      offset: 0,
    });
    return rows.map(({ runId }) => ids[runId]);
  }

  test("filters by everything that runs have", async () => {
    const { database } = await freshDatabase();
    const ids = await threeRuns(database);
    const cases: [string, string[]][] = [
      ["metrics.acc > 0.4", ["three", "one"]],
      ["metrics.acc = 0", []],
      ["metrics.acc != 0.5", ["three", "two"]],
      ["metrics.only != 5", ["three"]],
      ["params.model = 'rf'", ["one"]],
      ["params.model ILIKE 'rf'", ["two", "one"]],
      ["params.model LIKE '%\\_1'", []],
      ["params.model LIKE '%_1'", ["three"]],
      ["tags.team IS NULL", ["one"]],
      ["tags.team != 'b'", ["three", "two"]],
      ["params.model = 'rf' OR metrics.only = 1", ["three", "one"]],
      ["(params.model = 'rf' OR tags.team = 'a') AND metrics.acc > 0.6", ["three"]],
      ["NOT (tags.team IS NULL)", ["three", "two"]],
      [`start_time > ${noon}`, ["three", "two"]],
      [`start_time = ${noon + 1}`, ["two"]],
      [`start_time >= ${noon + 0.5} AND start_time != ${noon + 2}`, ["two"]],
      ["start_time < 1e300 AND start_time > -1e300", ["three", "two", "one"]],
      ["run_name LIKE 't%'", ["three", "two"]],
      [`run_id IN ('${Object.keys(ids)[1]}')`, ["two"]],
      ["dataset.name = 'iris' AND dataset.context = 'training'", ["one"]],
      ["dataset.digest != 'd1'", []],
      ["end_time > 0", []],
    ];
    for (const [filter, expected] of cases)
      expect([filter, await find(database, ids, filter)]).toEqual([filter, expected]);
  });

  test("orders with NaN behind numbers and what has none behind both, and the newest first at last", async () => {
    const { database } = await freshDatabase();
    const ids = await threeRuns(database);
    expect(await find(database, ids, "", ["metrics.acc DESC"])).toEqual(["three", "one", "two"]);
    expect(await find(database, ids, "", ["metrics.acc"])).toEqual(["one", "three", "two"]);
    expect(await find(database, ids, "", ["metrics.only DESC", "run_name ASC"])).toEqual([
      "three",
      "one",
      "two",
    ]);
    expect(await find(database, ids, "", ["params.model"])).toEqual(["two", "one", "three"]);
    expect(await find(database, ids, "")).toEqual(["three", "two", "one"]);
  });

  test("pages of the best runs by a metric go on with NaN and with what has none", async () => {
    const { database } = await freshDatabase();
    const ids: Record<string, string> = {};
    const values = [3, 1, Number.NaN, 2, null, 2, Number.NEGATIVE_INFINITY, null];
    for (const [n, value] of values.entries()) {
      const runId = await addRun(database, { startTime: noon + n });
      ids[runId] = `${value}#${n}`;
      if (value !== null) await logMetrics(database, runId, [point("acc", value)]);
    }
    const pages = async (order: string, limit: number): Promise<(string | undefined)[]> => {
      const all: (string | undefined)[] = [];
      for (let offset = 0; ; offset += limit) {
        const { rows, hasMore } = await searchRuns(database, {
          experimentIds: [0],
          view: "ACTIVE_ONLY",
          filter: null,
          order: readOrder([order], runOrder),
          limit,
          offset,
        });
        all.push(...rows.map(({ runId }) => ids[runId]));
        if (!hasMore) return all;
      }
    };
    const down = ["3#0", "2#5", "2#3", "1#1", "-Infinity#6", "NaN#2", "null#7", "null#4"];
    const up = ["-Infinity#6", "1#1", "2#5", "2#3", "3#0", "NaN#2", "null#7", "null#4"];
    for (const limit of [1, 2, 3, 5, 8, 20]) {
      expect(await pages("metrics.acc DESC", limit)).toEqual(down);
      expect(await pages("metrics.acc ASC", limit)).toEqual(up);
    }
  });

  test("pages, and sees deleted runs only when asked", async () => {
    const { database } = await freshDatabase();
    const ids = await threeRuns(database);
    const [first] = Object.keys(ids) as [string];
    await setRunStage(database, first, "deleted", noon);
    await setRunStage(database, first, "deleted", noon);
    const search = (view: "ALL" | "DELETED_ONLY" | "ACTIVE_ONLY", limit: number, offset: number) =>
      searchRuns(database, { experimentIds: [0], view, filter: null, order: [], limit, offset });
    expect((await search("DELETED_ONLY", 5, 0)).rows.map(({ runId }) => runId)).toEqual([first]);
    expect(await search("ALL", 2, 0)).toMatchObject({ hasMore: true });
    expect(await search("ALL", 2, 2)).toMatchObject({ hasMore: false, rows: [{ runId: first }] });
    expect((await search("ACTIVE_ONLY", 5, 0)).rows).toHaveLength(2);
  });
});
