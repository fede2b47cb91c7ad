"""Operators that bring models out, watch them and take them back: `tradewind/ml` for Dags in Python.

    from tradewind.ml import GateOperator, PromoteOperator, RegisterModelOperator

    registered = RegisterModelOperator(task_id="register", model="churn", source=train())
    verdict = GateOperator(
        task_id="gate",
        candidate=registered.output,
        metrics=[{"name": "roc_auc", "threshold": 0.8}, {"name": "log_loss"}],
        hold_out="/data/holdout.parquet",
        target="churned",
        no_champion="pass",
    )
    PromoteOperator(task_id="promote", version=registered.output, verdict=verdict.output, endpoint="churn")

Each is the task of the same name of `tradewind/ml`, run by the worker's Node: there is one gate, one canary, one batch,
whatever the language of the Dag. Models are of any kind that can be served. Options are those of TypeScript in Python's
spelling; a word that is none is refused while the file is imported. Where a table is asked for, a function that is called
in the task returns one (a frame of pandas, polars or pyarrow), or it is the path of a `.parquet` or `.csv` file.
"""

from .alert_rules import put_alert_rules
from .operators import (
    ABTestOperator,
    BatchPredictOperator,
    CanaryOperator,
    DeployOperator,
    GateOperator,
    MonitorOperator,
    PromoteOperator,
    RegisterModelOperator,
    RollbackOperator,
)
from .retrain import retrain_dag

__all__ = [
    "ABTestOperator",
    "BatchPredictOperator",
    "CanaryOperator",
    "DeployOperator",
    "GateOperator",
    "MonitorOperator",
    "PromoteOperator",
    "RegisterModelOperator",
    "RollbackOperator",
    "put_alert_rules",
    "retrain_dag",
]
