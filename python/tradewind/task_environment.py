"""The interpreter of one task, where it is another than that of its Dag file.

`executor_config={"tradewind": {"python": …, "requirements": …}}` of a task (or of `default_args`) names it. The process
of the attempt makes the environment, with its progress in the task's log, and becomes that interpreter: the same process
to its worker, with the same frames, output and limits.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from typing import Any, Dict, NoReturn, Optional

from . import environments
from .protocol import FrameStream

log = logging.getLogger("airflow.task")

_LAUNCHER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tradewind_process.py")
_FRAMES = 3


def enter(start: Dict[str, Any], dag: Any, stream: FrameStream) -> None:
    """Does not return where the task wants another interpreter.

    Raises TradewindError TW_PYTHON_INTERPRETER, TW_PYTHON_REQUIREMENTS, TW_PYTHON_NETWORK, TW_OPTION_INVALID.
    """
    settings = None if start.get("environmentEntered") else settings_of(start, dag)
    if not settings:
        return
    task_id, code = start["task"]["taskId"], start["code"]
    folder = os.path.dirname(os.path.join(code["dagsFolder"], code["relativeFile"]))
    wanted = environments.wanted_from(settings, f"the environment of task {task_id}", folder)
    if not wanted.python:
        wanted = environments.Wanted(**{**wanted.__dict__, "python": sys.executable})
    python = environments.ensure(wanted, environments.cache_folder(), log, folder)
    if os.path.abspath(python) != os.path.abspath(sys.executable):
        _become(python, {**start, "code": {**code, "interpreter": python}, "environmentEntered": True}, stream)


def settings_of(start: Dict[str, Any], dag: Any) -> Optional[Dict[str, Any]]:
    task = dag.task_dict.get(start["task"]["taskId"])
    config = getattr(task, "executor_config", None)
    settings = config.get("tradewind") if isinstance(config, dict) else None
    return settings if isinstance(settings, dict) else None


def _become(python: str, start: Dict[str, Any], stream: FrameStream) -> NoReturn:
    for output in (sys.stdout, sys.stderr):
        output.flush()
    if stream.fileno() != _FRAMES:
        os.dup2(stream.fileno(), _FRAMES)
    os.set_inheritable(_FRAMES, True)
    # After the frames have their place, so that it gets another.
    given = tempfile.TemporaryFile()
    given.write(json.dumps(start).encode("utf-8"))
    given.seek(0)
    os.set_inheritable(given.fileno(), True)
    os.execv(python, [python, _LAUNCHER, "child", "--start", str(given.fileno())])


def given_start() -> Optional[Dict[str, Any]]:
    """The start message that the process was entered with; None for one that waits for it."""
    if "--start" not in sys.argv:
        return None
    at = sys.argv.index("--start")
    with os.fdopen(int(sys.argv[at + 1]), "rb") as file:
        start: Dict[str, Any] = json.loads(file.read())
    del sys.argv[at : at + 2]
    return start
