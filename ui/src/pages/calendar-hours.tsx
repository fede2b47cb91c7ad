/** A month of runs, a square an hour: when in the day they fall, and when in the day they fail. */
import { useTranslation } from "react-i18next";
import type { CalendarDay } from "../api/types.ts";
import { Link } from "../components/link.tsx";
import { type CalendarMode, countOf, lookOf, useCalendarWords, useRunsOf } from "./calendar-cell.ts";

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const two = (number: number): string => String(number).padStart(2, "0");

export function CalendarHours({
  dagId,
  month,
  cells,
  mode,
}: {
  dagId: string;
  /** "2026-02" */
  month: string;
  cells: readonly CalendarDay[];
  mode: CalendarMode;
}) {
  const { i18n } = useTranslation();
  const known = new Map(cells.map((cell) => [cell.day, cell]));
  const [year = 0, number = 1] = month.split("-").map(Number);
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const weekday = new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" });
  return (
    <div className="overflow-x-auto">
      <div
        className="grid w-max min-w-full gap-[2px] text-[10px] tabular-nums"
        style={{ gridTemplateColumns: "4.5rem repeat(24, minmax(1.1rem, 1fr))" }}
      >
        <span />
        {hours.map((hour) => (
          <span key={hour} className="text-center text-faint">
            {hour}
          </span>
        ))}
        {Array.from({ length }, (_, index) => {
          const day = `${month}-${two(index + 1)}`;
          return [
            <span key={day} className="pr-2 text-right text-soft">
              {weekday.format(new Date(`${day}T00:00:00Z`))} {index + 1}
            </span>,
            ...hours.map((hour) => (
              <Hour
                key={`${day} ${hour}`}
                dagId={dagId}
                name={`${day}T${two(hour)}`}
                cell={known.get(`${day}T${two(hour)}`)}
                mode={mode}
              />
            )),
          ];
        })}
      </div>
    </div>
  );
}

/** An hour that had runs leads to them. */
function Hour({
  dagId,
  name,
  cell,
  mode,
}: {
  dagId: string;
  /** "2026-02-01T08" */
  name: string;
  cell: CalendarDay | undefined;
  mode: CalendarMode;
}) {
  const words = useCalendarWords()(`${name.replace("T", " ")}:00`, cell);
  const total = countOf(cell);
  const look = lookOf(cell, total, mode);
  const shape = "flex h-4.5 items-center justify-center rounded-[3px]";
  const runsOf = useRunsOf(dagId);
  if (total === 0) return <span title={words} className={shape} style={look} />;
  return (
    <Link
      to={runsOf(`${name}:00`, 3_600_000)}
      title={words}
      aria-label={words}
      className={`${shape} hover:brightness-110`}
      style={look}
    >
      {total > 1 ? total : ""}
    </Link>
  );
}
