/** What the page asks of partitions that wait, in the shapes of Airflow's own page. */
import { expect, it } from "vitest";
import type {
  NextRunAssets,
  PartitionedDagRuns,
  PendingPartition,
} from "../../src/api/ui/partition-contract.ts";
import { registerAssets } from "../../src/store/assets.ts";
import { keepMapped, keepPartitionAnswers, waitingPartitions } from "../../src/store/partitions.ts";
import { sql } from "../../src/store/sql.ts";
import { addDag, dagSpec, noon } from "../store/rows.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const hours = ["2026-01-01T00:00:00", "2026-01-01T01:00:00", "2026-01-01T02:00:00"];

/** `daily` needs three hours of one asset, and any key of another; of the hours one came, of the other none. */
async function daily(api: TestApi): Promise<void> {
  const { database } = api;
  const assets = ["hourly", "prices"].map((name) => ({
    name,
    uri: `s3://lake/${name}`,
    group: "asset",
    extra: {},
  }));
  const timetable = {
    kind: "asset",
    partitioned: true,
    assets: { all: assets.map((asset) => ({ asset })) },
  } as const;
  await addDag(database, "daily", { timetable, assets });
  await database.transaction((tx) => registerAssets(tx, dagSpec("daily", { timetable, assets }), noon));
  const [event] = await database.rows<{ id: number }>(sql`
    INSERT INTO asset_event (asset_id, "timestamp", partition_key)
    SELECT id, now(), ${hours[1]} FROM asset WHERE name = 'hourly' RETURNING id`);
  await database.transaction((tx) =>
    keepMapped(tx, { dagId: "daily", eventId: event?.id ?? 0 }, ["2026-01-01"], noon),
  );
  const [waiting] = await waitingPartitions(database, ["daily"]);
  const of = (name: string) => ({ name, uri: `s3://lake/${name}` });
  await keepPartitionAnswers(database, [
    {
      id: waiting?.id ?? 0,
      versionId: 1,
      needs: [
        { ...of("hourly"), isRollup: true, keys: hours, enough: 2 },
        { ...of("prices"), isRollup: false, keys: ["2026-01-01"], enough: 1 },
      ],
      complete: [],
      problem: null,
    },
  ]);
}

it("lists what waits with how much of it came, and those that have a run apart", async () => {
  const api = await freshApi();
  await daily(api);
  const waiting = await api.get<PartitionedDagRuns>(
    "/ui/partitioned_dag_runs?dag_id=daily&has_created_dag_run_id=false",
  );
  expect(waiting.body).toMatchObject({
    partitioned_dag_runs: [
      {
        dag_id: "daily",
        partition_key: "2026-01-01",
        total_received: 1,
        total_required: 4,
        state: "pending",
        created_dag_run_id: null,
      },
    ],
    total: 1,
  });
  const started = await api.get<PartitionedDagRuns>("/ui/partitioned_dag_runs?has_created_dag_run_id=true");
  expect(started.body).toEqual({ partitioned_dag_runs: [], total: 0 });
  expect((await api.get("/ui/partitioned_dag_runs?dag_id=nothing")).status).toBe(404);
  expect((await api.get("/ui/partitioned_dag_runs", { as: "nobody" })).status).toBe(401);
});

it("tells of one partition which keys came, which are missing, and how many are enough", async () => {
  const api = await freshApi();
  await daily(api);
  const { body } = await api.get<PendingPartition>(
    "/ui/pending_partitioned_dag_run/daily?partition_key=2026-01-01",
  );
  expect(body.assets).toMatchObject([
    {
      asset_name: "hourly",
      received: false,
      received_count: 1,
      required_count: 3,
      enough_count: 2,
      received_keys: [hours[1]],
      required_keys: hours,
      is_rollup: true,
    },
    {
      asset_name: "prices",
      received: false,
      received_count: 0,
      required_count: 1,
      received_keys: [],
      is_rollup: false,
      mapper_error: false,
    },
  ]);
  expect((await api.get("/ui/pending_partitioned_dag_run/daily?partition_key=2026-01-02")).status).toBe(404);
});

it("tells what the next run waits for: of the partition that waits longest, or of assets that came", async () => {
  const api = await freshApi();
  const { database } = api;
  await daily(api);
  const partitioned = await api.get<NextRunAssets>("/ui/next_run_assets/daily");
  expect(partitioned.body).toMatchObject({
    asset_expression: { all: [{ asset: { name: "hourly" } }, { asset: { name: "prices" } }] },
    events: [
      { name: "hourly", last_update: null, received_count: 1, required_count: 3, is_rollup: true },
      { name: "prices", last_update: null, received_count: 0, required_count: 1, received_keys: [] },
    ],
    pending_partition_count: 1,
  });

  const assets = ["hourly", "plain"].map((name) => ({
    name,
    uri: `s3://lake/${name}`,
    group: "asset",
    extra: {},
  }));
  const timetable = { kind: "asset", assets: { any: assets.map((asset) => ({ asset })) } } as const;
  await addDag(database, "plain", { timetable, assets });
  await database.transaction((tx) => registerAssets(tx, dagSpec("plain", { timetable, assets }), noon));
  await database.run(sql`
    INSERT INTO asset_dag_run_queue (dag_id, asset_id, created_at)
    SELECT 'plain', id, now() FROM asset WHERE name = 'hourly'`);
  const { body } = await api.get<NextRunAssets>("/ui/next_run_assets/plain");
  expect(body).toMatchObject({
    events: [
      { name: "hourly", last_update: expect.stringMatching(/^20/), received_count: 0, required_count: 1 },
      { name: "plain", last_update: null },
    ],
    pending_partition_count: null,
  });
  expect((await api.get("/ui/next_run_assets/nothing")).status).toBe(404);
});
