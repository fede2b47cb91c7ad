/** How a square of the calendar looks, and what it says, for a day as for an hour. */
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import type { CalendarDay } from "../api/types.ts";
import { paths } from "../components/link.tsx";
import { useTimezone } from "../components/preferences.ts";
import { stateColor } from "../components/state.tsx";
import { instantIn } from "../components/zoned-time.ts";

export type CalendarMode = "total" | "failed";

/** Runs that are there; planned ones are not. */
export const countOf = (cell: CalendarDay | undefined): number =>
  cell === undefined ? 0 : cell.success + cell.failed + cell.running + cell.queued;

export function useCalendarWords(): (name: string, cell: CalendarDay | undefined) => string {
  const { t } = useTranslation();
  return (name, cell) => {
    if (cell === undefined) return name;
    const planned = cell.planned > 0 ? `, ${cell.planned} ${t("planned")}` : "";
    return `${name}\n${t("{{count}} runs", { count: countOf(cell) })}, ${cell.failed} ${t("failed")}${planned}`;
  };
}

export function lookOf(day: CalendarDay | undefined, total: number, mode: CalendarMode): CSSProperties {
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

/** Address of the runs that became due from a wall clock's "2026-02-01T08:00" on. */
export function useRunsOf(dagId: string): (from: string, lengthMs: number) => string {
  const zone = useTimezone();
  return (from, lengthMs) => {
    const start = instantIn(zone, from) ?? 0;
    // A day is not always 24 hours long: its end is looked up as its start is.
    const wallEnd = new Date(Date.parse(`${from}Z`) + lengthMs).toISOString().slice(0, 16);
    const end = (instantIn(zone, wallEnd) ?? start + lengthMs) - 1;
    return `${paths.dag(dagId, "runs")}?from=${new Date(start).toISOString()}&to=${new Date(end).toISOString()}`;
  };
}
