"""PapermillOperator: a notebook with parameters, run to another notebook."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ..hooks.client_library import client_library
from ..surface.lineage import File
from .base import BaseOperator


class NoteBook(File):
    """A notebook as lineage."""

    def __init__(self, url: str = "", parameters: Optional[Dict[str, Any]] = None, **kwargs: Any) -> None:
        super().__init__(url=url, **kwargs)
        self.parameters = parameters or {}


class PapermillOperator(BaseOperator):
    """Runs `input_nb` with `parameters` and writes what came out to `output_nb`."""

    template_fields: Sequence[str] = ("input_nb", "output_nb", "parameters", "kernel_name", "language_name")

    def __init__(
        self,
        *,
        input_nb: Any = None,
        output_nb: Any = None,
        parameters: Optional[Dict[str, Any]] = None,
        kernel_name: Optional[str] = None,
        language_name: Optional[str] = None,
        log_output: bool = True,
        **kwargs: Any,
    ) -> None:
        for name in ("kernel_conn_id", "nbconvert", "nbconvert_args"):
            if kwargs.pop(name, None):
                raise ValueError(f"{name} is of Airflow's papermill provider, and Tradewind does not have it: install apache-airflow-providers-papermill")
        super().__init__(**kwargs)
        self.input_nb = input_nb
        self.output_nb = output_nb
        self.parameters = parameters or {}
        self.kernel_name = kernel_name
        self.language_name = language_name
        self.log_output = log_output

    def execute(self, context: Any) -> None:
        if not self.input_nb or not self.output_nb:
            raise ValueError("Input notebook or output notebook is not specified")
        papermill = client_library("papermill", "papermill", "PapermillOperator")
        papermill.execute_notebook(
            getattr(self.input_nb, "url", self.input_nb),
            getattr(self.output_nb, "url", self.output_nb),
            parameters={**getattr(self.input_nb, "parameters", {}), **self.parameters},
            kernel_name=self.kernel_name,
            language=self.language_name,
            progress_bar=False,
            report_mode=True,
            log_output=self.log_output,
        )
