"""How the priority of a task comes from its weight: three rules, or a strategy of the user's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
import importlib
from typing import Any, Dict

from .constants import WeightRule

__all__ = ["PriorityWeightStrategy", "WeightRule", "validated_weight_rule"]


class PriorityWeightStrategy(ABC):
    """`get_weight(ti)` gives the number; higher runs first."""

    @abstractmethod
    def get_weight(self, ti: Any) -> int:
        raise NotImplementedError

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "PriorityWeightStrategy":
        return cls(**data)

    def serialize(self) -> Dict[str, Any]:
        return {}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.serialize() == other.serialize()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(type(self))


class _AbsolutePriorityWeightStrategy(PriorityWeightStrategy):
    def get_weight(self, ti: Any) -> int:
        return ti.task.priority_weight

    def __str__(self) -> str:
        return "absolute"


class _DownstreamPriorityWeightStrategy(PriorityWeightStrategy):
    def get_weight(self, ti: Any) -> int:
        return ti.task.priority_weight + sum(t.priority_weight for t in ti.task.get_flat_relatives(upstream=False))

    def __str__(self) -> str:
        return "downstream"


class _UpstreamPriorityWeightStrategy(PriorityWeightStrategy):
    def get_weight(self, ti: Any) -> int:
        return ti.task.priority_weight + sum(t.priority_weight for t in ti.task.get_flat_relatives(upstream=True))

    def __str__(self) -> str:
        return "upstream"


airflow_priority_weight_strategies: Dict[str, type] = {
    "absolute": _AbsolutePriorityWeightStrategy,
    "downstream": _DownstreamPriorityWeightStrategy,
    "upstream": _UpstreamPriorityWeightStrategy,
}


def validated_weight_rule(value: Any, task_id: str) -> Any:
    """One of the three words, or a strategy. Raises ValueError."""
    if isinstance(value, PriorityWeightStrategy):
        return value
    if isinstance(value, type) and issubclass(value, PriorityWeightStrategy):
        return value()
    text = str(getattr(value, "value", value))
    if "." in text:
        # The dotted name of a strategy, as plugins register them.
        module, _, name = text.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        if isinstance(found, type) and issubclass(found, PriorityWeightStrategy):
            return found()
    if WeightRule.is_valid(text):
        return WeightRule(text)
    raise ValueError(
        f"The weight_rule of task '{task_id}' must be one of {sorted(WeightRule.all_weight_rules())} "
        f"or a PriorityWeightStrategy; received '{text}'"
    )
