"""Imports Dag files as Tradewind does and writes `structure.py`'s view of each Dag to `OUT/<dag id>.structure.json`.

    PYTHONPATH=python python structure_tradewind.py DAGS_FOLDER OUT
"""

import json
import os
import sys

import airflow  # noqa: F401 - makes the surface
from structure import structure_of
from tradewind.import_file import extend_path, import_dag_file
from tradewind.local_modules import LocalModules


def main(dags_folder, out):
    modules = LocalModules()
    modules.install()
    extend_path(dags_folder)
    for base, _, names in os.walk(dags_folder):
        for name in sorted(names):
            if name.endswith(".py"):
                write(os.path.join(base, name), modules, out)


def write(path, modules, out):
    with open(path, encoding="utf-8") as file:
        text = file.read().lower()
    if "dag" not in text or "airflow" not in text:
        return
    try:
        dags = import_dag_file(path, modules)
    except BaseException as error:
        # What cannot be imported is told by the run.
        print(f"{path}: {type(error).__name__}", file=sys.stderr)
        return
    for dag in dags:
        with open(os.path.join(out, f"{dag.dag_id}.structure.json"), "w", encoding="utf-8") as file:
            json.dump(structure_of(dag), file, indent=1, sort_keys=True)
    modules.forget()


if __name__ == "__main__":
    main(*sys.argv[1:])
