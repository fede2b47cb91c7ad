"""Airflow's exceptions, under the names of both eras."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Optional


class AirflowException(Exception):
    """Base of what Airflow raises on purpose."""

    status_code = 500

    def serialize(self) -> tuple:
        cls = type(self)
        return f"{cls.__module__}.{cls.__name__}", (str(self),), {}


class AirflowBadRequest(AirflowException):
    status_code = 400


class AirflowNotFoundException(AirflowException):
    status_code = 404


class AirflowConfigException(AirflowException):
    pass


class AirflowSkipException(AirflowException):
    """The task ends as skipped."""


class AirflowFailException(AirflowException):
    """The task ends as failed, whatever retries are left."""


class AirflowSensorTimeout(AirflowException):
    """A sensor waited longer than its timeout: failed without a retry."""


class AirflowTaskTerminated(BaseException):
    """The process was asked to end."""


class AirflowTaskTimeout(BaseException):
    """The task ran longer than its execution_timeout: failed, retries allowed."""


class AirflowRescheduleException(AirflowException):
    """The task gives its slot back and is tried again at `reschedule_date`."""

    def __init__(self, reschedule_date: datetime.datetime) -> None:
        super().__init__()
        self.reschedule_date = reschedule_date


class TaskDeferred(BaseException):
    """The task waits for a trigger and goes on with `method_name`."""

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: Optional[Dict[str, Any]] = None,
        timeout: Any = None,
    ) -> None:
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = datetime.timedelta(seconds=timeout) if isinstance(timeout, (int, float)) else timeout

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger!r} method={self.method_name}>"


class TaskAwaitingInput(BaseException):
    """The task waits for a person's answer."""

    def __init__(
        self, *, method_name: str = "execute_complete", kwargs: Optional[Dict[str, Any]] = None, request: Any = None
    ) -> None:
        super().__init__()
        self.method_name = method_name
        self.kwargs = kwargs
        self.request = request


class TaskDeferralError(AirflowException):
    """The trigger failed."""


class TaskDeferralTimeout(AirflowException):
    """The trigger took longer than the deferral's timeout."""


class DownstreamTasksSkipped(AirflowException):
    """Asks that the named tasks be skipped."""

    def __init__(self, *, tasks: Any) -> None:
        super().__init__()
        self.tasks = tasks


class DagRunTriggerException(AirflowException):
    """Asks for a run of another Dag; `options` are those of TriggerDagRunOperator."""

    def __init__(self, *, trigger_dag_id: str, **options: Any) -> None:
        super().__init__()
        self.trigger_dag_id = trigger_dag_id
        self.options = options


class AirflowDagCycleException(AirflowException):
    pass


class AirflowDagDuplicatedIdException(AirflowException):
    pass


class AirflowDagInconsistent(AirflowException):
    pass


class AirflowClusterPolicyViolation(AirflowException):
    pass


class AirflowClusterPolicySkipDag(AirflowException):
    pass


class AirflowTimetableInvalid(AirflowException):
    pass


class AirflowOptionalProviderFeatureException(AirflowException):
    pass


class AirflowProviderDeprecationWarning(DeprecationWarning):
    pass


class AirflowInternalRuntimeError(BaseException):
    pass


class AirflowRuntimeError(Exception):
    pass


class AirflowUnsupportedFileTypeException(AirflowException):
    pass


class AirflowFileParseException(AirflowException):
    pass


class AirflowWebServerException(AirflowException):
    pass


class AirflowWebServerTimeout(AirflowException):
    pass


class AirflowParsingTimeout(BaseException):
    pass


class AirflowInactiveAssetInInletOrOutletException(AirflowFailException):
    pass


class AirflowMissingEnvException(AirflowException):
    pass


class DagInvalidTriggerRule(AirflowException):
    pass


class FailFastDagInvalidTriggerRule(AirflowException):
    pass


FailStopDagInvalidTriggerRule = FailFastDagInvalidTriggerRule


class DagNotFound(AirflowNotFoundException):
    pass


class DagCodeNotFound(AirflowNotFoundException):
    pass


class DagRunNotFound(AirflowNotFoundException):
    pass


class DagRunAlreadyExists(AirflowBadRequest):
    pass


class DagFileExists(AirflowBadRequest):
    pass


class DuplicateTaskIdFound(AirflowException):
    pass


class TaskAlreadyInTaskGroup(AirflowException):
    pass


class TaskNotFound(AirflowNotFoundException):
    pass


class NodeNotFound(TaskNotFound, KeyError):
    pass


class TaskInstanceNotFound(AirflowNotFoundException):
    pass


class PoolNotFound(AirflowNotFoundException):
    pass


class ParamValidationError(AirflowException, ValueError):
    pass


class UnmappableXLengthException(AirflowException):
    pass


class UnmappableOperator(AirflowException):
    pass


class UnmappableXComTypePushed(AirflowException):
    pass


class UnmappableXComLengthPushed(AirflowException):
    pass


class XComForMappingNotPushed(AirflowException):
    pass


class UnknownExecutorException(ValueError):
    pass


class ConnectionNotUnique(AirflowException):
    pass


class VariableNotUnique(AirflowException):
    pass


class SerializationError(AirflowException):
    pass


class RemovedInAirflow3Warning(DeprecationWarning):
    deprecated_since = None


class RemovedInAirflow4Warning(DeprecationWarning):
    deprecated_since = None


class XComNotFound(AirflowException):
    """Nothing was pushed under the key."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.task_id = task_id
        self.key = key

    def __str__(self) -> str:
        return f"XComArg result from {self.task_id} at {self.dag_id} with key={self.key!r} is not found!"
