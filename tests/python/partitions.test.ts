/** Schedules by partitions of assets, as Airflow 3.3 has them. */
import { expect, it, vi } from "vitest";
import { listAuditEntries } from "../../src/store/audit-log.ts";
import type { Database } from "../../src/store/connect.ts";
import { sql } from "../../src/store/sql.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const dags = `
from airflow.sdk import (
    DAG, AllowedKeyMapper, Asset, FixedKeyMapper, PartitionedAssetTimetable, PartitionedAtRuntime, RollupMapper,
    SegmentWindow, StartOfDayMapper, task,
)

hourly, regions = Asset("hourly"), Asset("regions")

def consumer(dag_id, schedule):
    with DAG(dag_id, schedule=schedule):
        @task
        def key(dag_run, triggering_asset_events):
            events = [event for events in triggering_asset_events.values() for event in events]
            for event in events:
                assert event.source_task_instance.task_id == "load"
                assert event.source_dag_run.run_id == event.source_run_id
            return [dag_run.partition_key, len(events)]
        key()

with DAG("hours", schedule=PartitionedAtRuntime(), params={"keys": []}):
    @task(outlets=[hourly])
    def load(params, outlet_events):
        outlet_events[hourly].add_partitions(params["keys"])
    load()

with DAG("of_regions", schedule=None, params={"keys": []}):
    @task(outlets=[regions])
    def load(params, outlet_events):
        outlet_events[regions].add_partitions(params["keys"])
    load()

consumer("same", PartitionedAssetTimetable(assets=hourly))
consumer("daily", PartitionedAssetTimetable(assets=hourly, partition_mapper_config={hourly: StartOfDayMapper()}))
consumer("all_regions", PartitionedAssetTimetable(
    assets=regions,
    default_partition_mapper=RollupMapper(upstream_mapper=FixedKeyMapper("world"), window=SegmentWindow(["eu", "us"])),
))
consumer("only_eu", PartitionedAssetTimetable(assets=regions, default_partition_mapper=AllowedKeyMapper(["eu"])))
consumer("plain", [hourly])
`;

async function runs(database: Database): Promise<string[]> {
  const rows = await database.rows<{ text: string }>(sql`
    SELECT r.dag_id || ' ' || coalesce(r.partition_key, '-') || ' ' || r.state || ' ' || coalesce(x.value::text, '') AS text
    FROM dag_run r LEFT JOIN xcom x ON x.run_pk = r.id AND x.task_id = 'key'
    WHERE r.run_type = 'asset_triggered' ORDER BY 1`);
  return rows.map(({ text }) => text.replaceAll(/, (?=\d+\])/g, ","));
}

describePython("schedules by partitions of assets", { timeout: 180_000 }, () => {
  it("start a run for each partition, when it has all that its mapper asks for", async () => {
    const world = await pythonWorld({ "dags.py": dags });
    for (const dagId of ["same", "daily", "all_regions", "only_eu", "plain"]) await world.unpause(dagId);
    const settled = { timeout: 60_000, interval: 100 };
    await world.run("hours", { keys: ["2024-03-13T10:00:00", "2024-03-13T11:00:00"] });
    const afterHours = [
      'daily 2024-03-13 success ["2024-03-13",2]',
      'same 2024-03-13T10:00:00 success ["2024-03-13T10:00:00",1]',
      'same 2024-03-13T11:00:00 success ["2024-03-13T11:00:00",1]',
    ];
    await vi.waitFor(async () => expect(await runs(world.database)).toEqual(afterHours), settled);
    await world.run("of_regions", { keys: ["us"] });
    await vi.waitFor(async () => {
      const { rows } = await listAuditEntries(world.database, { events: ["failed to map partition_key"] });
      expect(rows).toMatchObject([
        { dagId: "only_eu", extra: expect.stringContaining("ValueError: expected one of the allowed keys") },
      ]);
    }, settled);
    expect(await runs(world.database)).toEqual(afterHours);
    await world.run("of_regions", { keys: ["eu"] });
    await vi.waitFor(
      async () =>
        expect(await runs(world.database)).toEqual([
          'all_regions world success ["world",2]',
          ...afterHours.slice(0, 1),
          'only_eu eu success ["eu",1]',
          ...afterHours.slice(1),
        ]),
      settled,
    );
  });
});
