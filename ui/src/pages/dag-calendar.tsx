/** Runs by the day, a year at a time, or by the hour, a month at a time; what is to come shows what the schedule plans. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCalendar } from "../api/queries.ts";
import type { CalendarDay, DagHeader } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Segments } from "../components/field.tsx";
import { Link, useAddress } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { useTimezone } from "../components/preferences.ts";
import { type CalendarMode, countOf, lookOf, useCalendarWords, useRunsOf } from "./calendar-cell.ts";
import { CalendarHours } from "./calendar-hours.tsx";
import { CalendarLegend } from "./calendar-legend.tsx";

const dayMs = 86_400_000;

export function DagCalendar({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const mode = (address["mode"] ?? "total") as CalendarMode;
  const unit = address["by"] === "hour" ? "hour" : "day";
  const Shown = unit === "hour" ? Hours : Days;
  return (
    <div className="card p-4">
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Segments<"day" | "hour">
          label={t("How long a square is")}
          value={unit}
          onChange={(value) => change({ by: value === "day" ? undefined : value })}
          options={[
            { value: "day", label: t("days") },
            { value: "hour", label: t("hours") },
          ]}
        />
        <Segments<CalendarMode>
          label={t("What the colour says")}
          value={mode}
          onChange={(value) => change({ mode: value === "total" ? undefined : value })}
          options={[
            { value: "total", label: t("all runs") },
            { value: "failed", label: t("failed runs") },
          ]}
        />
        <CalendarLegend mode={mode} />
      </div>
      <Shown dag={dag} mode={mode} />
    </div>
  );
}

/** The way to the time before, and to the one after. */
function Turn({
  title,
  before,
  after,
}: {
  title: string;
  before: readonly [string, () => void];
  after: readonly [string, () => void];
}) {
  return (
    <div className="mb-4 flex items-center gap-3">
      <Button small icon="chevronLeft" onClick={before[1]}>
        {before[0]}
      </Button>
      <h2 className="text-lg font-semibold capitalize tabular-nums">{title}</h2>
      <Button small onClick={after[1]}>
        {after[0]}
      </Button>
    </div>
  );
}

function Days({ dag, mode }: { dag: DagHeader; mode: CalendarMode }) {
  const timezone = useTimezone();
  const [address, change] = useAddress();
  const [thisYear] = useState(() => new Date().getFullYear());
  const year = Number(address["year"] ?? thisYear);
  // A day more at each end: the year begins earlier in the east.
  const query = useCalendar(dag.dagId, {
    from: Date.UTC(year, 0, 1) - dayMs,
    to: Date.UTC(year + 1, 0, 1) + dayMs,
    timezone,
  });
  const turnTo = (next: number) => [String(next), () => change({ year: String(next) })] as const;
  return (
    <>
      <Turn title={String(year)} before={turnTo(year - 1)} after={turnTo(year + 1)} />
      <Loaded query={query}>
        {(days) => <Year dagId={dag.dagId} year={year} days={days} mode={mode} />}
      </Loaded>
    </>
  );
}

const nameOfMonth = (at: number): string => new Date(at).toISOString().slice(0, 7);

function Hours({ dag, mode }: { dag: DagHeader; mode: CalendarMode }) {
  const { i18n } = useTranslation();
  const timezone = useTimezone();
  const [address, change] = useAddress();
  const [thisMonth] = useState(() => nameOfMonth(Date.now()));
  const month = address["month"] ?? thisMonth;
  const [year = 0, number = 1] = month.split("-").map(Number);
  const from = Date.UTC(year, number - 1, 1);
  const to = Date.UTC(year, number, 1);
  const query = useCalendar(dag.dagId, { from: from - dayMs, to: to + dayMs, timezone, unit: "hour" });
  const title = new Intl.DateTimeFormat(i18n.language, { month: "long", year: "numeric", timeZone: "UTC" });
  const short = new Intl.DateTimeFormat(i18n.language, { month: "long", timeZone: "UTC" });
  const turnTo = (at: number) => [short.format(at), () => change({ month: nameOfMonth(at) })] as const;
  return (
    <>
      <Turn title={title.format(from)} before={turnTo(from - dayMs)} after={turnTo(to)} />
      <Loaded query={query}>
        {(cells) => <CalendarHours dagId={dag.dagId} month={month} cells={cells} mode={mode} />}
      </Loaded>
    </>
  );
}

function Year({
  dagId,
  year,
  days,
  mode,
}: {
  dagId: string;
  year: number;
  days: readonly CalendarDay[];
  mode: CalendarMode;
}) {
  const { i18n } = useTranslation();
  const known = new Map(days.map((day) => [day.day, day]));
  const month = new Intl.DateTimeFormat(i18n.language, { month: "long", timeZone: "UTC" });
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(11.5rem,1fr))] gap-x-6 gap-y-5">
      {Array.from({ length: 12 }, (_, index) => {
        const first = new Date(Date.UTC(year, index, 1));
        const length = new Date(Date.UTC(year, index + 1, 0)).getUTCDate();
        const lead = (first.getUTCDay() + 6) % 7;
        return (
          <section key={index}>
            <h3 className="mb-1.5 text-xs font-medium text-soft capitalize">{month.format(first)}</h3>
            <div className="grid grid-cols-7 gap-[3px]">
              {Array.from({ length: lead }, (_, blank) => (
                <span key={`b${blank}`} />
              ))}
              {Array.from({ length }, (_, date) => {
                const name = `${year}-${String(index + 1).padStart(2, "0")}-${String(date + 1).padStart(2, "0")}`;
                return (
                  <Day
                    key={name}
                    dagId={dagId}
                    name={name}
                    date={date + 1}
                    day={known.get(name)}
                    mode={mode}
                  />
                );
              })}
            </div>
          </section>
        );
      })}
    </div>
  );
}

/** A day that had runs leads to them. */
function Day({
  dagId,
  name,
  date,
  day,
  mode,
}: {
  dagId: string;
  name: string;
  date: number;
  day: CalendarDay | undefined;
  mode: CalendarMode;
}) {
  const words = useCalendarWords()(name, day);
  const look = lookOf(day, countOf(day), mode);
  const shape = "flex aspect-square items-center justify-center rounded-[4px] text-[10px] tabular-nums";
  const runsOf = useRunsOf(dagId);
  if (countOf(day) === 0)
    return (
      <span title={words} className={shape} style={look}>
        {date}
      </span>
    );
  return (
    <Link
      to={runsOf(`${name}T00:00`, dayMs)}
      title={words}
      className={`${shape} hover:brightness-110`}
      style={look}
    >
      {date}
    </Link>
  );
}
