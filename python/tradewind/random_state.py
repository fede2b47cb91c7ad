"""Random numbers of forked processes: as if each had imported the Dag file itself.

Python gives `random` a new state in each forked process, numpy and torch keep that of the parent. A file that seeds is
meant to give the same numbers in each of its tasks; any other is not.
"""

from __future__ import annotations

import random
import re
import sys
from typing import Any, Iterable

_SEEDS = re.compile(r"\b(?:manual_)?seed(?:_everything)?\s*\(")


class RandomState:
    """Taken after the import, given to each process that is forked."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._seeded = any(_SEEDS.search(text) for text in texts)
        self._random = random.getstate() if self._seeded else None

    def give(self) -> None:
        if self._random is not None:
            random.setstate(self._random)
            return
        numpy: Any = sys.modules.get("numpy.random")
        if numpy is not None:
            numpy.seed()
        torch: Any = sys.modules.get("torch")
        if torch is not None:
            torch.seed()
