"""ResumableJobMixin: an operator that finds the job again which an earlier try of it had started."""

from __future__ import annotations

from typing import Any


class ResumableJobMixin:
    """Stands before BaseOperator; `execute` calls `execute_resumable`.

    The id that `submit_job` returns is kept in the task's state store before the waiting begins. A next try asks
    `get_job_status` for it: a job that is active is waited for, one that succeeded gives its result, and only after one
    that failed a new one is submitted. With `durable=False` each try submits.
    """

    external_id_key = "remote_job_id"

    def __init__(self, *, durable: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.durable = durable

    def execute_resumable(self, context: Any) -> Any:
        external_id = context["task_state_store"].get(self.external_id_key) if self.durable else None
        if external_id is not None:
            status = self.get_job_status(external_id, context)
            if self.is_job_active(status):
                self.log.info("Waiting for job %s, which an earlier try started (%s)", external_id, status)  # type: ignore[attr-defined]
                self.poll_until_complete(external_id, context)
                return self.get_job_result(external_id, context)
            if self.is_job_succeeded(status):
                self.log.info("Job %s of an earlier try has succeeded", external_id)  # type: ignore[attr-defined]
                return self.get_job_result(external_id, context)
            self.log.warning("Job %s of an earlier try is %s: submitting another one", external_id, status)  # type: ignore[attr-defined]
        external_id = self.submit_job(context)
        if self.durable and external_id is not None:
            context["task_state_store"].set(self.external_id_key, external_id)
        self.poll_until_complete(external_id, context)
        return self.get_job_result(external_id, context)

    # --- of each outside system -----------------------------------------------------------

    def submit_job(self, context: Any) -> Any:
        """Starts the job and returns its id, which JSON can hold."""
        raise NotImplementedError

    def get_job_status(self, external_id: Any, context: Any) -> str:
        raise NotImplementedError

    def is_job_active(self, status: str) -> bool:
        raise NotImplementedError

    def is_job_succeeded(self, status: str) -> bool:
        raise NotImplementedError

    def poll_until_complete(self, external_id: Any, context: Any) -> None:
        """Waits for the end; raises where the job failed."""
        raise NotImplementedError

    def get_job_result(self, external_id: Any, context: Any) -> Any:
        return None
