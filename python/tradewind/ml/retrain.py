"""Retraining as a ready Dag: the same as `retrainDag` of `tradewind/ml`.

    may_retrain → train.… → register → gate → canary → promote → settle (always)
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Dict, Mapping, Optional

from ..airflow_compat.dag import DAG
from ..airflow_compat.exceptions import AirflowFailException
from ..airflow_compat.param import Param
from ..operators.base import TaskGroup
from ..operators.skip import SkipMixin, request_skip
from . import wording
from .model_task import ModelOperator, plain_value
from .operators import CanaryOperator, GateOperator, PromoteOperator, RegisterModelOperator

_GATE = ("metrics", "hold_out", "target", "no_champion", "digest", "alias", "retries", "pool", "execution_timeout")
_CANARY = ("steps", "guardrails", "request_log", "poke_interval", "timeout")


class MayRetrainOperator(ModelOperator, SkipMixin):
    """Skips what comes after it within the cooldown, or while a rollout is under way; fails when version after version did
    not make it. A run with {"force": true} passes it over.
    """

    ml_task = "may_retrain"

    def __init__(self, *, model: str, endpoint: str, cooldown: dt.timedelta, max_rejections: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.endpoint = endpoint
        self.cooldown = cooldown
        self.max_rejections = max_rejections
        self._force = False

    def ml_options(self) -> Dict[str, Any]:
        rules = {"cooldownMs": self.cooldown.total_seconds() * 1000, "maxRejections": self.max_rejections}
        return {"model": self.model, "endpoint": self.endpoint, "rules": rules, "force": self._force}

    def execute(self, context: Any) -> Any:
        object.__setattr__(self, "_force", context["params"].get("force") is True)
        result = self.call(context)
        if not plain_value(result):
            request_skip(context["ti"], {"skipAll": True})
        return result


class SettleOperator(ModelOperator):
    """Tags the version with what became of it, and records an incident where it was not promoted."""

    ml_task = "settle"

    def __init__(self, *, model: str, on_incident: Optional[Callable[[Dict[str, Any]], Any]] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.on_incident = on_incident

    def ml_options(self) -> Dict[str, Any]:
        return {"model": self.model}

    def execute(self, context: Any) -> Any:
        result = self.call(context)
        settled = plain_value(result)
        outcome = settled["outcome"]
        if outcome == "promoted":
            return result
        if self.on_incident is not None:
            self.on_incident({"model": self.model, **settled})
        if outcome != "rejected":
            raise AirflowFailException(f"{outcome}: {settled['reason']}")
        return result


def retrain_dag(
    dag_id: str,
    *,
    model: str,
    endpoint: str,
    train: Callable[[], Any],
    gate: Mapping[str, Any],
    canary: Optional[Mapping[str, Any]] = None,
    cooldown: dt.timedelta = dt.timedelta(days=1),
    max_rejections: int = 3,
    on_incident: Optional[Callable[[Dict[str, Any]], Any]] = None,
    params: Optional[Mapping[str, Any]] = None,
    **dag_arguments: Any,
) -> DAG:
    """A Dag that trains, and brings the new version out only as far as it proves itself.

    `train` is called in a task group and returns the output of the task that trained: a function under `@task` will do.
    `gate`: arguments of GateOperator; `canary`: `steps`, `guardrails`, `request_log`, `poke_interval`, `timeout`.
    `on_incident` gets {"model", "version", "outcome", "reason"} of each version that was not promoted. Other arguments are
    the Dag's: `schedule` (the asset of a MonitorOperator, a cron string), `start_date`, `tags`, …

    Raises TradewindError TW_OPTION_INVALID for a word that is none.
    """
    wording.record(f"{dag_id}: gate", gate, _GATE, ("metrics", "hold_out", "target", "no_champion"))
    wording.record(f"{dag_id}: canary", canary or {}, _CANARY)
    force = Param(False, type="boolean", description="Train whatever the cooldown and history say")
    arguments = {"catchup": False, **dag_arguments, "params": {**(params or {}), "force": force}, "max_active_runs": 1}
    with DAG(dag_id, **arguments) as dag:
        may = MayRetrainOperator(task_id="may_retrain", model=model, endpoint=endpoint, cooldown=cooldown, max_rejections=max_rejections)
        with TaskGroup("train") as group:
            source = train()
        registered = RegisterModelOperator(task_id="register", model=model, source=getattr(source, "output", source))
        verdict = GateOperator(task_id="gate", candidate=registered.output, **{"retries": 0, **gate}, on_failure="skip")
        rollout = CanaryOperator(task_id="canary", endpoint=endpoint, version=registered.output, **(canary or {}), on_rollback="skip")
        promoted = PromoteOperator(
            task_id="promote", version=registered.output, verdict=verdict.output, endpoint=endpoint, alias=gate.get("alias")
        )
        settle = SettleOperator(task_id="settle", model=model, on_incident=on_incident, trigger_rule="all_done", retries=0)
        may >> group
        verdict >> rollout >> promoted >> settle
    return dag
