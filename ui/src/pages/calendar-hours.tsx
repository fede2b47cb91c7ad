/** A month of runs, a square an hour: when in the day they fall, and when in the day they fail. */
import { useTranslation } from "react-i18next";
import type { CalendarDay } from "../api/types.ts";
import { type CalendarMode, countOf, lookOf, useCalendarWords } from "./calendar-cell.ts";

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const two = (number: number): string => String(number).padStart(2, "0");

export function CalendarHours({
  month,
  cells,
  mode,
}: {
  /** "2026-02" */
  month: string;
  cells: readonly CalendarDay[];
  mode: CalendarMode;
}) {
  const { i18n } = useTranslation();
  const words = useCalendarWords();
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
            ...hours.map((hour) => {
              const cell = known.get(`${day}T${two(hour)}`);
              const total = countOf(cell);
              return (
                <span
                  key={`${day} ${hour}`}
                  title={words(`${day} ${two(hour)}:00`, cell)}
                  className="flex h-4.5 items-center justify-center rounded-[3px]"
                  style={lookOf(cell, total, mode)}
                >
                  {total > 1 ? total : ""}
                </span>
              );
            }),
          ];
        })}
      </div>
    </div>
  );
}
