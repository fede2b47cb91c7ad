"""One operator for each task of `tradewind/ml` that has to do with versions, endpoints and their answers."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..airflow_compat.exceptions import AirflowSkipException
from ..errors import TradewindError
from . import wording
from .model_task import ModelOperator, TableSource, WaitingModelOperator, plain_value, table_field


class RegisterModelOperator(ModelOperator):
    """Makes a version of a registered model, once for all tries of a task.

    `source`: the `model_uri` of `mlflow.<flavor>.log_model`, `runs:/RUN/model`, or a folder with an `MLmodel`, which is
    uploaded. Returns {"name", "version"}.
    """

    ml_task = "register"
    ml_option_names: Sequence[str] = ("model", "description", "tags")
    template_fields: Sequence[str] = ("model", "source", "mlflow_run_id", "description", "tags")
    ml_inputs = {"source": "source", "runId": "mlflow_run_id"}

    def __init__(
        self,
        *,
        model: str,
        source: Any,
        mlflow_run_id: Any = None,
        description: Optional[str] = None,
        tags: Optional[Mapping[str, str]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.source = source
        self.mlflow_run_id = mlflow_run_id
        self.description = description
        self.tags = tags


class GateOperator(ModelOperator):
    """Lets a candidate through when it is good enough, and better than the champion, both scored on `hold_out` now.

    `metrics`: dicts with `name` (scikit-learn's), `threshold`, `exclusive`, `greater_is_better`, `min_absolute_change`,
    `min_relative_change`. `no_champion` ("pass", "fail"): what a good candidate does when there is none yet. `on_failure`
    ("fail", "skip", "branch"): what one that does not pass does. Returns the verdict; `passed` is in it.
    """

    ml_task = "gate"
    ml_option_names: Sequence[str] = ("metrics", "target", "no_champion", "digest", "alias", "on_failure")
    template_fields: Sequence[str] = ("candidate", "hold_out", "target", "alias", "digest")
    ml_inputs = {"candidate": "candidate"}

    def __init__(
        self,
        *,
        candidate: Any,
        metrics: List[Mapping[str, Any]],
        hold_out: TableSource,
        target: str,
        no_champion: str,
        digest: Optional[str] = None,
        alias: Optional[str] = None,
        on_failure: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _one_of(self, "no_champion", no_champion, ("pass", "fail"))
        _one_of(self, "on_failure", on_failure, ("fail", "skip", "branch"))
        self.metrics = wording.records(f"{self.task_id}: metrics", metrics, wording.GATE_METRIC, ("name",))
        self.candidate = candidate
        self.hold_out = table_field(hold_out)
        self.target = target
        self.no_champion = no_champion
        self.digest = digest
        self.alias = alias
        self.on_failure = on_failure

    def ml_tables(self) -> Dict[str, Any]:
        return {"holdOut": self.hold_out}


class DeployOperator(ModelOperator):
    """Gives a version a share of an endpoint's traffic (`weight`, in percent), or a shadow's place beside it.

    The endpoint is made when it is not there; the version then has all of its traffic.
    """

    ml_task = "deploy"
    template_fields: Sequence[str] = ("version", "endpoint", "variant", "weight")
    ml_inputs = {"model": "version"}

    def __init__(
        self,
        *,
        version: Any,
        endpoint: str,
        variant: Optional[str] = None,
        weight: Any = None,
        shadow: Optional[bool] = None,
        request_log: Optional[float] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.endpoint = endpoint
        self.variant = variant
        self.weight = weight
        self.shadow = shadow
        self.request_log = request_log

    def ml_options(self) -> Dict[str, Any]:
        # A template gives a text.
        weight = float(self.weight) if isinstance(self.weight, str) else self.weight
        return wording.given(endpoint=self.endpoint, variant=self.variant, weight=weight, shadow=self.shadow, request_log=self.request_log)


class CanaryOperator(WaitingModelOperator):
    """Starts a rollout and waits for its end. The server moves it, whatever becomes of the task.

    `steps`: dicts with `weight`, `bake_seconds`, `min_requests`. `guardrails`: `max_error_rate`, `max_p99_ms`,
    `max_p99_ratio`, `min_requests`, and `metrics`, dicts with `metric`, `greater_is_better`, `max_loss`, `significance`,
    `min_samples`, `required`. `on_rollback` ("fail", "skip", "branch"): what a rollout that does not succeed does.
    """

    ml_task = "canary"
    ml_option_names: Sequence[str] = ("endpoint", "variant", "steps", "guardrails", "request_log", "on_rollback")
    template_fields: Sequence[str] = ("version", "endpoint", "variant")
    ml_inputs = {"model": "version"}

    def __init__(
        self,
        *,
        version: Any,
        endpoint: str,
        variant: Optional[str] = None,
        steps: Optional[List[Mapping[str, Any]]] = None,
        guardrails: Optional[Mapping[str, Any]] = None,
        request_log: Optional[float] = None,
        on_rollback: str = "fail",
        poke_interval: Any = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        _one_of(self, "on_rollback", on_rollback, ("fail", "skip", "branch"))
        self.steps = wording.steps(f"{self.task_id}: steps", steps)
        self.guardrails = wording.guardrails(f"{self.task_id}: guardrails", guardrails)
        self.version = version
        self.endpoint = endpoint
        self.variant = variant
        self.request_log = request_log
        self.on_rollback = on_rollback


class ABTestOperator(WaitingModelOperator):
    """Gives a version `split` percent of the traffic, waits until both sides have `min_samples` outcomes of `metric`, and
    compares them once. What becomes of the traffic is for the tasks after it.
    """

    ml_task = "ab_test"
    ml_option_names: Sequence[str] = ("endpoint", "metric", "min_samples", "split", "variant", "significance", "greater_is_better", "test")
    template_fields: Sequence[str] = ("version", "endpoint", "metric", "variant")
    ml_inputs = {"model": "version"}

    def __init__(
        self,
        *,
        version: Any,
        endpoint: str,
        metric: str,
        min_samples: int,
        split: Optional[float] = None,
        variant: Optional[str] = None,
        significance: Optional[float] = None,
        greater_is_better: Optional[bool] = None,
        test: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.endpoint = endpoint
        self.metric = metric
        self.min_samples = min_samples
        self.split = split
        self.variant = variant
        self.significance = significance
        self.greater_is_better = greater_is_better
        self.test = test


class PromoteOperator(ModelOperator):
    """Moves the alias, and with `endpoint` all of its traffic, in one transaction; with the `verdict` of a gate only from
    the champion that the gate compared with.
    """

    ml_task = "promote"
    ml_option_names: Sequence[str] = ("alias", "endpoint")
    template_fields: Sequence[str] = ("version", "verdict", "alias", "endpoint")
    ml_inputs = {"model": "version", "verdict": "verdict"}

    def __init__(
        self, *, version: Any, verdict: Any = None, alias: Optional[str] = None, endpoint: Optional[str] = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.verdict = verdict
        self.alias = alias
        self.endpoint = endpoint


class RollbackOperator(ModelOperator):
    """Goes back at once to what served before: the alias of `model`, the traffic of `endpoint`, or both."""

    ml_task = "rollback"
    ml_option_names: Sequence[str] = ("model", "alias", "endpoint", "reason")
    template_fields: Sequence[str] = ("model", "alias", "endpoint", "reason")

    def __init__(
        self,
        *,
        model: Optional[str] = None,
        alias: Optional[str] = None,
        endpoint: Optional[str] = None,
        reason: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if model is None and endpoint is None:
            raise TradewindError("TW_OPTION_MISSING", f"RollbackOperator '{self.task_id}' needs model or endpoint: what goes back")
        self.model = model
        self.alias = alias
        self.endpoint = endpoint
        self.reason = reason


class BatchPredictOperator(ModelOperator):
    """Asks a model about all rows of a file and publishes the answers as one partition of `output_folder`, whole or not at
    all; a try after a killed one goes on where it was.

    `before` and `after` are suites: {"name": …, "expectations": [{"type": …, "kwargs": {…}}]}, by Great Expectations'
    names. Without a `version` the one at `alias` (default "champion") is asked.
    """

    ml_task = "batch_predict"
    template_fields: Sequence[str] = ("model", "input_file", "output_folder", "version", "alias", "partition")
    ml_inputs = {"input": "input_file", "version": "version", "partition": "partition"}

    def __init__(
        self,
        *,
        model: str,
        input_file: Any,
        output_folder: str,
        version: Any = None,
        alias: Optional[str] = None,
        partition: Optional[str] = None,
        chunk_rows: Optional[int] = None,
        keep: Optional[List[str]] = None,
        before: Optional[Mapping[str, Any]] = None,
        after: Optional[Mapping[str, Any]] = None,
        max_bad_share: Optional[float] = None,
        max_shift: Optional[float] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.input_file = input_file
        self.output_folder = output_folder
        self.version = version
        self.alias = alias
        self.partition = partition
        self.chunk_rows = chunk_rows
        self.keep = keep
        self.before = before
        self.after = after
        self.max_bad_share = max_bad_share
        self.max_shift = max_shift

    def ml_options(self) -> Dict[str, Any]:
        return wording.given(
            model=self.model,
            output=self.output_folder,
            alias=self.alias,
            chunk_rows=self.chunk_rows,
            keep=self.keep,
            before=self.before,
            after=self.after,
            max_bad_share=self.max_bad_share,
            max_shift=self.max_shift,
        )


class MonitorOperator(ModelOperator):
    """Compares what an endpoint was asked lately, or a table `current`, with `reference`, and the answers with labels.

    `drift`: `columns`, `categorical`, `test`, `threshold`, `drift_share`; `segment`: a column, within whose values drift is looked
    for as well. `decay`: `labels` (a table), `key` (default
    "request_id"), `label`, `score` (scikit-learn's name), `reference` (the score of before), `tolerance`, `min_samples`,
    `greater_is_better`. `on_alarm`: an asset that gets an event when something is wrong; with nothing wrong the task is
    skipped then.
    """

    ml_task = "monitor"
    ml_option_names: Sequence[str] = ("endpoint", "hours", "variant", "min_rows", "drift", "segment", "decay")
    template_fields: Sequence[str] = ("endpoint", "current", "reference", "variant")

    def __init__(
        self,
        *,
        reference: TableSource,
        endpoint: Optional[str] = None,
        current: TableSource = None,
        hours: Optional[float] = None,
        variant: Optional[str] = None,
        min_rows: Optional[int] = None,
        drift: Optional[Mapping[str, Any]] = None,
        segment: Optional[str] = None,
        decay: Optional[Mapping[str, Any]] = None,
        on_alarm: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if endpoint is None and current is None:
            raise TradewindError("TW_OPTION_MISSING", f"MonitorOperator '{self.task_id}' needs endpoint or current: what it watches")
        self.drift = None if drift is None else wording.record(f"{self.task_id}: drift", drift, wording.DRIFT)
        checked = None if decay is None else wording.record(f"{self.task_id}: decay", decay, wording.DECAY, ("labels", "label", "score", "reference"))
        self.labels = None if checked is None else table_field(checked.pop("labels"))
        self.decay = checked
        self.reference = table_field(reference)
        self.endpoint = endpoint
        self.current = table_field(current)
        self.hours = hours
        self.variant = variant
        self.min_rows = min_rows
        self.segment = segment
        self.on_alarm = on_alarm
        if on_alarm is not None:
            self.add_outlets(on_alarm)

    def ml_tables(self) -> Dict[str, Any]:
        return {"reference": self.reference, "current": self.current, "labels": self.labels}

    def execute(self, context: Any) -> Any:
        result = self.call(context)
        if self.on_alarm is None:
            return result
        found = plain_value(result)
        if not found["alarm"]:
            raise AirflowSkipException(found["reason"])
        # What starts the Dag that waits for it says why.
        extra = {"reason": found["reason"], "driftShare": found["driftShare"], "columns": found["driftedColumns"]}
        context["outlet_events"][self.on_alarm].extra = extra
        return result


def _one_of(operator: Any, name: str, value: Any, words: Sequence[str]) -> None:
    if value not in words:
        raise TradewindError("TW_OPTION_INVALID", f"{operator.task_id}: expected {name} to be one of {', '.join(words)}, got {value!r}")
