"""Ad clicks in Python: the chain of pipeline.ts, its mails, and a tenth of the traffic for what it trains.

    load_data → data_preprocessing → separate_data_outputs → build_model → load_model ┬→ send_email → start_status_api
                                                         register → gate → deploy ←┘

`build_model` fits step by step, and tells each step's loss to MLflow and, with `--conf '{"wandb": true}'`, to Weights & Biases:
without a key that is an offline run in the folder of the run, which `wandb sync` sends. The last task starts the Dag
`ad_clicks_api` of status-api.ts.

- Data: the CSV file of the param `data`, or rows made up by a seeded generator.
- Mail goes through the connection `smtp_default`.
- The interpreter needs scikit-learn, pandas, mlflow, and for Weights & Biases wandb.
"""

import os
import re
from datetime import datetime, timedelta, timezone

from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, get_current_context, task

from tradewind.ml import DeployOperator, GateOperator, RegisterModelOperator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "python")
TARGET = "Clicked on Ad"
FEATURES = ["Daily Time Spent on Site", "Age", "Area Income", "Daily Internet Usage", "Male"]


def place(name):
    """In the folder of this run."""
    folder = os.path.join(FOLDER, re.sub(r"[^\w.+-]", "_", get_current_context()["run_id"]))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def made_up(rows, seed):
    """Older people with less money, who are here for a shorter time, click."""
    import numpy
    import pandas

    random = numpy.random.default_rng(seed)
    clicked = random.integers(0, 2, rows)
    columns = [
        random.normal(78 - 25 * clicked, 9).round(2),
        random.normal(31 + 9 * clicked, 6).round(),
        random.normal(62_000 - 14_000 * clicked, 9_000).round(2),
        random.normal(215 - 70 * clicked, 22).round(2),
        random.integers(0, 2, rows).astype(float),
    ]
    return pandas.DataFrame(dict(zip(FEATURES, columns))).assign(**{TARGET: clicked})


def hold_out():
    """Visitors that no model was trained on."""
    return made_up(300, seed=99)


def notify(verb):
    def send(context):
        EmailOperator(
            task_id=f"notify_{verb}",
            to=context["params"]["email"],
            subject=f"{context['dag'].dag_id} {verb}",
            html_content=f"<p>Run {context['run_id']} {verb}. {context.get('reason') or ''}</p>",
        ).execute(context)

    return send


@task
def load_data(params):
    import pandas

    table = made_up(1000, seed=7) if params["data"] is None else pandas.read_csv(params["data"])
    missing = [name for name in [*FEATURES, TARGET] if name not in table]
    if missing:
        raise ValueError(f"expected the columns of an ad-click log, got none named {', '.join(missing)}")
    return table[[*FEATURES, TARGET]]


@task
def data_preprocessing(table):
    return table.dropna().drop_duplicates().reset_index(drop=True)


@task(multiple_outputs=True)
def separate_data_outputs(table):
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(table, test_size=0.3, random_state=42)
    return {"train": train, "test": test}


@task
def build_model(table, params, run_id=None):
    """Scaling and model as one pipeline, so that what serves it takes what visitors send."""
    import mlflow
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = table[FEATURES], table[TARGET]
    scale = StandardScaler().fit(x)
    model = SGDClassifier(loss="log_loss", alpha=0.001, random_state=42)
    wandb = watched(run_id) if params["wandb"] else None
    mlflow.set_experiment("ad_clicks_in_python")
    with mlflow.start_run(run_name=run_id) as run:
        mlflow.log_params({"alpha": 0.001, "rows": len(table)})
        for step in range(20):
            model.partial_fit(scale.transform(x), y, classes=[0, 1])
            loss = log_loss(y, model.predict_proba(scale.transform(x)))
            mlflow.log_metric("loss", loss, step=step)
            if wandb is not None:
                wandb.log({"loss": loss}, step=step)
        logged = mlflow.sklearn.log_model(
            make_pipeline(scale, model), name="clicks", input_example=x.head(2), serialization_format="cloudpickle", pip_requirements=[]
        )
    if wandb is not None:
        wandb.finish()
    return {"model_uri": logged.model_uri, "mlflow_run_id": run.info.run_id}


def watched(run_id):
    import wandb

    mode = "online" if os.environ.get("WANDB_API_KEY") else "offline"
    return wandb.init(project="ad_clicks", name=run_id, dir=place(""), mode=mode, config={"alpha": 0.001})


@task
def load_model(table, built):
    """Loads the model as a server would, and scores it on the test rows."""
    import mlflow
    from sklearn.metrics import accuracy_score

    predicted = mlflow.pyfunc.load_model(built["model_uri"]).predict(table[FEATURES])
    accuracy = accuracy_score(table[TARGET], predicted)
    with mlflow.start_run(run_id=built["mlflow_run_id"]):
        mlflow.log_metric("accuracy", accuracy)
    return accuracy


with DAG(
    "ad_clicks_in_python",
    description="Predict clicks on ads, tell people, and try the model on a tenth of the traffic",
    schedule="@daily",
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "Ad Team", "retries": 2, "retry_delay": timedelta(minutes=15)},
    on_success_callback=notify("succeeded"),
    on_failure_callback=notify("failed"),
    params={
        "data": Param(None, type=["string", "null"], description="A CSV file with the columns of an ad-click log"),
        "wandb": Param(False, type="boolean", description="Whether Weights & Biases gets the run as well"),
        "email": Param("team@example.com", type="string", description="Who is told"),
    },
    tags=["ml", "logistic-regression"],
):
    parts = separate_data_outputs(data_preprocessing(load_data()))
    built = build_model(parts["train"])
    scored = load_model(parts["test"], built)

    registered = RegisterModelOperator(
        task_id="register",
        model="ad_clicks_in_python",
        source="{{ ti.xcom_pull(task_ids='build_model')['model_uri'] }}",
        mlflow_run_id="{{ ti.xcom_pull(task_ids='build_model')['mlflow_run_id'] }}",
    )
    gate = GateOperator(
        task_id="gate",
        candidate=registered.output,
        metrics=[{"name": "accuracy", "threshold": 0.9, "min_absolute_change": -0.02}],
        hold_out=hold_out,
        target=TARGET,
        no_champion="pass",
    )
    deploy = DeployOperator(task_id="deploy", version=registered.output, endpoint="ad_clicks_in_python", weight=10)
    scored >> registered
    gate >> deploy

    send_email = EmailOperator(
        task_id="send_email",
        to="{{ params.email }}",
        subject="Ad clicks: accuracy {{ '%.3f' % ti.xcom_pull(task_ids='load_model') }}",
        html_content="<h3>The model of run {{ run_id }} is ready.</h3>",
    )
    start_status_api = TriggerDagRunOperator(
        task_id="start_status_api", trigger_dag_id="ad_clicks_api", trigger_run_id="status_api", reset_dag_run=True
    )
    scored >> send_email >> start_status_api
