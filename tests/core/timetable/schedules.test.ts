import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DagSpec, TimetableSpec } from "../../../src/core/dag-model.ts";
import { forecastRuns, runsBetween } from "../../../src/core/forecast.ts";
import { instantOf, wallClock, zoneOffset } from "../../../src/core/time-zone.ts";
import { addDelta } from "../../../src/core/timetable/delta.ts";
import { describeTimetable } from "../../../src/core/timetable/describe.ts";
import {
  instantFromIso,
  nextRun,
  timeRestriction,
  validateTimetable,
} from "../../../src/core/timetable/next-run.ts";

const hour = 3_600_000;
const day = 24 * hour;
const zones = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Santiago",
];
const crons = [
  "* * * * *",
  "0 * * * *",
  "30 2 * * *",
  "0 0 * * 1-5",
  "15 2,3 1,15 * *",
  "0 0 29 2 *",
  "*/20 1-3 * * 0",
  "0 0 L * *",
];
const now = Date.parse("2026-06-15T12:00:00Z");

const spec: fc.Arbitrary<TimetableSpec> = fc.oneof(
  fc.record({
    kind: fc.constant("cron-trigger" as const),
    cron: fc.constantFrom(...crons),
    timezone: fc.constantFrom(...zones),
  }),
  fc.record({
    kind: fc.constant("cron-data-interval" as const),
    cron: fc.constantFrom(...crons),
    timezone: fc.constantFrom(...zones),
  }),
  fc.record({
    kind: fc.constant("multiple-cron-trigger" as const),
    crons: fc.uniqueArray(fc.constantFrom(...crons), { minLength: 1, maxLength: 3 }),
    timezone: fc.constantFrom(...zones),
  }),
  fc.record({ kind: fc.constant("delta-trigger" as const), delta: fc.integer({ min: 1, max: 40 * 86_400 }) }),
  fc.record({
    kind: fc.constant("delta-data-interval" as const),
    delta: fc.oneof(
      fc.integer({ min: 1, max: 40 * 86_400 }),
      fc.record({ months: fc.integer({ min: 1, max: 14 }) }),
    ),
  }),
  fc.record({
    kind: fc.constant("events" as const),
    dates: fc.array(
      fc.integer({ min: now - 400 * day, max: now + 400 * day }).map((at) => new Date(at).toISOString()),
    ),
    restrictToEvents: fc.boolean(),
  }),
);
const instant = fc.integer({ min: now - 300 * day, max: now + 300 * day });

describe("every timetable", () => {
  it("starts runs in strictly rising order, inside its dates, and never twice for one logical date", () => {
    fc.assert(
      fc.property(
        spec,
        instant,
        fc.integer({ min: 0, max: 200 * day }),
        fc.boolean(),
        instant,
        (one, start, length, catchup, at) => {
          const end = start + length;
          const runs = forecastRuns(one, { last: null, now: at, start, end, catchup }, { count: 12 });
          for (const [index, run] of runs.entries()) {
            expect(run.runAfter).toBeGreaterThanOrEqual(start);
            expect(run.logicalDate).toBeLessThanOrEqual(end);
            expect(run.dataInterval.start).toBeLessThanOrEqual(run.dataInterval.end);
            if (index > 0) {
              expect(run.logicalDate).toBeGreaterThan(runs[index - 1]?.logicalDate ?? Number.NaN);
              expect(run.runAfter).toBeGreaterThan(runs[index - 1]?.runAfter ?? Number.NaN);
            }
          }
        },
      ),
    );
  });

  it("leaves out nothing with catchup: the runs between two dates are those between each and the middle", () => {
    // Deltas count from where they begin, so only schedules with a grid of their own can be cut in two.
    const gridded = spec.filter((one) => one.kind !== "delta-trigger" && one.kind !== "delta-data-interval");
    fc.assert(
      fc.property(
        gridded,
        instant,
        fc.integer({ min: 1, max: 6 * hour }),
        fc.integer({ min: 1, max: 6 * hour }),
        (one, from, a, b) => {
          const dates = (start: number, end: number): number[] =>
            [...runsBetween(one, start, end, now)].map((run) => run.logicalDate);
          expect(dates(from, from + a + b)).toEqual([
            ...dates(from, from + a),
            ...dates(from + a + 1, from + a + b),
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("without catchup has at most one run that is already due", () => {
    fc.assert(
      fc.property(spec, instant, instant, (one, start, at) => {
        const first = nextRun(one, { last: null, now: at, start, end: null, catchup: false });
        if (first === null) return;
        const second = nextRun(one, { last: first.dataInterval, now: at, start, end: null, catchup: false });
        // A data interval of calendar months counts from its start date, and may be two behind its grid.
        if (second !== null && one.kind !== "delta-data-interval")
          expect(second.runAfter).toBeGreaterThan(at);
      }),
    );
  });

  it("has the same answer for the same question", () => {
    fc.assert(
      fc.property(spec, instant, instant, fc.boolean(), (one, start, at, catchup) => {
        const query = { last: null, now: at, start, end: null, catchup };
        expect(nextRun(structuredClone(one), query)).toEqual(nextRun(one, query));
      }),
    );
  });
});

describe("the clock of a zone", () => {
  it("comes back to the instant it was read at, except where it shows an hour twice", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (zone, at) => {
        const back = instantOf(wallClock(at, zone), zone);
        expect(wallClock(back, zone)).toBe(wallClock(at, zone));
        expect(back - at).toBeGreaterThanOrEqual(0);
        expect(back - at).toBeLessThanOrEqual(hour);
      }),
    );
  });

  it("goes forward by the length of the gap for a time that does not exist", () => {
    expect(new Date(instantOf(Date.parse("2026-03-08T02:30:00Z"), "America/New_York")).toISOString()).toBe(
      "2026-03-08T07:30:00.000Z",
    );
  });

  it("knows offsets with seconds and years before the common era", () => {
    expect(zoneOffset(Date.parse("1880-01-01T00:00:00Z"), "Europe/Amsterdam") % 60_000).not.toBeNaN();
    expect(zoneOffset(-70_000_000_000_000, "Asia/Kolkata")).toBeGreaterThan(5 * hour);
  });

  it("refuses a zone that does not exist and says what one looks like", () => {
    expect(() => zoneOffset(0, "Mars/Olympus")).toThrow(
      'expected an IANA time zone such as "Europe/Berlin", got "Mars/Olympus"',
    );
  });
});

describe("validation", () => {
  it.each([
    [
      { kind: "cron-trigger", cron: "99 * * * *", timezone: "UTC" },
      'cron "99 * * * *": minute must be 0–59, got "99"',
    ],
    [
      { kind: "cron-trigger", cron: "0 0 * foo *", timezone: "UTC" },
      'month must be 1–12 (or jan–dec), got "foo"',
    ],
    [{ kind: "cron-data-interval", cron: "0 0 31 2 *", timezone: "UTC" }, 'cron "0 0 31 2 *" never fires'],
    [{ kind: "cron-trigger", cron: "0 0 * *", timezone: "UTC" }, "got 4"],
    [{ kind: "cron-trigger", cron: "@fortnightly", timezone: "UTC" }, "expected 5 fields"],
    [{ kind: "cron-trigger", cron: "0 0 * * *", timezone: "Berlin" }, "expected an IANA time zone"],
    [{ kind: "delta-trigger", delta: 0 }, "expected a step of time longer than 0, got 0:00:00"],
    [{ kind: "delta-data-interval", delta: { days: -1 } }, "relativedelta(days=-1)"],
    [{ kind: "multiple-cron-trigger", crons: [], timezone: "UTC" }, "expected at least one cron expression"],
    [
      { kind: "events", dates: ["tomorrow"], restrictToEvents: false },
      'expected a date in ISO 8601, got "tomorrow"',
    ],
  ] satisfies [TimetableSpec, string][])("refuses %j", (one, message) => {
    expect(() => validateTimetable(one, now)).toThrow(message);
  });

  it("takes a schedule that fires only every four years", () => {
    validateTimetable({ kind: "cron-trigger", cron: "0 0 29 2 *", timezone: "UTC" }, now);
  });
});

const restrictionOf = (
  dates: { startDate?: string; endDate?: string },
  tasks: { startDate?: string; endDate?: string }[],
) => timeRestriction({ ...dates, catchup: false, tasks } as unknown as DagSpec);

describe("dates of a Dag", () => {
  it("begins with the earliest start of the Dag and its tasks", () => {
    expect(
      restrictionOf({ startDate: "2026-02-01T00:00:00Z" }, [{ startDate: "2026-01-01T00:00:00+01:00" }, {}])
        .start,
    ).toBe(Date.parse("2025-12-31T23:00:00Z"));
  });

  it("ends with the Dag, or with the last of its tasks where all have an end", () => {
    const endDate = "2026-02-01T00:00:00Z";
    const late = "2026-03-01T00:00:00Z";
    expect(restrictionOf({ endDate }, [{ endDate: late }, {}]).end).toBe(Date.parse(endDate));
    expect(restrictionOf({ endDate }, [{ endDate: late }, { endDate: "2026-01-01T00:00:00Z" }]).end).toBe(
      Date.parse(late),
    );
    expect(restrictionOf({}, [{}]).end).toBeNull();
  });

  it("reads a date without offset as UTC", () => {
    expect(instantFromIso("2026-01-01")).toBe(instantFromIso("2026-01-01T00:00:00"));
    expect(instantFromIso("2026-01-01T00:00:00")).toBe(Date.UTC(2026, 0, 1));
  });
});

describe("a forecast", () => {
  it("gives all runs of the next day", () => {
    const hourly: TimetableSpec = { kind: "cron-trigger", cron: "@hourly", timezone: "UTC" };
    const query = { last: { start: now, end: now }, now, start: null, end: null, catchup: false };
    expect(forecastRuns(hourly, query, { count: 1000, until: now + day })).toHaveLength(24);
  });

  it("is empty for a schedule that time does not start, and ends after the end date", () => {
    const query = { last: null, now, start: now, end: now + 2 * day, catchup: true };
    expect(forecastRuns({ kind: "none" }, query, { count: 5 })).toEqual([]);
    expect(forecastRuns({ kind: "asset", assets: { all: [] } }, query, { count: 5 })).toEqual([]);
    expect(
      forecastRuns({ kind: "cron-trigger", cron: "@daily", timezone: "UTC" }, query, { count: 50 }),
    ).toHaveLength(2);
  });

  it("says one run of a continuous schedule", () => {
    expect(
      forecastRuns(
        { kind: "continuous" },
        { last: null, now, start: null, end: null, catchup: false },
        { count: 5 },
      ),
    ).toHaveLength(1);
  });
});

describe("steps of time", () => {
  it("cuts the day to the length of the month", () => {
    expect(addDelta(Date.parse("2026-01-31T05:00:00Z"), { months: 1 })).toBe(
      Date.parse("2026-02-28T05:00:00Z"),
    );
    expect(addDelta(Date.parse("2026-03-31T05:00:00Z"), { months: 1 }, -1)).toBe(
      Date.parse("2026-02-28T05:00:00Z"),
    );
    expect(addDelta(Date.parse("2024-02-29T00:00:00Z"), { years: 1, weeks: 1 })).toBe(
      Date.parse("2025-03-07T00:00:00Z"),
    );
  });
});

describe("words for schedules", () => {
  it("says both when day of month and day of week may each fire", () => {
    expect(describeTimetable({ kind: "cron-trigger", cron: "0 0 13 * 5", timezone: "UTC" })).toBe(
      "At 00:00, on day 13 of the month (or) At 00:00, only on Friday",
    );
  });
});
