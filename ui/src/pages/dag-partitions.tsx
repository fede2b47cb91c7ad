/** Partitions of a Dag that goes by those of its assets: what each waits for, and the runs of those that had all. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePartitions, usePendingPartition } from "../api/queries.ts";
import type { DagHeader, PartitionAsset, PartitionedDagRun } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded, Tabs } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

const perPage = 50;

export function DagPartitions({ dag: { dagId } }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const [address] = useAddress();
  const offset = useOffset();
  const started = address["show"] === "started";
  const waiting = usePartitions(dagId, { has_created_dag_run_id: false, limit: 1 });
  const query = usePartitions(dagId, { has_created_dag_run_id: started, limit: perPage, offset });
  const base = paths.dag(dagId, "partitions");
  return (
    <>
      <div className="mb-3 border-b">
        <Tabs
          label={t("Partitions")}
          active={started ? "started" : "waiting"}
          tabs={[
            { id: "waiting", label: t("Waiting"), to: base, count: waiting.data?.total },
            { id: "started", label: t("Started"), to: `${base}?show=started` },
          ]}
        />
      </div>
      <Loaded query={query}>
        {({ partitioned_dag_runs: partitions, total }) =>
          partitions.length === 0 ? (
            <Empty icon="assets" title={started ? t("No partition has a run yet") : t("No partition waits")}>
              {t("A partition waits from the first of its keys that comes until all that it needs is there.")}
            </Empty>
          ) : (
            <>
              {started ? <Started partitions={partitions} /> : <Waiting partitions={partitions} />}
              <Pager limit={perPage} total={total} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Started({ partitions }: { partitions: readonly PartitionedDagRun[] }) {
  const { t } = useTranslation();
  const columns: Column<PartitionedDagRun>[] = [
    {
      id: "key",
      label: t("Partition"),
      // A phone has no room for the name of the run.
      cell: (one) => (
        <Link to={paths.run(one.dag_id, one.created_dag_run_id ?? "")} className="link">
          <Key text={one.partition_key} />
        </Link>
      ),
    },
    {
      id: "state",
      label: t("State"),
      cell: (one) => (one.state === "pending" ? null : <StateBadge state={one.state} small />),
    },
    {
      id: "run",
      label: t("Run"),
      wide: true,
      cell: (one) =>
        one.created_dag_run_id === null ? null : (
          <Link to={paths.run(one.dag_id, one.created_dag_run_id)} className="link break-all">
            {one.created_dag_run_id}
          </Link>
        ),
    },
    { id: "since", label: t("First key"), cell: (one) => <Since partition={one} /> },
  ];
  return (
    <Table label={t("Partitions")} columns={columns} rows={partitions} keyOf={(one) => String(one.id)} />
  );
}

function Waiting({ partitions }: { partitions: readonly PartitionedDagRun[] }) {
  const { t } = useTranslation();
  // What is looked at stands in the address: a link opens it.
  const [address, change] = useAddress();
  const open = address["partition"];
  return (
    <ul className="flex flex-col gap-2" aria-label={t("Waiting partitions")}>
      {partitions.map((one) => {
        const isOpen = one.partition_key === open;
        return (
          <li key={one.id} className="card">
            <button
              type="button"
              aria-expanded={isOpen}
              className="flex w-full flex-wrap items-center gap-x-3 gap-y-1.5 px-3 py-2.5 text-left hover:bg-sunken/60"
              onClick={() => change({ partition: isOpen ? undefined : one.partition_key })}
            >
              <span className={`text-faint transition-transform ${isOpen ? "rotate-90" : ""}`}>
                <Icon name="chevronRight" size={14} />
              </span>
              <Key text={one.partition_key} />
              <span className="text-xs text-soft">
                {t("First key")} <Since partition={one} />
              </span>
              <span className="ml-auto flex w-full items-center gap-2 sm:w-56">
                <Bar came={one.total_received} wanted={one.total_required} />
              </span>
            </button>
            {isOpen ? <Needs dagId={one.dag_id} partition={one.partition_key} /> : null}
          </li>
        );
      })}
    </ul>
  );
}

const Key = ({ text }: { text: string }) => <span className="font-mono text-sm break-all">{text}</span>;

function Since({ partition: { created_at: at } }: { partition: PartitionedDagRun }) {
  return at === null ? null : <Time at={Date.parse(at)} relative />;
}

function Bar({ came, wanted }: { came: number; wanted: number }) {
  const { t } = useTranslation();
  return (
    <>
      <span
        role="progressbar"
        aria-label={t("Keys that came")}
        aria-valuemin={0}
        aria-valuemax={wanted}
        aria-valuenow={came}
        className="h-2 min-w-0 flex-1 overflow-hidden rounded-full bg-sunken"
      >
        <span
          className="block h-full bg-[var(--s-success)]"
          style={{ width: `${wanted === 0 ? 0 : (100 * came) / wanted}%` }}
        />
      </span>
      <span className="shrink-0 text-xs tabular-nums">{`${came} / ${wanted}`}</span>
    </>
  );
}

function Needs({ dagId, partition }: { dagId: string; partition: string }) {
  const query = usePendingPartition(dagId, partition);
  return (
    <div className="border-t px-3 py-3">
      <Loaded query={query}>
        {({ assets, problem }) => (
          <div className="flex flex-col gap-4">
            {problem === null ? null : <Problem text={problem} />}
            {assets.map((asset) => (
              <Asset key={asset.asset_id} asset={asset} />
            ))}
          </div>
        )}
      </Loaded>
    </div>
  );
}

const Problem = ({ text }: { text: string }) => (
  <p className="flex items-start gap-1.5 text-sm text-danger-text">
    <span className="mt-0.5">
      <Icon name="alert" size={14} />
    </span>
    <span className="break-words">{text}</span>
  </p>
);

function Asset({ asset }: { asset: PartitionAsset }) {
  const { t } = useTranslation();
  const { received_count: came, required_count: wanted, enough_count: enough } = asset;
  const missing = asset.required_keys.filter((key) => !asset.received_keys.includes(key));
  return (
    <section aria-label={asset.asset_name}>
      <h3 className="mb-1.5 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
        <Link to={paths.asset(asset.asset_id)} className="link font-medium break-all">
          {asset.asset_name}
        </Link>
        <span className="text-xs text-soft tabular-nums">
          {t("{{came}} of {{wanted}} came", { came, wanted })}
        </span>
        {enough === null || enough === wanted ? null : (
          <span className="text-xs text-soft">{t("{{number}} are enough", { number: enough })}</span>
        )}
        {asset.received ? <StateBadge state="success" small /> : null}
      </h3>
      {asset.asset_inactive ? <Problem text={t("No Dag makes or names this asset any more")} /> : null}
      {asset.mapper_message === null ? null : <Problem text={asset.mapper_message} />}
      {/* Any one key is enough of an asset that is not rolled up. */}
      {asset.is_rollup ? <Keys label={t("Missing")} keys={missing} came={false} /> : null}
      <Keys label={t("Came")} keys={asset.received_keys} came />
      {!asset.is_rollup && came === 0 && !asset.mapper_error ? (
        <p className="text-xs text-soft">
          {t("Any key that belongs to the partition is enough; none came yet.")}
        </p>
      ) : null}
    </section>
  );
}

/** More are shown when they are asked for. */
const mostKeys = 60;

function Keys({ label, keys, came }: { label: string; keys: readonly string[]; came: boolean }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  if (keys.length === 0) return null;
  const shown = all ? keys : keys.slice(0, mostKeys);
  return (
    <div className="mt-1 flex flex-col gap-x-2 gap-y-1 sm:flex-row sm:items-baseline">
      <span className="shrink-0 text-xs text-faint sm:w-20">{label}</span>
      <ul aria-label={label} className="flex min-w-0 flex-1 flex-wrap gap-1">
        {shown.map((key) => (
          <li
            key={key}
            className={`inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 font-mono text-xs break-all ${came ? "bg-sunken" : "border border-dashed border-line-strong text-soft"}`}
          >
            {came ? <Icon name="check" size={12} /> : null}
            {key}
          </li>
        ))}
        {shown.length < keys.length ? (
          <li>
            <button type="button" className="link text-xs" onClick={() => setAll(true)}>
              {t("{{number}} more", { number: keys.length - shown.length })}
            </button>
          </li>
        ) : null}
      </ul>
    </div>
  );
}
