"""Values between tasks: JSON, with what JSON has no word for as objects `{"__type__": …, "value": …}`.

What is large, or no JSON at all (arrays, frames, models), goes by reference: a file under the artifact root, written
under another name and renamed. A task in TypeScript reads JSON and typed objects as they stand.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import importlib
import json
import math
import os
import pathlib
import re
import sys
import urllib.parse
import uuid
from typing import Any, Callable, Dict, Optional, Tuple

from . import xcom_artifacts, xcom_backend
from .errors import TradewindError

TYPE = "__type__"
_EXACT_INTEGERS = 2**53
_plain = (str, bool, type(None))


class ValueStore:
    """Where an attempt puts what does not go inline. `task` holds its coordinates."""

    def __init__(self, task: Dict[str, Any], artifact_root: str, inline_limit: int) -> None:
        self.task = task
        self.artifact_root = artifact_root
        self.inline_limit = inline_limit

    def write(self, key: str, suffix: str, media_type: str, save: Callable[[str], None]) -> Dict[str, Any]:
        """`save(path)` writes the file. Returns a reference: uri, bytes, mediaType."""
        task = self.task
        parts = ["xcom", f"dag_id={task['dagId']}", f"run_id={task['runId']}", f"task_id={task['taskId']}"]
        if task["mapIndex"] >= 0:
            parts.append(f"map_index={task['mapIndex']}")
        folder = os.path.join(self.artifact_root, *map(_safe_name, parts))
        # The attempt's id keeps a late attempt from writing over the value of the one that counts.
        path = os.path.join(folder, f"{_safe_name(key)}-{task['attemptId']}{suffix}")
        partial = f"{path}.partial{suffix}"
        try:
            os.makedirs(folder, exist_ok=True)
            save(partial)
            with open(partial, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(partial, path)
        except OSError as error:
            raise TradewindError("TW_XCOM_VALUE", f'expected to write the value "{key}" to {folder}, got: {error}') from error
        return {"uri": pathlib.Path(path).as_uri(), "bytes": os.path.getsize(path), "mediaType": media_type}


def encode_value(value: Any, key: str, what: str, store: ValueStore) -> Dict[str, Any]:
    """An XComValue: {"json": …} or {"ref": …}. Raises TradewindError TW_XCOM_VALUE with the place of what cannot travel."""
    if isinstance(value, _plain) and not isinstance(value, str):
        return {"json": value}
    reference = xcom_artifacts.save(value, key, what, store)
    if reference is not None:
        return {"ref": reference}
    try:
        encoded = _Encoder(key, what, store).encode(value, "")
    except RecursionError:
        raise TradewindError("TW_XCOM_VALUE", f"expected {what} to be JSON, it contains itself or is nested too deeply") from None
    text = json.dumps(encoded, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    if len(body) <= store.inline_limit:
        return {"json": encoded}

    def save(path: str) -> None:
        with open(path, "wb") as file:
            file.write(body)

    return {"ref": store.write(key, ".json", "application/json", save)}


class _Nowhere(ValueStore):
    """For values that have no attempt to keep files for."""

    def __init__(self, what: str) -> None:
        super().__init__({}, "", sys.maxsize)
        self._what = what

    def write(self, key: str, suffix: str, media_type: str, save: Callable[[str], None]) -> Dict[str, Any]:
        raise TradewindError("TW_XCOM_VALUE", f"expected {self._what} to be JSON, got a value that needs a file ({media_type})")


def encode_json(value: Any, what: str) -> Any:
    """A value as JSON in place. Raises TradewindError TW_XCOM_VALUE for what needs a file."""
    return encode_value(value, "", what, _Nowhere(what))["json"]


def decode_value(value: Dict[str, Any]) -> Any:
    """The Python value of an XComValue."""
    if "json" in value:
        return decode_json(value["json"])
    ref = value["ref"]
    return load_reference(ref["uri"], ref["mediaType"])


def load_reference(uri: str, media_type: str) -> Any:
    path = urllib.parse.unquote(urllib.parse.urlparse(uri).path)
    try:
        if media_type == "application/json":
            with open(path, encoding="utf-8") as file:
                return decode_json(json.load(file))
        return xcom_artifacts.load(path, media_type)
    except OSError as error:
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected to read a value from {uri}, got: {error}",
            hint="the artifact root must be the same folder for all workers",
        ) from error


class _Encoder:
    def __init__(self, key: str, what: str, store: ValueStore) -> None:
        self._key = key
        self._what = what
        self._store = store
        self._files = 0

    def encode(self, value: Any, at: str) -> Any:
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str:
            return value
        if kind is int:
            return value if -_EXACT_INTEGERS <= value <= _EXACT_INTEGERS else _typed("int", str(value))
        if kind is float:
            return value if math.isfinite(value) else _typed("float", str(value))
        if kind is dict:
            return self._dict(value, at)
        if kind is list:
            return [self.encode(item, f"{at}[{index}]") for index, item in enumerate(value)]
        return self._other(value, at)

    def _dict(self, value: Dict[Any, Any], at: str) -> Any:
        encoded = {}
        for name, item in value.items():
            text = name if isinstance(name, str) else json.dumps(name) if isinstance(name, (int, float, bool, type(None))) else str(name)
            encoded[text] = self.encode(item, f"{at}.{text}" if at else text)
        return _typed("dict", encoded) if TYPE in encoded else encoded

    def _items(self, name: str, value: Any, at: str) -> Dict[str, Any]:
        return _typed(name, [self.encode(item, f"{at}[{index}]") for index, item in enumerate(value)])

    def _other(self, value: Any, at: str) -> Any:
        if isinstance(value, enum.Enum):
            return {TYPE: "enum", "class": _class_path(value), "value": self.encode(value.value, at)}
        for kind, encode in _SIMPLE:
            if isinstance(value, kind):
                return encode(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {TYPE: "namedtuple", "class": _class_path(value), "value": [self.encode(item, f"{at}[{n}]") for n, item in enumerate(value)]}
        for kind, name in ((tuple, "tuple"), (set, "set"), (frozenset, "frozenset")):
            if isinstance(value, kind):
                return self._items(name, _sorted(value) if kind is not tuple else value, at)
        if isinstance(value, dict):
            return self._dict(value, at)
        if isinstance(value, list):
            return self.encode(list(value), at)
        for base in (str, int, float):
            if isinstance(value, base):
                return self.encode(base(value), at)
        return self._object(value, at)

    def _object(self, value: Any, at: str) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return {TYPE: "dataclass", "class": _class_path(value), "value": self.encode(fields, at)}
        if isinstance(value, xcom_backend.Stored):
            return {TYPE: "stored", "value": self.encode(value.value, at)}
        if hasattr(type(value), "__attrs_attrs__"):
            fields = {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__}
            return {TYPE: "attrs", "class": _class_path(value), "value": self.encode(fields, at)}
        dump = getattr(value, "model_dump", None)
        if callable(dump) and hasattr(type(value), "model_validate"):
            return {TYPE: "pydantic", "class": _class_path(value), "value": dump(mode="json")}
        if callable(getattr(value, "dict", None)) and hasattr(type(value), "parse_obj"):
            return {TYPE: "pydantic", "class": _class_path(value), "value": json.loads(value.json())}
        for name in ("serialize_xcom", "serialize"):
            serialize = getattr(value, name, None)
            if callable(serialize) and hasattr(type(value), "deserialize"):
                version = getattr(type(value), "__version__", 1)
                return {TYPE: "custom", "class": _class_path(value), "version": version, "value": self.encode(serialize(), at)}
        scalar = xcom_artifacts.as_scalar(value)
        if scalar is not None:
            return self.encode(scalar[0], at)
        self._files += 1
        reference = xcom_artifacts.save(value, f"{self._key}.{self._files}", f"{self._what} at {at}", self._store)
        if reference is not None:
            return {TYPE: "artifact", **reference}
        sequence = getattr(value, "__tradewind_list__", None)
        if callable(sequence):
            return self.encode(sequence(), at)
        if xcom_artifacts.pickle_allowed():
            what = f"{self._what} at {at}" if at else self._what
            return {TYPE: "artifact", **xcom_artifacts.save_pickled(value, f"{self._key}.{self._files}", what, self._store)}
        place = f" at {at}" if at else ""
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected {self._what}{place} to be JSON or a type that travels, got {_preview(value)}",
            hint="return JSON, a dataclass, an array or a frame; write the value to a file and return its path; or set python.allow_pickle",
        )


_SIMPLE: Tuple[Tuple[type, Callable[[Any], Any]], ...] = (
    (dt.datetime, lambda v: _datetime(v)),
    (dt.date, lambda v: _typed("date", v.isoformat())),
    (dt.time, lambda v: _typed("time", v.isoformat())),
    (dt.timedelta, lambda v: _typed("timedelta", v.total_seconds())),
    (decimal.Decimal, lambda v: _typed("decimal", str(v))),
    (uuid.UUID, lambda v: _typed("uuid", str(v))),
    (bytes, lambda v: _typed("bytes", base64.b64encode(v).decode("ascii"))),
    (bytearray, lambda v: _typed("bytes", base64.b64encode(v).decode("ascii"))),
    (pathlib.PurePath, lambda v: _typed("path", str(v))),
    (complex, lambda v: _typed("complex", [v.real, v.imag])),
)


def _typed(name: str, value: Any) -> Dict[str, Any]:
    return {TYPE: name, "value": value}


def _datetime(value: dt.datetime) -> Dict[str, Any]:
    encoded = _typed("datetime", value.isoformat())
    zone = getattr(value.tzinfo, "name", None) or getattr(value.tzinfo, "key", None)
    if isinstance(zone, str):
        encoded["zone"] = zone
    if type(value).__module__.startswith("pendulum"):
        encoded["class"] = "pendulum"
    return encoded


def _sorted(values: Any) -> Any:
    """The same text for the same set, where its members have an order."""
    try:
        return sorted(values)
    except TypeError:
        return values


def _class_path(value: Any) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _preview(value: Any) -> str:
    from .import_file import without_prefix

    try:
        text = repr(value)
    except Exception:
        text = "<no text>"
    return without_prefix(f"{type(value).__module__}.{type(value).__qualname__}: {text[:200]}")


def decode_json(value: Any) -> Any:
    """Undoes `encode_value` for what is in place. Unknown types stay as they are."""
    if isinstance(value, list):
        return [decode_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get(TYPE)
    if name is None:
        return {key: decode_json(item) for key, item in value.items()}
    decode = _DECODERS.get(name) if isinstance(name, str) else None
    return value if decode is None else decode(value)


def _decode_datetime(value: Dict[str, Any]) -> dt.datetime:
    parsed = dt.datetime.fromisoformat(value["value"].replace("Z", "+00:00"))
    if value.get("class") == "pendulum":
        try:
            import pendulum

            return pendulum.instance(parsed) if "zone" not in value else pendulum.instance(parsed).in_timezone(value["zone"])
        except ImportError:
            pass
    if "zone" in value:
        try:
            from zoneinfo import ZoneInfo

            return parsed.astimezone(ZoneInfo(value["zone"]))
        except Exception:
            pass
    return parsed


def _find_class(path: str) -> Optional[type]:
    module, _, name = path.partition(":")
    try:
        found: Any = sys.modules.get(module) or importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found if isinstance(found, type) else None
    except Exception:
        # The class of another file or interpreter: the fields are all that can be had.
        return None


def _decode_dataclass(value: Dict[str, Any]) -> Any:
    fields = decode_json(value["value"])
    kind = _find_class(value["class"])
    if kind is None or not dataclasses.is_dataclass(kind):
        return fields
    init = {field.name for field in dataclasses.fields(kind) if field.init}
    made = kind(**{name: item for name, item in fields.items() if name in init})
    for name in fields.keys() - init:
        object.__setattr__(made, name, fields[name])
    return made


def _decode_attrs(value: Dict[str, Any]) -> Any:
    fields = decode_json(value["value"])
    kind: Any = _find_class(value["class"])
    if kind is None or not hasattr(kind, "__attrs_attrs__"):
        return fields
    made = kind(**{getattr(field, "alias", None) or field.name.lstrip("_"): fields.pop(field.name) for field in kind.__attrs_attrs__ if field.init})
    for name, item in fields.items():
        object.__setattr__(made, name, item)
    return made


def _decode_enum(value: Dict[str, Any]) -> Any:
    plain = decode_json(value["value"])
    kind = _find_class(value["class"])
    return kind(plain) if kind is not None and issubclass(kind, enum.Enum) else plain


def _decode_namedtuple(value: Dict[str, Any]) -> Any:
    items = decode_json(value["value"])
    kind = _find_class(value["class"])
    return tuple(items) if kind is None else kind(*items)


def _decode_pydantic(value: Dict[str, Any]) -> Any:
    kind = _find_class(value["class"])
    validate = getattr(kind, "model_validate", None) or getattr(kind, "parse_obj", None)
    return value["value"] if validate is None else validate(value["value"])


def _decode_custom(value: Dict[str, Any]) -> Any:
    kind = _find_class(value["class"])
    fields = decode_json(value["value"])
    deserialize = getattr(kind, "deserialize", None)
    return fields if deserialize is None else deserialize(fields, value.get("version", 1))


_DECODERS: Dict[str, Callable[[Dict[str, Any]], Any]] = {
    "int": lambda v: int(v["value"]),
    "float": lambda v: float(v["value"]),
    "dict": lambda v: {key: decode_json(item) for key, item in v["value"].items()},
    "datetime": _decode_datetime,
    "date": lambda v: dt.date.fromisoformat(v["value"]),
    "time": lambda v: dt.time.fromisoformat(v["value"]),
    "timedelta": lambda v: dt.timedelta(seconds=v["value"]),
    "decimal": lambda v: decimal.Decimal(v["value"]),
    "uuid": lambda v: uuid.UUID(v["value"]),
    "bytes": lambda v: base64.b64decode(v["value"]),
    "path": lambda v: pathlib.Path(v["value"]),
    "tuple": lambda v: tuple(decode_json(v["value"])),
    "set": lambda v: set(decode_json(v["value"])),
    "frozenset": lambda v: frozenset(decode_json(v["value"])),
    "dataclass": _decode_dataclass,
    "pydantic": _decode_pydantic,
    "custom": _decode_custom,
    "stored": lambda v: xcom_backend.load(decode_json(v["value"])),
    "attrs": _decode_attrs,
    "enum": _decode_enum,
    "namedtuple": _decode_namedtuple,
    "complex": lambda v: complex(*v["value"]),
    "artifact": lambda v: load_reference(v["uri"], v["mediaType"]),
}


def _safe_name(text: str) -> str:
    """As a path segment: nothing that leaves the folder or that a file system refuses."""
    safe = re.sub(r"[^\w.=+:~-]", lambda match: f"%{ord(match.group()):x}", text, flags=re.ASCII)
    return safe.replace(".", "%2e") if re.fullmatch(r"\.+", safe) else safe
