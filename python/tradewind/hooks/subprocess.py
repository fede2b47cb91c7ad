"""Runs a command, logs its output line by line and keeps the last line."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from .base import BaseHook


class SubprocessResult(NamedTuple):
    exit_code: int
    output: str


@contextlib.contextmanager
def working_directory(cwd: Optional[str] = None) -> Iterator[str]:
    """`cwd`, or a folder that is removed afterwards."""
    if cwd is not None:
        yield cwd
        return
    with tempfile.TemporaryDirectory(prefix="airflowtmp") as folder:
        yield folder


class SubprocessHook(BaseHook):
    """The command leads its own process group, so that `send_sigterm` reaches what it started."""

    def __init__(self, **kwargs: Any) -> None:
        self.sub_process: Optional[subprocess.Popen] = None
        super().__init__(**kwargs)

    def run_command(
        self,
        command: List[str],
        env: Optional[Dict[str, str]] = None,
        output_encoding: str = "utf-8",
        cwd: Optional[str] = None,
    ) -> SubprocessResult:
        """Exit code, and the last line of standard output and error together."""
        with working_directory(cwd) as folder:
            self.log.info("Running command: %s", command)
            self.sub_process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=env if env is not None else os.environ.copy(),
                preexec_fn=_own_group,
            )
            self.log.info("Output:")
            line = ""
            if self.sub_process.stdout is not None:
                for raw in iter(self.sub_process.stdout.readline, b""):
                    line = raw.decode(output_encoding, errors="backslashreplace").rstrip()
                    self.log.info("%s", line)
            self.sub_process.wait()
            self.log.info("Command exited with return code %s", self.sub_process.returncode)
            return SubprocessResult(exit_code=self.sub_process.returncode, output=line)

    def send_sigterm(self) -> None:
        """Ends the command and what it started, where it runs."""
        self.log.info("Sending SIGTERM signal to process group")
        if self.sub_process is not None and self.sub_process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(os.getpgid(self.sub_process.pid), signal.SIGTERM)


def _own_group() -> None:
    # Python ignores SIGPIPE and its children inherit that; a shell's `yes | head` must end.
    for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.setsid()
