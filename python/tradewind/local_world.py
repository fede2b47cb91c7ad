"""What tasks ask for in `dag.test()`, answered from this process: XComs from memory, the rest from files and the environment."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Optional, Tuple

from .errors import TradewindError
from .supervisor import Supervisor

Key = Tuple[str, int, str]
# Fields of a ConnectionAnswer that a connection in JSON calls otherwise.
_NAMES = {"connType": "conn_type"}
_XCOM_FILTERS = {"dagIds": "dagId", "runIds": "runId", "taskIds": "taskId", "keys": "key"}
_POOL = {"slots": 128, "description": None, "includeDeferred": False}
_FILTERS = {"dagIds": "dagId", "runIds": "runId", "taskIds": "taskId", "states": "state"}


def _wanted(instance: Dict[str, Any], filters: Dict[str, Any]) -> bool:
    return all(instance[field] in filters.get(name, [instance[field]]) for name, field in _FILTERS.items())


class LocalWorld(Supervisor):
    """Takes the place of the line to the scheduler."""

    def __init__(self, variables: Dict[str, str], connections: Dict[str, Any]) -> None:
        super().__init__(self._answer, lambda message: None)
        self.variables = variables
        self.connections = connections
        self.xcoms: Dict[Key, Dict[str, Any]] = {}
        self.states: Dict[Tuple[str, ...], Dict[str, Any]] = {}
        self.instances: Dict[Tuple[str, int], Dict[str, Any]] = {}
        self.pools: Dict[str, Dict[str, Any]] = {"default_pool": {"name": "default_pool", **_POOL}}
        self.run: Dict[str, Any] = {}
        """A DagRunAnswer of the one run that there is."""

    def mask(self, values: Any) -> None:
        """Nothing is written anywhere but to the terminal of the author."""

    def get_connection(self, conn_id: str) -> Optional[Dict[str, Any]]:
        if conn_id in self.connections:
            value = self.connections[conn_id]
            if isinstance(value, str):
                return {"connId": conn_id, "uri": value}
            return {"connId": conn_id, "json": json.dumps(value)}
        return super().get_connection(conn_id)

    def note(self, task: Any, map_index: int, **fields: Any) -> None:
        """Of an instance, in the words of a TaskInstanceAnswer."""
        nothing = {"tryNumber": 0, "startDate": None, "endDate": None, "state": None}
        same = {"dagId": self.run["dagId"], "runId": self.run["runId"], "logicalDate": self.run["logicalDate"]}
        its = {"taskId": task.task_id, "mapIndex": map_index, "operator": task.task_type, "pool": task.pool, "queue": task.queue}
        known = self.instances.setdefault((task.task_id, map_index), {**nothing, **same, **its, "maxTries": int(task.retries or 0)})
        known.update(fields)

    def push(self, task_id: str, map_index: int, key: str, value: Dict[str, Any]) -> None:
        self.xcoms[(task_id, map_index, key)] = value

    def forget(self, task_id: str, map_index: int) -> None:
        """Before each try."""
        for known in [key for key in self.xcoms if key[:2] == (task_id, map_index)]:
            del self.xcoms[known]

    def _answer(self, method: str, params: Dict[str, Any]) -> Any:
        if method == "xcom.get":
            return self._xcoms(params)
        if "-state." in method:
            return self._state(method, params)
        if method == "variable.get":
            return self.variables.get(params["key"])
        if method == "variable.set":
            self.variables[params["key"]] = params["value"]
            return None
        if method == "variable.delete":
            self.variables.pop(params["key"], None)
            return None
        if method == "connection.set":
            self.connections[params["connId"]] = {_NAMES.get(name, name): value for name, value in params.items() if name != "connId"}
            return None
        if method == "connection.delete":
            self.connections.pop(params["connId"], None)
            return None
        if method == "connection.list":
            return [{"connId": conn_id, "connType": "", "description": None} for conn_id in self.connections]
        if method == "task-instance.states":
            names = {task_id if index < 0 else f"{task_id}[{index}]": one["state"] for (task_id, index), one in self.instances.items()}
            return {self.run["runId"]: names}
        if method == "task-instance.list":
            return [one for one in self.instances.values() if _wanted(one, params)]
        if method == "dag-run.list":
            return [self.run] if params.get("dagId") in (None, self.run["dagId"]) and self.run["state"] in params.get("states", [self.run["state"]]) else []
        if method == "dag-run.get":
            return self.run if (params["dagId"], params["runId"]) == (self.run["dagId"], self.run["runId"]) else None
        if method in ("xcom.set", "xcom.delete"):
            at = (self.start or {})["task"]
            key = (at["taskId"], at["mapIndex"], params["key"])
            self.xcoms.pop(key, None)
            if method == "xcom.set":
                self.xcoms[key] = params["value"]
            return None
        if method == "dag-run.xcoms":
            return [one for one in self._all_xcoms() if all(one[field] in params.get(name, [one[field]]) for name, field in _XCOM_FILTERS.items())]
        if method == "dag-run.delete-xcoms":
            return sum(self.xcoms.pop((one["taskId"], one["mapIndex"], one["key"]), None) is not None for one in params["entries"])
        if method == "pool.list":
            return list(self.pools.values())
        if method == "pool.set":
            self.pools[params["name"]] = {**_POOL, **params}
            return None
        if method == "pool.delete":
            self.pools.pop(params["name"], None)
            return None
        if method in ("connection.get", "dag.get", "dag.set-paused", "rendered-fields.set"):
            return None
        if method in ("asset-events.get", "dag.list"):
            return []
        raise TradewindError(
            "TW_DAG_TEST",
            f'"{method}" needs a scheduler, and dag.test() has none',
            hint="run it with `tradewind dags test`",
        )

    def _all_xcoms(self) -> List[Dict[str, Any]]:
        """As XComs of the one run, what was pushed last first."""
        names = {name: self.run[name] for name in ("dagId", "runId", "logicalDate")}
        at = self.run["startDate"] or self.run["runAfter"]
        return [
            {**names, "taskId": task_id, "mapIndex": index, "key": key, "value": value, "createdAt": at}
            for (task_id, index, key), value in reversed(self.xcoms.items())
        ]

    def _state(self, method: str, params: Dict[str, Any]) -> Any:
        """Of the state stores. Nothing expires: the process lives as long as the run."""
        kind, _, verb = method.partition(".")
        at = (self.start or {}).get("task") or {}
        owner = (kind, at["taskId"], str(at["mapIndex"])) if kind == "task-state" else (kind, params.get("name") or "", params.get("uri") or "")
        store = self.states.setdefault(owner, {})
        if verb == "get":
            return store.get(params["key"])
        if verb == "set":
            store[params["key"]] = params["value"]
        elif "key" in params:
            store.pop(params["key"], None)
        else:
            store.clear()
        return None

    def _last_key(self, task_id: str, map_index: int) -> str:
        """Under which the instance pushed last: keys stand in the order in which they were pushed."""
        return [key for owner, index, key in self.xcoms if (owner, index) == (task_id, map_index)][-1]

    def _xcoms(self, params: Dict[str, Any]) -> List[Dict[str, Any]]:
        indexes = params.get("mapIndexes")
        return [
            {"taskId": task_id, "mapIndex": index, "value": value}
            for wanted in params["taskIds"]
            for (task_id, index, key), value in sorted(self.xcoms.items(), key=lambda one: one[0][1])
            if task_id == wanted and key == (params["key"] or self._last_key(task_id, index)) and (indexes is None or index in indexes)
        ]


def read_file(path: Optional[str], what: str) -> Dict[str, Any]:
    """Of `variable_file_path` and `conn_file_path`: JSON, YAML where it is installed, or lines KEY=VALUE."""
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    ending = os.path.splitext(path)[1]
    if ending in (".yaml", ".yml"):
        try:
            import yaml
        except ImportError:
            raise ImportError(f"the {what} file {path} needs PyYAML: pip install pyyaml") from None
        return dict(yaml.safe_load(text) or {})
    if ending == ".json":
        return dict(json.loads(text))
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def as_texts(values: Dict[str, Any]) -> Dict[str, str]:
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
