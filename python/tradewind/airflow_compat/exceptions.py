"""The exceptions of Airflow 2 and 3 under their own names; `airflow.exceptions` and `airflow.sdk.exceptions`."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional


class AirflowException(Exception):
    """The base of Airflow's errors; `status_code` is what its API would answer with."""

    status_code = 500

    def serialize(self):
        return f"{type(self).__module__}.{type(self).__qualname__}", (str(self),), {}


class AirflowBadRequest(AirflowException):
    status_code = 400


class AirflowNotFoundException(AirflowException):
    status_code = 404


class AirflowConfigException(AirflowException):
    """A configuration option is missing or cannot be read."""


class AirflowSensorTimeout(AirflowException):
    """A sensor waited longer than its `timeout`; it is not retried."""


class AirflowRescheduleException(AirflowException):
    """Poke again at `reschedule_date`, in a process of its own."""

    def __init__(self, reschedule_date):
        super().__init__()
        self.reschedule_date = reschedule_date


class AirflowTaskTimeout(BaseException):
    """`execution_timeout` ended the task; retries apply."""


class AirflowTaskTerminated(BaseException):
    """The task's process was asked to end."""


class AirflowSkipException(AirflowException):
    """Ends the task as skipped."""


class AirflowFailException(AirflowException):
    """Ends the task as failed, without a retry."""


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature of a provider needs a package that is not installed."""


class AirflowInternalRuntimeError(BaseException):
    """Airflow's own error that no user code should catch."""


class AirflowRuntimeError(Exception):
    """The supervisor answered a request with an error."""


class AirflowWebServerTimeout(AirflowException):
    pass


class AirflowSecretsBackendAccessDenied(PermissionError):
    pass


class InvalidStatsNameException(AirflowException):
    pass


class XComNotFound(AirflowException):
    """No XCom with this key was pushed by the task."""

    def __init__(self, dag_id: str, task_id: str, key: str):
        super().__init__()
        self.dag_id = dag_id
        self.task_id = task_id
        self.key = key

    def __str__(self) -> str:
        return f'XComArg result from {self.task_id} at {self.dag_id} with key="{self.key}" is not found!'


class UnmappableOperator(AirflowException):
    """The operator cannot be expanded."""


class XComForMappingNotPushed(AirflowException, TypeError):
    """A mapped task's upstream returned nothing to expand over."""

    def __str__(self) -> str:
        return "did not push XCom for task mapping"


class UnmappableXComTypePushed(AirflowException, TypeError):
    """A mapped task's upstream returned something that is neither a list nor a dict."""

    def __init__(self, value: Any, *values: Any):
        super().__init__(value, *values)

    def __str__(self) -> str:
        text = "unmappable return type " + type(self.args[0]).__qualname__
        for value in self.args[1:]:
            text = f"{text}[{type(value).__qualname__}]"
        return text


class UnmappableXComLengthPushed(AirflowException):
    def __init__(self, value: Any, max_length: int):
        super().__init__(value)
        self.value = value
        self.max_length = max_length

    def __str__(self) -> str:
        return f"unmappable return value length: {len(self.value)} > {self.max_length}"


class AirflowDagCycleException(AirflowException):
    """The tasks of a Dag depend on each other in a circle."""


class AirflowDagDuplicatedIdException(AirflowException):
    def __init__(self, dag_id: str, incoming: str, existing: str):
        super().__init__(dag_id, incoming, existing)
        self.dag_id, self.incoming, self.existing = dag_id, incoming, existing

    def __str__(self) -> str:
        return f"Ignoring DAG {self.dag_id} from {self.incoming} - also found in {self.existing}"


class AirflowDagInconsistent(AirflowException):
    pass


class AirflowClusterPolicyViolation(AirflowException):
    pass


class AirflowClusterPolicySkipDag(AirflowException):
    pass


class AirflowClusterPolicyError(AirflowException):
    pass


class AirflowTimetableInvalid(AirflowException):
    """A timetable's arguments make no schedule."""


class DagNotFound(AirflowNotFoundException):
    pass


class DagCodeNotFound(AirflowNotFoundException):
    pass


class DagRunNotFound(AirflowNotFoundException):
    pass


class DagRunAlreadyExists(AirflowBadRequest):
    """A run with this id or logical date exists."""

    def __init__(self, dag_run: Any, execution_date: Any = None, run_id: Optional[str] = None):
        self.dag_run = dag_run
        when = execution_date or getattr(dag_run, "logical_date", None)
        super().__init__(
            f"A Dag Run already exists for dag {getattr(dag_run, 'dag_id', dag_run)} at {when} "
            f"with run id {run_id or getattr(dag_run, 'run_id', None)}"
        )


class DagFileExists(AirflowBadRequest):
    pass


class FailFastDagInvalidTriggerRule(AirflowException):
    """A Dag that stops at the first failure allows the trigger rules all_success and all_done_setup_success only."""

    _allowed_rules = ("all_success", "all_done_setup_success")

    @classmethod
    def check(cls, *, trigger_rule: Any, dag: Any = None, fail_fast: Optional[bool] = None, **_: Any) -> None:
        stops = fail_fast if fail_fast is not None else getattr(dag, "fail_fast", False)
        if stops and str(trigger_rule) not in cls._allowed_rules:
            raise cls()

    def __str__(self) -> str:
        return f"A 'fail_fast' Dag can only have {' or '.join(self._allowed_rules)} trigger rules"


FailStopDagInvalidTriggerRule = FailFastDagInvalidTriggerRule


class DuplicateTaskIdFound(AirflowException):
    """Two tasks of one Dag have the same id."""


class TaskAlreadyInTaskGroup(AirflowException):
    def __init__(self, task_id: str, existing_group_id: Optional[str], new_group_id: str):
        super().__init__(task_id, new_group_id)
        self.task_id = task_id
        self.existing_group_id = existing_group_id
        self.new_group_id = new_group_id

    def __str__(self) -> str:
        existing = f"{self.existing_group_id!r}" if self.existing_group_id else "the DAG's root group"
        return f"cannot add {self.task_id!r} to {self.new_group_id!r} (already in {existing})"


class SerializationError(AirflowException):
    """A value has no form in which it could be stored."""


class ParamValidationError(AirflowException, ValueError):
    """A param does not fit its JSON Schema."""


class TaskNotFound(AirflowNotFoundException):
    pass


class NodeNotFound(TaskNotFound, KeyError):
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class TaskInstanceNotFound(AirflowNotFoundException):
    pass


class PoolNotFound(AirflowNotFoundException):
    pass


class NoAvailablePoolSlot(AirflowException):
    pass


class DagConcurrencyLimitReached(AirflowException):
    pass


class TaskConcurrencyLimitReached(AirflowException):
    pass


class BackfillUnfinished(AirflowException):
    def __init__(self, message, ti_status=None):
        super().__init__(message)
        self.ti_status = ti_status


class FileSyntaxError(NamedTuple):
    line_no: Optional[int]
    message: str

    def __str__(self) -> str:
        return f"{self.message}. Line number: s{self.line_no},"


class AirflowFileParseException(AirflowException):
    def __init__(self, msg: str, file_path: str, parse_errors: list):
        super().__init__(msg)
        self.msg, self.file_path, self.parse_errors = msg, file_path, parse_errors

    def __str__(self) -> str:
        return f"{self.msg}\nFilename: {self.file_path}\n\n" + "\n".join(str(e) for e in self.parse_errors)


class ConnectionNotUnique(AirflowException):
    pass


class TaskDeferred(BaseException):
    """Hand the task to a trigger; it goes on with `method_name` when the trigger fires."""

    def __init__(self, *, trigger, method_name: str, kwargs: Optional[dict] = None, timeout=None):
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        if isinstance(timeout, (int, float)):
            from datetime import timedelta

            timeout = timedelta(seconds=timeout)
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger} method={self.method_name}>"


class TaskAwaitingInput(BaseException):
    """Wait for a person's answer; the task goes on with `method_name` when it came."""

    def __init__(
        self,
        *,
        method_name: str = "execute_complete",
        kwargs: Optional[dict] = None,
        request: Any = None,
        timeout: Any = None,
    ):
        super().__init__()
        self.method_name = method_name
        self.kwargs = kwargs
        self.request = request
        self.timeout = timeout


class TaskDeferralError(AirflowException):
    """The trigger that a task waited for ended with an error."""


class TaskDeferralTimeout(AirflowException):
    """The trigger did not fire within the timeout of the deferral."""


class DagRunTriggerException(AirflowException):
    """Raised by a real TriggerDagRunOperator to have its run created by the supervisor."""

    def __init__(self, **kwargs: Any):
        super().__init__()
        self.options = {key: value for key, value in kwargs.items() if key != "trigger_dag_id"}
        for key, value in kwargs.items():
            setattr(self, key, value)


class DownstreamTasksSkipped(AirflowException):
    """Ends the task as success and skips these downstream tasks."""

    def __init__(self, *, tasks):
        super().__init__()
        self.tasks = tasks


class PodMutationHookException(AirflowException):
    pass


class PodReconciliationError(AirflowException):
    pass


class AirflowInactiveAssetInInletOrOutletException(AirflowFailException):
    pass


class AirflowInactiveAssetAddedToAssetAliasException(AirflowFailException):
    pass


class DeprecatedImportWarning(FutureWarning):
    """Of modules of Airflow that have moved."""


class RemovedInAirflow3Warning(DeprecationWarning):
    """Something of Airflow 2 that Airflow 3 removed; it works here."""


class RemovedInAirflow4Warning(DeprecationWarning):
    pass


class AirflowProviderDeprecationWarning(DeprecationWarning):
    pass


class DeserializingResultError(ValueError):
    """A result file of another interpreter cannot be read here."""


class UnknownExecutorException(ValueError):
    pass


class ExternalDagNotFoundError(AirflowException):
    """ExternalTaskSensor: the Dag that it waits for does not exist."""


class ExternalTaskNotFoundError(AirflowException):
    pass


class ExternalTaskGroupNotFoundError(AirflowException):
    pass


class ExternalTaskFailedError(AirflowException):
    """ExternalTaskSensor: what it waits for has failed."""


class ExternalDagDeletedError(AirflowException):
    pass


class DuplicateStateError(AirflowException):
    """ExternalTaskSensor: a state is both allowed and failed."""


class AirflowUnsupportedFileTypeException(AirflowException):
    pass


class AirflowParsingTimeout(BaseException):
    """A Dag file took longer to import than it may."""


class AirflowMissingEnvException(AirflowException):
    pass


class DagInvalidTriggerRule(AirflowException):
    pass


class VariableNotUnique(AirflowException):
    pass
