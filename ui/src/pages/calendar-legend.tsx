import { useTranslation } from "react-i18next";
import type { CalendarDay } from "../api/types.ts";
import { type CalendarMode, countOf, lookOf } from "./calendar-cell.ts";

const cell = (some: Partial<CalendarDay>): CalendarDay => ({
  day: "",
  success: 0,
  failed: 0,
  running: 0,
  queued: 0,
  planned: 0,
  ...some,
});

/** What the colours of the squares say. */
export function CalendarLegend({ mode }: { mode: CalendarMode }) {
  const { t } = useTranslation();
  const signs: [string, CalendarDay | undefined][] = [
    ...(mode === "total" ? ([[t("success"), cell({ success: 1 })]] satisfies [string, CalendarDay][]) : []),
    [t("failed"), cell({ failed: 1 })],
    [t("running"), cell({ running: 1 })],
    [t("planned"), cell({ planned: 1 })],
    [t("No run"), undefined],
  ];
  return (
    <ul className="flex flex-wrap sm:ml-auto gap-x-4 gap-y-1 text-xs text-soft">
      {signs.map(([name, day]) => (
        <li key={name} className="inline-flex items-center gap-1.5">
          <span className="size-3 rounded-[3px]" style={lookOf(day, countOf(day), mode)} />
          {name}
        </li>
      ))}
    </ul>
  );
}
