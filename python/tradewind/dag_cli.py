"""`dag.cli()`: what `python my_dag.py …` may do with its Dag."""

from __future__ import annotations

import argparse
import sys
from typing import Any, List, Optional

from . import time_values


def main(dag: Any, arguments: Optional[List[str]] = None) -> None:
    """`list-tasks`, `show`, `test [DATE]`; runs that are kept belong to the scheduler."""
    parser = argparse.ArgumentParser(description=dag.description or f"Dag {dag.dag_id}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list-tasks", aliases=["list_tasks"], help="the ids of the tasks, in an order in which they can run")
    commands.add_parser("show", help="each task with those before it")
    test = commands.add_parser("test", help="one run in this process")
    test.add_argument("date", nargs="?", help="logical date, ISO 8601; now without it")
    test.add_argument("--conf", default="{}", help="JSON")
    given = parser.parse_args(arguments)
    if given.command in ("list-tasks", "list_tasks"):
        for task in dag.topological_sort():
            print(task.task_id)
    elif given.command == "show":
        for task in dag.topological_sort():
            print(f"{task.task_id}{' <- ' + ', '.join(task.upstream_task_ids) if task.upstream_task_ids else ''}")
    else:
        import json

        date = None if given.date is None else time_values.parse_instant(given.date)
        run = dag.test(logical_date=date, run_conf=json.loads(given.conf))
        sys.exit(0 if run.state == "success" else 1)
