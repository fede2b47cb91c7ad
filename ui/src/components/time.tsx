/** Instants in the chosen time zone, and durations in few letters. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useTimezone } from "./preferences.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(locale: string, timeZone: string, style: Style): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${style}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { timeZone, ...styles[style] });
    formats.set(key, format);
  }
  return format;
}

const styles = {
  /** 31 Jan 2026, 08:00:00 */
  full: {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
  /** 31 Jan, 08:00 */
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short", year: "numeric" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

type Style = keyof typeof styles;

export function useFormat(): (at: number | null | undefined, style?: Style) => string {
  const { i18n } = useTranslation();
  const timezone = useTimezone();
  const locale = i18n.language === "fr" ? "fr-FR" : "en-GB";
  return (at, style = "short") =>
    at === null || at === undefined ? "–" : formatOf(locale, timezone, style).format(at);
}

/** "1 h 4 m", "3.2 s", "48 ms". */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return twoParts(minutes, "m", Math.floor((ms % 60_000) / 1000), "s");
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? twoParts(hours, "h", minutes % 60, "m")
    : twoParts(Math.floor(hours / 24), "d", hours % 24, "h");
}

const twoParts = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;

/** Now, each second, for what is still under way. */
export function useNow(active = true, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [active, everyMs]);
  return now;
}

export function Duration({ from, to }: { from: number | null; to: number | null }) {
  const now = useNow(from !== null && to === null);
  if (from === null) return <span className="text-faint">–</span>;
  return <span className="whitespace-nowrap tabular-nums">{durationText((to ?? now) - from)}</span>;
}

export function useRelative(): (at: number, now: number) => string {
  const { i18n } = useTranslation();
  return (at, now) => {
    const format = new Intl.RelativeTimeFormat(i18n.language, { numeric: "auto", style: "short" });
    const seconds = Math.round((at - now) / 1000);
    const size = Math.abs(seconds);
    if (size < 60) return format.format(seconds, "second");
    if (size < 3600) return format.format(Math.round(seconds / 60), "minute");
    if (size < 86_400) return format.format(Math.round(seconds / 3600), "hour");
    return format.format(Math.round(seconds / 86_400), "day");
  };
}

/** An instant; `relative` says how long from now, with the instant beside the pointer. */
export function Time({
  at,
  style = "short",
  relative = false,
}: {
  at: number | null | undefined;
  style?: Style;
  relative?: boolean;
}) {
  const format = useFormat();
  const words = useRelative();
  const now = useNow(relative, 10_000);
  if (at === null || at === undefined) return <span className="text-faint">–</span>;
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={`${format(at, "full")} · ${new Date(at).toISOString()}`}
      className="whitespace-nowrap tabular-nums"
    >
      {relative ? words(at, now) : format(at, style)}
    </time>
  );
}
