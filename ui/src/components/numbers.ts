/** Values of metrics as texts, and as numbers for charts. */
import type { Numeric } from "../api/tracking-types.ts";

/** The protocol writes infinities as the largest numbers there are. */
const infinite = (value: number): boolean => Math.abs(value) >= Number.MAX_VALUE;

/** NaN where there is no number. */
export function numberOf(value: Numeric | string | number | null | undefined): number {
  if (value === null || value === undefined || value === "") return Number.NaN;
  const number = Number(value);
  return infinite(number) ? Math.sign(number) * Number.POSITIVE_INFINITY : number;
}

/** Six digits that matter; "NaN" and "∞" as such. */
export function numberText(value: Numeric | string | number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const number = numberOf(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e7 || size < 1e-4) return number.toExponential(3).replace("e+", "e");
  return String(Number(number.toPrecision(6)));
}

/** "1.4 MB". */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

const colors = 10;

/** Variable of the colour of the n-th line; lines beyond the colours are drawn dashed. */
export const seriesColor = (index: number): string => `--c-${index % colors}`;
export const isDashed = (index: number): boolean => Math.floor(index / colors) % 2 === 1;
