/** The `macros` namespace of Airflow's templates. */

import {
  type DeltaFields,
  parseWithFormat,
  TemplateDate,
  TemplateDateOnly,
  TemplateDelta,
} from "./template-date.ts";
import { dateFilters, toTemplateDate } from "./template-filters.ts";
import { pythonString, TemplateFunction } from "./template-values.ts";

/** What the macros may ask of the world. */
export interface MacroSources {
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly uuid: () => string;
}

type Args = unknown[];
type Kwargs = { [name: string]: unknown };

const fn = (call: (args: Args, kwargs: Kwargs) => unknown, members: Kwargs = {}): TemplateFunction =>
  new TemplateFunction(call, members);

/** `ds_add("2024-01-31", 1)` → "2024-02-01". */
function dsAdd([ds, days]: Args): string {
  return TemplateDate.parse(pythonString(ds))
    .add({ days: Number(days) })
    .to_date_string();
}

/** `ds_format("2024-01-31", "%Y-%m-%d", "%d/%m")` → "31/01". */
function dsFormat([ds, input, output]: Args): string {
  return parseWithFormat(pythonString(ds), pythonString(input)).strftime(pythonString(output));
}

/** "3 days ago", "in 2 hours": the difference to `since`, or to now. */
function forHumans([date, since]: Args, now: number): string {
  const end = toTemplateDate(date, "macros.datetime_diff_for_humans").ms;
  const start =
    since === undefined || since === null ? now : toTemplateDate(since, "macros.datetime_diff_for_humans").ms;
  const size = Math.abs(end - start) / 1000;
  const units: [string, number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];
  const [name, seconds] = units.find(([, seconds]) => size >= seconds) ?? ["second", 1];
  const count = Math.floor(size / seconds);
  const text = count === 0 ? "a few seconds" : `${count} ${name}${count === 1 ? "" : "s"}`;
  if (since !== undefined && since !== null) return `${text} ${end >= start ? "after" : "before"}`;
  return end > start ? `in ${text}` : `${text} ago`;
}

/** Python's `timedelta(days, seconds, microseconds, milliseconds, minutes, hours, weeks)`. */
const timedelta = fn(([days, seconds], kwargs) =>
  TemplateDelta.of({ days: Number(days ?? 0), seconds: Number(seconds ?? 0), ...(kwargs as DeltaFields) }),
);

/** Python's `datetime(year, month, day, hour, minute, second)`, in UTC. */
function buildDate([year, month, day, hour = 0, minute = 0, second = 0]: Args, kwargs: Kwargs): TemplateDate {
  return new TemplateDate(
    Date.UTC(
      Number(year ?? kwargs["year"]),
      Number(month ?? kwargs["month"] ?? 1) - 1,
      Number(day ?? kwargs["day"] ?? 1),
      Number(kwargs["hour"] ?? hour),
      Number(kwargs["minute"] ?? minute),
      Number(kwargs["second"] ?? second),
    ),
  );
}

function datetimeModule(sources: MacroSources): TemplateFunction {
  const members = {
    now: fn(([zone]) => new TemplateDate(sources.now(), typeof zone === "string" ? zone : "UTC")),
    utcnow: fn(() => new TemplateDate(sources.now())),
    today: fn(() => new TemplateDate(sources.now())),
    fromisoformat: fn(([text]) => TemplateDate.parse(pythonString(text))),
    fromtimestamp: fn(([seconds]) => new TemplateDate(Number(seconds) * 1000)),
    strptime: fn(([text, format]) => parseWithFormat(pythonString(text), pythonString(format))),
  };
  const datetime = fn(buildDate, members);
  // In Airflow `macros.datetime` is the class; the module's names are there too for those who expect them.
  return fn(buildDate, {
    ...members,
    datetime,
    timedelta,
    date: fn((args, kwargs) => new TemplateDateOnly(buildDate(args, kwargs).ms)),
  });
}

/** Builds `macros`; user's own (`userDefinedMacros`) are names of their own beside it, as in Airflow. */
export function templateMacros(sources: MacroSources): { [name: string]: unknown } {
  return {
    ds_add: fn(dsAdd),
    ds_format: fn(dsFormat),
    ds_format_locale: fn(dsFormat),
    datetime_diff_for_humans: fn((args) => forHumans(args, sources.now())),
    datetime: datetimeModule(sources),
    timedelta,
    dateutil: { parser: { parse: fn(([text]) => TemplateDate.parse(pythonString(text))) } },
    time: {
      time: fn(() => sources.now() / 1000),
      strftime: fn(([format]) => new TemplateDate(sources.now()).strftime(pythonString(format))),
    },
    uuid: { uuid4: fn(() => sources.uuid()) },
    random: fn(() => sources.random(), {
      random: fn(() => sources.random()),
      randint: fn(
        ([low, high]) => Number(low) + Math.floor(sources.random() * (Number(high) - Number(low) + 1)),
      ),
      choice: fn(([list]) => (list as unknown[])[Math.floor(sources.random() * (list as unknown[]).length)]),
    }),
    json: {
      dumps: fn(([value]) => JSON.stringify(value)),
      loads: fn(([text]) => JSON.parse(pythonString(text)) as unknown),
    },
    yaml: { dump: fn(([value]) => `${JSON.stringify(value)}\n`) },
  };
}

/** `ds`, `ts` and their sisters for a logical date. */
export function dateNames(logicalDate: TemplateDate): { [name: string]: string } {
  return Object.fromEntries(Object.entries(dateFilters).map(([name, format]) => [name, format(logicalDate)]));
}
