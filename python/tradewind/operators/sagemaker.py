"""The operators of SageMaker that Dag files use most."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Dict, List, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException
from ..hooks.sagemaker import SageMakerHook
from .base import BaseOperator


_ACTIONS = ("timestamp", "increment", "fail")


class SageMakerBaseOperator(BaseOperator):
    """`config` is what SageMaker's API takes; numbers of `integer_fields` may come as text from templates."""

    template_fields: Sequence[str] = ("config",)
    template_fields_renderers = {"config": "json"}
    ui_color = "#ededed"
    integer_fields: List[List[str]] = []

    def __init__(
        self,
        *,
        config: Dict[str, Any],
        aws_conn_id: Optional[str] = "aws_default",
        region_name: Optional[str] = None,
        verify: Any = None,
        wait_for_completion: bool = True,
        check_interval: int = 30,
        max_ingestion_time: Optional[int] = None,
        print_log: bool = True,
        max_attempts: Optional[int] = None,
        check_if_job_exists: bool = True,
        action_if_job_exists: str = "timestamp",
        check_if_model_exists: bool = True,
        action_if_model_exists: str = "timestamp",
        deferrable: bool = False,
        output_files_to_xcom: Any = None,
        botocore_config: Any = None,
        **kwargs: Any,
    ) -> None:
        if output_files_to_xcom:
            raise ValueError(
                "output_files_to_xcom is of Airflow's amazon provider, and Tradewind does not have it: install apache-airflow-providers-amazon"
            )
        super().__init__(**kwargs)
        self.config = config
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.wait_for_completion = wait_for_completion
        self.check_interval = check_interval
        self.max_ingestion_time = max_ingestion_time
        if action_if_job_exists not in _ACTIONS:
            raise AirflowException(f"expected action_if_job_exists to be one of {', '.join(_ACTIONS)}, got {action_if_job_exists!r}")
        self.check_if_job_exists = check_if_job_exists
        self.action_if_job_exists = action_if_job_exists

    @property
    def hook(self) -> SageMakerHook:
        return SageMakerHook(self.aws_conn_id, region_name=self.region_name, verify=self.verify)

    def parse_config_integers(self) -> None:
        for path in self.integer_fields:
            place: Any = self.config
            for name in path[:-1]:
                place = place.get(name) if isinstance(place, dict) else None
            if isinstance(place, dict) and path[-1] in place:
                place[path[-1]] = int(place[path[-1]])

    def _waiting(self) -> Dict[str, Any]:
        return {"wait_for_completion": self.wait_for_completion, "check_interval": self.check_interval, "max_ingestion_time": self.max_ingestion_time}

    def _free_name(self, config: Dict[str, Any], field: str, describe: Callable[[str], Any]) -> str:
        """The job's name, put into its config: with the time behind it where a job of that name has been."""
        name = config[field]
        if not self.check_if_job_exists or not _exists(describe, name):
            return name
        if self.action_if_job_exists == "fail":
            raise AirflowException(f"A SageMaker job with name {name} already exists.")
        # A name has at most 63 letters, the time and its dash are 14 of them.
        config[field] = f"{name[:49]}-{time.time_ns() // 1_000_000}"
        self.log.info("A job named %s exists: this one is %s", name, config[field])
        return config[field]

    def execute(self, context: Any) -> Any:
        self.parse_config_integers()
        return plain(self.work(self.hook))

    def work(self, hook: SageMakerHook) -> Any:
        raise NotImplementedError


class SageMakerTrainingOperator(SageMakerBaseOperator):
    integer_fields = [
        ["ResourceConfig", "InstanceCount"],
        ["ResourceConfig", "VolumeSizeInGB"],
        ["StoppingCondition", "MaxRuntimeInSeconds"],
    ]

    def work(self, hook: SageMakerHook) -> Any:
        name = self._free_name(self.config, "TrainingJobName", hook.describe_training_job)
        checked(hook.create_training_job(self.config, **self._waiting()), "Training Job creation failed")
        return {"Training": hook.describe_training_job(name)}


class SageMakerTuningOperator(SageMakerBaseOperator):
    integer_fields = [
        ["HyperParameterTuningJobConfig", "ResourceLimits", "MaxNumberOfTrainingJobs"],
        ["HyperParameterTuningJobConfig", "ResourceLimits", "MaxParallelTrainingJobs"],
        ["TrainingJobDefinition", "ResourceConfig", "InstanceCount"],
        ["TrainingJobDefinition", "ResourceConfig", "VolumeSizeInGB"],
        ["TrainingJobDefinition", "StoppingCondition", "MaxRuntimeInSeconds"],
    ]

    def work(self, hook: SageMakerHook) -> Any:
        checked(hook.create_tuning_job(self.config, **self._waiting()), "Tuning Job creation failed")
        return {"Tuning": hook.describe_tuning_job(self.config["HyperParameterTuningJobName"])}


class SageMakerTransformOperator(SageMakerBaseOperator):
    """`config` is that of the job, or {"Model": …, "Transform": …} with a model to make first."""

    integer_fields = [["Transform", "TransformResources", "InstanceCount"], ["TransformResources", "InstanceCount"]]

    def work(self, hook: SageMakerHook) -> Any:
        transform = self.config.get("Transform", self.config)
        if "Model" in self.config:
            hook.create_model(self.config["Model"])
        name = self._free_name(transform, "TransformJobName", hook.describe_transform_job)
        checked(hook.create_transform_job(transform, **self._waiting()), "Sagemaker transform Job creation failed")
        return {"Transform": hook.describe_transform_job(name)}


class SageMakerProcessingOperator(SageMakerBaseOperator):
    integer_fields = [
        ["ProcessingResources", "ClusterConfig", "InstanceCount"],
        ["ProcessingResources", "ClusterConfig", "VolumeSizeInGB"],
        ["StoppingCondition", "MaxRuntimeInSeconds"],
    ]

    def work(self, hook: SageMakerHook) -> Any:
        name = self._free_name(self.config, "ProcessingJobName", hook.describe_processing_job)
        checked(hook.create_processing_job(self.config, **self._waiting()), "Sagemaker Processing Job creation failed")
        return {"Processing": hook.describe_processing_job(name)}


class SageMakerModelOperator(SageMakerBaseOperator):
    def work(self, hook: SageMakerHook) -> Any:
        checked(hook.create_model(self.config), "Sagemaker model creation failed")
        return {"Model": hook.conn.describe_model(ModelName=self.config["ModelName"])}


class SageMakerDeleteModelOperator(SageMakerBaseOperator):
    def work(self, hook: SageMakerHook) -> Any:
        hook.delete_model(self.config["ModelName"])


class SageMakerEndpointConfigOperator(SageMakerBaseOperator):
    def work(self, hook: SageMakerHook) -> Any:
        checked(hook.create_endpoint_config(self.config), "Sagemaker endpoint config creation failed")
        return {"EndpointConfig": hook.conn.describe_endpoint_config(EndpointConfigName=self.config["EndpointConfigName"])}


class SageMakerEndpointOperator(SageMakerBaseOperator):
    """`config` is {"Model": …, "EndpointConfig": …, "Endpoint": …}, of which only the last has to be there."""

    def __init__(self, *, operation: str = "create", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.operation = operation.lower()
        if self.operation not in ("create", "update"):
            raise ValueError('Invalid value! Argument operation has to be one of "create" and "update"')

    def work(self, hook: SageMakerHook) -> Any:
        endpoint = self.config.get("Endpoint", self.config)
        if "Model" in self.config:
            hook.create_model(self.config["Model"])
        if "EndpointConfig" in self.config:
            hook.create_endpoint_config(self.config["EndpointConfig"])
        start = hook.create_endpoint if self.operation == "create" else hook.update_endpoint
        checked(start(endpoint, **self._waiting()), f"Sagemaker endpoint {self.operation} failed")
        return {
            "EndpointConfig": hook.conn.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"]),
            "Endpoint": hook.describe_endpoint(endpoint["EndpointName"]),
        }


def _exists(describe: Callable[[str], Any], name: str) -> bool:
    try:
        describe(name)
    except Exception as error:
        # boto3's ClientError: the service has no word of its own for "no such job".
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        if code in ("ValidationException", "ResourceNotFound"):
            return False
        raise
    return True


def checked(answer: Any, problem: str) -> None:
    if answer["ResponseMetadata"]["HTTPStatusCode"] >= 400:
        raise AirflowException(f"{problem}: {answer}")


def plain(answer: Any) -> Any:
    """Dates of AWS's answers as text: the value of a task is JSON."""
    return None if answer is None else json.loads(json.dumps(answer, default=str))
