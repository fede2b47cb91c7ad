/** Runs of experiments: the filter and what is chosen above, a table or curves below. All of it stands in the address. */
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import { useRunColumns } from "../../api/tracking.ts";
import type { RunColumns, RunRow } from "../../api/tracking-types.ts";
import { Button } from "../../components/button.tsx";
import { Segments } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { seriesColor } from "../../components/numbers.ts";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import { ColumnChooser } from "./column-chooser.tsx";
import { FilterField, filterOf } from "./filter-field.tsx";
import { inOrder, readColumns, runColumnKeys, usualColumns, writeColumns } from "./run-columns.ts";
import { RunsSelection } from "./runs-selection.tsx";
import { RunsTable } from "./runs-table.tsx";
import { useRunWindows } from "./use-run-windows.ts";

const RunsCharts = lazy(() =>
  import("./runs-charts.tsx").then(({ RunsCharts }) => ({ default: RunsCharts })),
);

const nothing: RunColumns = { metrics: [], params: [], tags: [] };
const newestFirst = "attributes.start_time DESC";

/** What the address asks for. */
function useAsked(ids: readonly string[]) {
  const [address] = useAddress();
  const known = useRunColumns(ids).data;
  const columns = useMemo(() => {
    const wanted = readColumns(address["cols"]) ?? usualColumns(known ?? nothing);
    return inOrder(wanted, known ?? nothing);
  }, [address, known]);
  const selected = useMemo(() => new Set((address["sel"] ?? "").split(",").filter(Boolean)), [address]);
  const filter = filterOf(address["q"] ?? "");
  return {
    known,
    columns,
    selected,
    filter,
    // A child may fit where its parent does not: what is filtered is one flat list.
    isFlat: filter !== "" || address["flat"] === "1",
    sort: address["sort"] ?? newestFirst,
    isDeleted: address["show"] === "deleted",
  };
}

type Asked = ReturnType<typeof useAsked>;

export function RunsView({ ids, as }: { ids: readonly string[]; as: "table" | "charts" }) {
  const [, change] = useAddress();
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [choosing, setChoosing] = useState(false);
  const asked = useAsked(ids);
  const { known, columns, selected, filter, sort } = asked;
  const list = useRunWindows(
    ids,
    {
      filter,
      order_by: sort,
      view: asked.isDeleted ? "DELETED_ONLY" : "ACTIVE_ONLY",
      within: asked.isFlat ? "all" : "roots",
      column: runColumnKeys(columns),
    },
    range,
    asked.isFlat ? [] : [...unfolded],
  );
  const select = useCallback((next: ReadonlySet<string>) => change({ sel: [...next].join(",") }), [change]);
  const seen = useCallback((first: number, last: number) => setRange([first, last]), []);
  const wrong = list.error instanceof ApiError && list.error.status === 400 ? list.error.message : null;
  return (
    <>
      <div className="flex flex-col gap-2 border-b bg-surface px-4 py-2.5 sm:px-6">
        <Filters asked={asked} wrong={wrong} {...(as === "table" ? { onColumns: setChoosing } : {})} />
        <Chosen ids={ids} asked={asked} total={list.total} onUnselect={() => select(new Set())} />
      </div>
      <Shown list={list} wrong={wrong} filtered={filter !== ""}>
        {as === "charts" ? (
          <Suspense fallback={<Loading />}>
            <RunsCharts
              known={known ?? nothing}
              rows={chosenRows(
                list.rows.map(({ run }) => run),
                selected,
              )}
            />
          </Suspense>
        ) : (
          <RunsTable
            list={list}
            columns={columns}
            onRange={seen}
            sort={sort}
            onSort={(next) => change({ sort: next })}
            selected={selected}
            onSelect={select}
            unfolded={unfolded}
            onFold={(runId) => setUnfolded((old) => toggled(old, runId))}
            colorOf={(runId) => {
              const place = [...selected].indexOf(runId);
              return place < 0 ? null : seriesColor(place);
            }}
          />
        )}
      </Shown>
      {choosing && known !== undefined ? (
        <ColumnChooser
          known={known}
          shown={columns.map(({ id }) => id)}
          onChange={(next) => change({ cols: next === null ? undefined : writeColumns(next) })}
          onClose={() => setChoosing(false)}
        />
      ) : null}
    </>
  );
}

function toggled(set: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function Filters({
  asked: { known, isDeleted },
  wrong,
  onColumns,
}: {
  asked: Asked;
  wrong: string | null;
  onColumns?: (open: boolean) => void;
}) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  return (
    <div className="flex flex-wrap items-start gap-2">
      <FilterField
        value={address["q"] ?? ""}
        known={known ?? nothing}
        error={wrong}
        onChange={(q) => change({ q })}
      />
      <Segments<"active" | "deleted">
        label={t("Which runs")}
        value={isDeleted ? "deleted" : "active"}
        onChange={(value) => change({ show: value === "deleted" ? value : undefined, sel: undefined })}
        options={[
          { value: "active", label: t("Active") },
          { value: "deleted", label: t("Deleted") },
        ]}
      />
      {onColumns === undefined ? null : (
        <Button icon="list" onClick={() => onColumns(true)}>
          {t("Columns")}
        </Button>
      )}
    </div>
  );
}

/** How many there are, and what can be done with those that were chosen. */
function Chosen({
  ids,
  asked: { filter, isFlat, isDeleted, selected },
  total,
  onUnselect,
}: {
  ids: readonly string[];
  asked: Asked;
  total: number;
  onUnselect: () => void;
}) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  return (
    <div className="flex min-h-7 flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      <span className="tabular-nums" data-total={total}>
        {t("{{count}} runs", { count: total })}
      </span>
      {filter === "" ? (
        <label className="inline-flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={!isFlat}
            onChange={(event) => change({ flat: event.target.checked ? undefined : "1" })}
          />
          {t("Fold runs within runs")}
        </label>
      ) : null}
      <RunsSelection ids={ids} selected={selected} isDeleted={isDeleted} onDone={onUnselect} />
    </div>
  );
}

/** Those that were chosen, in the order of the choice; all of them where none was. */
function chosenRows(rows: readonly RunRow[], selected: ReadonlySet<string>): RunRow[] {
  if (selected.size === 0) return [...rows];
  const byId = new Map(rows.map((run) => [run.runId, run]));
  return [...selected].flatMap((id) => byId.get(id) ?? []);
}

function Shown({
  list,
  wrong,
  filtered,
  children,
}: {
  list: ReturnType<typeof useRunWindows>;
  wrong: string | null;
  filtered: boolean;
  children: React.ReactNode;
}) {
  const { t } = useTranslation();
  if (list.isLoading) return <Loading rows={10} />;
  if (wrong !== null) return <Empty icon="filter" title={t("The filter cannot be read")} />;
  if (list.error) return <Failure error={list.error} retry={list.refetch} />;
  if (list.total > 0) return <>{children}</>;
  return filtered ? (
    <Empty icon="filter" title={t("No run fits")} />
  ) : (
    <Empty icon="runs" title={t("There is no run here")}>
      <pre className="rounded-md bg-sunken p-3 text-left font-mono text-xs">
        {`with mlflow.start_run():\n    mlflow.log_param("trees", 100)\n    mlflow.log_metric("accuracy", 0.93)`}
      </pre>
    </Empty>
  );
}
