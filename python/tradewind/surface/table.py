"""The tables of the surface, read once: what is ours, where legacy paths lead, what Airflow itself defines."""

from __future__ import annotations

import ast
import os
from typing import Dict, Iterator, List, Optional, Tuple

_HERE = os.path.dirname(os.path.abspath(__file__))

Names = Dict[str, str]


def _lines(file: str) -> Iterator[str]:
    with open(os.path.join(_HERE, file), encoding="utf-8") as text:
        for line in text:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n")


def _read_names() -> Dict[str, Names]:
    table: Dict[str, Names] = {}
    names: Names = {}
    copies: List[Tuple[Names, str]] = []
    for line in _lines("names.txt"):
        if not line.startswith(" "):
            names = table.setdefault(line.strip(), {})
            continue
        target, _, rest = line.strip().partition(" ")
        if target == "@":
            copies.append((names, rest))
        elif target == "=":
            path, name = rest.split()
            names[name] = path
        elif target == "*":
            names.update({name: f"{rest}:{name}" for name in _public_names(rest)})
        else:
            names.update(_pairs(target.rstrip(":"), rest))
    for names, module in copies:
        names.update(table[module])
    return table


def _pairs(module: str, text: str) -> Names:
    pairs = {}
    for item in text.split():
        name, _, original = item.partition("=")
        pairs[name] = f"{module}:{original or name}"
    return pairs


def _public_names(module: str) -> List[str]:
    """What a module of ours defines, told from its text: importing it would bring everything with it."""
    package, _, rest = module.partition(".")
    path = os.path.join(os.path.dirname(_HERE), *rest.split(".")) + ".py"
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found = []
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.append(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.extend(target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and module not in _OWN_IMPORTS:
            continue
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.extend(alias.asname or alias.name for alias in node.names)
    return [name for name in found if not name.startswith("_")]


# Modules whose imports are part of what they offer.
_OWN_IMPORTS = {"tradewind.macros", "tradewind.airflow_compat.settings"}


def _read_legacy() -> Dict[str, Names]:
    table: Dict[str, Names] = {}
    for line in _lines("legacy_paths.txt"):
        module, _, rest = line.partition(": ")
        table[module] = dict(item.split("=", 1) for item in rest.split())  # type: ignore[misc]
    return table


SURFACE = _read_names()
LEGACY = _read_legacy()
_known: Dict[str, Dict[str, str]] = {}
_reexported: Dict[str, Names] = {}
_WORDS = {"1": "Airflow 1", "2": "Airflow 2", "3": "Airflow 3"}


def legacy_name(module: str, name: str) -> Optional[str]:
    """Today's path of a name that Airflow 2 kept for Airflow 1; also of those that stood flat in a package."""
    found = LEGACY.get(module, {}).get(name)
    if found is not None:
        return found
    if module in ("airflow.operators", "airflow.hooks", "airflow.sensors"):
        for legacy, names in LEGACY.items():
            if legacy.startswith(module + ".") and name in names:
                return names[name]
    return None


def reexported(module: str, name: str) -> Optional[str]:
    """The `module:name` of a name that Airflow's module has only because it imports it."""
    if not _reexported:
        names: Names = {}
        # Read when the first name is missing: most processes never need it.
        for line in _lines("reexports.txt"):
            if not line.startswith(" "):
                names = _reexported.setdefault(line, {})
                continue
            source, _, rest = line.strip().partition(": ")
            names.update({one: one for one in rest.split()} if source == "=" else _pairs(source, rest))
    return _reexported.get(module, {}).get(name)


def known_place(module: str, name: Optional[str] = None) -> Optional[str]:
    """In words, where Airflow has the module or the name; None where it has not."""
    if not _known:
        _known.update(_read_known())
    names = _known.get(module)
    if names is None:
        return None
    eras = names.get(name or "")
    if eras is None:
        return None
    what = "a module" if name is None else "a class" if name[:1].isupper() else "a function"
    return f"{what} of {' and '.join(_WORDS[era] for era in eras)}"


def _read_known() -> Dict[str, Dict[str, str]]:
    table: Dict[str, Dict[str, str]] = {}
    for line in _lines("known_names.txt"):
        head, _, rest = line.partition(":")
        module, eras = head.split()
        table[module] = {"": eras}
        for group in rest.split():
            which, _, names = group.partition("=")
            table[module].update({name: which for name in names.split(",")})
    return table
