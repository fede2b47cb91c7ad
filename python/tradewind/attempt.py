"""One attempt from start message to result: inputs, templates, callbacks, `execute`, values out (src/runtime/run-attempt.ts)."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import signal
import threading
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from . import lineage, listeners, run_folder, step_cache, xcom_backend
from .airflow_compat.assets import BaseAsset
from .airflow_compat.constants import TaskInstanceState
from .attempt_values import AttemptValues
from .code_version import texts_of
from .error_info import describe_error, message_of, stack_of
from .errors import TradewindError
from .supervisor import Supervisor
from .plugin_loader import extra_links
from .start_trigger import wait_for_start_trigger
from .task_instance import RETURN_KEY, TaskInstance
from .typescript_call import ForeignResult
from .xcom import ValueStore, decode_json, encode_json, encode_value

log = logging.getLogger("airflow.task")

LONGEST_FIELD = 4096
TRIGGER_FAIL_REPR = "__fail__"

Result = Dict[str, Any]


class TaskCancelled(BaseException):
    """The supervisor told the task to end. No `except Exception` of user code stops it."""

    code = "TW_TASK_CANCELLED"


class Interruption:
    """Whether and why the attempt shall end. TaskCancelled is raised only while it is `open`: while user code runs."""

    def __init__(self) -> None:
        self.reason: Optional[str] = None
        self.open = False


class ExecutionTimeout(BaseException):
    """`execution_timeout` is over, where the authoring side has no exception of its own for it."""


class Attempt:
    """Runs once. A cancellation from before it is looked at, later ones come as TaskCancelled."""

    def __init__(self, start: Dict[str, Any], dag: Any, supervisor: Supervisor, interruption: Interruption) -> None:
        start = dated(start, dag)
        self.start = start
        self.dag = dag
        self.supervisor = supervisor
        self.interruption = interruption
        store = ValueStore(start["task"], start["artifactRoot"], start["xcomInlineLimit"])
        self.store = store
        self.values = AttemptValues(start, supervisor, store)
        self.task: Any = None
        self.ti: Optional[TaskInstance] = None
        self.context: Any = None
        self.outputs: List[Dict[str, Any]] = []
        self.size: Dict[str, Any] = {}

    def run(self) -> Dict[str, Any]:
        """The fields of a result message; raises nothing that user code did."""
        lineage.begin()
        try:
            result = self._run()
        except BaseException as error:
            result = result_of_raised(error)
        pushed = [{"key": key, "value": value} for key, value in self.values.pushed.items()]
        told = lineage.told()
        uses = {"uses": told} if told else {}
        if result["outcome"] != "success":
            return {"result": result, "xcoms": pushed, **uses}
        looked = {} if self.start.get("cache") is None else {"looked": self.context.looked}
        return {"result": result, "xcoms": [*pushed, *self.outputs], **self.size, **uses, **looked}

    def _run(self) -> Result:
        self._prepare()
        if (self.start.get("context") or {}).get("renderOnly"):
            self._render()
            return {"outcome": "success"}
        marker = listeners.TaskRunnerMarker()
        listeners.call("on_starting", component=marker)
        try:
            return self._run_task()
        finally:
            listeners.call("before_stopping", component=marker)

    def _run_task(self) -> Result:
        raised: Optional[BaseException] = None
        try:
            self.interruption.open = True
            result = self._work()
            self.interruption.open = False
        except BaseException as error:
            self.interruption.open = False
            raised = error
            result = self._by_policy(result_of_raised(error), error)
            if isinstance(error, (TaskCancelled, ExecutionTimeout)) or _is_a(error, "AirflowTaskTimeout"):
                self._kill()
            hint = run_folder.explain(error)
            if hint is not None:
                log.error("%s", hint)
        self._after(result, raised)
        return result

    def _prepare(self) -> None:
        from .context import build_context, set_current

        run_folder.enter_of(self.start, texts_of(self.start["code"]))
        task_id = self.start["task"]["taskId"]
        task = self.dag.task_dict.get(task_id)
        if task is None:
            known = ", ".join(list(self.dag.task_dict)[:20])
            raise TradewindError(
                "TW_TASK_NOT_IN_DAG",
                f'expected task "{task_id}" in Dag "{self.dag.dag_id}" of {self.start["code"]["relativeFile"]}, it defines {known}',
            )
        self.ti = TaskInstance(self.start, task, self.values)
        self.context = build_context(self.start, self.dag, task, self.ti, self.supervisor)
        self.ti.context = self.context
        set_current(self.context)
        self.task = task

    def _work(self) -> Result:
        if self.interruption.reason is not None:
            raise TaskCancelled(self.interruption.reason)
        self._render()
        resume, ti = self.start.get("resume"), self.ti
        cached = self._cached()
        if cached is not None:
            return cached
        listeners.call("on_task_instance_running", previous_state=TaskInstanceState.QUEUED, task_instance=ti, session=None)
        self._call_all(self.task.on_execute_callback, self.context, "on_execute_callback")
        with execution_timeout(self.start["executionTimeout"], self.task.task_id):
            value = self._execute(resume)
        return self._accept(value)

    def _cached(self) -> Optional[Result]:
        """What an earlier attempt ended with, where the key's function gives what it gave then."""
        if not (self.start.get("cache") or {}).get("ask"):
            return None
        found = step_cache.look(self.task, self.context, self.supervisor)
        if found is None:
            return None
        values = {one["key"]: one["value"] for one in found["xcoms"]}
        result: Result = {"outcome": "success", **{name: found[name] for name in ("skip", "outletEvents") if name in found}}
        if RETURN_KEY in values:
            result["value"] = values.pop(RETURN_KEY)
        self.outputs = [{"key": key, "value": value} for key, value in values.items()]
        self.size = {name: found[name] for name in ("length", "keys") if name in found}
        return result

    def _render(self) -> None:
        ti = self.ti
        assert ti is not None
        self.task = ti.task = self.context["task"] = self.task.resolve_inputs(self.context)
        self.task.render_template_fields(self.context)
        if self.start.get("resume") is None:
            self._publish_rendered()

    def _execute(self, resume: Optional[Dict[str, Any]]) -> Any:
        task, context = self.task, self.context
        try:
            if resume is None:
                wait_for_start_trigger(task, context)
                task.pre_execute(context)
                value = task.execute(context)
            else:
                value = self._resume(resume)
            task.post_execute(context, value)
            return value
        except SystemExit as error:
            # As in Airflow: `sys.exit()` and `sys.exit(0)` in a task are a success.
            if error.code in (None, 0):
                return None
            raise
        finally:
            if getattr(task, "overwrite_rtif_after_execution", False):
                # What it renders it makes only while it runs, also when it fails then.
                self._publish_rendered()

    def _resume(self, resume: Dict[str, Any]) -> Any:
        if resume.get("error") is not None:
            return self.task.resume_execution(TRIGGER_FAIL_REPR, {"error": resume["error"]}, self.context)
        kwargs = {key: decode_json(value) for key, value in resume["kwargs"].items()}
        kwargs["event"] = decode_json(resume["event"])
        return self.task.resume_execution(resume["method"], kwargs, self.context)

    def _accept(self, value: Any) -> Result:
        result: Result = {"outcome": "success"}
        ti = self.ti
        assert ti is not None
        if ti.skip_request is not None:
            result["skip"] = ti.skip_request
        if value is not None and self.task.do_xcom_push:
            if isinstance(value, ForeignResult):
                result["value"], self.size = value.value, value.size
                return result
            encoded = encode_value(self._stored(value, RETURN_KEY), RETURN_KEY, f"the result of task {ti.task_id}", self.store)
            if getattr(self.task, "multiple_outputs", False):
                self._push_outputs(value)
            result["value"] = encoded
            self.size = _size_of(value, self.dag)
        events = getattr(self.context, "outlet_event_records", None)
        records = events() if callable(events) else []
        if records:
            result["outletEvents"] = records
        self._label(value)
        return result

    def _stored(self, value: Any, key: str) -> Any:
        return xcom_backend.store(value, key, self.start["task"])

    def _push_outputs(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise TradewindError("TW_XCOM_VALUE", f"expected a dict from a task with multiple_outputs, got {type(value).__name__}")
        for key, item in value.items():
            if not isinstance(key, str):
                raise TradewindError("TW_XCOM_VALUE", f"expected keys of multiple_outputs to be str, got {key!r}")
            self.outputs.append({"key": key, "value": encode_value(self._stored(item, key), key, f"the result at {key}", self.store)})

    def _publish_rendered(self) -> None:
        """Not waited for: the order of messages puts it before the result."""
        fields = {}
        for name in getattr(self.task, "template_fields", None) or ():
            value = getattr(self.task, name, None)
            if value is not None and value != () and value != [] and value != {}:
                fields[name] = _shown(value)
        label = self._render_label()
        if fields or label is not None:
            params: Dict[str, Any] = {"fields": fields}
            if label is not None:
                params["mapIndexLabel"] = label
            self.supervisor.tell_request("rendered-fields.set", params)

    def _render_label(self) -> Optional[str]:
        ti, template = self.ti, getattr(self.task, "map_index_template", None)
        assert ti is not None
        if not template or ti.map_index < 0:
            return None
        try:
            label = self.task.render_template(template, self.context)
        except Exception:
            # It may name what the task itself puts into the context.
            return None
        ti.rendered_map_index = str(label)[:250]
        return ti.rendered_map_index

    def _label(self, _value: Any) -> None:
        before = self.ti.rendered_map_index if self.ti is not None else None
        after = self._render_label()
        if after is not None and after != before:
            self.supervisor.tell_request("rendered-fields.set", {"fields": {}, "mapIndexLabel": after})

    def _by_policy(self, result: Result, error: BaseException) -> Result:
        """A `retry_policy` may end the retries of a failure, or say when the next one is; it is not asked where there are none anyway."""
        policy = getattr(self.task, "retry_policy", None)
        ti = self.ti
        if policy is None or ti is None or result["outcome"] != "failed" or not result["retryable"] or ti.try_number > ti.max_tries:
            return result
        from .airflow_compat.retry_policy import RetryAction, decide

        decision = decide(policy, error, ti, self.context)
        if decision.action is RetryAction.FAIL:
            return {**result, "retryable": False}
        if decision.action is RetryAction.RETRY and decision.retry_delay is not None:
            return {**result, "retryDelay": max(0.0, decision.retry_delay.total_seconds())}
        return result

    def _kill(self) -> None:
        try:
            self.task.on_kill()
        except BaseException as error:
            log.error("on_kill failed: %s", message_of(error), exc_info=True)

    def _after(self, result: Result, raised: Optional[BaseException]) -> None:
        """Calls what the outcome asks for. A callback that fails is logged and changes nothing."""
        outcome, task, ti = result["outcome"], self.task, self.ti
        assert ti is not None
        ti.end_date = dt.datetime.now(dt.timezone.utc)
        ti.duration = (ti.end_date - ti.start_date).total_seconds() if ti.start_date else None
        if outcome in ("success", "failed"):
            self._push_links()
        if outcome == "success":
            ti.state = "success"
            self._hear("success")
            for _, asset in (pair for outlet in task.outlets or [] if isinstance(outlet, BaseAsset) for pair in outlet.iter_assets()):
                listeners.call("on_asset_changed", asset=asset)
            return self._call_all(task.on_success_callback, self.context, "on_success_callback")
        if outcome == "skipped":
            ti.state = "skipped"
            self._hear("skipped")
            return self._call_all(getattr(task, "on_skipped_callback", None), self.context, "on_skipped_callback")
        if outcome != "failed":
            return
        again = result["retryable"] and ti.try_number <= ti.max_tries
        ti.state = "up_for_retry" if again else "failed"
        self.context["exception"] = raised
        self.context["reason"] = result["error"]["message"]
        self._hear("failed", error=raised)
        name = "on_retry_callback" if again else "on_failure_callback"
        self._call_all(getattr(task, name), self.context, name)
        if getattr(task, "email", None) and getattr(task, "email_on_retry" if again else "email_on_failure", False):
            self._mail(raised, again)

    def _hear(self, what: str, **more: Any) -> None:
        hook = f"on_task_instance_{what}"
        listeners.call(hook, previous_state=TaskInstanceState.RUNNING, task_instance=self.ti, session=None, **more)

    def _push_links(self) -> None:
        """As Airflow 3 keeps them: under the key of the link, for the task's page."""
        for link in extra_links(self.task):
            try:
                url = link.get_link(self.task, ti_key=self.ti.key)  # type: ignore[union-attr]
                if url:
                    self.values.push(link.xcom_key, str(url))
            except Exception as error:
                log.error("extra link %r failed: %s", link.name, message_of(error), exc_info=True)

    def _mail(self, raised: Optional[BaseException], again: bool) -> None:
        try:
            from .failure_mail import mail_about_failure

            mail_about_failure(self.task, self.ti, raised, again)
        except Exception as error:
            log.error("the mail about the failure was not sent: %s", message_of(error))

    def _call_all(self, callbacks: Any, context: Any, name: str) -> None:
        call_callbacks(callbacks, context, name)


def dated(start: Dict[str, Any], dag: Any) -> Dict[str, Any]:
    """A run of Airflow 2 has an execution date, always; one without gets the instant that it was made for."""
    run = start["run"]
    if getattr(dag, "era", 3) != 2 or run["logicalDate"] is not None:
        return start
    at = run["runAfter"]
    interval = {"dataIntervalStart": run["dataIntervalStart"] or at, "dataIntervalEnd": run["dataIntervalEnd"] or at}
    return {**start, "run": {**run, "logicalDate": at, **interval}}


def call_callbacks(callbacks: Any, context: Any, name: str) -> None:
    if not callbacks:
        return
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        try:
            callback(context)
        except TaskCancelled:
            raise
        except BaseException as error:
            log.error("%s failed: %s", name, message_of(error), exc_info=True)


def result_of_raised(error: BaseException) -> Result:
    """How an attempt ended that did not return. Told by class name: the real Airflow may be there, too."""
    if _is_a(error, "AirflowSkipException"):
        return {"outcome": "skipped", "message": message_of(error)}
    if _is_a(error, "DownstreamTasksSkipped"):
        tasks = [task if isinstance(task, str) else task[0] for task in error.tasks]  # type: ignore[attr-defined]
        return {"outcome": "success", "skip": {"skipped": tasks}}
    if _is_a(error, "AirflowRescheduleException"):
        return {"outcome": "reschedule", "at": _instant(error.reschedule_date)}  # type: ignore[attr-defined]
    if _is_a(error, "TaskDeferred"):
        return _deferred(error)
    if _is_a(error, "TaskAwaitingInput"):
        return {"outcome": "awaiting_input", "request": error.request}  # type: ignore[attr-defined]
    if isinstance(error, SystemExit):
        exited = TradewindError("TW_TASK_PROCESS", f"the task called sys.exit({error.code!r})").with_traceback(error.__traceback__)
        return failed(exited, True)
    if _is_a(error, "AirflowTaskTimeout") or isinstance(error, ExecutionTimeout):
        result = failed(error, True)
        result["error"]["code"] = "TW_EXECUTION_TIMEOUT"
        return result
    final = _is_a(error, "AirflowFailException") or _is_a(error, "AirflowSensorTimeout") or isinstance(error, TaskCancelled)
    return failed(error, not final)


def failed(error: BaseException, retryable: bool) -> Result:
    return {"outcome": "failed", "error": describe_error(error), "retryable": retryable}


def _deferred(error: Any) -> Result:
    try:
        trigger = error.trigger
        classpath, kwargs = trigger.serialize()
        timeout = error.timeout
        return {
            "outcome": "deferred",
            "trigger": {"classpath": classpath, "kwargs": _json_of(kwargs, f"the arguments of trigger {classpath}")},
            "method": error.method_name,
            "kwargs": _json_of(error.kwargs or {}, f"the kwargs of the deferral to {error.method_name}"),
            "timeout": timeout.total_seconds() if isinstance(timeout, dt.timedelta) else timeout,
        }
    except BaseException as problem:
        return failed(problem, True)


def _json_of(values: Dict[str, Any], what: str) -> Dict[str, Any]:
    return {key: encode_json(value, f"{what} at {key}") for key, value in values.items()}


def _is_a(error: BaseException, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(error).__mro__)


def _compat_exception(name: str) -> Any:
    from .airflow_compat import exceptions

    return getattr(exceptions, name)


def _instant(date: Any) -> str:
    if date.tzinfo is None:
        date = date.replace(tzinfo=dt.timezone.utc)
    return str(date.astimezone(dt.timezone.utc).isoformat())


def _size_of(value: Any, dag: Any) -> Dict[str, Any]:
    """What a mapped task downstream needs: how many elements, and for a dict under which keys."""
    if isinstance(value, (list, tuple)):
        return {"length": len(value)}
    if not isinstance(value, dict):
        return {}
    mapped = any(getattr(task, "is_mapped", False) for task in dag.task_dict.values())
    return {"length": len(value), "keys": [str(key) for key in value]} if mapped else {"length": len(value)}


def _shown(value: Any) -> Any:
    """A rendered field as pages show it: JSON, with the text of what is none; long ones are cut."""
    text = value if isinstance(value, str) else json.dumps(value, default=_text_of, ensure_ascii=False, skipkeys=True)
    if len(text) <= LONGEST_FIELD:
        return value if isinstance(value, str) else json.loads(text, parse_constant=str)
    return f"{text[:LONGEST_FIELD]}… ({len(text) - LONGEST_FIELD} characters cut)"


def _text_of(value: Any) -> str:
    if callable(value):
        return f"<callable {getattr(value, '__qualname__', type(value).__qualname__)}>"
    try:
        return str(value)[:LONGEST_FIELD]
    except Exception:
        return f"<{type(value).__qualname__}>"


@contextlib.contextmanager
def execution_timeout(seconds: Optional[float], task_id: str) -> Iterator[None]:
    """Raises AirflowTaskTimeout in the main thread when the time is over, as Airflow does (SIGALRM)."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_signal: int, _frame: Any) -> None:
        message = f'task "{task_id}" ran longer than its execution timeout of {seconds:g} s'
        try:
            kind = _compat_exception("AirflowTaskTimeout")
        except ImportError:
            kind = ExecutionTimeout
        raise kind(message)

    before = signal.signal(signal.SIGALRM, over)
    # Again and again: user code may swallow the first.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
