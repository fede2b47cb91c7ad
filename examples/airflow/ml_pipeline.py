"""Breast cancer, in the manner of Airflow 2.2: tables by SQL files, groups, a grid search, results in PostgreSQL."""
from datetime import datetime

from airflow.models import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator
from airflow.utils.task_group import TaskGroup

from include.tuning import experiment, fit_best_model, load_data, preprocess_data, save_batch_data, track_experiments_info

default_args = {
    "owner": "Me",
    "email_on_failure": False,
    "email_on_success": True,
    "email": ["ml-team@example.com"],
}

with DAG(
    dag_id="ml_pipeline",
    description="Tunes and fits a model once a day",
    default_args=default_args,
    start_date=datetime(2022, 11, 22),
    schedule_interval="@daily",
    catchup=False,
    template_searchpath=None,
) as dag:
    with TaskGroup("creating_storage_structures") as creating_storage_structures:
        creating_experiment_tracking_table = PostgresOperator(
            task_id="creating_experiment_tracking_table",
            postgres_conn_id="postgres_default",
            sql="sql/create_experiments.sql",
        )
        creating_batch_data_table = PostgresOperator(
            task_id="creating_batch_data_table",
            postgres_conn_id="postgres_default",
            sql="sql/create_batch_data.sql",
        )

    fetching_data = PythonOperator(task_id="fetching_data", python_callable=load_data)

    with TaskGroup("preparing_data") as preparing_data:
        preprocessing = PythonOperator(task_id="preprocessing", python_callable=preprocess_data)
        saving_batch_data = PythonOperator(task_id="saving_batch_data", python_callable=save_batch_data)
        preprocessing >> saving_batch_data

    hyperparam_tuning = PythonOperator(task_id="hyperparam_tuning", python_callable=experiment)

    with TaskGroup("after_crossvalidation") as after_crossvalidation:
        saving_results = PythonOperator(task_id="saving_results", python_callable=track_experiments_info)
        fitting_best_model = PythonOperator(
            task_id="fitting_best_model",
            python_callable=fit_best_model,
            op_kwargs={"best_params": "{{ ti.xcom_pull(task_ids='hyperparam_tuning') | tojson }}"},
        )

    creating_storage_structures >> fetching_data >> preparing_data >> hyperparam_tuning >> after_crossvalidation
