"""The arguments of DAG, of both eras: what they are called now and what is wrong with a value."""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, Iterable, List, Optional

from tradewind import era
from tradewind.suggest import did_you_mean, unknown_argument

from .exceptions import AirflowException
from .not_set import NOTSET

NAMES = (
    "dag_id",
    "description",
    "schedule",
    "schedule_interval",
    "timetable",
    "start_date",
    "end_date",
    "full_filepath",
    "template_searchpath",
    "template_undefined",
    "user_defined_macros",
    "user_defined_filters",
    "default_args",
    "concurrency",
    "max_active_tasks",
    "max_active_runs",
    "max_consecutive_failed_dag_runs",
    "dagrun_timeout",
    "deadline",
    "sla_miss_callback",
    "default_view",
    "orientation",
    "catchup",
    "on_success_callback",
    "on_failure_callback",
    "doc_md",
    "params",
    "access_control",
    "is_paused_upon_creation",
    "jinja_environment_kwargs",
    "render_template_as_native_obj",
    "tags",
    "owner_links",
    "auto_register",
    "fail_fast",
    "fail_stop",
    "allowed_run_types",
    "dag_display_name",
    "disable_bundle_versioning",
    "rerun_with_latest_version",
)

ONLY_OF_DAGS = {
    "schedule_interval",
    "schedule",
    "catchup",
    "tags",
    "max_active_runs",
    "max_active_tasks",
    "concurrency",
    "dagrun_timeout",
    "description",
    "is_paused_upon_creation",
}


def refuse_unknown(given: Iterable[str]) -> None:
    for name in given:
        raise TypeError(unknown_argument("DAG", name, NAMES))


def schedule_of(schedule: Any, schedule_interval: Any, timetable: Any) -> Any:
    """The one schedule; each era's default when none is given. Raises ValueError for two."""
    given = {
        name: value
        for name, value in (("schedule", schedule), ("schedule_interval", schedule_interval), ("timetable", timetable))
        if value is not NOTSET
    }
    if timetable is None:
        given.pop("timetable", None)
    if len(given) > 1:
        raise ValueError(f"At most one of schedule, schedule_interval and timetable may be given, got {' and '.join(given)}")
    if "schedule_interval" in given:
        era.warn("schedule_interval", "DAG(schedule_interval=…) is schedule=… in newer Airflow")
    elif "timetable" in given:
        era.warn("timetable", "DAG(timetable=…) is schedule=… in newer Airflow")
    if given:
        return next(iter(given.values()))
    return datetime.timedelta(days=1) if era.current() == 2 else None


def check_default_args(default_args: Dict[str, Any], line: Optional[int]) -> None:
    """Says what Airflow ignores in silence: arguments of the Dag, and words that look like an argument."""
    from .operator_arguments import DEFAULTS, DROPPED, RENAMED

    known = set(DEFAULTS) | set(RENAMED) | DROPPED | {"dag", "params", "pre_execute", "post_execute"}
    for name in default_args:
        if name in known:
            continue
        if name in ONLY_OF_DAGS:
            message = f'default_args["{name}"] is ignored, as in Airflow: it is an argument of DAG(...)'
        elif name == "email_on_success":
            message = 'default_args["email_on_success"] is ignored, as in Airflow: there is no such argument'
        else:
            near = did_you_mean(name, DEFAULTS)
            if near is None:
                continue
            message = f'default_args["{name}"] is ignored: did you mean {near}?'
        era.warn(f"default_args.{name}", message, line)


def tag_list(tags: Any) -> List[str]:
    if tags is None:
        return []
    if isinstance(tags, str):
        raise TypeError(f'tags must be a list of strings, got "{tags}"')
    found = [str(tag) for tag in tags]
    for tag in found:
        if len(tag) > 100:
            raise AirflowException(f"tag cannot be longer than 100 characters: {tag}")
    return found


def whole_number(name: str, value: Any, dag_id: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"'{name}' of Dag '{dag_id}' must be an int, got {type(value).__name__}: {value!r}")
    return value


def timeout(value: Any, dag_id: str) -> Optional[datetime.timedelta]:
    if value is None or isinstance(value, datetime.timedelta):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.timedelta(seconds=value)
    raise TypeError(f"'dagrun_timeout' of Dag '{dag_id}' must be a timedelta, got {value!r}")


_LINK = re.compile(r"^(https?://|mailto:)")


def owner_links(links: Optional[Dict[str, str]], dag_id: str) -> Dict[str, str]:
    for owner, link in (links or {}).items():
        if not isinstance(link, str) or not _LINK.match(link):
            raise AirflowException(f"Bad formatted link for owner '{owner}' of Dag '{dag_id}': {link}")
    return dict(links or {})
