"""BashOperator."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any, Callable, Container, Dict, Optional, Sequence, Union

from ..airflow_compat.exceptions import AirflowException, AirflowSkipException
from ..hooks.subprocess import SubprocessHook, SubprocessResult, working_directory
from .base import BaseOperator
from .context_env import context_to_airflow_vars


# Linux allows one argument of a command 128 KiB.
_LONGEST_ARGUMENT = 100_000


class BashOperator(BaseOperator):
    """Runs a command or a `.sh` file (rendered first); the last line of its output is the task's XCom.

    `env` replaces the environment unless `append_env`; an exit code in `skip_on_exit_code` skips the task.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}
    template_ext: Sequence[str] = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Optional[Dict[str, str]] = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_exit_code: Optional[int] = None,
        skip_on_exit_code: Union[int, Container[int], None] = 99,
        cwd: Optional[str] = None,
        output_processor: Callable[[str], Any] = lambda result: result,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.skip_on_exit_code = _codes(skip_exit_code if skip_exit_code is not None else skip_on_exit_code)
        self.cwd = cwd
        self.append_env = append_env
        self.output_processor = output_processor

    @property
    def subprocess_hook(self) -> SubprocessHook:
        hook = self.__dict__.get("_subprocess_hook")
        if hook is None:
            hook = self.__dict__["_subprocess_hook"] = SubprocessHook()
        return hook

    def get_env(self, context: Any) -> Dict[str, str]:
        """The command's environment, with AIRFLOW_CTX_* of the running task."""
        if self.env is None:
            env = dict(os.environ)
        elif self.append_env:
            env = {**os.environ, **self.env}
        else:
            env = dict(self.env)
        env.update(context_to_airflow_vars(context, in_env_var_format=True))
        return env

    def execute(self, context: Any) -> Any:
        bash = shutil.which("bash") or "bash"
        if self.cwd is not None:
            if not os.path.exists(self.cwd):
                raise AirflowException(f"Can not find the cwd: {self.cwd}")
            if not os.path.isdir(self.cwd):
                raise AirflowException(f"The cwd {self.cwd} must be a directory")
        env = self.get_env(context)
        long = len(self.bash_command) > _LONGEST_ARGUMENT
        result = self._run_script(bash, env) if long else self._run_inline(bash, env)
        if result.exit_code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {result.exit_code}. Skipping.")
        if result.exit_code != 0:
            raise AirflowException(
                f"Bash command failed. The command returned a non-zero exit code {result.exit_code}."
            )
        return self.output_processor(result.output)

    def _run_inline(self, bash: str, env: Dict[str, str]) -> SubprocessResult:
        return self.subprocess_hook.run_command(
            command=[bash, "-c", self.bash_command], env=env, output_encoding=self.output_encoding, cwd=self.cwd
        )

    def _run_script(self, bash: str, env: Dict[str, str]) -> SubprocessResult:
        """Through a file, where the text is too long for a command line."""
        with working_directory(cwd=self.cwd) as folder:
            with tempfile.NamedTemporaryFile(mode="w", dir=folder, suffix=".sh") as file:
                file.write(self.bash_command)
                file.flush()
                return self.subprocess_hook.run_command(
                    command=[bash, os.path.basename(file.name)],
                    env=env,
                    output_encoding=self.output_encoding,
                    cwd=folder,
                )

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()


def _codes(value: Any) -> Container[int]:
    if value is None:
        return []
    return value if isinstance(value, (list, tuple, set, frozenset, range)) else [value]
