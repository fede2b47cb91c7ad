"""The life of a model, by a Dag in Python: scikit-learn and MLflow train, tradewind.ml brings the model out.

    wine_training (weekly, or when its answers drift):
      train → register → gate ┬→ deploy (a tenth of the traffic; all of it for the first version)
                              └→ score (a file of rows, published as a partition)
    wine_monitor (hourly): what the endpoint was asked, against the training part → an event of `wine_drifted`

The interpreter needs scikit-learn, pandas, pyarrow and mlflow. MLflow's client finds the server by itself. Then:

    tradewind dags trigger wine_training --wait
"""

import os
from datetime import datetime, timezone

from airflow.sdk import DAG, Asset, task

from tradewind.ml import BatchPredictOperator, DeployOperator, GateOperator, MonitorOperator, RegisterModelOperator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
drifted = Asset(name="wine_drifted", uri="models://wine/drift")


def parts():
    """The same quarter is set aside every time: what a model is judged by, it has never seen."""
    from sklearn.datasets import load_wine
    from sklearn.model_selection import train_test_split

    table = load_wine(as_frame=True).frame.drop_duplicates()
    return train_test_split(table, test_size=0.25, random_state=7, stratify=table["target"])


def hold_out():
    return parts()[1]


def training_features():
    return parts()[0].drop(columns="target")


@task(retries=1)
def train(run_id=None):
    """A grid search that MLflow tracks by itself: a run, a child for each candidate, and the best model."""
    import mlflow
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = parts()[0]
    x, y = table.drop(columns="target"), table["target"]
    mlflow.set_experiment("wine")
    mlflow.sklearn.autolog(log_models=False, silent=True)
    with mlflow.start_run(run_name=run_id):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        search = GridSearchCV(model, {"logisticregression__C": [0.1, 1.0, 10.0]}, cv=3).fit(x, y)
        logged = mlflow.sklearn.log_model(
            search.best_estimator_, name="model", input_example=x.head(2), serialization_format="cloudpickle", pip_requirements=[]
        )
    return logged.model_uri


@task
def new_rows():
    """What came in since; here the hold-out without its answers."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "rows.parquet")
    hold_out().drop(columns="target").reset_index(drop=True).to_parquet(path)
    return path


with DAG(
    "wine_training",
    schedule=drifted,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["ml", "example"],
):
    registered = RegisterModelOperator(task_id="register", model="wine", source=train())
    gate = GateOperator(
        task_id="gate",
        candidate=registered.output,
        metrics=[{"name": "accuracy", "threshold": 0.9, "min_absolute_change": -0.02}, {"name": "f1_macro", "min_absolute_change": -0.02}],
        hold_out=hold_out,
        target="target",
        no_champion="pass",
    )
    deploy = DeployOperator(task_id="deploy", version=registered.output, endpoint="wine", weight=10, request_log=0.5)
    score = BatchPredictOperator(
        task_id="score",
        model="wine",
        version=registered.output,
        input_file=new_rows(),
        output_folder=os.path.join(FOLDER, "scores"),
        after={
            "name": "scores",
            "expectations": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "prediction", "value_set": [0, 1, 2]}}],
        },
    )
    gate >> [deploy, score]

with DAG("wine_monitor", schedule="@hourly", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False, tags=["ml", "example"]):
    MonitorOperator(task_id="watch", endpoint="wine", reference=training_features, min_rows=100, on_alarm=drifted)
