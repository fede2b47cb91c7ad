"""SageMakerHook over boto3: what is started, and how it is waited for."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Optional, Tuple

from ..airflow_compat.exceptions import AirflowException
from .s3 import AwsBaseHook

# What can be waited for: the call that describes it, its argument, the field of the state, the states of success.
_JOBS: Dict[str, Tuple[str, str, str, Tuple[str, ...]]] = {
    "training": ("describe_training_job", "TrainingJobName", "TrainingJobStatus", ("Completed",)),
    "tuning": ("describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName", "HyperParameterTuningJobStatus", ("Completed",)),
    "transform": ("describe_transform_job", "TransformJobName", "TransformJobStatus", ("Completed",)),
    "processing": ("describe_processing_job", "ProcessingJobName", "ProcessingJobStatus", ("Completed",)),
    "endpoint": ("describe_endpoint", "EndpointName", "EndpointStatus", ("InService",)),
}
_FAILED = ("Failed", "Stopped", "OutOfService")


class SageMakerHook(AwsBaseHook):
    """`create_training_job(config, …)` and kin; configurations are those of SageMaker's API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, client_type="sagemaker", **kwargs)

    def describe(self, kind: str, name: str) -> Dict[str, Any]:
        call, argument, _, _ = _JOBS[kind]
        return getattr(self.conn, call)(**{argument: name})

    def describe_training_job(self, name: str) -> Dict[str, Any]:
        return self.describe("training", name)

    def describe_endpoint(self, name: str) -> Dict[str, Any]:
        return self.describe("endpoint", name)

    def describe_transform_job(self, name: str) -> Dict[str, Any]:
        return self.describe("transform", name)

    def describe_processing_job(self, name: str) -> Dict[str, Any]:
        return self.describe("processing", name)

    def describe_tuning_job(self, name: str) -> Dict[str, Any]:
        return self.describe("tuning", name)

    def check_status(self, kind: str, name: str, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Dict[str, Any]:
        """Waits for the end; AirflowException when it failed, or is not over after `max_ingestion_time` seconds."""
        _, _, field, good = _JOBS[kind]
        begun = time.monotonic()
        while True:
            found = self.describe(kind, name)
            state = found[field]
            self.log.info("SageMaker %s %s: %s", kind, name, state)
            if state in good:
                return found
            if state in _FAILED:
                raise AirflowException(f"SageMaker {kind} {name} {state.lower()}: {found.get('FailureReason', 'no reason is given')}")
            if max_ingestion_time is not None and time.monotonic() - begun > max_ingestion_time:
                raise AirflowException(f"SageMaker {kind} {name} took more than {max_ingestion_time} seconds")
            time.sleep(check_interval)

    def _start(self, kind: str, create: Callable[..., Any], config: Dict[str, Any], wait: bool, check_interval: int, limit: Optional[int]) -> Any:
        answer = create(**config)
        if wait:
            self.check_status(kind, config[_JOBS[kind][1]], check_interval, limit)
        return answer

    def create_training_job(self, config: Dict[str, Any], wait_for_completion: bool = True, print_log: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("training", self.conn.create_training_job, config, wait_for_completion, check_interval, max_ingestion_time)

    def create_tuning_job(self, config: Dict[str, Any], wait_for_completion: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("tuning", self.conn.create_hyper_parameter_tuning_job, config, wait_for_completion, check_interval, max_ingestion_time)

    def create_transform_job(self, config: Dict[str, Any], wait_for_completion: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("transform", self.conn.create_transform_job, config, wait_for_completion, check_interval, max_ingestion_time)

    def create_processing_job(self, config: Dict[str, Any], wait_for_completion: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("processing", self.conn.create_processing_job, config, wait_for_completion, check_interval, max_ingestion_time)

    def create_endpoint(self, config: Dict[str, Any], wait_for_completion: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("endpoint", self.conn.create_endpoint, config, wait_for_completion, check_interval, max_ingestion_time)

    def update_endpoint(self, config: Dict[str, Any], wait_for_completion: bool = True, check_interval: int = 30, max_ingestion_time: Optional[int] = None) -> Any:
        return self._start("endpoint", self.conn.update_endpoint, config, wait_for_completion, check_interval, max_ingestion_time)

    def create_model(self, config: Dict[str, Any]) -> Any:
        return self.conn.create_model(**config)

    def delete_model(self, model_name: str) -> None:
        self.conn.delete_model(ModelName=model_name)

    def create_endpoint_config(self, config: Dict[str, Any]) -> Any:
        return self.conn.create_endpoint_config(**config)
