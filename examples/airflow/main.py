"""Ad clicks (Airflow 3): a chain of functions, a mail whose callbacks send mails, and a Dag that it triggers."""
from datetime import datetime

from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG
from airflow.task.trigger_rule import TriggerRule

from src.model_development import build_model, data_preprocessing, load_data, load_model, separate_data_outputs

RECIPIENT = "ml-team@example.com"


def notify_success(context):
    EmailOperator(
        task_id="notify_success",
        to=RECIPIENT,
        subject="The pipeline succeeded",
        html_content=f"<p>Run {context['run_id']} of {context['dag'].dag_id} succeeded.</p>",
    ).execute(context)


def notify_failure(context):
    EmailOperator(
        task_id="notify_failure",
        to=RECIPIENT,
        subject="The pipeline failed",
        html_content=f"<p>Task {context['task_instance'].task_id} failed: {context.get('exception')}</p>",
    ).execute(context)


default_args = {"owner": "ml-team", "start_date": datetime(2025, 1, 1), "retries": 0}

with DAG(
    dag_id="Airflow_project",
    default_args=default_args,
    description="Trains a logistic regression on clicks of ads",
    schedule="@daily",
    catchup=False,
    owner_links={"ml-team": "mailto:ml-team@example.com"},
    tags=["advertising"],
) as dag:
    load = PythonOperator(task_id="load_data", python_callable=load_data)
    prepare = PythonOperator(task_id="data_preprocessing", python_callable=data_preprocessing, op_args=[load.output])
    separate = PythonOperator(
        task_id="separate_data_outputs", python_callable=separate_data_outputs, op_args=[prepare.output]
    )
    build = PythonOperator(
        task_id="build_model", python_callable=build_model, op_args=[separate.output, "model/model.sav"]
    )
    check = PythonOperator(
        task_id="load_model", python_callable=load_model, op_args=[separate.output, "model/model.sav"]
    )
    send_email = EmailOperator(
        task_id="send_email",
        to=RECIPIENT,
        subject="Clicks, run {{ run_id }}: accuracy {{ '%.3f' % ti.xcom_pull(task_ids='load_model') }}",
        html_content="<p>The model of run {{ run_id }} is in model/model.sav.</p>",
        on_success_callback=notify_success,
        on_failure_callback=notify_failure,
    )
    show_state = TriggerDagRunOperator(
        task_id="trigger_flask", trigger_dag_id="Airflow_project_Flask", trigger_rule=TriggerRule.ALL_DONE
    )

    load >> prepare >> separate >> build >> check >> send_email >> show_state
