/** Answers of a real Airflow, recorded by `record-timetables.py`, against ours. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Cron, nextMatch, parseCron, previousMatch } from "../../src/core/cron.ts";
import type { TimetableSpec } from "../../src/core/dag-model.ts";
import { runId } from "../../src/core/run-id.ts";
import type { DagRunType } from "../../src/core/states.ts";
import { cronClock } from "../../src/core/timetable/cron-clock.ts";
import { describeCron, describeTimetable } from "../../src/core/timetable/describe.ts";
import { timetableOf } from "../../src/core/timetable/next-run.ts";
import type { Interval } from "../../src/core/timetable/timetable.ts";

interface Walk {
  cron: string;
  from: string;
  next: (string | null)[];
  previous: (string | null)[];
}
/** Start and end of the data interval; null where no run follows. */
type RecordedRun = [string, string] | { error: string } | null;
interface Recorded {
  /** Minutes: of a walk since the instant before, of an alignment since `from`. */
  zones: {
    zone: string;
    cron: string;
    from: string;
    to: string;
    next: number[];
    previous: number[];
    aligned: [at: number, next: number, previous: number][];
  }[];
  crons: Walk[];
  randomCrons: Walk[];
  badCrons: { cron: string; accepted: boolean }[];
  schedules: {
    spec: TimetableSpec;
    summary: string;
    description: string;
    periodic: boolean;
    canBeScheduled: boolean;
    activeRunsLimit: number | null;
    cases: { now: string; start: string | null; end: string | null; catchup: boolean; runs: RecordedRun[] }[];
    manual: [string, string, string][];
  }[];
  runIds: { type: DagRunType; runAfter: string; id: string; prefix: string }[];
  descriptions: { cron: string; description: string }[];
}

const recorded = JSON.parse(
  readFileSync(new URL("./fixtures/timetables.json", import.meta.url), "utf8"),
) as Recorded;

const iso = (instant: number): string => new Date(instant).toISOString();
const orNull = (text: string | null): number | null => (text === null ? null : Date.parse(text));

const minute = 60_000;

function walk(count: number, from: number, step: (at: number) => number): number[] {
  const visited: number[] = [];
  for (let at = from; visited.length < count; ) {
    const then = step(at);
    visited.push((then - at) / minute);
    at = then;
  }
  return visited;
}

function walkWall(cron: Cron, from: number, count: number, find: typeof nextMatch): (string | null)[] {
  const visited: (string | null)[] = [];
  for (let at: number | null = from; visited.length < count; ) {
    at = find(cron, at);
    visited.push(at === null ? null : iso(at).slice(0, 19));
    if (at === null) break;
  }
  return visited;
}

describe("cron in a zone", () => {
  it.each(recorded.zones)("answers as Airflow around $from in $zone for $cron", (table) => {
    const clock = cronClock(table.cron, table.zone);
    const from = Date.parse(table.from);
    expect(walk(table.next.length, from, clock.next)).toEqual(table.next);
    expect(walk(table.previous.length, Date.parse(table.to), clock.previous)).toEqual(table.previous);
    const aligned = table.aligned.map(([at]) => {
      const instant = from + at * minute;
      return [
        at,
        (clock.alignToNext(instant) - from) / minute,
        (clock.alignToPrevious(instant) - from) / minute,
      ];
    });
    expect(aligned).toEqual(table.aligned);
  });
});

describe("cron expressions", () => {
  it.each([...recorded.crons, ...recorded.randomCrons])(
    "fires when croniter does: $cron from $from",
    (table) => {
      const cron = parseCron(table.cron);
      const from = Date.parse(`${table.from}Z`);
      expect(walkWall(cron, from, table.next.length, nextMatch)).toEqual(table.next);
      expect(walkWall(cron, from, table.previous.length, previousMatch)).toEqual(table.previous);
    },
  );

  it.each(recorded.badCrons)("accepts or refuses $cron as croniter does", ({ cron, accepted }) => {
    if (accepted) expect(() => parseCron(cron)).not.toThrow();
    else expect(() => parseCron(cron)).toThrow(expect.objectContaining({ code: "TW_CRON_SYNTAX" }));
  });
});

describe.each(recorded.schedules)("timetable $spec", ({ spec, cases, manual, ...properties }) => {
  it("has Airflow's properties", () => {
    const { summary, periodic, canBeScheduled, activeRunsLimit } = timetableOf(spec);
    const { description: _, ...expected } = properties;
    expect({ summary, periodic, canBeScheduled, activeRunsLimit }).toEqual(expected);
  });

  it.each(cases)(
    "starts the runs that Airflow starts: now $now, start $start, end $end, catchup $catchup",
    (one) => {
      let last: Interval | null = null;
      for (const expected of one.runs) {
        const query = {
          last,
          now: Date.parse(one.now),
          start: orNull(one.start),
          end: orNull(one.end),
          catchup: one.catchup,
        };
        if (expected !== null && "error" in expected) {
          expect(() => timetableOf(spec).next(query)).toThrow();
          return;
        }
        const run = timetableOf(spec).next(query);
        expect(run && [iso(run.logicalDate), iso(run.runAfter)]).toEqual(expected);
        expect(run?.dataInterval ?? null).toEqual(run && { start: run.logicalDate, end: run.runAfter });
        last = run?.dataInterval ?? null;
      }
    },
  );

  it.each(manual)("infers the interval of a manual run at %s", (at, start, end) => {
    const interval = timetableOf(spec).manualDataInterval(Date.parse(at));
    expect([iso(interval.start), iso(interval.end)]).toEqual([start, end]);
  });
});

describe("run ids", () => {
  it.each(recorded.runIds)("has Airflow's form: $id", ({ type, runAfter, id, prefix }) => {
    expect(runId(type, Date.parse(runAfter))).toBe(id);
    expect(runId(type, Date.parse(runAfter), "abcdefgh")).toBe(`${prefix}abcdefgh`);
  });
});

/** Words that differ from Airflow's cron-descriptor, and why. Nothing decides by them. */
const otherWords: { readonly [cron: string]: string } = {
  // cronstrue says when the last run starts, cron-descriptor when the last hour ends.
  "0 9-17 * * 1-5": "Every hour, between 09:00 and 17:00, Monday through Friday",
};

describe("descriptions", () => {
  it.each(recorded.descriptions)("says $cron in Airflow's words", ({ cron, description }) => {
    expect(describeCron(cron)).toBe(otherWords[cron] ?? description);
  });

  it.each(
    recorded.schedules.filter((one) => !("delta" in one.spec) && one.spec.kind !== "multiple-cron-trigger"),
  )("describes $spec", ({ spec, description }) => {
    expect(describeTimetable(spec)).toBe(description);
  });
});
