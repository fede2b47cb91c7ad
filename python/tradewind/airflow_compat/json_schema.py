"""The part of JSON Schema (draft 2020-12) that params use; the jsonschema package where it is installed."""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict

try:  # the whole draft
    import jsonschema as _package
except ImportError:
    _package = None  # type: ignore[assignment]

_TYPES = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool)) or (isinstance(v, float) and v.is_integer()),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "array": lambda v: isinstance(v, (list, tuple)),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}


class SchemaError(ValueError):
    pass


def check(value: Any, schema: Dict[str, Any], where: str = "") -> None:
    """Raises SchemaError with the words of the jsonschema package."""
    if not schema:
        return
    if _package is not None:
        try:
            _package.validate(value, schema, format_checker=_package.FormatChecker())
        except _package.ValidationError as error:
            raise SchemaError(error.message) from None
        return
    _check(value, schema)


def _check(value: Any, schema: Any) -> None:
    if schema is True or schema == {}:
        return
    if schema is False:
        raise SchemaError(f"False schema does not allow {value!r}")
    kinds = schema.get("type")
    if kinds is not None:
        names = [kinds] if isinstance(kinds, str) else list(kinds)
        if not any(_TYPES[name](value) for name in names if name in _TYPES):
            raise SchemaError(f"{value!r} is not of type {', '.join(repr(name) for name in names)}")
    if "enum" in schema and value not in schema["enum"]:
        raise SchemaError(f"{value!r} is not one of {schema['enum']!r}")
    if "const" in schema and value != schema["const"]:
        raise SchemaError(f"{schema['const']!r} was expected")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(value, schema)
    elif isinstance(value, str):
        _check_text(value, schema)
    elif isinstance(value, (list, tuple)):
        _check_array(value, schema)
    elif isinstance(value, dict):
        _check_object(value, schema)
    _check_combined(value, schema)


def _check_number(value: Any, schema: Dict[str, Any]) -> None:
    for key, wrong, words in (
        ("minimum", lambda limit: value < limit, "is less than the minimum of"),
        ("maximum", lambda limit: value > limit, "is greater than the maximum of"),
        ("exclusiveMinimum", lambda limit: value <= limit, "is less than or equal to the minimum of"),
        ("exclusiveMaximum", lambda limit: value >= limit, "is greater than or equal to the maximum of"),
        ("multipleOf", lambda step: abs(value / step - round(value / step)) > 1e-9, "is not a multiple of"),
    ):
        if key in schema and wrong(schema[key]):
            raise SchemaError(f"{value!r} {words} {schema[key]!r}")


def _check_text(value: str, schema: Dict[str, Any]) -> None:
    if "minLength" in schema and len(value) < schema["minLength"]:
        raise SchemaError(f"{value!r} is too short")
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        raise SchemaError(f"{value!r} is too long")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise SchemaError(f"{value!r} does not match {schema['pattern']!r}")
    wanted = schema.get("format")
    if wanted in ("date", "date-time", "time") and not _is_time(value, wanted):
        raise SchemaError(f"{value!r} is not a {wanted!r}")


def _is_time(value: str, wanted: str) -> bool:
    text = value[:-1] + "+00:00" if value.endswith(("Z", "z")) else value
    try:
        if wanted == "date":
            datetime.date.fromisoformat(text)
        elif wanted == "time":
            datetime.time.fromisoformat(text)
        else:
            return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
    return True


def _check_array(value: Any, schema: Dict[str, Any]) -> None:
    if "minItems" in schema and len(value) < schema["minItems"]:
        raise SchemaError(f"{value!r} is too short")
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        raise SchemaError(f"{value!r} is too long")
    if schema.get("uniqueItems") and any(item in value[:at] for at, item in enumerate(value)):
        raise SchemaError(f"{value!r} has non-unique elements")
    first = schema.get("prefixItems", [])
    for item, own in zip(value, first):
        _check(item, own)
    if "items" in schema and isinstance(schema["items"], (dict, bool)):
        for item in value[len(first) :]:
            _check(item, schema["items"])


def _check_object(value: Dict[str, Any], schema: Dict[str, Any]) -> None:
    for name in schema.get("required", []):
        if name not in value:
            raise SchemaError(f"{name!r} is a required property")
    properties = schema.get("properties", {})
    for name, own in properties.items():
        if name in value:
            _check(value[name], own)
    more = schema.get("additionalProperties", True)
    for name in value:
        if name not in properties and not any(re.search(p, name) for p in schema.get("patternProperties", {})):
            if more is False:
                raise SchemaError(f"Additional properties are not allowed ({name!r} was unexpected)")
            _check(value[name], more)


def _fits(value: Any, schema: Any) -> bool:
    try:
        _check(value, schema)
    except SchemaError:
        return False
    return True


def _check_combined(value: Any, schema: Dict[str, Any]) -> None:
    for one in schema.get("allOf", []):
        _check(value, one)
    if "anyOf" in schema and not any(_fits(value, one) for one in schema["anyOf"]):
        raise SchemaError(f"{value!r} is not valid under any of the given schemas")
    if "oneOf" in schema and sum(_fits(value, one) for one in schema["oneOf"]) != 1:
        raise SchemaError(f"{value!r} is not valid under exactly one of the given schemas")
    if "not" in schema and _fits(value, schema["not"]):
        raise SchemaError(f"{value!r} should not be valid under {schema['not']!r}")
