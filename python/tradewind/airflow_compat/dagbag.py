"""Importing Dag files in this process, for tests that use DagBag."""

from __future__ import annotations

import os
import traceback
from typing import Any, Dict, List, Tuple

from .. import dag_collection, era
from ..import_file import module_name
from .dag_files import find_path_from_directory, might_contain_dag


def collect(path: Any) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """Dags by id and errors by file, of one file or of all `.py` files below a folder."""
    dags: Dict[str, Any] = {}
    errors: Dict[str, str] = {}
    for file in dag_files(os.fspath(path)):
        try:
            for dag in _import(file):
                dags[dag.dag_id] = dag
        except Exception:
            errors[file] = traceback.format_exc()
    return dags, errors


def dag_files(path: str) -> List[str]:
    """One file, or those below a folder that may define Dags and that no `.airflowignore` names."""
    if os.path.isfile(path):
        return [path]
    return sorted(file for file in find_path_from_directory(path) if file.endswith(".py") and might_contain_dag(file))


def _import(path: str) -> List[Any]:
    import importlib.util
    import sys

    name = module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return []
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    dag_collection.reset()
    with era.for_file(path):
        spec.loader.exec_module(module)
        return list(dag_collection.collect(module))
