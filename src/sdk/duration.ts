/** Lengths of time as an author writes them, and as seconds. */

/** Seconds, calendar-free fields that add up, or an ISO 8601 duration such as "PT5M" or "P1DT12H". */
export type Duration = number | DurationFields | string;

export interface DurationFields {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const secondsPer: Readonly<Record<keyof DurationFields, number>> = {
  weeks: 604_800,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
  milliseconds: 0.001,
};

const iso =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Seconds of a duration; undefined when the value is not one. Months and years have no fixed length. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value === "string") return parseIso(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  let total = 0;
  const entries = Object.entries(value).filter(([, amount]) => amount !== undefined);
  for (const [name, amount] of entries) {
    const unit = Object.hasOwn(secondsPer, name) ? secondsPer[name as keyof DurationFields] : undefined;
    if (unit === undefined || typeof amount !== "number" || !Number.isFinite(amount)) return undefined;
    total += amount * unit;
  }
  return entries.length === 0 || total < 0 ? undefined : Math.round(total * 1e6) / 1e6;
}

function parseIso(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null || !/\d/.test(text)) return undefined;
  const units = [604_800, 86_400, 3600, 60, 1];
  return units.reduce((total, unit, i) => total + Number(match[i + 1] ?? 0) * unit, 0);
}

export function isDuration(value: unknown): value is Duration {
  return parseDuration(value) !== undefined;
}

/** Seconds of a value that was checked before. */
export function toSeconds(value: Duration): number {
  return parseDuration(value) ?? 0;
}
