"""The import surface: everything that its tables name is there, and what is not says what it is."""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
import warnings

import airflow
from tradewind import context
from tradewind.import_problem import distribution_of, likely_cause
from tradewind.airflow_compat.exceptions import AirflowException
from tradewind.surface.missing import ProviderMissing
from tradewind.surface.table import LEGACY, SURFACE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run_python(code, *path):
    """Standard output of a program in a process of its own, with `path` before everything else."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.join(ROOT, "python"), *path])}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout.strip()


@contextlib.contextmanager
def running_task():
    """As while a task runs: there is a context."""
    context.set_current(object())
    try:
        yield
    finally:
        context.set_current(None)


class Tables(unittest.TestCase):
    def test_every_name_of_the_surface_can_be_imported(self):
        broken = []
        for module, names in {**LEGACY, **SURFACE}.items():
            loaded = importlib.import_module(module)
            for name in names:
                try:
                    getattr(loaded, name)
                except Exception as error:
                    broken.append(f"{module}.{name}: {error}")
        self.assertEqual(broken, [])

    def test_the_page_of_the_surface_is_what_the_script_writes(self):
        script = os.path.join(ROOT, "scripts", "compat-surface.py")
        if importlib.util.find_spec("apache_airflow") or not os.path.exists(script):
            self.skipTest("a real Airflow is installed")
        done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_submodules_are_reached_as_attributes(self):
        self.assertEqual(airflow.utils.dates.days_ago(0).hour, 0)
        from airflow.operators import bash_operator

        self.assertIs(bash_operator.BashOperator, importlib.import_module("airflow.operators.bash").BashOperator)


class Absent(unittest.TestCase):
    def test_an_operator_of_a_provider_stands_in_a_dag_and_refuses_to_run(self):
        from airflow import DAG
        from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator

        with DAG("d", schedule=None) as dag:
            task = AirbyteTriggerSyncOperator(task_id="t", image="python:3.12", command="echo", retries=2)
        self.assertEqual((task.image, task.retries, dag.task_ids), ("python:3.12", 2, ["t"]))
        with self.assertRaisesRegex(Exception, "pip install apache-airflow-providers-airbyte"):
            task.execute({})

    def test_other_classes_of_a_provider_take_arguments_and_refuse_to_be_used(self):
        from airflow.providers.discord.notifications.discord import DiscordNotifier
        from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

        DiscordNotifier(text="done", channel="#ml")
        hook = BigQueryHook(gcp_conn_id="x")
        with running_task(), self.assertRaisesRegex(Exception, "apache-airflow-providers-google"):
            hook.get_pandas_df("select 1")

    def test_constants_and_helpers_of_a_class_that_is_missing_can_be_named_in_a_dag_file(self):
        from airflow.providers.amazon.aws.hooks.eks import ClusterStates
        from airflow.providers.google.cloud.hooks.automl import CloudAutoMLHook

        context.set_current(None)
        state = ClusterStates.ACTIVE
        self.assertEqual(str(state()), "ACTIVE")
        CloudAutoMLHook.extract_object_id({"name": "x"})
        with running_task(), self.assertRaisesRegex(Exception, "apache-airflow-providers-amazon"):
            ClusterStates.ACTIVE  # noqa: B018

    def test_a_missing_operator_is_mapped_over_its_own_arguments(self):
        from airflow import DAG
        from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator

        with DAG("d", schedule=None):
            mapped = AirbyteTriggerSyncOperator.partial(task_id="t", image="python:3.12").expand(command=["a", "b"])
        self.assertTrue(mapped.is_mapped)

    def test_classes_of_airflow_1_lead_to_the_providers_of_today(self):
        from airflow.contrib.operators.emr_create_job_flow_operator import EmrCreateJobFlowOperator
        from airflow.contrib.operators.s3_copy_object_operator import S3CopyObjectOperator
        from airflow.providers.amazon.aws.operators.s3 import S3CopyObjectOperator as today

        self.assertIs(S3CopyObjectOperator, today)
        self.assertEqual(EmrCreateJobFlowOperator.__module__, "airflow.providers.amazon.aws.operators.emr")

    def test_a_package_is_named_as_pip_knows_it(self):
        names = {
            "google.cloud.automl_v1beta1.types": "google-cloud-automl",
            "google.oauth2.service_account": "google-auth",
            "azure.storage.blob": "azure-storage-blob",
            "snowflake.connector.pandas_tools": "snowflake-connector-python",
            "sklearn.svm": "scikit-learn",
            "torch.nn": "torch",
        }
        self.assertEqual({name: distribution_of(name) for name in names}, names)

    def test_what_a_module_of_airflow_only_imports_can_be_taken_from_it(self):
        from airflow.lineage import AUTO
        from airflow.models.dag import BaseOperator, time
        from airflow.models.taskinstance import TaskInstanceState

        self.assertEqual(BaseOperator.__module__, "tradewind.airflow_compat.baseoperator")
        self.assertEqual((TaskInstanceState.SUCCESS, time.__name__, AUTO), ("success", "time", "auto"))

    def test_constants_of_a_provider_that_is_not_installed_stand_in(self):
        from airflow.contrib.hooks.gcp_transfer_hook import TRANSFER_OPTIONS
        from airflow.providers.amazon.aws.hooks.emr import EmrServerlessHook
        from airflow.providers.amazon.aws.sensors.bedrock import BedrockBatchInferenceSensor

        self.assertEqual({*EmrServerlessHook.JOB_SUCCESS_STATES, "RUNNING"}, {"RUNNING"})
        self.assertEqual(str(BedrockBatchInferenceSensor.SuccessState.COMPLETED), "COMPLETED")
        with self.assertRaisesRegex(ProviderMissing, "TRANSFER_OPTIONS' is a constant of the Airflow provider apache-airflow-providers-google"):
            dict(TRANSFER_OPTIONS)

    def test_a_decorator_of_a_provider_that_is_not_installed_stands_in_with_arguments_that_it_would_give(self):
        from airflow import DAG
        from airflow.decorators import task

        with DAG("d", schedule=None) as dag:

            @task.snowpark(snowflake_conn_id="s")
            def load(session, table):
                return table

            load(table="t")
        with self.assertRaisesRegex(AirflowException, "pip install apache-airflow-providers-snowflake"):
            dag.get_task("load").execute({})

    def test_a_misspelt_module_suggests_the_right_one(self):
        try:
            importlib.import_module("airflow.operators.pyhton")
        except ModuleNotFoundError as error:
            self.assertEqual(likely_cause(error, "f.py"), 'did you mean "airflow.operators.python"?')
        else:
            self.fail("it was found")

    def test_a_variable_that_is_not_set_is_said_with_the_command_that_sets_it(self):
        error = KeyError("Variable bucket does not exist")
        self.assertIn("tradewind variables set bucket VALUE, or AIRFLOW_VAR_BUCKET", likely_cause(error, "f.py"))

    def test_a_misspelt_name_suggests_the_right_one(self):
        with self.assertRaisesRegex(ImportError, "did you mean 'PythonOperator'"):
            from airflow.operators.python import PythnOperator  # noqa: F401

    def test_a_module_of_airflow_that_is_not_here_says_so(self):
        with self.assertRaisesRegex(ModuleNotFoundError, "a module of Airflow 1 and Airflow 2 and Airflow 3"):
            importlib.import_module("airflow.models.crypto")

    def test_a_name_of_airflow_that_is_not_here_says_so(self):
        with self.assertRaisesRegex(ImportError, "it is a class of Airflow 3, and Tradewind does not have it"):
            from airflow.sdk import SecretCache  # noqa: F401

    def test_a_path_of_a_store_can_be_named_without_the_packages_of_the_store(self):
        try:
            importlib.import_module("upath")
        except ImportError:
            path = importlib.import_module("airflow.sdk").ObjectStoragePath("s3://conn@bucket/a") / "b.csv"
            self.assertEqual(str(path), "s3://conn@bucket/a/b.csv")
            with self.assertRaisesRegex(Exception, "universal_pathlib s3fs"):
                path.read_text()

    def test_a_module_that_no_airflow_has_is_simply_not_found(self):
        with self.assertRaisesRegex(ModuleNotFoundError, "^No module named 'airflow.foo'$"):
            importlib.import_module("airflow.foo")


class Real(unittest.TestCase):
    def test_classes_of_an_installed_provider_are_its_own_and_stand_on_ours(self):
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "airflow", "providers", "airbyte", "operators")
            os.makedirs(place)
            for package in (place, os.path.dirname(place)):
                open(os.path.join(package, "__init__.py"), "w").close()
            with open(os.path.join(place, "airbyte.py"), "w") as file:
                file.write(
                    "from airflow.models import BaseOperator\n"
                    "class AirbyteTriggerSyncOperator(BaseOperator):\n"
                    "    def __init__(self, *, image, **kwargs):\n"
                    "        super().__init__(**kwargs)\n"
                    "        self.image = image\n"
                    "    def execute(self, context):\n"
                    "        return self.image\n"
                )
            answer = run_python(
                """
                from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator
                from tradewind.airflow_compat.baseoperator import BaseOperator
                task = AirbyteTriggerSyncOperator(task_id="t", image="i")
                print(task.execute({}), isinstance(task, BaseOperator))
                from airflow.providers.standard.operators.bash import BashOperator
                print(BashOperator.__module__)
                """,
                folder,
            )
        self.assertEqual(answer.splitlines(), ["i True", "tradewind.operators.bash"])

    def test_a_provider_that_others_extend_is_the_real_one_where_it_is_installed(self):
        code = """
        from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator as today
        print(KubernetesPodOperator is today, getattr(today, "real", False), today.__module__)
        """
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run_python(code, folder), "True False tradewind.operators.kubernetes_pod")
            place = os.path.join(folder, "airflow", "providers", "cncf", "kubernetes", "operators")
            os.makedirs(place)
            for package in (place, os.path.dirname(place), os.path.dirname(os.path.dirname(place))):
                open(os.path.join(package, "__init__.py"), "w").close()
            with open(os.path.join(place, "pod.py"), "w") as file:
                file.write("from airflow.models import BaseOperator\nclass KubernetesPodOperator(BaseOperator):\n    real = True\n")
            self.assertEqual(run_python(code, folder), "True True airflow.providers.cncf.kubernetes.operators.pod")

    def test_what_installed_providers_and_decorators_build_on_is_there(self):
        import airflow
        from airflow import DeprecatedImportWarning, version
        from airflow.decorators.python import _PythonDecoratedOperator
        from airflow.sdk import DAG
        from airflow.sdk.bases.decorator import task_decorator_factory
        from airflow.sdk.lineage import get_hook_lineage_collector
        from airflow.utils.process_utils import patch_environ

        class Said(_PythonDecoratedOperator):
            custom_operator_name = "@task.said"

            def __init__(self, word, op_args, op_kwargs, **kwargs):
                super().__init__(op_args=op_args, op_kwargs=op_kwargs, **kwargs)
                self.word = word

            def execute(self, context):
                return f"{self.word} {super().execute(context)}"

        with DAG("d", schedule=None) as dag:
            task_decorator_factory(python_callable=lambda x: x + 1, decorated_operator_class=Said, word="is", task_id="said")(2)
        self.assertEqual(dag.get_task("said").execute({}), "is 3")
        self.assertEqual(version.version, airflow.__version__)
        self.assertTrue(issubclass(DeprecatedImportWarning, FutureWarning))
        made = get_hook_lineage_collector().create_asset(scheme="s3", asset_kwargs={"bucket": "b", "key": "k"})
        self.assertEqual(made.uri, "s3://b/k")
        with patch_environ({"TW_FOR_A_WHILE": "1"}):
            self.assertEqual(os.environ["TW_FOR_A_WHILE"], "1")
        self.assertNotIn("TW_FOR_A_WHILE", os.environ)

    def test_a_folder_named_airflow_that_holds_no_airflow_is_not_taken_for_it(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "airflow", "utils"))
            answer = run_python("import airflow.utils.dates; print(airflow.utils.dates.days_ago.__module__)", folder)
        self.assertEqual(answer, "tradewind.airflow_compat.dates")


class Eras(unittest.TestCase):
    def test_a_legacy_path_is_warned_of_once_with_its_new_name(self):
        code = """
        import contextlib, io
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            from airflow.operators.python_operator import PythonOperator
            from airflow.operators.python_operator import PythonOperator
        print(said.getvalue().count("airflow.operators.python.PythonOperator"))
        """
        self.assertEqual(run_python(code), "1")

    def test_a_subdag_becomes_a_task_group(self):
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.operators.subdag import SubDagOperator

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with DAG("outer", schedule=None) as outer:
                with DAG("outer.part", schedule=None) as inner:
                    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
                start = EmptyOperator(task_id="start")
                start >> SubDagOperator(task_id="part", subdag=inner) >> EmptyOperator(task_id="end")
        self.assertEqual(sorted(outer.task_ids), ["end", "part.a", "part.b", "start"])
        self.assertEqual(list(outer.get_task("part.a").upstream_task_ids), ["start"])
        self.assertEqual(list(outer.get_task("part.b").downstream_task_ids), ["end"])
        self.assertTrue(inner.is_subdag)


if __name__ == "__main__":
    unittest.main()
