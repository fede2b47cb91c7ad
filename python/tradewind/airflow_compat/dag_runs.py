"""What a Dag tells of its runs and times, asked of the scheduler: methods of Airflow 1 and 2's DAG."""

from __future__ import annotations

import datetime
from typing import Any, Iterator, List, Optional

from .. import client, time_values
from ..dag_run import DagRun, runs_of
from .timetables import DagRunInfo, DataInterval, TimeRestriction


class DagRuns:
    """Mixed into DAG."""

    dag_id: str
    timetable: Any
    start_date: Any
    end_date: Any

    def get_last_dagrun(self, session: Any = None, include_externally_triggered: bool = False, **_: Any) -> Optional[DagRun]:
        """The newest by its logical date; without manual ones unless they are asked for."""
        runs = [run for run in runs_of(self.dag_id, None) if include_externally_triggered or not run.external_trigger]
        return runs[-1] if runs else None

    def has_dag_runs(self, session: Any = None, include_externally_triggered: bool = True) -> bool:
        return self.get_last_dagrun(include_externally_triggered=include_externally_triggered) is not None

    def get_dagrun(self, execution_date: Any = None, run_id: Optional[str] = None, session: Any = None, **_: Any) -> Optional[DagRun]:
        found = DagRun.find(dag_id=self.dag_id, run_id=run_id, execution_date=execution_date)
        return found[-1] if found else None

    def get_dagruns_between(self, start_date: Any, end_date: Any, session: Any = None) -> List[DagRun]:
        return DagRun.find(dag_id=self.dag_id, execution_start_date=start_date, execution_end_date=end_date)

    def get_active_runs(self, session: Any = None) -> List[datetime.datetime]:
        """Logical dates of those that run."""
        return [run.logical_date for run in runs_of(self.dag_id, "running")]

    def get_num_active_runs(self, external_trigger: Optional[bool] = None, only_running: bool = True, session: Any = None) -> int:
        states = ["running"] if only_running else ["running", "queued"]
        return sum(1 for run in runs_of(self.dag_id, states) if external_trigger is None or run.external_trigger is external_trigger)

    def get_latest_execution_date(self, session: Any = None) -> Any:
        dates = [run.logical_date for run in runs_of(self.dag_id, None) if run.logical_date is not None]
        return max(dates) if dates else None

    @property
    def latest_execution_date(self) -> Any:
        return self.get_latest_execution_date()

    def get_is_paused(self, session: Any = None) -> Optional[bool]:
        """None where nobody can be asked, or the scheduler does not know the Dag."""
        answer = client.request("dag.get", dagId=self.dag_id) if client.connected() else None
        return None if answer is None else bool(answer["isPaused"])

    @property
    def is_paused(self) -> Optional[bool]:
        return self.get_is_paused()

    # --- times ------------------------------------------------------------------

    def following_schedule(self, dttm: Any) -> Any:
        """The logical date after this one; None where there is none."""
        last = self._interval_before(dttm)
        while last is not None:
            info = self._next(last)
            if info is None or info.logical_date > dttm:
                return None if info is None else info.logical_date
            last = info.data_interval
        return None

    def previous_schedule(self, dttm: Any) -> Any:
        """The logical date before this one."""
        before = self._interval_before(dttm)
        if before is None:
            return None
        return before.start if before.end >= dttm else before.end

    def next_dagrun_info(self, last_automated_dagrun: Any, *, restricted: bool = True) -> Optional[DagRunInfo]:
        """The run after that of this interval, within the Dag's dates where `restricted`."""
        restriction = TimeRestriction(self.start_date, self.end_date, True) if restricted else None
        return self._next(last_automated_dagrun, restriction)

    def iter_dagrun_infos_between(self, earliest: Any, latest: Any, *, align: bool = True) -> Iterator[DagRunInfo]:
        """Runs that the schedule makes from the one date to the other, both included."""
        first = earliest or self.start_date
        restriction = TimeRestriction(time_values.as_datetime(first, "earliest"), time_values.as_datetime(latest, "latest"), True)
        info = self._next(None, restriction)
        while info is not None and info.logical_date <= restriction.latest:
            yield info
            info = self._next(info.data_interval, restriction)

    def get_run_dates(self, start_date: Any, end_date: Any = None, **_: Any) -> List[datetime.datetime]:
        return [info.logical_date for info in self.iter_dagrun_infos_between(start_date, end_date or time_values.utcnow())]

    date_range = get_run_dates

    def _interval_before(self, dttm: Any) -> Optional[DataInterval]:
        """The last interval that was over at the date; None for a Dag without a schedule."""
        if not self.timetable.can_be_scheduled:
            return None
        return self.timetable.infer_manual_data_interval(run_after=time_values.as_datetime(dttm, "dttm"))

    def _next(self, last: Optional[DataInterval], restriction: Optional[TimeRestriction] = None) -> Optional[DagRunInfo]:
        anytime = TimeRestriction(earliest=None, latest=None, catchup=True)
        return self.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction or anytime)
