"""The breast-cancer pipeline in Python: tables in PostgreSQL, a grid search that MLflow tracks, and what becomes of the model.

    creating_storage_structures → fetching_data → preparing_data → hyperparam_tuning
      → after_crossvalidation (results into `experiments`; the best model, fitted on all training rows)
      → register → gate ┬→ deploy (a tenth of the traffic; all of it for the first version)
                        └→ score (the test rows, checked before and after, published as a partition)

The tables are those of pipeline.ts, where the connection `postgres_default` points. What MLflow tracks are rows of Tradewind's
own PostgreSQL, which any client of it can read:

    SELECT run.name, key, value FROM run JOIN run_latest_metric USING (run_id) ORDER BY value DESC;

The interpreter needs scikit-learn, pandas, pyarrow, psycopg2 and mlflow.
"""

import os
from datetime import datetime, timedelta, timezone

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, Param, TaskGroup, get_current_context, task

from tradewind.ml import BatchPredictOperator, DeployOperator, GateOperator, RegisterModelOperator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "python")
CONNECTION = "postgres_default"
# Every fourth row is set aside: what the model is judged by, it has never seen.
TRAIN, TEST = "mod(row_number, 4) > 0", "mod(row_number, 4) = 0"


def names():
    from sklearn.datasets import load_breast_cancer

    return [name.replace(" ", "_") for name in load_breast_cancer().feature_names]


def run_key(context):
    """Runs of the Dag in TypeScript have rows in the same tables."""
    return f"{context['dag'].dag_id} {context['run_id']}"


def samples(part):
    """Rows of this run, as the table has them."""
    import pandas

    sql = f"SELECT features, target FROM batch_data WHERE run_id = %s AND {part} ORDER BY row_number"
    rows = PostgresHook(CONNECTION).get_records(sql, parameters=[run_key(get_current_context())])
    if not rows:
        raise ValueError("expected rows of this run in batch_data, got none")
    return pandas.DataFrame([features for features, _ in rows], columns=names()).assign(target=[target for _, target in rows])


def hold_out():
    return samples(TEST)


def candidate():
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("scale", StandardScaler()), ("pca", PCA()), ("model", LogisticRegression(max_iter=1000))])


@task
def fetching_data():
    from sklearn.datasets import load_breast_cancer

    source = load_breast_cancer(as_frame=True).frame
    return source.rename(columns=lambda name: name.replace(" ", "_"))


@task
def preprocessing(table):
    return table.dropna().drop_duplicates().reset_index(drop=True)


@task
def saving_batch_data(table):
    """A retry finds the rows there and changes nothing."""
    context = get_current_context()
    key = run_key(context)
    rows = [(key, number, [float(value) for value in row[:-1]], int(row[-1])) for number, row in enumerate(table.to_numpy())]
    sql = "INSERT INTO batch_data (run_id, row_number, features, target) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
    connection = PostgresHook(CONNECTION).get_conn()
    with connection, connection.cursor() as cursor:
        cursor.executemany(sql, rows)
    connection.close()
    return len(rows)


@task
def hyperparam_tuning(run_id=None):
    """A run, and a child for each candidate, which MLflow logs by itself."""
    import mlflow
    from sklearn.model_selection import GridSearchCV

    train = samples(TRAIN)
    mlflow.set_experiment("breast_cancer_in_python")
    mlflow.sklearn.autolog(log_models=False, silent=True)
    with mlflow.start_run(run_name=run_id) as run:
        grid = {"pca__n_components": [2, 4, 8, 16]}
        search = GridSearchCV(candidate(), grid, cv=3).fit(train.drop(columns="target"), train["target"])
    found = search.cv_results_
    columns = zip(found["param_pca__n_components"], found["mean_test_score"], found["std_test_score"], found["rank_test_score"])
    return {
        "mlflow_run_id": run.info.run_id,
        "best_params": search.best_params_,
        "candidates": [[int(n), float(mean), float(std), int(rank)] for n, mean, std, rank in columns],
    }


@task
def saving_results(search):
    key = run_key(get_current_context())
    PostgresHook(CONNECTION).insert_rows(
        "experiments",
        [(key, *candidate) for candidate in search["candidates"]],
        target_fields=["run_id", "n_components", "mean_accuracy", "std_accuracy", "rank"],
    )


@task
def fitting_best_model(search):
    import mlflow

    train = samples(TRAIN)
    x, y = train.drop(columns="target"), train["target"]
    model = candidate().set_params(**search["best_params"]).fit(x, y)
    with mlflow.start_run(run_id=search["mlflow_run_id"]):
        logged = mlflow.sklearn.log_model(
            model, name="model", input_example=x.head(2), serialization_format="cloudpickle", pip_requirements=[]
        )
    return logged.model_uri


@task
def new_samples(run_id=None):
    """What is to be scored: here the test rows, without their answers."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "samples.parquet")
    hold_out().drop(columns="target").to_parquet(path)
    return path


def suite(name, *expectations):
    return {"name": name, "expectations": [{"type": type, "kwargs": kwargs} for type, kwargs in expectations]}


with DAG(
    "breast_cancer_in_python",
    description="Search the number of principal components by 3-fold cross-validation, and bring the best out",
    schedule="@daily",
    start_date=datetime(2022, 11, 22, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "Me", "retries": 1, "retry_delay": timedelta(seconds=30)},
    params={"email": Param("team@example.com", type="string", description="Who is told of a success")},
    on_success_callback=SmtpNotifier(
        to="{{ params.email }}",
        from_email="tradewind@example.com",
        subject="{{ dag.dag_id }} succeeded",
        html_content="<p>Run {{ run_id }}: results are in the table experiments.</p>",
    ),
    tags=["ml", "grid-search", "postgresql"],
):
    with TaskGroup("creating_storage_structures") as storage:
        SQLExecuteQueryOperator(
            task_id="creating_experiment_tracking_table",
            conn_id=CONNECTION,
            sql="""
              CREATE TABLE IF NOT EXISTS experiments (
                run_id text NOT NULL, n_components integer NOT NULL, mean_accuracy double precision NOT NULL,
                std_accuracy double precision NOT NULL, rank integer NOT NULL,
                logged_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run_id, n_components))""",
        )
        SQLExecuteQueryOperator(
            task_id="creating_batch_data_table",
            conn_id=CONNECTION,
            sql="""
              CREATE TABLE IF NOT EXISTS batch_data (
                run_id text NOT NULL, row_number integer NOT NULL, features double precision[] NOT NULL,
                target smallint NOT NULL, PRIMARY KEY (run_id, row_number))""",
        )

    fetched = fetching_data()
    with TaskGroup("preparing_data"):
        saved = saving_batch_data(preprocessing(fetched))
    search = hyperparam_tuning()
    with TaskGroup("after_crossvalidation"):
        saving_results(search)
        fitted = fitting_best_model(search)
    storage >> fetched
    saved >> search

    registered = RegisterModelOperator(task_id="register", model="breast_cancer_in_python", source=fitted)
    gate = GateOperator(
        task_id="gate",
        candidate=registered.output,
        metrics=[{"name": "accuracy", "threshold": 0.9, "min_absolute_change": -0.02}, {"name": "recall", "min_absolute_change": -0.05}],
        hold_out=hold_out,
        target="target",
        no_champion="pass",
    )
    to_score = new_samples()
    deploy = DeployOperator(task_id="deploy", version=registered.output, endpoint="breast_cancer_in_python", weight=10)
    score = BatchPredictOperator(
        task_id="score",
        model="breast_cancer_in_python",
        version=registered.output,
        input_file=to_score,
        output_folder=os.path.join(FOLDER, "scores"),
        before=suite(
            "samples",
            ("expect_column_values_to_not_be_null", {"column": "mean_radius"}),
            ("expect_column_values_to_be_between", {"column": "mean_radius", "min_value": 1, "max_value": 60}),
        ),
        after=suite("scores", ("expect_column_values_to_be_in_set", {"column": "prediction", "value_set": [0, 1]})),
    )
    saved >> to_score
    gate >> [deploy, score]
