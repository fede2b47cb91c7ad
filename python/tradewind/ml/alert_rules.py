"""Rules about what runs of an experiment log, kept by the server, which looks at every point that MLflow's client sends."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, List, Mapping, Optional

from ..errors import TradewindError
from . import wording

_WORDS = ("metric", "name", "above", "below", "not_finite", "no_improvement_for", "greater_is_better", "min_change", "stop", "url")
_KINDS = {"above": "threshold", "below": "threshold", "not_finite": None, "no_improvement_for": "patience"}


def put_alert_rules(experiment: str, rules: List[Mapping[str, Any]]) -> None:
    """Makes the rules, or changes those of the same name. The experiment is made when it is not there.

    A rule: `metric`, and one of `above`, `below` (bounds), `not_finite` (True), `no_improvement_for` (steps, with
    `greater_is_better` and `min_change`). `stop`: the run's further points are refused, which fails the task. `url`: an
    address that is told once of each run, as those of chats are. `name`: default, the metric and what is asked of it.

        put_alert_rules("churn", [{"metric": "loss", "not_finite": True, "stop": True}])

    Raises TradewindError TW_OPTION_INVALID, TW_OPTION_MISSING, TW_TRACKING_SERVER, TW_TRACKING_REFUSED.
    """
    bodies = [_body(f"rules[{index}]", rule) for index, rule in enumerate(rules)]
    experiment_id = _experiment_id(experiment)
    for body in bodies:
        _ask("PUT", "/api/metric-alert-rules", {**body, "experiment_id": experiment_id})


def _body(what: str, rule: Mapping[str, Any]) -> Dict[str, Any]:
    wording.record(what, rule, _WORDS, ("metric",))
    kinds = [word for word in _KINDS if rule.get(word) not in (None, False)]
    if len(kinds) != 1:
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected one of {', '.join(_KINDS)}, got {', '.join(kinds) or 'none'}")
    kind = kinds[0].replace("_for", "")
    body = {"metric": rule["metric"], "kind": kind, "name": rule.get("name") or f"{rule['metric']} {kind.replace('_', ' ')}"}
    number = _KINDS[kinds[0]]
    if number is not None:
        body[number] = rule[kinds[0]]
    return {**body, **{word: rule[word] for word in ("greater_is_better", "min_change", "stop", "url") if rule.get(word) is not None}}


def _experiment_id(name: str) -> str:
    query = urllib.parse.urlencode({"experiment_name": name})
    try:
        return _ask("GET", f"/api/2.0/mlflow/experiments/get-by-name?{query}")["experiment"]["experiment_id"]
    except TradewindError as error:
        if "RESOURCE_DOES_NOT_EXIST" not in str(error):
            raise
    return _ask("POST", "/api/2.0/mlflow/experiments/create", {"name": name})["experiment_id"]


def _ask(method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> Any:
    server = os.environ.get("MLFLOW_TRACKING_URI", "").rstrip("/")
    if not server.startswith("http"):
        raise TradewindError("TW_TRACKING_SERVER", f"MLFLOW_TRACKING_URI: expected http://… of a tracking server, got {server or 'none'}")
    headers = {"content-type": "application/json"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")[:1000]
        raise TradewindError("TW_TRACKING_REFUSED", f"{method} {path.split('?')[0]}: HTTP {error.code}: {said}") from None
    except OSError as error:
        raise TradewindError("TW_TRACKING_SERVER", f"{method} {path.split('?')[0]}: expected an answer of {server}, got {error}") from None
