/** One trace: its spans as a tree with a bar each, and what the chosen one was given and gave. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { traceName, traceRun, traceTook, useTrace, type WireTrace } from "../../api/traces.ts";
import type { Json } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Icon } from "../../components/icons.tsx";
import { JsonView } from "../../components/json-view.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import { durationText, Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { fileAddress } from "./artifact-files.ts";
import { placeOf } from "./artifact-reading.ts";
import { TraceBadge } from "./trace-badge.tsx";
import { rowsOf, type ShownSpan, type SpanRow, spansOf } from "./trace-spans.ts";

export function TraceView({
  experimentId,
  traceId,
  onClose,
}: {
  experimentId: string;
  traceId: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const trace = useTrace(experimentId, traceId);
  const back = (
    <Button kind="ghost" icon="chevronLeft" className="mb-3" onClick={onClose}>
      {t("All traces")}
    </Button>
  );
  if (trace.data === undefined)
    return (
      <>
        {back}
        {trace.error ? <Failure error={trace.error} retry={() => void trace.refetch()} /> : <Loading />}
      </>
    );
  const { trace_info: info, spans } = trace.data.trace;
  return (
    <>
      {back}
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="text-base font-semibold break-all">{traceName(info)}</h2>
        <TraceBadge state={info.state} />
        <span className="text-xs text-soft">
          <Time at={Date.parse(info.request_time)} style="full" /> · {durationText(traceTook(info))}
        </span>
      </div>
      {spans === undefined ? <FromFile info={info} /> : <Spans info={info} wire={spans} />}
      <About experimentId={experimentId} info={info} />
    </>
  );
}

/** Clients before 3.5 write the spans into a file beside the run's. */
function FromFile({ info }: { info: WireTrace }) {
  const { t } = useTranslation();
  const place = placeOf(info.tags?.["mlflow.artifactLocation"] ?? "");
  const { data, isPending } = useQuery({
    queryKey: ["trace file", place],
    queryFn: async ({ signal }) => {
      const response = await fetch(fileAddress(`${place}/traces.json`), {
        signal,
        credentials: "same-origin",
      });
      if (!response.ok) return [];
      return ((await response.json()) as { spans?: Record<string, unknown>[] }).spans ?? [];
    },
    enabled: place !== null && place !== "",
    retry: false,
  });
  if (data === undefined && isPending && place !== null && place !== "") return <Loading />;
  if (data === undefined || data.length === 0) return <Empty icon="graph" title={t("It has no spans")} />;
  return <Spans info={info} wire={data} />;
}

function Spans({ info, wire }: { info: WireTrace; wire: readonly Record<string, unknown>[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const spans = useMemo(() => spansOf(wire), [wire]);
  const rows = useMemo(() => rowsOf(spans, folded), [spans, folded]);
  const length = Math.max(
    traceTook(info) ?? 0,
    ...spans.map(({ start, took }) => start + (took ?? 0)),
    0.001,
  );
  const chosen = spans.find(({ id }) => id === address["span"]) ?? rows[0]?.span;
  const fold = (id: string): void =>
    setFolded((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  if (chosen === undefined) return <Empty icon="graph" title={t("It has no spans")} />;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <ul className="card max-h-[70vh] min-w-0 overflow-auto py-1" aria-label={t("Spans")}>
        {rows.map((row) => (
          <Row
            key={row.span.id}
            row={row}
            length={length}
            isChosen={row.span === chosen}
            isFolded={folded.has(row.span.id)}
            onFold={fold}
            onChoose={(span) => change({ span })}
          />
        ))}
      </ul>
      <SpanView span={chosen} />
    </div>
  );
}

/** Names are indented within their column, so that all bars stand on one axis. */
function Row({
  row: { span, depth, hasChildren },
  length,
  isChosen,
  isFolded,
  onFold,
  onChoose,
}: {
  row: SpanRow;
  length: number;
  isChosen: boolean;
  isFolded: boolean;
  onFold: (id: string) => void;
  onChoose: (id: string) => void;
}) {
  const { t } = useTranslation();
  const indent = Math.min(depth, 12) * 12;
  return (
    <li className={`relative ${isChosen ? "bg-accent-soft" : "hover:bg-sunken"}`}>
      <button
        type="button"
        aria-current={isChosen ? "true" : undefined}
        onClick={() => onChoose(span.id)}
        className="grid w-full grid-cols-[minmax(0,1fr)_minmax(0,1fr)_4.5rem] items-center gap-2 px-2 py-1.5 text-left"
      >
        <SpanName span={span} indent={indent + 24} />
        <SpanBar span={span} length={length} />
        <span className="text-right text-xs text-soft tabular-nums">{spanText(span.took)}</span>
      </button>
      {hasChildren ? (
        <button
          type="button"
          aria-expanded={!isFolded}
          aria-label={`${isFolded ? t("Unfold") : t("Fold")} ${span.name}`}
          onClick={() => onFold(span.id)}
          className="absolute top-1.5 grid size-5 place-items-center text-faint"
          style={{ left: indent + 8 }}
        >
          <Icon name={isFolded ? "chevronRight" : "chevronDown"} size={12} />
        </button>
      ) : null}
    </li>
  );
}

function SpanName({ span, indent }: { span: ShownSpan; indent: number }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: indent }}>
      <span className={`truncate ${span.isFailed ? "text-danger-text" : ""}`} title={span.name}>
        {span.name}
      </span>
      {span.type === null ? null : (
        <span className="shrink-0 rounded bg-sunken px-1 text-2xs text-soft">{span.type.toLowerCase()}</span>
      )}
    </span>
  );
}

function SpanBar({ span, length }: { span: ShownSpan; length: number }) {
  return (
    <span className="relative h-2 overflow-hidden rounded bg-sunken" aria-hidden="true">
      <span
        className="absolute inset-y-0 rounded"
        data-span={span.id}
        style={{
          left: `min(${(span.start / length) * 100}%, calc(100% - 2px))`,
          width: `max(2px, ${((span.took ?? length - span.start) / length) * 100}%)`,
          background: span.isFailed ? "var(--s-failed)" : "var(--accent)",
        }}
      />
    </span>
  );
}

/** Spans are often shorter than a millisecond. */
function spanText(ms: number | null): string {
  if (ms === null || ms >= 10) return durationText(ms);
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms * 1000)} µs`;
}

function SpanView({ span }: { span: ShownSpan }) {
  const { t } = useTranslation();
  return (
    <section className="card flex min-w-0 flex-col gap-4 p-4" aria-label={span.name}>
      <h3 className="font-semibold break-all">{span.name}</h3>
      {span.isFailed ? (
        <p className="rounded-md bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger-text">
          {span.message || t("failed")}
        </p>
      ) : null}
      <Value title={t("Inputs")} value={span.inputs} />
      <Value title={t("Outputs")} value={span.outputs} />
      {span.events.map((event, index) => (
        <Value
          key={index}
          title={`${event.name} · ${spanText(event.at)}`}
          value={event.attributes["exception.stacktrace"] ?? event.attributes}
        />
      ))}
      {Object.keys(span.attributes).length === 0 ? null : (
        <Value title={t("Attributes")} value={span.attributes} />
      )}
    </section>
  );
}

function Value({ title, value }: { title: string; value: Json | undefined }) {
  if (value === undefined) return null;
  return (
    <div className="min-w-0">
      <h4 className="mb-1 text-xs font-medium text-faint">{title}</h4>
      {typeof value === "string" ? (
        <p className="max-h-96 overflow-auto font-mono text-xs break-words whitespace-pre-wrap">{value}</p>
      ) : (
        <JsonView value={value} />
      )}
    </div>
  );
}

/** What people and programs noted of the whole. */
function About({ experimentId, info }: { experimentId: string; info: WireTrace }) {
  const { t } = useTranslation();
  const run = traceRun(info);
  const tags = Object.entries(info.tags ?? {}).filter(([key]) => !key.startsWith("mlflow."));
  const facts: [string, React.ReactNode][] = [
    [
      "ID",
      <span key="id" className="font-mono text-xs break-all">
        {info.trace_id}
      </span>,
    ],
    ...(run === undefined
      ? []
      : ([
          [
            t("Run"),
            <Link key="run" to={paths.trackedRun(experimentId, run)} className="link font-mono text-xs">
              {run}
            </Link>,
          ],
        ] satisfies [string, React.ReactNode][])),
    ...tags,
    ...(info.assessments ?? []).map((one): [string, React.ReactNode] => [
      one.assessment_name,
      <span key={one.assessment_id}>
        {JSON.stringify(one.feedback?.value ?? one.expectation?.value ?? null)}
        <span className="text-faint">
          {[one.source?.source_id, one.rationale].filter(Boolean).map((text) => ` · ${text}`)}
        </span>
      </span>,
    ]),
  ];
  return (
    <section className="card mt-4 p-4">
      <Facts facts={facts} />
    </section>
  );
}
