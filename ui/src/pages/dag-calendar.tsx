/** A year of runs, a square a day; days to come show what the schedule plans. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCalendar } from "../api/queries.ts";
import type { CalendarDay, DagHeader } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Segments } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { useTimezone } from "../components/preferences.ts";
import { stateColor } from "../components/state.tsx";

const dayMs = 86_400_000;
type Mode = "total" | "failed";

export function DagCalendar({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const timezone = useTimezone();
  const [address, change] = useAddress();
  const [thisYear] = useState(() => new Date().getFullYear());
  const year = Number(address["year"] ?? thisYear);
  const mode = (address["mode"] ?? "total") as Mode;
  // A day more at each end: the year begins earlier in the east.
  const query = useCalendar(dag.dagId, {
    from: Date.UTC(year, 0, 1) - dayMs,
    to: Date.UTC(year + 1, 0, 1) + dayMs,
    timezone,
  });
  return (
    <div className="card p-4">
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Button small icon="chevronLeft" onClick={() => change({ year: String(year - 1) })}>
          {year - 1}
        </Button>
        <h2 className="text-lg font-semibold tabular-nums">{year}</h2>
        <Button small onClick={() => change({ year: String(year + 1) })}>
          {year + 1}
        </Button>
        <span className="ml-auto">
          <Segments<Mode>
            label={t("What the colour says")}
            value={mode}
            onChange={(value) => change({ mode: value === "total" ? undefined : value })}
            options={[
              { value: "total", label: t("all runs") },
              { value: "failed", label: t("failed runs") },
            ]}
          />
        </span>
      </div>
      <Loaded query={query}>{(days) => <Year year={year} days={days} mode={mode} />}</Loaded>
    </div>
  );
}

function Year({ year, days, mode }: { year: number; days: readonly CalendarDay[]; mode: Mode }) {
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
                return <Day key={name} name={name} date={date + 1} day={known.get(name)} mode={mode} />;
              })}
            </div>
          </section>
        );
      })}
    </div>
  );
}

function Day({
  name,
  date,
  day,
  mode,
}: {
  name: string;
  date: number;
  day: CalendarDay | undefined;
  mode: Mode;
}) {
  const { t } = useTranslation();
  const total = day === undefined ? 0 : day.success + day.failed + day.running + day.queued;
  const words =
    day === undefined
      ? name
      : `${name}\n${t("{{count}} runs", { count: total })}, ${day.failed} ${t("failed")}${day.planned > 0 ? `, ${day.planned} ${t("planned")}` : ""}`;
  return (
    <span
      title={words}
      className="flex aspect-square items-center justify-center rounded-[4px] text-[10px] tabular-nums"
      style={lookOf(day, total, mode)}
    >
      {date}
    </span>
  );
}

function lookOf(day: CalendarDay | undefined, total: number, mode: Mode): React.CSSProperties {
  if (day === undefined) return { background: "var(--sunken)", color: "var(--ink-faint)" };
  if (total === 0)
    return { color: "var(--ink-soft)", boxShadow: `inset 0 0 0 1.5px ${stateColor("scheduled")}` };
  const pale = (state: string): string => `color-mix(in oklch, ${stateColor(state)} 78%, white)`;
  const ink = "oklch(0.15 0.02 240)";
  if (day.running + day.queued > 0) return { background: pale("running"), color: ink };
  if (mode === "failed")
    return day.failed > 0
      ? { background: pale("failed"), color: ink }
      : { background: "var(--sunken)", color: "var(--ink-soft)" };
  // What failed stands above what went well, as large as its part.
  const bad = day.failed === 0 ? 0 : Math.max(18, Math.round((day.failed / total) * 100));
  const background = `linear-gradient(to bottom, ${pale("failed")} ${bad}%, ${pale("success")} ${bad}%)`;
  return { background, color: ink };
}
