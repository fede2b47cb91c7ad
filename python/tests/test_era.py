"""What either era accepts is accepted in files of both; the defaults and the context follow the era of the file."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PROGRAM = """
import json, sys
import airflow
from tradewind.import_file import import_dag_file
from tradewind.local_modules import LocalModules
modules = LocalModules()
modules.install()
dags = import_dag_file(sys.argv[1], modules)
print(json.dumps([{"id": d.dag_id, "era": d.era, "catchup": d.catchup, "schedule": type(d.timetable).__name__,
    "tasks": {t.task_id: [t.task_type, str(t.trigger_rule)] for t in d.tasks}, "active": d.max_active_tasks} for d in dags]))
"""


def imported(text):
    """(Dags, what was said) of a file in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "dag.py")
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))
        env = {**os.environ, "PYTHONPATH": ROOT}
        done = subprocess.run([sys.executable, "-c", PROGRAM, path], env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


class Defaults(unittest.TestCase):
    def test_a_file_of_airflow_2_runs_daily_and_catches_up(self):
        dags, _ = imported(
            """
            from datetime import datetime
            from airflow import DAG
            from airflow.operators.dummy import DummyOperator
            dag = DAG("d", start_date=datetime(2024, 1, 1))
            DummyOperator(task_id="t", dag=dag)
            """
        )
        self.assertEqual((dags[0]["era"], dags[0]["catchup"], dags[0]["schedule"]), (2, True, "DeltaDataIntervalTimetable"))

    def test_a_file_of_airflow_3_does_neither(self):
        dags, said = imported("from airflow.sdk import DAG\ndag = DAG('d')\n")
        self.assertEqual((dags[0]["era"], dags[0]["catchup"], dags[0]["schedule"]), (3, False, "NullTimetable"))
        self.assertEqual(said, "")

    def test_a_comment_decides(self):
        for era, catchup in ((2, True), (3, False)):
            dags, _ = imported(f"# tradewind: airflow={era}\nfrom airflow import DAG\ndag = DAG('d')\n")
            self.assertEqual((dags[0]["era"], dags[0]["catchup"]), (era, catchup))


DAG_ARGUMENTS = [
    "schedule=None",
    "schedule='@daily'",
    "schedule_interval='0 5 * * *'",
    "schedule_interval=timedelta(hours=1)",
    "timetable=CronTriggerTimetable('0 5 * * *', timezone='UTC')",
    "schedule=[Dataset('file:///a')]",
    "concurrency=3",
    "max_active_tasks=3",
    "default_view='tree', orientation='TB'",
    "sla_miss_callback=print",
    "full_filepath='/x'",
    "fail_stop=True",
    "fail_fast=True",
    "access_control={'Viewer': {'can_read'}}",
    "jinja_environment_kwargs={'trim_blocks': True}",
    "owner_links={'ann': 'https://example.com'}",
    "auto_register=True",
    "dag_display_name='x'",
    "max_consecutive_failed_dag_runs=2",
    "is_paused_upon_creation=False",
    "params={'a': 1}, tags=['x'], doc_md='x', description='y'",
]
TASK_ARGUMENTS = [
    "provide_context=True",
    "task_concurrency=2",
    "max_active_tis_per_dag=2",
    "max_active_tis_per_dagrun=1",
    "sla=timedelta(hours=1)",
    "trigger_rule='dummy'",
    "trigger_rule='none_failed_or_skipped'",
    "trigger_rule='all_done_setup_success'",
    "retry_exponential_backoff=True, max_retry_delay=timedelta(minutes=1)",
    "retry_exponential_backoff=2.0",
    "email='a@example.com', email_on_failure=False, email_on_retry=False",
    "queue='q', pool='p', pool_slots=2, priority_weight=3, weight_rule='upstream'",
    "run_as_user='x', executor_config={'a': 1}, executor='LocalExecutor'",
    "resources={'cpus': 1}",
    "on_skipped_callback=print, on_execute_callback=[print]",
    "xcom_push=True",
    "do_xcom_push=False, multiple_outputs=False",
    "doc='x', doc_json='{}', doc_yaml='a: 1', doc_rst='x'",
    "task_display_name='x', logger_name='l', allow_nested_operators=True",
    "inlets=[Dataset('file:///a')], outlets=[Dataset('file:///b')]",
    "ignore_first_depends_on_past=False, wait_for_past_depends_before_skipping=True, wait_for_downstream=True",
    "map_index_template='{{ ti.map_index }}'",
    "start_date=datetime(2024, 1, 1), end_date=datetime(2025, 1, 1), depends_on_past=True",
]
HEAD = """
from datetime import datetime, timedelta
from airflow import DAG, Dataset
from airflow.operators.python import PythonOperator
from airflow.timetables.trigger import CronTriggerTimetable
"""


class Arguments(unittest.TestCase):
    def check(self, mark):
        lines = [HEAD if not mark else f"# tradewind: airflow={mark}\n{HEAD}"]
        for number, arguments in enumerate(DAG_ARGUMENTS):
            lines.append(f"d{number} = DAG('d{number}', start_date=datetime(2024, 1, 1), {arguments})")
        lines.append("tasks = DAG('tasks', start_date=datetime(2024, 1, 1), schedule=None)")
        for number, arguments in enumerate(TASK_ARGUMENTS):
            lines.append(f"PythonOperator(task_id='t{number}', python_callable=print, dag=tasks, {arguments})")
        return imported("\n".join(lines))

    def test_every_argument_of_either_era_is_taken_in_either(self):
        for mark in (2, 3):
            dags, said = self.check(mark)
            self.assertEqual(len(dags), len(DAG_ARGUMENTS) + 1)
            by_id = {dag["id"]: dag for dag in dags}
            self.assertEqual(len(by_id["tasks"]["tasks"]), len(TASK_ARGUMENTS))
            self.assertEqual((by_id["d6"]["active"], by_id["d7"]["active"]), (3, 3))
            self.assertEqual(by_id["tasks"]["tasks"]["t5"][1], "always")
            self.assertEqual(by_id["tasks"]["tasks"]["t6"][1], "none_failed_min_one_success")

    def test_a_spelling_of_airflow_2_is_warned_of_once_with_the_one_of_today(self):
        _, said = self.check(3)
        for old, new in (("schedule_interval", "schedule"), ("concurrency", "max_active_tasks"), ("task_concurrency", "max_active_tis_per_dag")):
            lines = [line for line in said.splitlines() if f"{old}" in line and new in line]
            self.assertEqual(len(lines), 1, f"{old}: {said}")


class Mistakes(unittest.TestCase):
    def test_a_misspelt_argument_names_the_right_one(self):
        with self.assertRaisesRegex(AssertionError, "catchup"):
            imported("from airflow import DAG\nDAG('d', cathcup=False)\n")


