"""Iris in Python: the four steps of pipeline.ts, and what becomes of the model.

    load_data → preprocess → train → evaluate → register → gate → deploy (a tenth of the traffic; all for the first version)

A value between tasks is a path; the files of a run lie in a folder of its own. `evaluate` keeps params, figures and the model
as a run of MLflow, whose client finds the server by itself. The interpreter needs scikit-learn, pandas and mlflow.

    tradewind dags trigger iris_in_python --wait
"""

import os
import re
from datetime import datetime, timezone

from airflow.sdk import DAG, get_current_context, task

from tradewind.ml import DeployOperator, GateOperator, RegisterModelOperator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "python")


def place(name):
    """In the folder of this run."""
    folder = os.path.join(FOLDER, re.sub(r"[^\w.+-]", "_", get_current_context()["run_id"]))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


@task
def load_data():
    from sklearn.datasets import load_iris

    path = place("iris.csv")
    load_iris(as_frame=True).frame.to_csv(path, index=False)
    return path


@task(multiple_outputs=True)
def preprocess(data):
    import pandas
    from sklearn.model_selection import train_test_split

    parts = dict(zip(("train", "test"), train_test_split(pandas.read_csv(data), test_size=0.2, random_state=42)))
    for name, part in parts.items():
        part.to_csv(place(f"{name}.csv"), index=False)
    return {name: place(f"{name}.csv") for name in parts}


@task
def train(part):
    import joblib
    import pandas
    from sklearn.ensemble import RandomForestClassifier

    table = pandas.read_csv(part)
    model = RandomForestClassifier(n_estimators=100, random_state=42)
    path = place("model.joblib")
    joblib.dump(model.fit(table.drop(columns="target"), table["target"]), path)
    return path


@task
def evaluate(part, model, run_id=None):
    """Returns where the logged model is."""
    import joblib
    import mlflow
    import pandas
    from sklearn.metrics import accuracy_score, f1_score

    table, forest = pandas.read_csv(part), joblib.load(model)
    x, y = table.drop(columns="target"), table["target"]
    predicted = forest.predict(x)
    mlflow.set_experiment("iris_in_python")
    with mlflow.start_run(run_name=run_id):
        mlflow.log_params(forest.get_params())
        mlflow.log_metrics({"accuracy": accuracy_score(y, predicted), "f1_macro": f1_score(y, predicted, average="macro")})
        logged = mlflow.sklearn.log_model(
            forest, name="forest", input_example=x.head(2), serialization_format="cloudpickle", pip_requirements=[]
        )
    return logged.model_uri


def hold_out():
    """The fifth that `preprocess` set aside; the seed makes it the same every time."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    return train_test_split(load_iris(as_frame=True).frame, test_size=0.2, random_state=42)[1]


with DAG(
    "iris_in_python",
    description="Classify irises with a random forest, and bring it out",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    default_args={"owner": "tradewind", "retries": 1},
    tags=["mlops", "demo"],
):
    split = preprocess(load_data())
    model = train(split["train"])
    registered = RegisterModelOperator(task_id="register", model="iris_in_python", source=evaluate(split["test"], model))
    gate = GateOperator(
        task_id="gate",
        candidate=registered.output,
        metrics=[{"name": "accuracy", "threshold": 0.9, "min_absolute_change": 0}],
        hold_out=hold_out,
        target="target",
        no_champion="pass",
    )
    deploy = DeployOperator(task_id="deploy", version=registered.output, endpoint="iris_in_python", weight=10)
    gate >> deploy
