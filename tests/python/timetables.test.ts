/** Timetables that users wrote in Python, asked in a process of their own. */
import { expect, it, vi } from "vitest";
import { planOfBackfill, startBackfill } from "../../src/scheduler/start-backfill.ts";
import { triggerDag } from "../../src/scheduler/trigger-dag.ts";
import type { Database } from "../../src/store/connect.ts";
import { listDagRuns } from "../../src/store/dag-runs.ts";
import { currentVersion } from "../../src/store/dag-versions.ts";
import { findDag, listWarnings } from "../../src/store/dags.ts";
import { listImportErrors } from "../../src/store/import-errors.ts";
import { systemClock } from "../../src/time.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

/** Three runs of uneven length, then no more. */
const uneven = `
from datetime import timedelta
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

class Uneven(Timetable):
    description = "three uneven days"
    def __init__(self, hours):
        self.hours = hours

    def serialize(self):
        return {"hours": [one.total_seconds() / 3600 for one in self.hours]}

    @classmethod
    def deserialize(cls, data):
        return cls([timedelta(hours=one) for one in data["hours"]])

    @property
    def summary(self):
        return f"{len(self.hours)} times"

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(start=run_after.subtract(hours=1), end=run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        start = restriction.earliest if last_automated_data_interval is None else last_automated_data_interval.end
        done = timedelta()
        for hours in self.hours:
            if restriction.earliest + done == start:
                return DagRunInfo.interval(start=start, end=start + hours)
            done += hours
        return None

    def generate_run_id(self, *, run_type, run_after, data_interval, **extra):
        return f"{run_type.value}_{data_interval.start.format('DDHH')}_{data_interval.end.format('DDHH')}"

class UnevenPlugin(AirflowPlugin):
    name = "uneven"
    timetables = [Uneven]
`;

const dags = `
from datetime import datetime, timedelta, timezone
from airflow.sdk import DAG, task
from airflow.timetables.base import Timetable
from uneven import Uneven

class InTheFile(Timetable):
    """Never by itself."""
    def infer_manual_data_interval(self, *, run_after):
        raise ValueError("not on this day")
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        raise KeyError("calendar")

start = datetime(2024, 1, 1, tzinfo=timezone.utc)
with DAG("uneven", schedule=Uneven([timedelta(hours=5), timedelta(hours=1), timedelta(hours=30)]), start_date=start, catchup=True):
    @task
    def hours(data_interval_start, data_interval_end):
        return (data_interval_end - data_interval_start).total_seconds() / 3600
    hours()

with DAG("broken", schedule=InTheFile(), start_date=start):
    hours()
`;

const runsOf = async (database: Database, dagId: string) =>
  (await listDagRuns(database, { dagIds: [dagId] }, { limit: 20, orderBy: "logical_date" })).rows;

describePython("timetables of users in Python", { timeout: 120_000 }, () => {
  it("start runs over their intervals, one after the other, and know manual ones", async () => {
    const world = await pythonWorld({ "dags.py": dags, "../plugins/uneven.py": uneven });
    await world.unpause("uneven");
    await vi.waitFor(
      async () => {
        const runs = await runsOf(world.database, "uneven");
        expect(runs.map(({ runId, state }) => [runId, state])).toEqual([
          ["scheduled_0100_0105", "success"],
          ["scheduled_0105_0106", "success"],
          ["scheduled_0106_0212", "success"],
        ]);
      },
      { timeout: 60_000, interval: 100 },
    );
    const dag = await findDag(world.database, "uneven");
    expect(dag).toMatchObject({ timetableSummary: "3 times", timetableDescription: "three uneven days" });
    const logicalDate = Date.UTC(2024, 5, 1);
    const run = await world.run("uneven", {}, { logicalDate });
    expect([run.runId, await run.xcom("hours")]).toEqual(["manual_3123_0100", 1]);
  });

  it("are asked for runs and backfills that another process starts, by the scheduler or by that process", async () => {
    const world = await pythonWorld({ "dags.py": dags, "uneven.py": uneven });
    const { database } = world;
    const outside = { database, clock: systemClock };
    const logicalDate = Date.UTC(2024, 5, 1);
    const asked = {
      dagId: "uneven",
      logicalDate,
      triggeredBy: "rest_api",
      user: "ann",
      event: "trigger",
    } as const;
    const run = await triggerDag(outside, asked);
    expect([run.runId, run.dataIntervalStart, run.dataIntervalEnd]).toEqual([
      "manual_3123_0100",
      logicalDate - 3_600_000,
      logicalDate,
    ]);
    await expect(triggerDag(outside, { ...asked, dagId: "broken" })).rejects.toMatchObject({
      code: "TW_TIMETABLE",
      message: expect.stringContaining("not on this day"),
    });
    const version = await currentVersion(database, "uneven");
    if (version === null) throw new Error("no version");
    const request = {
      from: Date.UTC(2024, 0, 1),
      to: Date.UTC(2024, 0, 9),
      reprocess: "none",
      backwards: false,
    } as const;
    const plan = await planOfBackfill(outside, version, request);
    expect(plan.map(({ action }) => action)).toEqual([
      { kind: "create", runId: "backfill_0100_0105" },
      { kind: "create", runId: "backfill_0105_0106" },
      { kind: "create", runId: "backfill_0106_0212" },
    ]);
    const words = { dagId: "uneven", conf: {}, maxActiveRuns: 3, user: null };
    await startBackfill(database, plan, { ...request, ...words }, systemClock.now());
    await world.unpause("uneven");
    await vi.waitFor(
      async () =>
        expect(
          (await runsOf(database, "uneven")).map(({ runId, runType, state }) => [runId, runType, state]),
        ).toEqual([
          ["backfill_0100_0105", "backfill", "success"],
          ["backfill_0105_0106", "backfill", "success"],
          ["backfill_0106_0212", "backfill", "success"],
          ["manual_3123_0100", "manual", "success"],
        ]),
      { timeout: 60_000, interval: 100 },
    );
  });

  it("may be made of Airflow's, which the scheduler answers for", async () => {
    const world = await pythonWorld({
      "made.py": `
from datetime import datetime, timedelta, timezone
from airflow.sdk import DAG, CronDataIntervalTimetable, CronPartitionTimetable, CronTriggerTimetable, task
from airflow.timetables.base import Timetable

class Workdays(CronDataIntervalTimetable):
    """Weekends are passed over."""
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        info = super().next_dagrun_info(last_automated_data_interval=last_automated_data_interval, restriction=restriction)
        while info is not None and info.data_interval.start.weekday() >= 5:
            info = super().next_dagrun_info(last_automated_data_interval=info.data_interval, restriction=restriction)
        return info

class Both(Timetable):
    """Made of another, and serialised with its cron."""
    def __init__(self, cron):
        self.cron = cron
        self.inner = CronTriggerTimetable(cron, timezone="UTC")
    def serialize(self):
        return {"cron": self.cron}
    def infer_manual_data_interval(self, *, run_after):
        return self.inner.infer_manual_data_interval(run_after=run_after)
    def next_dagrun_info(self, **query):
        return self.inner.next_dagrun_info(**query)

window = dict(start_date=datetime(2024, 1, 5, tzinfo=timezone.utc), end_date=datetime(2024, 1, 9, tzinfo=timezone.utc), catchup=True)
with DAG("workdays", schedule=Workdays("0 0 * * *", timezone="Europe/Berlin"), **window):
    @task
    def a():
        return 1
    a()
with DAG("parts", schedule=CronPartitionTimetable("0 12 * * *", run_offset=-1, key_format="%Y-%m-%d"), **window):
    @task
    def key(dag_run):
        return dag_run.partition_key
    key()
with DAG("both", schedule=Both("0 12 * * *"), **window):
    a()
`,
    });
    const dates = async (dagId: string) =>
      (await runsOf(world.database, dagId)).map(({ logicalDate }) =>
        new Date(logicalDate ?? 0).toISOString().slice(5, 16),
      );
    for (const dagId of ["workdays", "both", "parts"]) await world.unpause(dagId);
    const settled = { timeout: 60_000, interval: 100 };
    // The fifth of January 2024 is a Friday, in UTC until midnight there.
    await vi.waitFor(
      async () => expect(await dates("workdays")).toEqual(["01-05T23:00", "01-08T23:00"]),
      settled,
    );
    await vi.waitFor(
      async () =>
        expect(await dates("both")).toEqual(["01-05T12:00", "01-06T12:00", "01-07T12:00", "01-08T12:00"]),
      settled,
    );
  });

  it("that fail are warned of, and the others go on", async () => {
    const world = await pythonWorld({ "dags.py": dags, "uneven.py": uneven });
    expect(await listImportErrors(world.database)).toEqual([]);
    await world.unpause("broken");
    await vi.waitFor(
      async () => {
        const [warning] = await listWarnings(world.database, "broken");
        expect(warning?.kind).toBe("timetable error");
        expect(warning?.message).toMatch(
          /InTheFile raised KeyError: 'calendar' \(.*dags\.py, line \d+, in next_dagrun_info\)/,
        );
      },
      { timeout: 30_000, interval: 50 },
    );
    await expect(world.run("broken", {}, { logicalDate: Date.UTC(2024, 5, 1) })).rejects.toThrow(
      "not on this day",
    );
    expect((await world.run("broken")).states).toEqual({ hours: "failed" });
  });

  it("that cannot be made again from what they serialise, and weights that fail, are import errors", async () => {
    const world = await pythonWorld({
      "forgetful.py": `
from airflow.sdk import DAG
from airflow.timetables.base import Timetable

class Forgetful(Timetable):
    def __init__(self, hours):
        self.hours = hours

with DAG("forgetful", schedule=Forgetful(3)):
    pass
`,
      "weights.py": `
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.task.priority_strategy import PriorityWeightStrategy

class Decreasing(PriorityWeightStrategy):
    def get_weight(self, ti):
        return max(3 - ti.try_number + 1, 1)

class Broken(PriorityWeightStrategy):
    def get_weight(self, ti):
        return 1 / 0

with DAG("fine", schedule=None):
    EmptyOperator(task_id="a", weight_rule=Decreasing())
with DAG("weights", schedule=None):
    EmptyOperator(task_id="a", weight_rule=Broken())
`,
    });
    const errors = await listImportErrors(world.database);
    expect(errors.map(({ relativeFile, message }) => `${relativeFile}: ${message}`)).toEqual([
      expect.stringMatching(
        /^forgetful.py: .*Forgetful cannot be made again from what its serialize\(\) gives, \{\}/,
      ),
      expect.stringMatching(/^weights.py: .*weight rule Broken of task a gave no weight: ZeroDivisionError/),
    ]);
  });
});
