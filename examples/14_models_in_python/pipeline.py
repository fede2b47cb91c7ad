"""The life of a model, by Dags in Python: scikit-learn and MLflow train, tradewind.ml brings the model out and takes it back.

    wine_training (weekly):
      extract → features (kept as Parquet) → validate → train (in the pool gpu_pool) → check_performance
        ├─ register → gate ┬→ deploy (a tenth of the traffic; all of it for the first version)
        │                  └→ score (a file of rows, checked before and after, published as a partition)
        └─ retrain: a run of wine_retrain, whatever its cooldown says
    wine_monitor (hourly): what the endpoint was asked, against the training part → an event of `wine_drifted`
    wine_retrain (when it drifts): train → register → gate → canary → promote; what turns out worse goes back by itself

The interpreter needs scikit-learn, pandas, pyarrow and mlflow. MLflow's client finds the server by itself. Then:

    tradewind pools set gpu_pool 2 "two GPUs"
    tradewind dags trigger wine_training --wait
"""

import os
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Asset, Param, get_current_context, task

from tradewind.ml import (
    BatchPredictOperator,
    DeployOperator,
    GateOperator,
    MonitorOperator,
    RegisterModelOperator,
    retrain_dag,
)

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
drifted = Asset(name="wine_drifted", uri="models://wine/drift")


def parts():
    """The same quarter is set aside every time: what a model is judged by, it has never seen."""
    from sklearn.datasets import load_wine
    from sklearn.model_selection import train_test_split

    table = load_wine(as_frame=True).frame.drop_duplicates()
    return train_test_split(with_features(table), test_size=0.25, random_state=7, stratify=table["target"])


def with_features(table):
    return table.assign(alcohol_by_colour=table["alcohol"] / table["color_intensity"].clip(lower=0.1))


def hold_out():
    return parts()[1]


def training_features():
    return parts()[0].drop(columns="target")


def fit(table, run_name):
    """A grid search that MLflow tracks by itself: a run, a child for each candidate, and the best model."""
    import mlflow
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = table.drop(columns="target"), table["target"]
    mlflow.set_experiment("wine")
    mlflow.sklearn.autolog(log_models=False, silent=True)
    with mlflow.start_run(run_name=run_name):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        search = GridSearchCV(model, {"logisticregression__C": [0.1, 1.0, 10.0]}, cv=3).fit(x, y)
        logged = mlflow.sklearn.log_model(
            search.best_estimator_, name="model", input_example=x.head(2), serialization_format="cloudpickle", pip_requirements=[]
        )
    return logged.model_uri, search


@task
def extract():
    from sklearn.datasets import load_wine

    return load_wine(as_frame=True).frame.drop_duplicates().reset_index(drop=True)


@task
def features(table, ds=None):
    """For this training and for whoever else wants them: one partition a day, which an s3:// path would do for as well."""
    folder = os.path.join(FOLDER, "features", f"date={ds}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "features.parquet")
    draft = f"{path}.draft"
    with_features(table).to_parquet(draft)
    os.replace(draft, path)
    return path


@task(retries=0)
def validate(path):
    import pandas

    table = pandas.read_parquet(path)
    gaps = table.columns[table.isna().any()]
    if len(gaps) > 0 or table.duplicated().any() or len(table) < 100:
        raise ValueError(f"expected 100 whole rows at least, got {len(table)}, with gaps in {list(gaps)}")
    return path


@task(pool="gpu_pool", execution_timeout=timedelta(hours=4))
def train(path, run_id=None):
    import pandas
    from sklearn.metrics import accuracy_score

    seen = parts()[0]
    stored = pandas.read_parquet(path)
    model_uri, search = fit(stored.merge(seen), run_id)
    get_current_context()["ti"].xcom_push(key="best_params", value=search.best_params_)
    test = hold_out()
    return {"model_uri": model_uri, "accuracy": float(accuracy_score(test["target"], search.predict(test.drop(columns="target"))))}


@task.branch
def check_performance(trained, params):
    """What cannot be judged is not deployed: a figure that is not a number compares as false."""
    return "register" if trained["accuracy"] > params["min_accuracy"] else "retrain"


@task
def new_rows():
    """What came in since; here the hold-out without its answers."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "rows.parquet")
    hold_out().drop(columns="target").reset_index(drop=True).to_parquet(path)
    return path


def suite(name, *expectations):
    return {"name": name, "expectations": [{"type": kind, "kwargs": kwargs} for kind, kwargs in expectations]}


better = {
    "metrics": [{"name": "accuracy", "threshold": 0.9, "min_absolute_change": -0.02}, {"name": "f1_macro", "min_absolute_change": -0.02}],
    "hold_out": hold_out,
    "target": "target",
    "no_champion": "pass",
}

with DAG(
    "wine_training",
    schedule="@weekly",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    params={"min_accuracy": Param(0.9, type="number", minimum=0, maximum=1, description="Above it a model is deployed")},
    tags=["ml", "example"],
):
    trained = train(validate(features(extract())))
    decision = check_performance(trained)
    registered = RegisterModelOperator(task_id="register", model="wine", source="{{ ti.xcom_pull(task_ids='train')['model_uri'] }}")
    retrain = TriggerDagRunOperator(task_id="retrain", trigger_dag_id="wine_retrain", conf={"force": True})
    decision >> [registered, retrain]
    gate = GateOperator(task_id="gate", candidate=registered.output, **better)
    deploy = DeployOperator(task_id="deploy", version=registered.output, endpoint="wine", weight=10, request_log=1)
    score = BatchPredictOperator(
        task_id="score",
        model="wine",
        version=registered.output,
        input_file=new_rows(),
        output_folder=os.path.join(FOLDER, "scores"),
        before=suite("rows", ("expect_column_values_to_be_between", {"column": "alcohol", "min_value": 5, "max_value": 20})),
        after=suite("scores", ("expect_column_values_to_be_in_set", {"column": "prediction", "value_set": [0, 1, 2]})),
    )
    gate >> [deploy, score]

with DAG("wine_monitor", schedule="@hourly", start_date=START, catchup=False, tags=["ml", "example"]):
    MonitorOperator(task_id="watch", endpoint="wine", reference=training_features, min_rows=100, on_alarm=drifted)


def train_again():
    @task
    def fit_again(run_id=None):
        return fit(parts()[0], run_id)[0]

    return fit_again()


retrain_dag(
    "wine_retrain",
    model="wine",
    endpoint="wine",
    train=train_again,
    gate=better,
    # Waits are seconds here, so that it can be watched; in earnest they are hours and days.
    canary={
        "steps": [{"weight": 10, "bake_seconds": 5, "min_requests": 20}, {"weight": 100, "bake_seconds": 5, "min_requests": 20}],
        "guardrails": {
            "max_error_rate": 0.01,
            "metrics": [{"metric": "right", "max_loss": 0.05, "min_samples": 30, "required": True}],
        },
        "request_log": 1,
        "poke_interval": 2,
    },
    cooldown=timedelta(seconds=1),
    max_rejections=3,
    schedule=drifted,
    start_date=START,
    tags=["ml", "example"],
)
