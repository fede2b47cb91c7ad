"""Operators, sensors and hooks, called as the task process calls them."""

import datetime as dt
import http.server
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
from types import SimpleNamespace

import airflow  # noqa: F401 - puts the surface in place
from airflow import DAG
from airflow.exceptions import AirflowException, AirflowSensorTimeout, AirflowSkipException
from airflow.hooks.base import BaseHook
from airflow.models import Connection, Variable
from airflow.operators.bash import BashOperator
from airflow.operators.python import BranchPythonOperator, ExternalPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLExecuteQueryOperator, SQLTableCheckOperator
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.python import PythonSensor
from tradewind import supervisor
from tradewind.hooks.split_sql import split_statements
from tradewind.operators.call import determine_kwargs


class Instance(SimpleNamespace):
    """What operators need of the running instance."""

    def xcom_push(self, key, value):
        self.pushed[key] = value

    def get_first_reschedule_date(self, _context=None):
        return None


def context_for(task, **more):
    ti = Instance(task=task, task_id=task.task_id, dag_id=task.dag_id, try_number=1, skip_request=None, pushed={})
    run = SimpleNamespace(run_id="r", run_type="manual", logical_date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc))
    return {"ti": ti, "task_instance": ti, "task": task, "dag_run": run, "ds": "2024-01-01", "logical_date": run.logical_date, **more}


class Functions(unittest.TestCase):
    def test_a_function_gets_the_parts_of_the_context_that_it_names(self):
        def add(a, b, ds, **_):
            return f"{ds}: {a + b}"

        task = PythonOperator(task_id="t", python_callable=add, op_args=[1], op_kwargs={"b": 2}, provide_context=True)
        self.assertEqual(task.execute(context_for(task)), "2024-01-01: 3")

    def test_an_argument_named_as_a_context_key_is_refused_where_both_would_be_given(self):
        with self.assertRaisesRegex(ValueError, "'ds' in args is a part of kwargs"):
            determine_kwargs(lambda ds: ds, ["x"], {"ds": "2024-01-01"})

    def test_a_coroutine_is_awaited(self):
        async def later():
            return 7

        task = PythonOperator(task_id="t", python_callable=later)
        self.assertEqual(task.execute(context_for(task)), 7)

    def test_a_branch_asks_for_what_it_follows_and_refuses_ids_that_are_not_there(self):
        with DAG("d", schedule=None):
            good = BranchPythonOperator(task_id="good", python_callable=lambda: ["a"])
            bad = BranchPythonOperator(task_id="bad", python_callable=lambda: "nowhere")
            good >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
        context = context_for(good)
        self.assertEqual(good.execute(context), ["a"])
        self.assertEqual(context["ti"].skip_request, {"followed": ["a"]})
        with self.assertRaisesRegex(AirflowException, "valid task_ids. Invalid tasks found: {'nowhere'}"):
            bad.execute(context_for(bad))

    def test_a_short_circuit_skips_all_or_only_what_comes_next(self):
        with DAG("d", schedule=None):
            everything = ShortCircuitOperator(task_id="e", python_callable=lambda: [])
            next_only = ShortCircuitOperator(task_id="n", python_callable=lambda: 0, ignore_downstream_trigger_rules=False)
            [everything, next_only] >> EmptyOperator(task_id="after")
        for task, wanted in ((everything, {"skipAll": True}), (next_only, {"skipped": ["after"]})):
            context = context_for(task)
            task.execute(context)
            self.assertEqual(context["ti"].skip_request, wanted)

    def test_another_interpreter_gets_the_arguments_and_returns_the_value(self):
        def inside(numbers, ds):
            import os

            return {"sum": sum(numbers), "ds": ds, "other": os.getpid()}

        task = ExternalPythonOperator(task_id="t", python=sys.executable, python_callable=inside, op_kwargs={"numbers": [1, 2]})
        answer = task.execute(context_for(task))
        self.assertEqual((answer["sum"], answer["ds"]), (3, "2024-01-01"))
        self.assertNotEqual(answer["other"], os.getpid())

    def test_an_error_in_another_interpreter_is_the_tasks_error(self):
        def broken():
            raise KeyError("lost")

        task = ExternalPythonOperator(task_id="t", python=sys.executable, python_callable=broken)
        with self.assertRaisesRegex(AirflowException, "KeyError: 'lost'"):
            task.execute(context_for(task))


class Commands(unittest.TestCase):
    def test_the_last_line_is_the_value_and_the_task_is_in_the_environment(self):
        task = BashOperator(task_id="t", bash_command="echo first; echo $AIRFLOW_CTX_TASK_ID $MORE", env={"MORE": "yes"}, append_env=True)
        self.assertEqual(task.execute(context_for(task)), "t yes")

    def test_exit_codes_skip_or_fail(self):
        skipped = BashOperator(task_id="s", bash_command="exit 99")
        with self.assertRaises(AirflowSkipException):
            skipped.execute(context_for(skipped))
        failed = BashOperator(task_id="f", bash_command="exit 3")
        with self.assertRaisesRegex(AirflowException, "non-zero exit code 3"):
            failed.execute(context_for(failed))

    def test_a_folder_that_is_not_there_is_named(self):
        task = BashOperator(task_id="t", bash_command="true", cwd="/nowhere/at/all")
        with self.assertRaisesRegex(AirflowException, "Can not find the cwd: /nowhere/at/all"):
            task.execute(context_for(task))

    def test_on_kill_ends_the_command_and_its_children(self):
        task = BashOperator(task_id="t", bash_command="echo started; sleep 100 & wait")
        thread = threading.Thread(target=lambda: self.assertRaises(AirflowException, task.execute, context_for(task)))
        thread.start()
        while task.subprocess_hook.sub_process is None:
            time.sleep(0.01)
        task.on_kill()
        thread.join(10)
        self.assertEqual(task.subprocess_hook.sub_process.returncode, -signal.SIGTERM)


class Sensors(unittest.TestCase):
    def test_poking_ends_when_the_function_says_so(self):
        answers = iter([False, True])
        task = PythonSensor(task_id="t", python_callable=lambda: next(answers), poke_interval=0)
        self.assertIsNone(task.execute(context_for(task)))

    def test_a_timeout_fails_or_skips(self):
        late = PythonSensor(task_id="l", python_callable=lambda: False, poke_interval=0, timeout=0)
        with self.assertRaises(AirflowSensorTimeout):
            late.execute(context_for(late))
        soft = PythonSensor(task_id="s", python_callable=lambda: False, poke_interval=0, timeout=0, soft_fail=True)
        with self.assertRaises(AirflowSkipException):
            soft.execute(context_for(soft))

    def test_a_file_is_found_by_pattern(self):
        with tempfile.TemporaryDirectory() as folder:
            task = FileSensor(task_id="t", filepath=os.path.join(folder, "*.csv"))
            self.assertFalse(task.poke(context_for(task)))
            open(os.path.join(folder, "a.csv"), "w").close()
            self.assertTrue(task.poke(context_for(task)))

    def test_a_wrong_mode_is_refused(self):
        with self.assertRaisesRegex(ValueError, "The mode must be one of"):
            FileSensor(task_id="t", filepath="x", mode="pok")


class Asked(unittest.TestCase):
    """With a supervisor that answers."""

    def setUp(self):
        self.asked = []
        self.answers = {}
        supervisor.set_current(supervisor.Supervisor(self._answer, lambda message: None))
        self.addCleanup(supervisor.set_current, None)

    def _answer(self, method, params):
        self.asked.append((method, params))
        answer = self.answers[method]
        return answer(params) if callable(answer) else answer

    def test_variables_come_from_the_environment_first_and_have_defaults_of_both_eras(self):
        self.answers["variable.get"] = lambda params: '{"a": 1}' if params["key"] == "known" else None
        os.environ["AIRFLOW_VAR_GIVEN"] = "x"
        self.addCleanup(os.environ.pop, "AIRFLOW_VAR_GIVEN")
        self.assertEqual(Variable.get("given"), "x")
        self.assertEqual(Variable.get("known", deserialize_json=True), {"a": 1})
        self.assertEqual((Variable.get("no", default_var=1), Variable.get("no", default=None)), (1, None))
        with self.assertRaisesRegex(KeyError, "Variable no does not exist"):
            Variable.get("no")

    def test_a_triggered_run_is_waited_for(self):
        states = iter(["running", "success"])
        self.answers = {
            "dag-run.trigger": lambda params: {"runId": params["runId"], "created": True},
            "dag-run.get": lambda params: {"state": next(states)},
        }
        task = TriggerDagRunOperator(task_id="t", trigger_dag_id="other", conf={"a": 1}, wait_for_completion=True, poke_interval=0)
        context = context_for(task)
        task.execute(context)
        self.assertEqual(self.asked[0][1]["conf"], {"a": 1})
        self.assertEqual(context["ti"].pushed["trigger_run_id"], self.asked[0][1]["runId"])

    def test_a_run_that_is_there_already_fails_or_skips(self):
        self.answers["dag-run.trigger"] = lambda params: {"runId": "r", "created": False}
        for options, error in (({}, "already exists"), ({"skip_when_already_exists": True}, "Skipping due to")):
            task = TriggerDagRunOperator(task_id="t", trigger_dag_id="other", trigger_run_id="r", **options)
            with self.assertRaisesRegex(AirflowException, error):
                task.execute(context_for(task))

    def test_an_external_task_is_looked_for_at_the_date_before(self):
        self.answers["task-instance.states"] = {"r": {"load": "success"}}
        task = ExternalTaskSensor(task_id="t", external_dag_id="o", external_task_id="load", execution_delta=dt.timedelta(days=1))
        self.assertTrue(task.poke(context_for(task)))
        self.assertEqual(self.asked[0][1]["logicalDates"], ["2023-12-31T00:00:00+00:00"])

    def test_an_external_run_that_is_not_there_yet_is_waited_for(self):
        self.answers["dag-run.list"] = []
        task = ExternalTaskSensor(task_id="t", external_dag_id="o")
        self.assertFalse(task.poke(context_for(task)))


class Databases(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "x.db")
        os.environ["AIRFLOW_CONN_LITE"] = f"sqlite:///{self.path}"
        self.addCleanup(os.environ.pop, "AIRFLOW_CONN_LITE")
        with sqlite3.connect(self.path) as database:
            database.execute("create table t (a integer, b text)")

    def test_rows_are_inserted_and_read(self):
        hook = SqliteHook(sqlite_conn_id="lite")
        hook.insert_rows("t", [(1, "x"), (2, "y;")], target_fields=["a", "b"])
        self.assertEqual(hook.get_records("select * from t where a > ?", (1,)), [(2, "y;")])
        self.assertEqual(hook.get_first("select count(*) from t"), (2,))

    def test_statements_are_split_and_the_last_result_is_the_value(self):
        task = SQLExecuteQueryOperator(task_id="t", conn_id="lite", sql="insert into t values (3, ';'); select * from t", split_statements=True)
        self.assertEqual(task.execute(context_for(task)), [(3, ";")])

    def test_an_error_undoes_what_came_before_it(self):
        hook = SqliteHook("lite")
        with self.assertRaises(sqlite3.OperationalError):
            hook.run(["insert into t values (1, 'x')", "insert into nowhere values (1)"])
        self.assertEqual(hook.get_first("select count(*) from t"), (0,))

    def test_checks_tell_which_of_them_failed(self):
        SqliteHook("lite").insert_rows("t", [(1, None), (5, "y")])
        columns = SQLColumnCheckOperator(task_id="c", conn_id="lite", table="t", column_mapping={"a": {"max": {"leq_to": 4}}, "b": {"null_check": {"leq_to": 1}}})
        with self.assertRaisesRegex(AirflowException, "Column: a"):
            columns.execute(context_for(columns))
        table = SQLTableCheckOperator(task_id="t", conn_id="lite", table="t", checks={"rows": {"check_statement": "count(*) = 2"}})
        table.execute(context_for(table))

    def test_semicolons_within_texts_and_comments_end_nothing(self):
        text = "select ';' -- a; comment\n; /* ; */ create function f() as $$ begin; end $$;\n-- nothing;\n"
        self.assertEqual(len(split_statements(text)), 2)


class Connections(unittest.TestCase):
    def test_a_uri_is_read_as_airflow_reads_it(self):
        found = Connection(conn_id="c", uri="postgresql://u%40x:p%2Fw@host:5432/db?sslmode=require")
        self.assertEqual(
            (found.conn_type, found.login, found.password, found.host, found.port, found.schema, found.extra_dejson),
            ("postgres", "u@x", "p/w", "host", 5432, "db", {"sslmode": "require"}),
        )
        self.assertEqual(found.get_uri(), "postgres://u%40x:p%2Fw@host:5432/db?sslmode=require")

    def test_a_connection_that_is_nowhere_is_named(self):
        with self.assertRaisesRegex(AirflowException, "The conn_id `nope` isn't defined"):
            BaseHook.get_connection("nope")


class Http(unittest.TestCase):
    def setUp(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(404 if self.path == "/missing" else 200)
                self.end_headers()
                self.wfile.write(json.dumps({"path": self.path, "body": body, "auth": self.headers["Authorization"]}).encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        os.environ["AIRFLOW_CONN_API"] = f"http://ann:secret@127.0.0.1:{server.server_port}"
        self.addCleanup(os.environ.pop, "AIRFLOW_CONN_API")

    def test_the_answer_is_filtered_and_the_login_is_sent(self):
        task = HttpOperator(task_id="t", http_conn_id="api", endpoint="items", data="x=1", response_filter=lambda response: response.json())
        answer = task.execute(context_for(task))
        self.assertEqual((answer["path"], answer["body"]), ("/items", "x=1"))
        self.assertTrue(answer["auth"].startswith("Basic "))

    def test_an_error_of_the_server_fails_the_task(self):
        task = HttpOperator(task_id="t", http_conn_id="api", endpoint="missing", data="x")
        with self.assertRaisesRegex(AirflowException, "404:"):
            task.execute(context_for(task))


if __name__ == "__main__":
    unittest.main()
