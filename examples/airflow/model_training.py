"""Training with a gate (Airflow 1.10 and 2): a GPU pool, a grid search, and deployment only of a good model."""
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import BranchPythonOperator, PythonOperator

LEAST_ACCURACY = 0.90

default_args = {
    "owner": "ml-team",
    "depends_on_past": False,
    "start_date": datetime(2024, 1, 1),
    "email_on_failure": False,
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
}


def extract_from_warehouse(**context):
    from sklearn.datasets import load_wine

    wine = load_wine()
    context["ti"].xcom_push(key="rows", value=len(wine.target))
    return {"features": wine.data.tolist(), "target": wine.target.tolist()}


def create_features(**context):
    data = context["ti"].xcom_pull(task_ids="extract_training_data")
    ratios = [[*row, row[0] / max(row[9], 0.1)] for row in data["features"]]
    return {"features": ratios, "target": data["target"]}


def validate(ds, **context):
    rows = context["ti"].xcom_pull(task_ids="extract_training_data", key="rows")
    data = context["ti"].xcom_pull(task_ids="feature_engineering")
    if len(data["features"]) != rows:
        raise ValueError(f"{rows} rows were extracted for {ds}, {len(data['features'])} have features")


def train(**context):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV

    data = context["ti"].xcom_pull(task_ids="feature_engineering")
    grid = {"n_estimators": [20, 40], "max_depth": [4, 8]}
    search = GridSearchCV(RandomForestClassifier(random_state=0), grid, cv=3)
    search.fit(data["features"], data["target"])
    context["ti"].xcom_push(key="best_params", value=search.best_params_)
    return float(search.best_score_)


def evaluate(**context):
    accuracy = context["task_instance"].xcom_pull(task_ids="train_model")
    context["ti"].xcom_push(key="accuracy", value=accuracy)


def choose(**context):
    accuracy = context["ti"].xcom_pull(task_ids="evaluate_model", key="accuracy")
    return "register_model" if accuracy >= LEAST_ACCURACY else "retrain_model"


def register(**context):
    return {
        "version": context["execution_date"].strftime("v%Y%m%d_%H%M"),
        "accuracy": context["ti"].xcom_pull(key="accuracy"),
        "training_date": context["ds"],
        "params": context["ti"].xcom_pull(task_ids="train_model", key="best_params"),
    }


with DAG(
    "ml_model_training",
    default_args=default_args,
    description="Trains weekly and deploys what is good enough",
    schedule_interval="0 2 * * 0",
    catchup=False,
    max_active_runs=1,
    tags=["ml", "training"],
) as dag:
    start = DummyOperator(task_id="start")
    extract = PythonOperator(
        task_id="extract_training_data", python_callable=extract_from_warehouse, provide_context=True
    )
    features = PythonOperator(task_id="feature_engineering", python_callable=create_features, provide_context=True)
    check_data = PythonOperator(task_id="validate_data", python_callable=validate, provide_context=True)
    train_model = PythonOperator(
        task_id="train_model",
        python_callable=train,
        provide_context=True,
        pool="gpu_pool",
        pool_slots=1,
        execution_timeout=timedelta(hours=4),
    )
    evaluate_model = PythonOperator(task_id="evaluate_model", python_callable=evaluate, provide_context=True)
    check_performance = BranchPythonOperator(
        task_id="check_performance", python_callable=choose, provide_context=True
    )
    register_model = PythonOperator(task_id="register_model", python_callable=register, provide_context=True)
    deploy_model = DummyOperator(task_id="deploy_model")
    retrain_model = DummyOperator(task_id="retrain_model")
    end = DummyOperator(task_id="end", trigger_rule="none_failed_or_skipped")

    start >> extract >> features >> check_data >> train_model >> evaluate_model >> check_performance
    check_performance >> register_model >> deploy_model >> end
    check_performance >> retrain_model >> end
