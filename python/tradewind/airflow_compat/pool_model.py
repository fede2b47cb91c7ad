"""`Pool` of Airflow's database: found, made and deleted through the scheduler."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

from .. import client
from .fields import Field


class Pool:
    """A pool and how full it was when it was asked for; its own attributes are fields for filters of queries."""

    DEFAULT_POOL_NAME = "default_pool"

    pool: Any = Field("pool")
    slots: Any = Field("slots")
    description: Any = Field("description")
    include_deferred: Any = Field("include_deferred")

    def __init__(self, pool: str = "", slots: int = 0, description: Optional[str] = None, include_deferred: bool = False, **_: Any) -> None:
        self.pool = pool
        self.slots = slots
        self.description = description
        self.include_deferred = include_deferred
        self._usage: Dict[str, Any] = {}

    @classmethod
    def of_answer(cls, answer: Dict[str, Any]) -> "Pool":
        """A PoolAnswer of the protocol."""
        made = cls(answer["name"], answer["slots"], answer["description"], answer["includeDeferred"])
        made._usage = answer
        return made

    @property
    def id(self) -> str:
        return self.pool

    @classmethod
    def get_pools(cls, session: Any = None) -> List["Pool"]:
        return [cls.of_answer(one) for one in client.request("pool.list") or []]

    @classmethod
    def get_pool(cls, pool_name: str, session: Any = None) -> Optional["Pool"]:
        """None where there is none of that name."""
        return next((one for one in cls.get_pools() if one.pool == pool_name), None)

    @classmethod
    def get_default_pool(cls, session: Any = None) -> Optional["Pool"]:
        return cls.get_pool(cls.DEFAULT_POOL_NAME)

    @classmethod
    def is_default_pool(cls, id: Any, session: Any = None) -> bool:  # noqa: A002 - the name is Airflow's
        return id == cls.DEFAULT_POOL_NAME

    @classmethod
    def create_or_update_pool(
        cls, name: str, slots: Any, description: Optional[str] = "", include_deferred: bool = False, session: Any = None
    ) -> Optional["Pool"]:
        """The pool as it is now; None for a name that is none, as in Airflow."""
        if not name:
            return None
        client.request("pool.set", name=name, slots=int(slots), description=description, includeDeferred=bool(include_deferred))
        return cls(name, int(slots), description, bool(include_deferred))

    @classmethod
    def delete_pool(cls, name: str, session: Any = None) -> Optional["Pool"]:
        """The one that was there. Raises PoolNotFound, and AirflowException for the default pool."""
        from .exceptions import AirflowException, PoolNotFound

        if name == cls.DEFAULT_POOL_NAME:
            raise AirflowException(f"{name} cannot be deleted")
        found = cls.get_pool(name)
        if found is None:
            raise PoolNotFound(f"Pool '{name}' doesn't exist")
        client.request("pool.delete", name=name)
        return found

    @classmethod
    def slots_stats(cls, **_: Any) -> Dict[str, Dict[str, Any]]:
        return {
            one.pool: {"total": one.slots, "running": one.running_slots(), "queued": one.queued_slots(), "open": one.open_slots()}
            for one in cls.get_pools()
        }

    def running_slots(self, session: Any = None) -> int:
        return self._counted("runningSlots")

    def queued_slots(self, session: Any = None) -> int:
        return self._counted("queuedSlots")

    def scheduled_slots(self, session: Any = None) -> int:
        return self._counted("scheduledSlots")

    def deferred_slots(self, session: Any = None) -> int:
        return self._counted("deferredSlots")

    def occupied_slots(self, session: Any = None) -> int:
        return self._counted("occupiedSlots")

    def open_slots(self, session: Any = None) -> float:
        """Without limit infinite."""
        return math.inf if self.slots < 0 else self.slots - self.occupied_slots()

    def _counted(self, name: str) -> int:
        return int(self._usage.get(name) or 0)

    def to_json(self) -> Dict[str, Any]:
        return {"id": self.id, "pool": self.pool, "slots": self.slots, "description": self.description, "include_deferred": self.include_deferred}

    def __str__(self) -> str:
        return self.pool

    def __repr__(self) -> str:
        return self.pool


def get_pool(name: str, session: Any = None) -> Pool:
    """`airflow.api.common.experimental.pool`. Raises PoolNotFound."""
    from .exceptions import PoolNotFound

    found = Pool.get_pool(name)
    if found is None:
        raise PoolNotFound(f"Pool '{name}' doesn't exist")
    return found


def get_pools(session: Any = None) -> List[Pool]:
    return Pool.get_pools()


def create_pool(name: str, slots: Any, description: str = "", include_deferred: bool = False, session: Any = None) -> Optional[Pool]:
    return Pool.create_or_update_pool(name, slots, description, include_deferred)


def delete_pool(name: str, session: Any = None) -> Optional[Pool]:
    return Pool.delete_pool(name)
