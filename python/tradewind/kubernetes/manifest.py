"""A pod as its manifest: plain dicts under the names of the Kubernetes API (camelCase), whatever they were given as."""

from __future__ import annotations

import copy
import hashlib
import re
import secrets
from typing import Any, Dict, List, Optional

from ..hooks.kubernetes import kubernetes_library

Manifest = Dict[str, Any]
NAME_LENGTH = 63
_SUFFIX_LENGTH = 8


def plain(value: Any) -> Any:
    """Objects of the client library, our own parts, and dicts and lists of them, as a manifest."""
    if hasattr(value, "manifest"):
        return value.manifest()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if hasattr(value, "attribute_map"):
        # The names of the API for what the library calls in snake_case; what is not set stands nowhere.
        named = {value.attribute_map[name]: getattr(value, name) for name in value.attribute_map}
        return {key: plain(one) for key, one in named.items() if one is not None}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def as_model(manifest: Manifest, kind: str = "V1Pod") -> Any:
    """The client library's object of a manifest."""
    client = kubernetes_library().client
    # What it reads answers with; under this name in all versions of the library, which Airflow uses, too.
    return client.ApiClient(client.Configuration())._ApiClient__deserialize(manifest, kind)


def merged(base: Any, own: Any) -> Any:
    """`own` laid over `base`: dicts by key, lists of named things by name, other lists one after the other.

    As Airflow reconciles a template with an operator's arguments; the first containers of both are the same one,
    whatever they are called.
    """
    if own in (None, "", [], {}):
        return copy.deepcopy(base)
    if isinstance(base, dict) and isinstance(own, dict):
        return {key: _merged_key(key, base.get(key), own.get(key)) for key in {**base, **own}}
    return copy.deepcopy(own)


def _merged_key(key: str, base: Any, own: Any) -> Any:
    if key == "containers" and base and own:
        return [merged(base[0], own[0]), *_by_name(base[1:], own[1:])]
    if isinstance(base, list) and isinstance(own, list) and key not in ("command", "args"):
        return _by_name(base, own)
    return merged(base, own)


def _by_name(base: List[Any], own: List[Any]) -> List[Any]:
    replaced = {one["name"] for one in own if isinstance(one, dict) and "name" in one and "mountPath" not in one}
    kept = [one for one in base if not (isinstance(one, dict) and one.get("name") in replaced)]
    return copy.deepcopy([*kept, *own])


def without_empty(manifest: Any) -> Any:
    """Without what is None, {} or [] at any depth; `emptyDir: {}` means something and stays."""
    if isinstance(manifest, dict):
        cleaned = {key: without_empty(value) for key, value in manifest.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, [], {}) or key == "emptyDir"}
    if isinstance(manifest, list):
        return [without_empty(one) for one in manifest]
    return manifest


def pod_name(name: Optional[str], task_id: str, with_suffix: bool) -> str:
    """A name that Kubernetes takes: lowercase letters, digits and dashes, at most 63, with an end of its own."""
    text = re.sub(r"[^a-z0-9.-]+", "-", (name or task_id).lower()).strip("-.")
    suffix = f"-{secrets.token_hex(_SUFFIX_LENGTH // 2)}" if with_suffix else ""
    return (text[: NAME_LENGTH - len(suffix)].rstrip("-.") or "pod") + suffix


def label_value(text: str) -> str:
    """As a label takes it: at most 63 of letters, digits, `-`, `_` and `.`; a hash keeps shortened ones apart."""
    safe = re.sub(r"^[^a-z0-9A-Z]*|[^a-zA-Z0-9_\-.]|[^a-z0-9A-Z]*$", "", text)
    if len(safe) <= NAME_LENGTH and safe == text:
        return safe
    digest = hashlib.sha256(text.encode()).hexdigest()[:9]
    return f"{safe[: NAME_LENGTH - len(digest) - 1]}-{digest}"
