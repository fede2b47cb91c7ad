"""Small functions of `airflow.utils.*` that Dag files import."""

from __future__ import annotations

import contextlib
import functools
import getpass
import importlib
import json
import logging
import os
import random
import re
import socket
import string
import subprocess
import sys
from datetime import date, datetime
from tempfile import TemporaryDirectory  # noqa: F401 - part of the surface
from typing import Any, Callable, Dict, Generator, Iterable, Iterator, List, NamedTuple, Optional, TypeVar

from .exceptions import AirflowException
from .node import validate_key  # noqa: F401 - part of the surface

T = TypeVar("T")
Fn = TypeVar("Fn", bound=Callable[..., Any])


def apply_defaults(func: Fn) -> Fn:
    """Every operator takes default_args by itself; the decorator of Airflow 1 has nothing left to do."""
    return func


def chunks(items: List[T], chunk_size: int) -> Generator[List[T], None, None]:
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for start in range(0, len(items), chunk_size):
        yield items[start : start + chunk_size]


def alchemy_to_dict(obj: Any) -> Optional[Dict[str, Any]]:
    return None if obj is None else {key: value for key, value in vars(obj).items() if not key.startswith("_")}


def as_flattened_list(iterable: Iterable[Iterable[T]]) -> List[T]:
    return [one for inner in iterable for one in inner]


def convert_camel_to_snake(camel_str: str) -> str:
    return re.sub(r"(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def is_container(obj: Any) -> bool:
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def as_tuple(obj: Any) -> tuple:
    return tuple(obj) if is_container(obj) else (obj,)


def merge_dicts(dict1: Dict[str, Any], dict2: Dict[str, Any]) -> Dict[str, Any]:
    """Both, the second before the first, dicts within them merged too."""
    merged = dict(dict1)
    for key, value in dict2.items():
        old = merged.get(key)
        merged[key] = merge_dicts(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def partition(pred: Callable[[T], bool], iterable: Iterable[T]) -> "tuple[Iterable[T], Iterable[T]]":
    items = list(iterable)
    return [one for one in items if not pred(one)], [one for one in items if pred(one)]


def exactly_one(*args: Any) -> bool:
    return sum(1 for one in args if one) == 1


def at_most_one(*args: Any) -> bool:
    return sum(1 for one in args if one) <= 1


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Without None (or, not strict, without what is empty), within dicts and lists too."""

    def empty(value: Any) -> bool:
        return value is None if mode == "strict" else not value

    if isinstance(val, dict):
        pruned = {key: prune_dict(value, mode) for key, value in val.items() if not empty(value)}
        return {key: value for key, value in pruned.items() if not empty(value)}
    if isinstance(val, list):
        return [one for one in (prune_dict(value, mode) for value in val if not empty(value)) if not empty(one)]
    return val


def render_log_filename(*_: Any, **__: Any) -> str:
    raise AirflowException("names of log files are Tradewind's own here; `tradewind tasks logs` shows them")


def import_string(dotted_path: str) -> Any:
    """The object at `package.module.name`."""
    module_path, _, name = dotted_path.rpartition(".")
    if not module_path:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    module = importlib.import_module(module_path)
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(f'Module "{module_path}" does not define a "{name}" attribute/class') from None


def qualname(obj: Any) -> str:
    cls = obj if isinstance(obj, type) or callable(obj) else type(obj)
    return f"{cls.__module__}.{cls.__qualname__}"


def to_boolean(astring: Any) -> bool:
    return astring is not None and str(astring).lower() in ("true", "t", "y", "yes", "1")


def ask_yesno(question: str, default: Optional[bool] = None) -> bool:
    raise AirflowException("nobody answers questions where a task runs")


class AirflowJsonEncoder(json.JSONEncoder):
    """Dates in ISO 8601, sets as lists, numbers of numpy and Decimal as numbers."""

    def default(self, o: Any) -> Any:
        if isinstance(o, (date, datetime)):
            return o.isoformat()
        if isinstance(o, (set, frozenset, tuple)):
            return list(o)
        if hasattr(o, "item") and callable(o.item):
            return o.item()
        if hasattr(o, "as_tuple"):
            return float(o)
        return super().default(o)


def redact(value: Any, name: Optional[str] = None, max_depth: Optional[int] = None) -> Any:
    """Log lines are masked where they are written; a value itself is returned as it is."""
    return value


def mask_secret(secret: Any, name: Optional[str] = None) -> None:
    """Hides a text (or all texts of a dict or list) in every later log line."""
    from .. import supervisor

    line = supervisor.current()
    if line is None:
        return
    if isinstance(secret, dict):
        for value in secret.values():
            mask_secret(value)
    elif isinstance(secret, (list, tuple, set)):
        for value in secret:
            mask_secret(value)
    elif isinstance(secret, str) and secret:
        line.mask([secret])


class TaskInstanceKey(NamedTuple):
    """Names one try of one instance."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1


def mkdirs(path: str, mode: int = 0o777) -> None:
    os.makedirs(path, mode=mode, exist_ok=True)


def list_py_file_paths(directory: Any, *_: Any, **__: Any) -> List[str]:
    """The `.py` files below a folder that may define Dags."""
    from .dagbag import dag_files

    return dag_files(os.fspath(directory)) if directory else []


def execute_in_subprocess(cmd: List[str], cwd: Optional[str] = None, **_: Any) -> None:
    """Raises CalledProcessError where the command fails; what it writes goes to the log."""
    log = logging.getLogger("airflow.task")
    log.info("Executing cmd: %s", " ".join(cmd))
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd) as process:
        for line in process.stdout or ():
            log.info("%s", line.rstrip())
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, cmd)


@contextlib.contextmanager
def patch_environ(new_env_variables: Dict[str, str]) -> Iterator[None]:
    """Sets variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in new_env_variables}
    os.environ.update(new_env_variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def get_hostname() -> str:
    return socket.getfqdn()


def get_host_ip_address() -> str:
    return socket.gethostbyname(socket.getfqdn())


def getuser() -> str:
    return getpass.getuser()


def is_tty() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def get_random_string(length: int = 8, choices: str = string.ascii_letters + string.digits) -> str:
    """Of a generator of its own: a task's random state is the task's."""
    return "".join(random.SystemRandom().choices(choices, k=length))


def reduce_in_chunks(fn: Callable[[Any, List[T]], Any], iterable: List[T], initializer: Any, chunk_size: int = 0) -> Any:
    if not iterable:
        return initializer
    return functools.reduce(fn, chunks(iterable, chunk_size or len(iterable)), initializer)


def parse_template_string(template_string: str) -> "tuple[Optional[str], Any]":
    """(text, None) of a plain one, (None, template) of one with marks of Jinja."""
    if "{{" not in template_string:
        return template_string, None
    import jinja2

    return None, jinja2.Template(template_string)


def render_template_to_string(template: Any, context: Any) -> str:
    return "".join(str(piece) for piece in template.root_render_func(template.new_context(dict(context))))


def render_template_as_native(template: Any, context: Any) -> Any:
    from jinja2.nativetypes import native_concat

    return native_concat(template.root_render_func(template.new_context(dict(context))))


def datetime_to_nano(value: Optional[datetime]) -> Optional[int]:
    return None if value is None else int(value.timestamp() * 1_000_000) * 1000


def should_hide_value_for_key(name: Any) -> bool:
    """Whether values of this name are hidden in logs."""
    from ..supervisor import is_sensitive

    return isinstance(name, str) and is_sensitive(name)


class Resources:
    """What `resources=` of an operator says; nothing is reserved by it, as in Airflow."""

    def __init__(self, cpus: Any = 1, ram: Any = 512, disk: Any = 512, gpus: Any = 0, **_: Any) -> None:
        self.cpus, self.ram, self.disk, self.gpus = cpus, ram, disk, gpus

    def to_dict(self) -> Dict[str, Any]:
        return dict(vars(self))
