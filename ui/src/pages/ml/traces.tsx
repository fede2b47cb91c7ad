/** Traces that an experiment's code logged, newest first; the address names the one that is open. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { traceName, traceRun, traceTook, useTraces, type WireTrace } from "../../api/traces.ts";
import { Button } from "../../components/button.tsx";
import { FilterMenu, SearchField } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { durationText, Time } from "../../components/time.tsx";
import { TraceBadge, useTraceStateName } from "./trace-badge.tsx";
import { TraceView } from "./trace-view.tsx";

/** A text that compares nothing is part of a name; else it is MLflow's filter. */
function filterOf(text: string, state: string, runId: string | undefined): string {
  const words = text.trim();
  const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const compares = /[=<>]|\b(like|ilike|rlike|in)\b/i.test(words);
  return [
    words === "" ? null : compares ? words : `trace.name ILIKE ${quoted(`%${words}%`)}`,
    state === "" ? null : `trace.status = ${quoted(state)}`,
    runId === undefined ? null : `trace.run_id = ${quoted(runId)}`,
  ]
    .filter((part) => part !== null)
    .join(" AND ");
}

export function Traces({ experimentId, runId }: { experimentId: string; runId?: string }) {
  const { t } = useTranslation();
  const name = useTraceStateName();
  const [address, change] = useAddress();
  const search = useCallback((q: string) => change({ q }), [change]);
  const query = useTraces(experimentId, filterOf(address["q"] ?? "", address["state"] ?? "", runId));
  const opened = address["trace"];
  if (opened !== undefined)
    return (
      <TraceView
        experimentId={experimentId}
        traceId={opened}
        onClose={() => change({ trace: undefined, span: undefined })}
      />
    );
  const rows = query.data?.pages.flatMap(({ traces }) => traces ?? []);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Name, or a filter: trace.status = 'ERROR'")}
          className="w-full sm:w-96"
        />
        <FilterMenu
          title={t("State")}
          value={address["state"] ?? ""}
          onChange={(state) => change({ state })}
          options={(["OK", "ERROR", "IN_PROGRESS"] as const).map((value) => ({ value, label: name(value) }))}
        />
      </div>
      {query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : rows === undefined ? (
        <Loading />
      ) : rows.length === 0 ? (
        <Empty icon="graph" title={t("There are no traces")}>
          {t("`mlflow.trace` and `mlflow.start_span` log them, and anything that exports OpenTelemetry.")}
        </Empty>
      ) : (
        <>
          <TraceTable experimentId={experimentId} rows={rows} showRun={runId === undefined} />
          {query.hasNextPage ? (
            <Button
              className="mt-3"
              disabled={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t("More")}
            </Button>
          ) : null}
        </>
      )}
    </>
  );
}

function TraceTable({
  experimentId,
  rows,
  showRun,
}: {
  experimentId: string;
  rows: readonly WireTrace[];
  showRun: boolean;
}) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const columns: Column<WireTrace>[] = [
    { id: "state", label: t("State"), className: "w-28", cell: (one) => <TraceBadge state={one.state} /> },
    {
      id: "name",
      label: t("Trace"),
      cell: (one) => (
        <button
          type="button"
          className="link text-left font-medium break-all"
          onClick={() => change({ trace: one.trace_id })}
        >
          {traceName(one)}
        </button>
      ),
    },
    { id: "request", label: t("Request"), wide: true, cell: (one) => <Short text={one.request_preview} /> },
    {
      id: "response",
      label: t("Response"),
      wide: true,
      cell: (one) => <Short text={one.response_preview} />,
    },
    {
      id: "when",
      label: t("When"),
      wide: true,
      cell: (one) => <Time at={Date.parse(one.request_time)} relative />,
    },
    {
      id: "took",
      label: t("Took"),
      align: "right",
      cell: (one) => <span className="whitespace-nowrap tabular-nums">{durationText(traceTook(one))}</span>,
    },
    ...(showRun
      ? [
          {
            id: "run",
            label: t("Run"),
            wide: true,
            cell: (one: WireTrace) => {
              const run = traceRun(one);
              return run === undefined ? (
                "–"
              ) : (
                <Link to={paths.trackedRun(experimentId, run)} className="link font-mono text-xs">
                  {run.slice(0, 8)}
                </Link>
              );
            },
          },
        ]
      : []),
  ];
  return <Table label={t("Traces")} columns={columns} rows={rows} keyOf={(one) => one.trace_id} />;
}

function Short({ text }: { text: string | undefined }) {
  return (
    <span className="line-clamp-2 max-w-xs font-mono text-xs break-all text-soft" title={text}>
      {text ?? "–"}
    </span>
  );
}
