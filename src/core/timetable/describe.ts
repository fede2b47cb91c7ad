/** Schedules in words, for pages and `dags details`; nothing decides by them. */
import { toString as cronInWords } from "cronstrue";
import { assertNever } from "../../errors.ts";
import { parseCron } from "../cron.ts";
import type { TimetableSpec } from "../dag-model.ts";
import { pythonIso } from "../run-id.ts";
import { deltaSummary } from "./delta.ts";
import { instantFromIso } from "./next-run.ts";

/** "At 21:30, only on Friday"; Airflow's words where it has some. Throws for a cron that is none. */
export function describeTimetable(spec: TimetableSpec): string {
  switch (spec.kind) {
    case "none":
      return "Never, external triggers only";
    case "once":
      return "Once, as soon as possible";
    case "continuous":
      return "As frequently as possible, but only one run at a time.";
    case "cron-trigger":
    case "cron-data-interval":
      return describeCron(spec.cron);
    case "multiple-cron-trigger":
      return spec.crons.map(describeCron).join(", ");
    case "delta-trigger":
    case "delta-data-interval":
      return `Every ${deltaSummary(spec.delta)}`;
    case "events":
      return describeEvents(spec.dates, spec.description);
    case "asset":
      return spec.partitioned === true ? "Triggered by partitions of assets" : "Triggered by assets";
    case "asset-or-time":
      return `Triggered by assets or ${describeTimetable(spec.timetable)}`;
    case "custom":
      return spec.description ?? spec.summary;
    default:
      return assertNever(spec, "timetable");
  }
}

/** Where day of month and day of week are both restricted, either fires, and both are said. */
export function describeCron(cron: string): string {
  const { expression } = parseCron(cron);
  const fields = expression.split(/\s+/);
  // Seconds stand last in croniter, first in cronstrue.
  if (fields.length > 5) fields.unshift(...fields.splice(5, 1));
  const [day, weekday] = fields.length > 5 ? [3, 5] : [2, 4];
  if (fields[day] === "*" || fields[weekday] === "*") return inWords(fields);
  return `${inWords(fields.with(weekday, "*"))} (or) ${inWords(fields.with(day, "*"))}`;
}

function inWords(fields: readonly string[]): string {
  return cronInWords(fields.join(" "), { use24HourTimeFormat: true, throwExceptionOnParseError: false });
}

function describeEvents(dates: readonly string[], description: string | undefined): string {
  if (description !== undefined) return description;
  const sorted = dates.map(instantFromIso).sort((a, b) => a - b);
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return "No events";
  return `${sorted.length} events between ${pythonIso(first)} and ${pythonIso(last)}`;
}
