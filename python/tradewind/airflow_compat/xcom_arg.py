"""References to what another task pushed: `.output`, `result["key"]`, `.map`, `.zip`, `.concat`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Callable, Iterator, List, Mapping, Tuple

from .abstractoperator import AbstractOperator, close_scope, open_scope
from .exceptions import XComNotFound
from .node import DependencyMixin
from .not_set import NOTSET

XCOM_RETURN_KEY = "return_value"
Entry = Callable[[Tuple[Any, Any]], Any]


class Unpicked(Exception):
    """Its length, or one element, cannot be had without the rest. `whole` is all of it, where that was read already."""

    def __init__(self, whole: Any = NOTSET) -> None:
        super().__init__()
        self.whole = whole


def _pair(entry: Tuple[Any, Any]) -> Any:
    return entry


def _key(entry: Tuple[Any, Any]) -> Any:
    return entry[0]


def _value(entry: Tuple[Any, Any]) -> Any:
    return entry[1]


class XComArg(DependencyMixin):
    """`XComArg(operator)` or `operator.output`: an argument whose value is read when the task starts."""

    operator: Any
    key: str

    def __new__(cls, *args: Any, **kwargs: Any) -> "XComArg":
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        raise NotImplementedError

    def resolve(self, context: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    def count(self, context: Mapping[str, Any]) -> int:
        """How many elements `resolve` would give. Raises Unpicked where only reading them tells."""
        raise Unpicked()

    def pick(self, context: Mapping[str, Any], index: int, of_entry: Entry = _pair) -> Any:
        """One element of what `resolve` would give, since not each instance shall read all of a long list.

        `of_entry` says what an entry of a dict counts as. Raises Unpicked where all of it has to be read, or for `resolve` to say
        what is wrong.
        """
        raise Unpicked()

    @staticmethod
    def iter_xcom_references(arg: Any) -> Iterator[Tuple[Any, str]]:
        """All references inside of a value: in lists, dicts, and objects with template_fields."""
        if isinstance(arg, AbstractOperator):
            for name in arg.template_fields:
                yield from XComArg.iter_xcom_references(getattr(arg, name, None))
        elif isinstance(arg, (str, bytes)) or arg is None:
            return
        elif isinstance(arg, (tuple, set, list, frozenset)):
            for item in arg:
                yield from XComArg.iter_xcom_references(item)
        elif isinstance(arg, dict):
            for item in arg.values():
                yield from XComArg.iter_xcom_references(item)
        elif not isinstance(arg, type) and callable(getattr(type(arg), "iter_references", None)):
            yield from arg.iter_references()

    @staticmethod
    def apply_upstream_relationship(op: Any, arg: Any) -> None:
        for source, _ in XComArg.iter_xcom_references(arg):
            op.set_upstream(source)

    @property
    def roots(self) -> List[Any]:
        return [source for source, _ in self.iter_references()]

    @property
    def leaves(self) -> List[Any]:
        return self.roots

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        for source in self.roots:
            source.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        for source in self.roots:
            source.set_downstream(other, edge_modifier)

    def as_setup(self) -> "XComArg":
        for source in self.roots:
            source.as_setup()
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: Any = None) -> "XComArg":
        for source in self.roots:
            source.as_teardown(setups=setups, on_failure_fail_dagrun=on_failure_fail_dagrun)
        return self

    def __enter__(self) -> "XComArg":
        roots = self.roots
        if not all(source.is_setup or source.is_teardown for source in roots):
            raise ValueError("Only setup/teardown tasks can be used as context managers.")
        open_scope(roots)
        return self

    def __exit__(self, *_: Any) -> None:
        close_scope()

    def add_task(self, task: Any) -> None:
        """Inside of `with setup as scope:` takes in a task that was made before."""
        from .current import SetupTeardownContext

        for source in task.roots:
            SetupTeardownContext.note(source)

    def map(self, f: Callable[[Any], Any]) -> "MapXComArg":
        return MapXComArg(self, [f])

    def zip(self, *others: "XComArg", fillvalue: Any = NOTSET) -> "ZipXComArg":
        return ZipXComArg([self, *others], fillvalue=fillvalue)

    def concat(self, *others: "XComArg") -> "ConcatXComArg":
        return ConcatXComArg([self, *others])


class PlainXComArg(XComArg):
    """One XCom."""

    def __init__(self, operator: Any, key: str = XCOM_RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainXComArg) and self.operator is other.operator and self.key == other.key

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __getitem__(self, item: Any) -> "PlainXComArg":
        if not isinstance(item, str):
            raise ValueError(f"XComArg only supports str lookup, received {type(item).__name__}")
        return PlainXComArg(self.operator, item)

    def __iter__(self) -> Any:
        raise TypeError(
            f"what task '{self.operator.task_id}' returns is not known while the file is read ('XComArg' object is not "
            "iterable): expand a task over it, or loop inside of a task"
        )

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r})" if self.key == XCOM_RETURN_KEY else f"XComArg({self.operator!r}, {self.key!r})"

    def __str__(self) -> str:
        """A template that pulls it, so that f"--n {task.output}" works."""
        wanted = [f"task_ids='{self.operator.task_id}'", f"dag_id='{self.operator.dag_id}'"]
        if self.key is not None:
            wanted.append(f"key='{self.key}'")
        return f"{{{{ task_instance.xcom_pull({', '.join(wanted)}) }}}}"

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("Argument formatting is not supported by XComArg")
        return str(self)

    @property
    def is_setup(self) -> bool:  # type: ignore[override]
        return self.operator.is_setup

    @is_setup.setter
    def is_setup(self, value: bool) -> None:
        self.operator.is_setup = value

    @property
    def is_teardown(self) -> bool:  # type: ignore[override]
        return self.operator.is_teardown

    @is_teardown.setter
    def is_teardown(self, value: bool) -> None:
        self.operator.is_teardown = value

    @property
    def on_failure_fail_dagrun(self) -> bool:
        return self.operator.on_failure_fail_dagrun

    @on_failure_fail_dagrun.setter
    def on_failure_fail_dagrun(self, value: bool) -> None:
        self.operator.on_failure_fail_dagrun = value

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        yield self.operator, self.key

    def map(self, f: Callable[[Any], Any]) -> "MapXComArg":
        self._only_return_value("cannot map against non-return XCom")
        return super().map(f)

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> "ZipXComArg":
        self._only_return_value("cannot map against non-return XCom")
        return super().zip(*others, fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> "ConcatXComArg":
        self._only_return_value("cannot concatenate non-return XCom")
        return super().concat(*others)

    def _only_return_value(self, message: str) -> None:
        if self.key != XCOM_RETURN_KEY:
            raise ValueError(message)

    def resolve(self, context: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        """A list, read element by element, of a mapped task; of the same mapped group the value of our own index."""
        ti = context["ti"]
        source = self.operator
        if source.is_mapped or _is_other_instances(source, ti):
            return LazyXComs(ti, source.task_id, self.key)
        group = source.get_closest_mapped_task_group()
        own = ti.map_index if group is not None else -1
        value = ti.xcom_pull(task_ids=source.task_id, key=self.key, map_indexes=own, default=NOTSET)
        if value is not NOTSET:
            return value
        if self.key == XCOM_RETURN_KEY or getattr(source, "multiple_outputs", False):
            return None
        raise XComNotFound(ti.dag_id, source.task_id, self.key)

    def count(self, context: Mapping[str, Any]) -> int:
        length = context["ti"].returned_length(self.operator.task_id)
        if length is None or self._is_of_own_group(context):
            raise Unpicked()
        return length

    def pick(self, context: Mapping[str, Any], index: int, of_entry: Entry = _pair) -> Any:
        if self._is_of_own_group(context):
            raise Unpicked()
        source, ti = self.operator, context["ti"]
        found, value = ti.pull_element(source.task_id, self.key, index, source.is_mapped or _is_other_instances(source, ti))
        if found == "element":
            return value
        if found == "entry":
            return of_entry(value)
        if found == "whole" and isinstance(value, (Sequence, dict)) and not isinstance(value, str) and index < len(value):
            return of_entry(element(value, index)) if isinstance(value, dict) else value[index]
        raise Unpicked(value if found == "whole" else NOTSET)

    def _is_of_own_group(self, context: Mapping[str, Any]) -> bool:
        """The source is another task of the same instance of a mapped group: its value is not one of many."""
        source = self.operator
        in_group = not source.is_mapped and source.get_closest_mapped_task_group() is not None
        return in_group and not _is_other_instances(source, context["ti"])


def _is_other_instances(source: Any, ti: Any) -> bool:
    """The source is in a mapped group and we are outside of it: all its instances are meant."""
    group = source.get_closest_mapped_task_group()
    if group is None:
        return False
    task = ti.task
    return all(one is not group for one in task.iter_mapped_task_groups())


class LazyXComs(Sequence):
    """What all instances of a mapped task returned; asked for on the first use."""

    def __init__(self, ti: Any, task_id: str, key: str) -> None:
        self._ti = ti
        self._task_id = task_id
        self._key = key
        self._found: Any = None

    def _values(self) -> List[Any]:
        if self._found is None:
            found = self._ti.xcom_pull(task_ids=[self._task_id], key=self._key)
            self._found = list(found or [])
        return self._found

    def __len__(self) -> int:
        return len(self._values())

    def __getitem__(self, index: Any) -> Any:
        return self._values()[index]

    def __eq__(self, other: object) -> bool:
        return self._values() == list(other) if isinstance(other, Sequence) and not isinstance(other, str) else NotImplemented

    def __repr__(self) -> str:
        return f"LazyXComs({self._values()!r})"

    def __json__(self) -> List[Any]:
        return self._values()


class MapXComArg(XComArg):
    def __init__(self, arg: XComArg, callables: List[Callable]) -> None:
        from .taskflow import is_decorated_task

        for one in callables:
            if is_decorated_task(one):
                raise ValueError("map() argument must be a plain function, not a @task operator")
        self.arg = arg
        self.callables = callables

    def __repr__(self) -> str:
        names = "".join(f".map({getattr(one, '__name__', '<function>')})" for one in self.callables)
        return f"{self.arg!r}{names}"

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        yield from self.arg.iter_references()

    def map(self, f: Callable[[Any], Any]) -> "MapXComArg":
        return MapXComArg(self.arg, [*self.callables, f])

    def count(self, context: Mapping[str, Any]) -> int:
        return self.arg.count(context)

    def pick(self, context: Mapping[str, Any], index: int, of_entry: Entry = _pair) -> Any:
        value = self.arg.pick(context, index, _value)
        for one in self.callables:
            value = one(value)
        return value

    def resolve(self, context: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        return _Mapped(_sized(self.arg.resolve(context), "map"), self.callables)


class ZipXComArg(XComArg):
    def __init__(self, args: List[XComArg], fillvalue: Any = NOTSET) -> None:
        self.args = args
        self.fillvalue = fillvalue

    def __repr__(self) -> str:
        first, *rest = [repr(arg) for arg in self.args]
        more = rest if self.fillvalue is NOTSET else [*rest, f"fillvalue={self.fillvalue!r}"]
        return f"{first}.zip({', '.join(more)})"

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def count(self, context: Mapping[str, Any]) -> int:
        lengths = [arg.count(context) for arg in self.args]
        return min(lengths) if self.fillvalue is NOTSET else max(lengths)

    def pick(self, context: Mapping[str, Any], index: int, of_entry: Entry = _pair) -> Any:
        if not 0 <= index < self.count(context):
            raise Unpicked()
        return tuple(arg.pick(context, index) if index < arg.count(context) else self.fillvalue for arg in self.args)

    def resolve(self, context: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        return _Zipped([_sized(arg.resolve(context), "zip") for arg in self.args], self.fillvalue)


class ConcatXComArg(XComArg):
    def __init__(self, args: List[XComArg]) -> None:
        self.args = args

    def __repr__(self) -> str:
        first, *rest = [repr(arg) for arg in self.args]
        return f"{first}.concat({', '.join(rest)})"

    def iter_references(self) -> Iterator[Tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def concat(self, *others: XComArg) -> "ConcatXComArg":
        return ConcatXComArg([*self.args, *others])

    def count(self, context: Mapping[str, Any]) -> int:
        return sum(arg.count(context) for arg in self.args)

    def pick(self, context: Mapping[str, Any], index: int, of_entry: Entry = _pair) -> Any:
        at = index
        for arg in self.args:
            length = arg.count(context)
            if 0 <= at < length:
                return arg.pick(context, at, _key)
            at -= length
        raise Unpicked()

    def resolve(self, context: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        return _Joined([_sized(arg.resolve(context), "concat") for arg in self.args])


def _sized(value: Any, what: str) -> Any:
    if not isinstance(value, (Sequence, dict)):
        raise ValueError(f"XCom {what} expects sequence or dict, not {type(value).__name__}")
    return value


def element(value: Any, index: int) -> Any:
    """Of a list the item, of a dict the pair (key, value). Raises IndexError."""
    if not isinstance(value, dict):
        return value[index]
    if not 0 <= index < len(value):
        raise IndexError("index out of range")
    return next(itertools.islice(value.items(), index, None))


class _Lazy(Sequence):
    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) and not isinstance(other, str) else NotImplemented

    def __repr__(self) -> str:
        return repr(list(self))


class _Mapped(_Lazy):
    def __init__(self, value: Any, callables: List[Callable]) -> None:
        self.value = value
        self.callables = callables

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        value = self.value[list(self.value)[index]] if isinstance(self.value, dict) else self.value[index]
        for one in self.callables:
            value = one(value)
        return value


class _Zipped(_Lazy):
    def __init__(self, values: List[Any], fillvalue: Any) -> None:
        self.values = values
        self.fillvalue = fillvalue

    def __len__(self) -> int:
        lengths = [len(value) for value in self.values]
        return min(lengths) if self.fillvalue is NOTSET else max(lengths)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError("zip index out of range")
        return tuple(element(value, at) if at < len(value) else self.fillvalue for value in self.values)


class _Joined(_Lazy):
    def __init__(self, values: List[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return sum(len(value) for value in self.values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        for value in self.values:
            if 0 <= at < len(value):
                return list(value)[at] if isinstance(value, dict) else value[at]
            at -= len(value)
        raise IndexError("list index out of range")
