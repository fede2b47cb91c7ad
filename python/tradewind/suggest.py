"""The word that was probably meant."""

from __future__ import annotations

import difflib
from typing import Iterable, Optional

# Slips seen in public Dag files that are too far from the right word for a distance to find.
KNOWN_SLIPS = {
    "schedule_inverval": "schedule_interval",
    "cathcup": "catchup",
    "retry": "retries",
    "retires": "retries",
    "depend_on_past": "depends_on_past",
    "deseriazlize_json": "deserialize_json",
    "schedual": "schedule",
}


def did_you_mean(word: str, words: Iterable[str]) -> Optional[str]:
    """The nearest of `words`, or None when none is near."""
    known = list(words)
    slip = KNOWN_SLIPS.get(word)
    if slip in known:
        return slip
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.72)
    return found[0] if found else None


def unknown_argument(what: str, word: str, words: Iterable[str]) -> str:
    """`DAG has no argument "cathcup": did you mean catchup?`"""
    near = did_you_mean(word, words)
    return f'{what} has no argument "{word}"' + (f": did you mean {near}?" if near else "")
