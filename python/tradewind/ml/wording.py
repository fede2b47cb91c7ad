"""Options in Python's spelling, checked, as `tradewind/ml` spells them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ..errors import TradewindError
from ..suggest import did_you_mean

GATE_METRIC = ("name", "threshold", "exclusive", "greater_is_better", "min_absolute_change", "min_relative_change")
STEP = ("weight", "bake_seconds", "min_requests")
GUARDRAILS = ("max_error_rate", "max_p99_ms", "max_p99_ratio", "min_requests", "metrics")
GUARDRAIL_METRIC = ("metric", "greater_is_better", "max_loss", "significance", "min_samples", "required")
DRIFT = ("columns", "categorical", "test", "threshold", "drift_share")
DECAY = ("labels", "key", "label", "score", "reference", "greater_is_better", "tolerance", "min_samples")


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def given(**options: Any) -> Dict[str, Any]:
    """Those that are not None; what is left out has the default of `tradewind/ml`."""
    return {camel(name): plain(value) for name, value in options.items() if value is not None}


def plain(value: Any) -> Any:
    """A duration as seconds, anything else as it is."""
    return {"seconds": value.total_seconds()} if isinstance(value, dt.timedelta) else value


def record(what: str, value: Any, words: Tuple[str, ...], needed: Iterable[str] = ()) -> Dict[str, Any]:
    """A mapping of these words. Raises TradewindError TW_OPTION_INVALID with the word that is none, or that lacks."""
    if not isinstance(value, Mapping):
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected a dict of {', '.join(words)}, got {value!r}")
    for word in value:
        if word not in words:
            near = did_you_mean(str(word), words)
            hint = f"did you mean {near}?" if near else f"the words are {', '.join(words)}"
            raise TradewindError("TW_OPTION_INVALID", f"{what}: there is no option {word!r}", hint=hint)
    lacking = [word for word in needed if value.get(word) is None]
    if lacking:
        raise TradewindError("TW_OPTION_MISSING", f"{what}: expected {', '.join(lacking)}, got {dict(value)!r}")
    return given(**{str(word): inner for word, inner in value.items()})


def records(what: str, values: Any, words: Tuple[str, ...], needed: Iterable[str] = ()) -> List[Dict[str, Any]]:
    if not isinstance(values, (list, tuple)):
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected a list, got {values!r}")
    return [record(f"{what}[{index}]", value, words, needed) for index, value in enumerate(values)]


def steps(what: str, values: Any) -> Optional[List[Dict[str, Any]]]:
    return None if values is None else records(what, values, STEP, ("weight",))


def guardrails(what: str, value: Any) -> Optional[Dict[str, Any]]:
    if value is None:
        return None
    known = record(what, value, GUARDRAILS)
    if "metrics" in known:
        known["metrics"] = records(f"{what}: metrics", known["metrics"], GUARDRAIL_METRIC, ("metric",))
    return known
