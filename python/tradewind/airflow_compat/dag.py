"""DAG, with every argument that Airflow 2 or 3 takes."""

from __future__ import annotations

import copy
import itertools
import os
from typing import Any, Dict, Iterable, List, Optional, Set

from tradewind import era, time_values

from . import dag_arguments as arguments
from .call_site import call_site
from .current import DagContext, TaskGroupContext
from .dag_runs import DagRuns
from .exceptions import AirflowDagCycleException, DuplicateTaskIdFound, FailFastDagInvalidTriggerRule, TaskNotFound
from .node import validate_key
from .not_set import NOTSET
from .param import DagParam, ParamsDict
from .taskgroup import TaskGroup
from .timetables import PRESETS, timetable_of

_sequence = itertools.count()

__all__ = ["DAG", "DagContext", "dag"]


class DAG(DagRuns):
    """A set of tasks and when to run them."""

    def __init__(
        self,
        dag_id: str = NOTSET,  # type: ignore[assignment]
        description: Optional[str] = None,
        schedule: Any = NOTSET,
        schedule_interval: Any = NOTSET,
        timetable: Any = NOTSET,
        start_date: Any = None,
        end_date: Any = None,
        full_filepath: Optional[str] = None,
        template_searchpath: Any = None,
        template_undefined: Any = None,
        user_defined_macros: Optional[Dict[str, Any]] = None,
        user_defined_filters: Optional[Dict[str, Any]] = None,
        default_args: Optional[Dict[str, Any]] = None,
        concurrency: Optional[int] = None,
        max_active_tasks: int = 16,
        max_active_runs: Any = NOTSET,
        max_consecutive_failed_dag_runs: int = 0,
        dagrun_timeout: Any = None,
        deadline: Any = None,
        sla_miss_callback: Any = None,
        default_view: Any = None,
        orientation: Any = None,
        catchup: Any = NOTSET,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        doc_md: Optional[str] = None,
        params: Any = None,
        access_control: Any = None,
        is_paused_upon_creation: Optional[bool] = None,
        jinja_environment_kwargs: Optional[Dict[str, Any]] = None,
        render_template_as_native_obj: bool = False,
        tags: Any = None,
        owner_links: Optional[Dict[str, str]] = None,
        auto_register: bool = True,
        fail_fast: bool = False,
        fail_stop: Optional[bool] = None,
        allowed_run_types: Any = None,
        dag_display_name: Optional[str] = None,
        disable_bundle_versioning: Any = None,
        rerun_with_latest_version: Any = None,
        **unknown: Any,
    ) -> None:
        arguments.refuse_unknown(unknown)
        if dag_id is NOTSET:
            raise TypeError("DAG needs a dag_id")
        validate_key(dag_id)
        self.dag_id = dag_id
        self.sequence = next(_sequence)
        self.era = era.current()
        path, self.line = call_site()
        self.fileloc = full_filepath or path or ""
        self.description = description
        self.default_args = copy.copy(default_args or {})
        if not isinstance(self.default_args, dict):
            raise TypeError(f"default_args of Dag '{dag_id}' must be a dict, got {type(default_args).__name__}")
        arguments.check_default_args(self.default_args, self.line)
        self.params = self._params(params)
        self._dates(start_date, end_date)
        self.schedule = arguments.schedule_of(schedule, schedule_interval, timetable)
        self.timetable = timetable_of(self.schedule, self.timezone, self.era, dag_id)
        self._templates(template_searchpath, template_undefined, user_defined_macros, user_defined_filters)
        self.jinja_environment_kwargs = jinja_environment_kwargs
        self.render_template_as_native_obj = render_template_as_native_obj
        if concurrency is not None:
            era.warn("concurrency", "DAG(concurrency=…) is max_active_tasks=… in newer Airflow", self.line)
            max_active_tasks = concurrency
        self.max_active_tasks = arguments.whole_number("max_active_tasks", max_active_tasks, dag_id)
        self._set_max_active_runs(max_active_runs)
        self.max_consecutive_failed_dag_runs = arguments.whole_number(
            "max_consecutive_failed_dag_runs", max_consecutive_failed_dag_runs or 0, dag_id
        )
        self.dagrun_timeout = arguments.timeout(dagrun_timeout, dag_id)
        self.deadline = deadline
        for name, value in (
            ("sla_miss_callback", sla_miss_callback),
            ("default_view", default_view),
            ("orientation", orientation),
        ):
            if value is not None:
                era.warn(name, f"DAG({name}=…) was removed from Airflow 3 and has no effect here", self.line)
        self.sla_miss_callback = sla_miss_callback
        self.catchup = (self.era == 2) if catchup is NOTSET or catchup is None else bool(catchup)
        self.on_success_callback = on_success_callback
        self.on_failure_callback = on_failure_callback
        self.doc_md = self._doc(doc_md)
        self.access_control = access_control
        self.is_paused_upon_creation = is_paused_upon_creation
        self.tags: Set[str] = set(arguments.tag_list(tags))
        self.owner_links = arguments.owner_links(owner_links, dag_id)
        self.auto_register = auto_register
        self.fail_fast = bool(fail_fast or fail_stop)
        self.allowed_run_types = allowed_run_types
        self._dag_display_name = dag_display_name
        self.disable_bundle_versioning = disable_bundle_versioning
        self.is_subdag = False
        self.task_dict: Dict[str, Any] = {}
        self.edge_info: Dict[str, Dict[str, Dict[str, Any]]] = {}
        self.task_group = TaskGroup.create_root(self)

    # --- arguments ------------------------------------------------------------------

    def _params(self, params: Any) -> ParamsDict:
        merged = ParamsDict(self.default_args.pop("params", None))
        merged.update(ParamsDict(params) if params else {})
        return merged

    def _dates(self, start_date: Any, end_date: Any) -> None:
        """The Dag's zone is that of its start date, as in Airflow."""
        start = time_values.as_datetime(start_date, f"start_date of Dag '{self.dag_id}'")
        own = time_values.as_datetime(self.default_args.get("start_date"), "default_args['start_date']")
        tz = next((date.tzinfo for date in (start, own) if date is not None and date.tzinfo is not None), None)
        self.timezone = time_values.zone_of(tz) if tz is not None else time_values.UTC
        self.start_date = start or own
        end = time_values.as_datetime(end_date, f"end_date of Dag '{self.dag_id}'")
        self.end_date = end or time_values.as_datetime(self.default_args.get("end_date"), "default_args['end_date']")
        for name, date in (("start_date", self.start_date), ("end_date", self.end_date)):
            if date is not None and date.tzinfo is None:
                setattr(self, name, date.replace(tzinfo=self.timezone))
        if self.start_date is not None and own is not None and "start_date" in self.default_args:
            self.default_args["start_date"] = own if own.tzinfo else own.replace(tzinfo=self.timezone)

    def _templates(self, searchpath: Any, undefined: Any, macros: Any, filters: Any) -> None:
        if isinstance(searchpath, (str, os.PathLike)):
            searchpath = [searchpath]
        self.template_searchpath = None if searchpath is None else [os.fspath(path) for path in searchpath]
        self.template_undefined = undefined
        self.user_defined_macros = macros
        self.user_defined_filters = filters

    def _set_max_active_runs(self, value: Any) -> None:
        continuous = self.timetable.spec_kind == "continuous"
        if value is NOTSET or value is None:
            value = 1 if continuous else 16
        self.max_active_runs = arguments.whole_number("max_active_runs", value, self.dag_id)
        if continuous and self.max_active_runs > 1:
            raise ValueError(
                f"Invalid max_active_runs: ContinuousTimetable requires max_active_runs <= 1 (Dag '{self.dag_id}')"
            )

    def _doc(self, doc_md: Optional[str]) -> Optional[str]:
        if doc_md is None or not doc_md.endswith(".md"):
            return doc_md
        for folder in (os.path.dirname(self.fileloc), ""):
            path = os.path.join(folder, doc_md)
            if os.path.isfile(path):
                with open(path, encoding="utf-8") as file:
                    return file.read()
        return doc_md

    # --- names --------------------------------------------------------------------

    @property
    def dag_display_name(self) -> str:
        return self._dag_display_name or self.dag_id

    @property
    def _dag_id(self) -> str:
        return self.dag_id

    @property
    def safe_dag_id(self) -> str:
        return self.dag_id.replace(".", "__dot__")

    @property
    def filepath(self) -> str:
        return self.fileloc

    @property
    def folder(self) -> str:
        return os.path.dirname(self.fileloc)

    @property
    def schedule_interval(self) -> Any:
        return self.schedule

    @property
    def normalized_schedule_interval(self) -> Any:
        """A preset as its cron expression."""
        return PRESETS.get(self.schedule, self.schedule) if isinstance(self.schedule, str) else self.schedule

    @property
    def concurrency(self) -> int:
        return self.max_active_tasks

    @property
    def task_count(self) -> int:
        return len(self.task_dict)

    @property
    def owner(self) -> str:
        return ", ".join(sorted({task.owner for task in self.tasks}))

    @property
    def deadline_callbacks(self) -> List[Any]:
        """By the index that the Dag's data names."""
        return [alert.callback for alert in self.deadlines]

    @property
    def deadlines(self) -> List[Any]:
        if self.deadline is None:
            return []
        return list(self.deadline) if isinstance(self.deadline, (list, tuple)) else [self.deadline]

    @property
    def has_on_success_callback(self) -> bool:
        return self.on_success_callback is not None

    @property
    def has_on_failure_callback(self) -> bool:
        return self.on_failure_callback is not None

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, memo: dict) -> "DAG":
        # Operators hold their Dag; a copy of one must not copy all others.
        return self

    # --- tasks ----------------------------------------------------------------------

    def __enter__(self) -> "DAG":
        DagContext.push(self)
        return self

    def __exit__(self, *_: Any) -> None:
        DagContext.pop()

    def add_task(self, task: Any) -> None:
        """Raises DuplicateTaskIdFound."""
        present = self.task_dict.get(task.task_id)
        if present is task:
            return
        if present is not None:
            raise DuplicateTaskIdFound(f"Task id '{task.task_id}' has already been added to the DAG")
        if task.task_id in self.task_group.used_group_ids:
            raise DuplicateTaskIdFound(f"Task id '{task.task_id}' has already been added to the DAG as a task group")
        if self.fail_fast and str(task.trigger_rule) not in ("all_success", "all_done_setup_success"):
            raise FailFastDagInvalidTriggerRule(
                f"A 'fail_fast' Dag can only have all_success trigger rules; task '{task.task_id}' has {task.trigger_rule}"
            )
        self.task_dict[task.task_id] = task
        if task.dag is None:
            task.dag = self
        if task.task_group is None:
            group = TaskGroupContext.get_current(self) if DagContext.get_current() is self else self.task_group
            (group or self.task_group).add(task)

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.add_task(task)

    def _remove_task(self, task_id: str) -> None:
        task = self.task_dict.pop(task_id)
        if task.task_group is not None:
            task.task_group.children.pop(task_id, None)

    @property
    def tasks(self) -> List[Any]:
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> List[str]:
        return list(self.task_dict)

    @property
    def roots(self) -> List[Any]:
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> List[Any]:
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def teardowns(self) -> List[Any]:
        return [task for task in self.tasks if task.is_teardown]

    @property
    def task_group_dict(self) -> Dict[str, Any]:
        return {key: group for key, group in self.task_group.get_task_group_dict().items() if key is not None}

    def has_task(self, task_id: str) -> bool:
        return task_id in self.task_dict

    def has_task_group(self, group_id: str) -> bool:
        return group_id in self.task_group_dict

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        if task_id in self.task_dict:
            return self.task_dict[task_id]
        raise TaskNotFound(f"Task {task_id} not found")

    def __getitem__(self, task_id: str) -> Any:
        return self.get_task(task_id)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> Dict[str, Any]:
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: Dict[str, Any]) -> None:
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def topological_sort(self, **_: Any) -> List[Any]:
        """Every task after all of its upstream. Raises AirflowDagCycleException with the cycle."""
        waiting = {task.task_id: len(task.upstream_task_ids) for task in self.tasks}
        ready = [task for task in self.tasks if not waiting[task.task_id]]
        order: List[Any] = []
        while ready:
            task = ready.pop(0)
            order.append(task)
            for after in task.downstream_task_ids:
                waiting[after] -= 1
                if waiting[after] == 0:
                    ready.append(self.task_dict[after])
        if len(order) < len(waiting):
            raise AirflowDagCycleException(f"Cycle detected in Dag {self.dag_id}: {' → '.join(self._cycle(waiting))}")
        return order

    def _cycle(self, waiting: Dict[str, int]) -> List[str]:
        stuck = {task_id for task_id, count in waiting.items() if count > 0}
        path = [min(stuck, key=list(self.task_dict).index)]
        while True:
            before = next(one for one in self.task_dict[path[-1]].upstream_task_ids if one in stuck)
            if before in path:
                return [before, *reversed(path[path.index(before) :])]
            path.append(before)

    def check_cycle(self) -> None:
        self.topological_sort()

    @property
    def task(self) -> Any:
        """`@dag.task`: TaskFlow with this Dag given."""
        from .decorators import TaskDecoratorCollection

        return TaskDecoratorCollection(dag=self)

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        return DagParam(current_dag=self, name=name, default=default)

    def validate(self) -> None:
        self.topological_sort()

    def partial_subset(
        self,
        task_ids: Any = None,
        include_downstream: bool = False,
        include_upstream: bool = True,
        include_direct_upstream: bool = False,
        **more: Any,
    ) -> "DAG":
        from .dag_subset import partial_subset

        wanted = more.get("task_ids_or_regex", task_ids)
        return partial_subset(self, wanted, include_downstream, include_upstream, include_direct_upstream)

    sub_dag = partial_subset

    def get_template_env(self, *, force_sandboxed: bool = False) -> Any:
        from tradewind.templates import dag_environment

        return dag_environment(self, False if force_sandboxed else None)

    def resolve_template_files(self) -> None:
        for task in self.tasks:
            task.resolve_template_files()

    def clear(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError(f"dag.clear() is not there; use `tradewind tasks clear {self.dag_id}`")

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the Dag once in this process, task by task, without a scheduler."""
        from tradewind.dag_test import run_dag

        return run_dag(self, *args, **kwargs)

    def cli(self) -> None:
        """`python my_dag.py test 2024-01-01` and kin."""
        from tradewind.dag_cli import main

        main(self)

    def run(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("dag.run() is Airflow 1's; use dag.test()")

    @property
    def subdags(self) -> List[Any]:
        return []


def dag(*args: Any, **kwargs: Any) -> Any:
    """The decorator; it stands in `dag_decorator`."""
    from .dag_decorator import dag as decorator

    return decorator(*args, **kwargs)
