"""Trigger rules for `dag.test()`, where everything before a task has ended when the task is looked at."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

# Outcome of a rule: None lets the task run, else the state that it gets instead.
Counts = Dict[str, int]


def _all_success(c: Counts) -> Optional[str]:
    if c["failed"] or c["upstream_failed"]:
        return "upstream_failed"
    return "skipped" if c["skipped"] else None


def _one_success(c: Counts) -> Optional[str]:
    if c["success"]:
        return None
    return "skipped" if c["skipped"] == c["all"] else "upstream_failed"


def _none_failed(c: Counts) -> Optional[str]:
    return "upstream_failed" if c["failed"] or c["upstream_failed"] else None


def _min_one(c: Counts) -> Optional[str]:
    return _none_failed(c) or ("skipped" if c["skipped"] == c["all"] else None)


def _done_min_one(c: Counts) -> Optional[str]:
    if c["skipped"]:
        return "skipped"
    return None if c["success"] else "upstream_failed"


_RULES: Dict[str, Callable[[Counts], Optional[str]]] = {
    "all_success": _all_success,
    "all_failed": lambda c: "skipped" if c["success"] or c["skipped"] else None,
    "all_done": lambda c: None,
    "all_done_min_one_success": _done_min_one,
    "one_success": _one_success,
    "one_failed": lambda c: None if c["failed"] or c["upstream_failed"] else "skipped",
    "one_done": lambda c: None if c["success"] or c["failed"] else "skipped",
    "none_failed": _none_failed,
    "none_failed_min_one_success": _min_one,
    "none_skipped": lambda c: "skipped" if c["skipped"] else None,
    "all_skipped": lambda c: None if c["skipped"] == c["all"] else "skipped",
    "always": lambda c: None,
}


def instead_of_running(rule: str, upstream: List[str], setups: List[str]) -> Optional[str]:
    """The state that the task gets without running, or None; `upstream` are end states, `setups` those of setups."""
    if rule == "all_done_setup_success":
        if not setups or "success" in setups:
            return None
        return "skipped" if all(state == "skipped" for state in setups) else "upstream_failed"
    if not upstream:
        return None
    counts: Counts = {name: upstream.count(name) for name in ("success", "failed", "upstream_failed", "skipped", "removed")}
    counts["all"] = len(upstream)
    return _RULES[rule](counts)
