"""Which Airflow a Dag file was written for, 2 or 3; it decides defaults such as catchup.

Told, in this order, by a comment `# tradewind: airflow=2`, a setting, modules that only Airflow 3 has, things that
Airflow 3 removed, modules that Airflow 3 only keeps under new names. A file that tells nothing is of era 3.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import warnings
from typing import Iterator, List, Optional, Set, Tuple

MARK = re.compile(r"^\s*#\s*tradewind:\s*airflow\s*=\s*([23])", re.MULTILINE)

ONLY_3 = (
    "airflow.sdk",
    "airflow.providers.standard",
    "airflow.providers.common.ai",
    "airflow.providers.common.messaging",
    "airflow.task",
    "airflow.assets",
    "airflow.timetables.assets",
)
REMOVED_IN_3 = re.compile(
    r"^airflow\.(contrib\b|operators\.\w*_operator$|operators\.(dummy|subdag|dagrun_operator)$"
    r"|utils\.(dates|decorators|helpers)$|hooks\.(\w+_hook|S3_hook)$|sensors\.\w+_sensor$|macros\.hive$"
    r"|models\.dataset$|timetables\.datasets$|datasets\.metadata$|kubernetes\b|executors\.(sequential|debug)_executor$"
    r"|providers\.(postgres|sqlite|mysql|mssql|oracle|snowflake|jdbc)\.operators\.(postgres|sqlite|mysql|mssql|oracle|snowflake|jdbc)$)"
)
RENAMED_IN_3 = re.compile(
    r"^airflow\.(operators|sensors|hooks|decorators|datasets|models|utils\.(task_group|edgemodifier|trigger_rule|db|email))\b"
)
REMOVED_NAMES = {"Dataset", "SimpleHttpOperator", "DummyOperator", "SubDagOperator", "days_ago", "apply_defaults"}
REMOVED_ARGUMENTS = {
    "schedule_interval",
    "concurrency",
    "provide_context",
    "timetable",
    "sla_miss_callback",
    "default_view",
    "orientation",
    "full_filepath",
    "fail_stop",
    "task_concurrency",
    "execution_delta_fn",
}
REMOVED_WORDS = re.compile(
    r"\b(execution_date|next_execution_date|prev_execution_date(_success)?|(next|prev|yesterday|tomorrow)_ds(_nodash)?"
    r"|triggering_dataset_events)\b"
)


class FileEra:
    """A Dag file that is being imported or run, with what its shims warned of."""

    def __init__(self, path: str, era: int, reason: str) -> None:
        self.path = path
        self.era = era
        self.reason = reason
        self.warnings: List[Tuple[str, str, Optional[int]]] = []
        self._warned: Set[str] = set()

    def warn(self, name: str, message: str, line: Optional[int] = None) -> None:
        """Once per file and name."""
        if name in self._warned:
            return
        self._warned.add(name)
        if line is None:
            from .airflow_compat.call_site import call_site

            found, at = call_site()
            line = at if found == self.path else None
        self.warnings.append((name, message, line))
        print(f"{self.path}{'' if line is None else f':{line}'}: {message}", file=sys.stderr)


_files: List[FileEra] = []
_setting: Optional[int] = None
_outside = FileEra("<no Dag file>", 3, "no Dag file is being imported")


def set_default(era: Optional[int]) -> None:
    """The setting for all files of a folder; None leaves it to each file."""
    global _setting
    _setting = era


def detect(text: str) -> Tuple[int, str]:
    """The era of a file's text, and what told it."""
    mark = MARK.search(text)
    if mark:
        return int(mark.group(1)), "a comment says so"
    if _setting is not None:
        return _setting, "the settings say so"
    try:
        with warnings.catch_warnings():
            # Of escapes in the user's strings; the import itself says them once.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return 3, "it cannot be read"
    old: Optional[str] = None
    renamed: Optional[str] = None
    for node in ast.walk(tree):
        for module, name in _imports(node):
            if _within(module, ONLY_3):
                return 3, f"it imports {module}"
            if REMOVED_IN_3.match(module) or (name in REMOVED_NAMES and module.startswith("airflow")):
                old = old or f"it imports {module if name is None else f'{module}.{name}'}"
            elif RENAMED_IN_3.match(module):
                renamed = renamed or f"it imports {module}"
        old = old or _sign_of_2(node)
    if old:
        return 2, old
    if renamed:
        return 2, renamed
    return 3, "nothing in it is of Airflow 2 only"


def _imports(node: ast.AST) -> Iterator[Tuple[str, Optional[str]]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, None
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        for alias in node.names:
            yield node.module, alias.name
            yield f"{node.module}.{alias.name}", None


def _sign_of_2(node: ast.AST) -> Optional[str]:
    if isinstance(node, ast.keyword) and node.arg in REMOVED_ARGUMENTS:
        return f"it passes {node.arg}="
    if isinstance(node, ast.arg) and REMOVED_WORDS.fullmatch(node.arg):
        return f"a function takes {node.arg}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 100_000:
        word = REMOVED_WORDS.search(node.value) if ("{{" in node.value or node.value.isidentifier()) else None
        if word:
            return f"it reads {word.group(0)}"
    return None


def _within(module: str, roots: Tuple[str, ...]) -> bool:
    return any(module == root or module.startswith(root + ".") for root in roots)


@contextlib.contextmanager
def for_file(path: str, text: Optional[str] = None) -> Iterator[FileEra]:
    """While a Dag file is imported (or a task of it runs), `current()` is its era."""
    if text is None:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    era, reason = detect(text)
    state = FileEra(path, era, reason)
    _files.append(state)
    try:
        yield state
    finally:
        _files.remove(state)


def current_file() -> FileEra:
    """The Dag file that is being imported; outside of an import (`python my_dag.py`) the program itself."""
    if _files:
        return _files[-1]
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if main and main != _outside.path:
        with contextlib.suppress(OSError):
            with open(main, encoding="utf-8", errors="replace") as file:
                _outside.era, _outside.reason = detect(file.read())
            _outside.path = main
    return _outside


def current() -> int:
    return current_file().era


def warn(name: str, message: str, line: Optional[int] = None) -> None:
    """Says once per Dag file what a name of another era is called now."""
    current_file().warn(name, message, line)
