"""Asks a real Airflow 3 for the answers of its timetables and writes them as JSON.

    python -m venv venv && venv/bin/pip install apache-airflow-core
    venv/bin/python tests/compat/record-timetables.py tests/compat/fixtures/timetables.json

No database is needed: timetables, croniter and run ids are asked directly.
"""

import datetime as dt
import importlib.metadata
import json
import os
import random
import sys
import tempfile
from unittest import mock

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"

import pendulum
from airflow import __version__ as airflow_version
from airflow.models.dagrun import DagRun
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.events import EventsTimetable
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable
from airflow.timetables.trigger import (
    CronTriggerTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from airflow.utils.dates import cron_presets
from airflow.utils.types import DagRunType
from croniter import CroniterBadDateError, croniter
from dateutil.relativedelta import relativedelta

UTC = pendulum.timezone("UTC")
WRITTEN = "%Y-%m-%dT%H:%M:%S"


def iso(when):
    return None if when is None else when.astimezone(dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def at(text):
    return pendulum.parse(text)


class Frozen:
    """Every module that asks for the time gets the same one."""

    def __init__(self, now):
        self.now = now
        self.patches = []

    def __enter__(self):
        import time as time_module

        import airflow.timetables.events as events
        import airflow.timetables.interval as interval
        import airflow.timetables.simple as simple
        import airflow.timetables.trigger as trigger

        for module in (interval, trigger):
            self.patches.append(mock.patch.object(module, "utcnow", lambda: self.now))
        self.patches.append(mock.patch.object(simple.timezone, "utcnow", lambda: self.now))
        self.patches.append(mock.patch.object(events.timezone, "utcnow", lambda: self.now))
        self.patches.append(mock.patch.object(time_module, "time", lambda: self.now.timestamp()))
        for one in self.patches:
            one.start()

    def __exit__(self, *_):
        for one in reversed(self.patches):
            one.stop()


# Zones whose clocks change in 2026 (or 2025 where the rule is odd), north and south, by an hour and by half of one.
ZONES = {
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "America/Los_Angeles": ["2026-03-08", "2026-11-01"],
    "Europe/Berlin": ["2026-03-29", "2026-10-25"],
    "Europe/London": ["2026-03-29", "2026-10-25"],
    "Australia/Sydney": ["2026-04-05", "2026-10-04"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "America/Santiago": ["2026-04-05", "2026-09-06"],
    "Africa/Casablanca": ["2024-03-10", "2024-04-14"],
    "Asia/Beirut": ["2026-03-29", "2026-10-25"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "Asia/Kolkata": ["2026-03-08", "2026-11-01"],
    "Pacific/Apia": ["2011-12-30", "2012-04-01"],
}

EDGE_CRONS = [
    "0 * * * *",
    "30 * * * *",
    "*/15 * * * *",
    "0 0 * * *",
    "30 0 * * *",
    "0 1 * * *",
    "30 1 * * *",
    "0 2 * * *",
    "30 2 * * *",
    "15 2,3 * * *",
    "0 3 * * *",
    "0 */2 * * *",
    "0 */3 * * *",
    "0 1-3 * * *",
    "30 2 * * 0",
    "0 * * * 0",
    "*/30 * * * 0,1",
    "0 0-23 * * *",
]


def minutes_between(earlier, later):
    minutes = (later - earlier).total_seconds() / 60
    return int(minutes) if minutes == int(minutes) else minutes


def zone_tables():
    """Instants as minutes: of a walk, since the instant before; of an alignment, since `from`."""
    tables = []
    for zone, days in ZONES.items():
        for day in days:
            for cron in EDGE_CRONS:
                timetable = CronTriggerTimetable(cron, timezone=zone)
                start = pendulum.parse(day, tz=zone).subtract(hours=2).in_timezone(UTC)
                end = pendulum.parse(day, tz=zone).add(hours=30).in_timezone(UTC)
                table = {"zone": zone, "cron": cron, "from": iso(start), "to": iso(end), "next": [], "previous": [], "aligned": []}
                after, before = start, end
                for _ in range(16):
                    then = timetable._get_next(after)
                    table["next"].append(minutes_between(after, then))
                    after = then
                    then = timetable._get_prev(before)
                    table["previous"].append(minutes_between(before, then))
                    before = then
                for minutes in range(0, 12 * 60, 35):
                    when = start.add(minutes=minutes)
                    table["aligned"].append(
                        [
                            minutes,
                            minutes_between(start, timetable._align_to_next(when)),
                            minutes_between(start, timetable._align_to_prev(when)),
                        ]
                    )
                tables.append(table)
    return tables


CRONS = """
* * * * *|*/5 * * * *|0 0 * * *|5/15 * * * *|59/15 * * * *|10-50/15 * * * *|0 9-17 * * 1-5|0 0 1 * *|0 0 31 * *|0 0 29 2 *
0 0 1,15 * 3|0 0 13 * 5|0 0 */2 * 1|0 0 1-31 * 1|0 0 */1 * 1|0 0 * * 0-6|0 0 1 * 0-6|0 0 * * 7|0 0 * * 0|0 0 * * SUN
0 0 * JAN-MAR mon|0 0 * nov-feb *|0 0 * 11-2/2 *|0 0 * * fri-mon|0 0 * * fri-mon/2|0 0 * * 5-7|0 0 * * 1-7|0 0 * * 0-7|0 0 L * *
0 0 l 2 *|0 0 15,L * *|0 0 1-l * *|0 0 * * L5|0 0 * * l0|0 0 * * 2#3|0 0 * * tue#1|0 0 * * 5#5|0 0 * * 1#1,3#2|0 0 * * mon-wed#2
0 0 15W * *|0 0 1W * *|0 0 31W * *|0 0 W15 * *|0 0 15W * 1|0 0 13 * 5#2|0 0 ? * MON|0 0 1 * ?|0 0 5-5 * *|0 0 * 6-6 *|0 0 * dec/3 *
0 0 * 3/4 *|23 22 21 2 *|0 12 1 1 *|0 0 30 2 1|0 0 31 4,6,9,11 0|0 0 1 1 * 30|0 0 * * * */20|* * * * * *|*/10 * * * * 5-50/15|0 0 1 1 * 0 2027
0 0 29 2 * 0 2028-2090/4|0 0 1 */3 *|@hourly|@daily|@weekly|@monthly|@quarterly|@yearly|@midnight|@annually|@Daily|0 0,12 1 */2 *|1,2,3,1 * * * *
22-3 * * * *|50-10/7 * * * *|0 22-4 * * *|0 22-4/3 * * *|0 0 25-5 * *|0 0 25-5/2 * *|*/7 */5 */3 * *|0 0 * * 2-5/2|0 0 * * wed-tue|00 05 01 * *
0 0 * * */2|0 0 * * 6/2|0 0 */10 * */3|59 23 31 12 *|0 0 1 1-12 *|0-59 0-23 * * *|0 0 *,5 * 1|0 0 1 * *,3|0 0 28-31 * *|0 0 31 1-6 *
""".replace("\n", "|")
CRONS = [one.strip() for one in CRONS.split("|") if one.strip()]

BAD_CRONS = """
99 * * * *|* 24 * * *|* * 0 * *|* * 32 * *|* * * 13 *|* * * 0 *|* * * * 8|* * * *|* * * * * * * *|foo|@fortnightly|a * * * *|*/0 * * * *|1-99 * * * *
-5 * * * *|5- * * * *|* * ? ? *|? * * * *|* * * * 1#6|* * * * 1#0|* * * * 1,2#3|* * 15W,3 * *|* * 40W * *|1.5 * * * *|*/-1 * * * *|* * * foo *|* * * * mon-foo
 |1,,2 * * * *|* * L * L|1/2/3 * * * *|* * * * * 60|* * * * * 0 1969|h * * * *|0 0 * * #2|*5 * * * *
""".replace("\n", "|")
BAD_CRONS = [one for one in BAD_CRONS.split("|") if one != ""]


def walk(written, start, count=15):
    forward, backward = [], []
    expression = cron_presets.get(written, written)
    try:
        cron = croniter(expression, start_time=start)
        for _ in range(count):
            forward.append(cron.get_next(dt.datetime).strftime(WRITTEN))
    except CroniterBadDateError:
        forward.append(None)
    try:
        cron = croniter(expression, start_time=start)
        for _ in range(count):
            backward.append(cron.get_prev(dt.datetime).strftime(WRITTEN))
    except CroniterBadDateError:
        backward.append(None)
    return {"cron": written, "from": start.strftime(WRITTEN), "next": forward, "previous": backward}


def cron_tables():
    starts = [dt.datetime(2026, 1, 31, 12, 30, 17), dt.datetime(2026, 2, 28, 0, 0, 0), dt.datetime(2027, 12, 31, 23, 59, 59)]
    return [walk(expression, start) for expression in CRONS for start in starts]


def random_crons(count=400):
    """Expressions that nobody chose, to find what nobody thought of."""
    rng = random.Random(42)
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]

    def part(index):
        low, high = ranges[index]
        kind = rng.randrange(8)
        a, b = rng.randint(low, high), rng.randint(low, high)
        if kind <= 2:
            return "*"
        if kind == 3:
            return str(a)
        if kind == 4:
            return f"*/{rng.randint(1, max(2, high // 2))}"
        if kind == 5:
            return ",".join(str(rng.randint(low, high)) for _ in range(rng.randint(2, 4)))
        if kind == 6:
            return f"{a}-{b}"
        return f"{a}-{b}/{rng.randint(1, 6)}"

    tables = []
    while len(tables) < count:
        expression = " ".join(part(index) for index in range(5))
        start = dt.datetime(2026, 1, 1) + dt.timedelta(minutes=rng.randrange(3 * 365 * 24 * 60), seconds=rng.choice([0, 0, 31]))
        tables.append(walk(expression, start, 8))
    return tables


def bad_crons():
    answers = []
    for expression in BAD_CRONS:
        try:
            croniter(expression)
            answers.append({"cron": expression, "accepted": True})
        except Exception:
            answers.append({"cron": expression, "accepted": False})
    return answers


def schedule_specs():
    month = {"months": 1}
    return [
        {"kind": "none"},
        {"kind": "once"},
        {"kind": "continuous"},
        {"kind": "cron-trigger", "cron": "0 0 * * *", "timezone": "UTC"},
        {"kind": "cron-trigger", "cron": "30 21 * * 5", "timezone": "UTC"},
        {"kind": "cron-trigger", "cron": "@hourly", "timezone": "Europe/Berlin"},
        {"kind": "cron-trigger", "cron": "30 2 * * *", "timezone": "Europe/Berlin"},
        {"kind": "cron-trigger", "cron": "0 18 * * 1-5", "timezone": "America/New_York", "interval": 86400},
        {"kind": "cron-trigger", "cron": "0 0 * * *", "timezone": "UTC", "runImmediately": True},
        {"kind": "cron-trigger", "cron": "0 0 * * *", "timezone": "UTC", "runImmediately": 7200},
        {"kind": "cron-data-interval", "cron": "0 0 * * *", "timezone": "UTC"},
        {"kind": "cron-data-interval", "cron": "@hourly", "timezone": "Europe/Berlin"},
        {"kind": "cron-data-interval", "cron": "0 0 1 * *", "timezone": "Asia/Kolkata"},
        {"kind": "cron-data-interval", "cron": "30 2 * * *", "timezone": "America/New_York"},
        {"kind": "multiple-cron-trigger", "crons": ["0 0 * * *", "0 12 * * 1"], "timezone": "UTC"},
        {"kind": "multiple-cron-trigger", "crons": ["10 2,8-20 * * *", "40 2 29 2 *"], "timezone": "Europe/London", "interval": 3600},
        {"kind": "delta-trigger", "delta": 3600},
        {"kind": "delta-trigger", "delta": month, "interval": 600},
        {"kind": "delta-trigger", "delta": 90061},
        {"kind": "delta-data-interval", "delta": 86400},
        {"kind": "delta-data-interval", "delta": 5400},
        {"kind": "delta-data-interval", "delta": month},
        {"kind": "delta-data-interval", "delta": {"years": 1, "days": 1}},
        {"kind": "delta-data-interval", "delta": {"weeks": 2, "hours": 3}},
        {"kind": "events", "dates": ["2026-03-30T10:00:00+02:00", "2026-01-05T00:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"], "restrictToEvents": False},
        {"kind": "events", "dates": ["2026-03-30T10:00:00+02:00", "2026-01-05T00:00:00Z"], "restrictToEvents": True, "description": "two matches"},
        {"kind": "events", "dates": [], "restrictToEvents": True},
    ]


def delta_of(spec):
    return relativedelta(**spec) if isinstance(spec, dict) else dt.timedelta(seconds=spec)


def timetable_of(spec):
    kind = spec["kind"]
    if kind == "none":
        return NullTimetable()
    if kind == "once":
        return OnceTimetable()
    if kind == "continuous":
        return ContinuousTimetable()
    if kind in ("cron-trigger", "multiple-cron-trigger"):
        immediately = spec.get("runImmediately", False)
        if not isinstance(immediately, bool):
            immediately = dt.timedelta(seconds=immediately)
        more = {
            "timezone": spec["timezone"],
            "interval": dt.timedelta(seconds=spec.get("interval", 0)),
            "run_immediately": immediately,
        }
        if kind == "cron-trigger":
            return CronTriggerTimetable(spec["cron"], **more)
        return MultipleCronTriggerTimetable(*spec["crons"], **more)
    if kind == "cron-data-interval":
        return CronDataIntervalTimetable(spec["cron"], spec["timezone"])
    if kind == "delta-trigger":
        return DeltaTriggerTimetable(delta_of(spec["delta"]), interval=dt.timedelta(seconds=spec.get("interval", 0)))
    if kind == "delta-data-interval":
        return DeltaDataIntervalTimetable(delta_of(spec["delta"]))
    if kind == "events":
        return EventsTimetable(
            [at(one) for one in spec["dates"]], restrict_to_events=spec["restrictToEvents"], description=spec.get("description")
        )
    raise ValueError(kind)


def ask(timetable, last, now, start, end, catchup):
    with Frozen(now):
        try:
            info = timetable.next_dagrun_info(
                last_automated_data_interval=last, restriction=TimeRestriction(start, end, catchup)
            )
        except Exception as error:
            return {"error": type(error).__name__}, None
    if info is None:
        return None, None
    # Every timetable of time names a run by the start of its interval and starts it at the end.
    assert (info.logical_date, info.run_after) == tuple(info.data_interval)
    interval = DataInterval(*(pendulum.instance(one).in_timezone(UTC) for one in info.data_interval))
    return [iso(interval.start), iso(interval.end)], interval


NOWS = ["2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:15:30.250Z", "2026-10-25T01:30:00Z", "2026-06-15T12:00:00Z", "2026-11-01T06:00:00Z"]
STARTS = [None, "2026-01-01T00:00:00Z", "2026-03-28T22:17:00Z", "2027-01-01T09:00:00Z"]
ENDS = [None, "2026-03-29T12:00:00Z"]


def schedule_tables():
    tables = []
    for spec in schedule_specs():
        timetable = timetable_of(spec)
        cases = []
        for now in map(at, NOWS):
            for start in [None if one is None else at(one) for one in STARTS]:
                for end in [None if one is None else at(one) for one in ENDS]:
                    if end is not None and (start is None or start.year > 2026):
                        continue
                    for catchup in (True, False):
                        last, runs = None, []
                        for _ in range(3):
                            answer, interval = ask(timetable, last, now, start, end, catchup)
                            runs.append(answer)
                            if interval is None:
                                break
                            last = interval
                        cases.append({"now": iso(now), "start": iso(start), "end": iso(end), "catchup": catchup, "runs": runs})
        manual = []
        for now in map(at, NOWS):
            try:
                interval = timetable.infer_manual_data_interval(run_after=now)
                manual.append([iso(now), iso(interval.start), iso(interval.end)])
            except Exception:
                pass
        tables.append(
            {
                "spec": spec,
                "summary": timetable.summary,
                "description": timetable.description,
                "periodic": timetable.periodic,
                "canBeScheduled": timetable.can_be_scheduled,
                "activeRunsLimit": timetable.active_runs_limit,
                "cases": cases,
                "manual": manual,
            }
        )
    return tables


def run_ids():
    instants = ["2026-03-01T00:00:00Z", "2026-03-01T12:34:56.789Z", "2026-12-31T23:59:59.001Z", "1999-01-01T00:00:00.100Z"]
    rows = []
    for text in instants:
        when = at(text)
        for run_type in DagRunType:
            with_date = DagRun.generate_run_id(run_type=run_type, logical_date=when, run_after=when)
            without = DagRun.generate_run_id(run_type=run_type, logical_date=None, run_after=when)
            rows.append({"type": run_type.value, "runAfter": iso(when), "id": with_date, "prefix": without[:-8]})
    return rows


def descriptions():
    rows = []
    for cron in ["0 0 * * *", "30 21 * * 5", "*/5 * * * *", "0 9-17 * * 1-5", "0 0 1 * *", "@hourly", "@weekly", "@quarterly", "0 0 13 * 5", "15 2,3 * * *"]:
        rows.append({"cron": cron, "description": CronTriggerTimetable(cron, timezone="UTC").description})
    return rows


def main(path):
    answers = {
        "recordedFrom": {"airflow": airflow_version, "croniter": importlib.metadata.version("croniter"), "pendulum": pendulum.__version__},
        "zones": zone_tables(),
        "crons": cron_tables(),
        "randomCrons": random_crons(),
        "badCrons": bad_crons(),
        "schedules": schedule_tables(),
        "runIds": run_ids(),
        "descriptions": descriptions(),
    }
    # One table a line: a change of an answer is a change of one line.
    with open(path, "w") as file:
        file.write("{\n")
        sections = []
        for name, value in answers.items():
            if isinstance(value, list):
                lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in value)
                sections.append(f'"{name}": [\n{lines}\n]')
            else:
                sections.append(f'"{name}": {json.dumps(value)}')
        file.write(",\n".join(sections) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
