/** Every try as a bar: waiting for a slot is drawn apart from running. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useGantt } from "../api/queries.ts";
import type { Bar, RunDetail } from "../api/types.ts";
import { Link, paths } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { stateColor, useStateName } from "../components/state.tsx";
import { durationText, useFormat, useNow } from "../components/time.tsx";

const rowHeight = 28;

export function RunGantt({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  return (
    <Loaded query={useGantt(run.dagId, run.runId)}>
      {(bars) => {
        const begun = bars.filter((bar) => bar.startDate !== null || bar.queuedAt !== null);
        return begun.length === 0 ? (
          <Empty icon="chart" title={t("Nothing has started yet")} />
        ) : (
          <Chart run={run} bars={begun} />
        );
      }}
    </Loaded>
  );
}

interface Row {
  key: string;
  taskId: string;
  mapIndex: number;
  tries: Bar[];
}

function Chart({ run, bars }: { run: RunDetail; bars: readonly Bar[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(run.endDate === null);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(bars), [bars]);
  const from = Math.min(...bars.map((bar) => bar.queuedAt ?? bar.startDate ?? Number.POSITIVE_INFINITY));
  const to = Math.max(from + 1, ...bars.map((bar) => bar.endDate ?? bar.startDate ?? 0), run.endDate ?? now);
  const span = to - from;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <div className="card overflow-hidden">
      <div className="flex border-b text-2xs text-faint">
        <div className="w-32 shrink-0 px-3 py-1.5 sm:w-56">{t("Task")}</div>
        <div className="relative mr-4 h-7 flex-1">
          {ticks.map((part) => (
            <span
              key={part}
              className={`absolute top-1.5 whitespace-nowrap tabular-nums ${part === 1 ? "-translate-x-full" : part === 0 ? "" : "-translate-x-1/2"} ${part === 0.25 || part === 0.75 ? "hidden sm:inline" : ""}`}
              style={{ left: `${part * 100}%` }}
            >
              {part === 0 ? format(from, "clock") : `+${durationText(span * part)}`}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={scroller}
        role="region"
        aria-label={t("Gantt")}
        tabIndex={0}
        className="max-h-[65vh] overflow-y-auto"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index] as Row;
            return (
              <div
                key={row.key}
                className="absolute flex w-full items-center hover:bg-sunken"
                style={{ top: start, height: rowHeight }}
              >
                <Link
                  to={paths.task(run.dagId, run.runId, row.taskId, row.mapIndex)}
                  className="w-32 shrink-0 truncate px-3 text-xs hover:underline sm:w-56"
                  title={row.taskId}
                >
                  {row.taskId}
                  {row.mapIndex < 0 ? "" : `[${row.mapIndex}]`}
                </Link>
                <div className="relative mr-4 h-full flex-1">
                  {row.tries.map((bar) => (
                    <TryBar key={bar.tryNumber} bar={bar} from={from} span={span} now={now} />
                  ))}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function rowsOf(bars: readonly Bar[]): Row[] {
  const rows = new Map<string, Row>();
  for (const bar of bars) {
    const key = `${bar.taskId} ${bar.mapIndex}`;
    const row = rows.get(key) ?? { key, taskId: bar.taskId, mapIndex: bar.mapIndex, tries: [] };
    row.tries.push(bar);
    rows.set(key, row);
  }
  return [...rows.values()];
}

function TryBar({ bar, from, span, now }: { bar: Bar; from: number; span: number; now: number }) {
  const { t } = useTranslation();
  const name = useStateName();
  const place = (start: number, end: number) => ({
    left: `${((start - from) / span) * 100}%`,
    width: `max(3px, ${((end - start) / span) * 100}%)`,
  });
  const start = bar.startDate;
  const end = bar.endDate ?? now;
  const waited = bar.queuedAt === null ? 0 : (start ?? end) - bar.queuedAt;
  const words = `${name(bar.state)} · ${t("try")} ${bar.tryNumber} · ${t("waited")} ${durationText(waited)} · ${t("ran")} ${durationText(start === null ? 0 : end - start)}`;
  return (
    <>
      {bar.queuedAt === null || waited <= 0 ? null : (
        <span
          title={words}
          className="absolute top-[11px] h-1.5 rounded-l-full opacity-50"
          style={{ ...place(bar.queuedAt, start ?? end), background: stateColor("queued") }}
        />
      )}
      {start === null ? null : (
        <span
          title={words}
          role="img"
          aria-label={words}
          className={`absolute top-[7px] h-3.5 rounded-[3px] ${bar.state === "running" ? "is-running" : ""}`}
          style={{ ...place(start, end), background: stateColor(bar.state) }}
        />
      )}
    </>
  );
}
