/**
 * Partitions that wait for more of their assets, and those that have their run: `/ui/partitioned_dag_runs`,
 * `/ui/pending_partitioned_dag_run/{dag_id}` and, of all Dags that go by assets, `/ui/next_run_assets/{dag_id}` in
 * the shapes that Airflow's page asks its server for.
 */
import { z } from "zod";
import { assetsNamed } from "../../store/assets.ts";
import { currentVersion } from "../../store/dag-versions.ts";
import { getDag } from "../../store/dags.ts";
import type { PartitionNeed } from "../../store/partitions.ts";
import { listNextRunAssets, type NextRunAsset } from "../../store/views/next-run-assets.ts";
import { listPartitions, type PartitionRow } from "../../store/views/partition-list.ts";
import { scheduleAnswer } from "../airflow/dag-answers.ts";
import { isoDate } from "../airflow/instants.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { DagParams } from "./dag-list.ts";
import type {
  NextRunAssetEvent,
  NextRunAssets,
  PartitionAsset,
  PartitionedDagRun,
  PartitionedDagRuns,
  PendingPartition,
} from "./partition-contract.ts";

const mostRows = 1000;

export function registerPartitions(app: ApiApp, parts: ApiParts): void {
  registerPartitionList(app, parts);
  registerPartition(app, parts);
}

function registerPartitionList(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  const access = [...can("read", "Assets"), ...can("read", "DAGs")];
  app.get(
    "/ui/partitioned_dag_runs",
    {
      config: { access },
      schema: {
        querystring: z.object({
          dag_id: z.string().optional(),
          has_created_dag_run_id: z.boolean().optional(),
          limit: z.int().min(1).max(mostRows).default(100),
          offset: z.int().min(0).default(0),
        }),
      },
    },
    async ({ query, user }): Promise<PartitionedDagRuns> => {
      const dagIds = await permittedDagIds(user, "read", "DAGs");
      const { dag_id: dagId, has_created_dag_run_id: hasRun } = query;
      if (dagId !== undefined) {
        if (dagIds !== null && !dagIds.includes(dagId))
          throw new HttpProblem(404, `Dag with id ${dagId} was not found`);
        await getDag(database, dagId);
      }
      const { rows, total } = await listPartitions(database, { dagId, dagIds, hasRun }, query);
      return { partitioned_dag_runs: rows.map(rowAnswer), total };
    },
  );
}

function registerPartition(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  const access = [...can("read", "Assets"), ...can("read", "DAGs")];
  app.get(
    "/ui/pending_partitioned_dag_run/:dag_id",
    {
      config: { access },
      schema: {
        params: DagParams,
        querystring: z.object({ partition_key: z.string() }),
      },
    },
    async ({ params, query }): Promise<PendingPartition> => {
      const filter = { dagId: params.dag_id, dagIds: null, key: query.partition_key };
      const find = async (hasRun: boolean): Promise<PartitionRow | undefined> =>
        (await listPartitions(database, { ...filter, hasRun }, { limit: 1, offset: 0 })).rows[0];
      // Whoever looks at one that waits is told that it has a run by now, rather than that it is not there.
      const row = (await find(false)) ?? (await find(true));
      if (row === undefined)
        throw new HttpProblem(
          404,
          `No PartitionedDagRun for dag=${params.dag_id} partition=${query.partition_key}`,
        );
      const { state: _, ...facts } = rowAnswer(row);
      return { ...facts, assets: assetsOf(row), problem: row.problem };
    },
  );
  app.get(
    "/ui/next_run_assets/:dag_id",
    { config: { access }, schema: { params: DagParams } },
    async ({ params: { dag_id: dagId } }): Promise<NextRunAssets> => {
      const version = await currentVersion(database, dagId);
      if (version === null) throw new HttpProblem(404, `Dag with id ${dagId} was not found`);
      const { timetable, assets } = version.spec;
      const isPartitioned = "partitioned" in timetable && timetable.partitioned === true;
      const [named, due, waiting] = await Promise.all([
        assetsNamed(database, assets),
        listNextRunAssets(database, dagId),
        isPartitioned
          ? listPartitions(database, { dagId, dagIds: null, hasRun: false, oldestFirst: true }, oldest)
          : null,
      ]);
      const counts = waiting?.rows[0] === undefined ? [] : assetsOf(waiting.rows[0]);
      return {
        asset_expression: "assets" in timetable ? scheduleAnswer(timetable.assets, named) : null,
        events: due.map((asset) =>
          nextAnswer(
            asset,
            counts.find((one) => one.asset_id === asset.id),
          ),
        ),
        pending_partition_count: waiting?.total ?? null,
      };
    },
  );
}

const oldest = { limit: 1, offset: 0 };

/** @param counts Of the partition that waits longest; none where no partition waits. */
function nextAnswer(asset: NextRunAsset, counts: PartitionAsset | undefined): NextRunAssetEvent {
  const hasAll = counts === undefined || counts.received_count >= counts.required_count;
  return {
    id: asset.id,
    name: asset.name,
    uri: asset.uri,
    last_update: hasAll ? isoDate(asset.lastUpdate) : null,
    received_count: counts?.received_count ?? 0,
    required_count: counts?.required_count ?? 1,
    received_keys: counts?.received_keys ?? [],
    required_keys: counts?.required_keys ?? [],
    is_rollup: counts?.is_rollup ?? false,
    mapper_error: counts?.mapper_error ?? false,
    asset_inactive: !asset.isActive,
  };
}

function rowAnswer(row: PartitionRow): PartitionedDagRun {
  const assets = assetsOf(row);
  const sum = (of: (asset: PartitionAsset) => number): number =>
    assets.reduce((all, one) => all + of(one), 0);
  return {
    id: row.id,
    dag_id: row.dagId,
    partition_key: row.key,
    created_at: isoDate(row.createdAt),
    total_received: sum((one) => one.received_count),
    total_required: sum((one) => one.required_count),
    state: row.state ?? "pending",
    created_dag_run_id: row.runId,
  };
}

function assetsOf(row: PartitionRow): PartitionAsset[] {
  return row.assets.map((asset) => {
    const is = (one: { name: string; uri: string }): boolean =>
      one.name === asset.name && one.uri === asset.uri;
    const need = row.needs?.find(is);
    const counts = countsOf(row.key, need, asset.keys);
    return {
      asset_id: asset.id,
      asset_name: asset.name,
      asset_uri: asset.uri,
      received: row.complete.some(is),
      ...counts,
      enough_count: need?.enough ?? null,
      is_rollup: need?.isRollup ?? false,
      mapper_error: need?.problem !== undefined,
      mapper_message: need?.problem ?? null,
      asset_inactive: !asset.isActive,
    };
  });
}

type Counts = Pick<PartitionAsset, "received_count" | "required_count" | "received_keys" | "required_keys">;

/** Any one key is enough of an asset that is not rolled up; one whose mapper fails has brought nothing that counts. */
function countsOf(key: string, need: PartitionNeed | undefined, came: readonly string[]): Counts {
  if (need?.problem !== undefined)
    return { received_count: 0, required_count: 1, received_keys: [], required_keys: [] };
  const required = need?.isRollup === true ? [...need.keys] : [key];
  const received = need?.isRollup === true ? came.filter((one) => required.includes(one)) : [...came];
  const count = need?.isRollup === true ? received.length : Math.min(1, received.length);
  return {
    received_count: count,
    required_count: required.length,
    received_keys: received,
    required_keys: required,
  };
}
