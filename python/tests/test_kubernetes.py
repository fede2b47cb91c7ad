"""KubernetesPodOperator and its decorators, against an API server over HTTP and a kubelet that runs the commands here.

With TRADEWIND_TEST_KUBECONFIG (the path of a kubeconfig) the tests of the operator run against that cluster's API server
too: one without nodes, whose kubelet is again this test's.
"""

import contextlib
import json
import os
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import airflow  # noqa: F401 - makes the surface
from airflow import DAG
from airflow.exceptions import AirflowException, AirflowSkipException, TaskDeferred
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from tests.cluster import Kubelet, api_server, kubeconfig
from tests.test_providers import connection, needs
from tradewind.hooks.kubernetes import KubernetesHook

REAL = os.environ.get("TRADEWIND_TEST_KUBECONFIG")


class Instance(SimpleNamespace):
    def xcom_push(self, key, value):
        self.pushed[key] = value


def context_of(task, **more):
    ti = Instance(dag_id="d", task_id=task.task_id, map_index=-1, try_number=1, pushed={}, **more)
    return {"ti": ti, "run_id": "manual__2026-01-05T00:00:00+00:00", "ds": "2026-01-05"}


def operator(cls=KubernetesPodOperator, **arguments):
    quick = {"startup_check_interval_seconds": 0.05, "base_container_status_polling_interval": 0.05, "in_cluster": False}
    with DAG("d", schedule=None):
        return cls(task_id="t", **{**quick, **arguments})


@contextlib.contextmanager
def cluster(config=None, hold=None, has_logs=True):
    """(kubeconfig's path, Kubelet, Pods); pods come and go while it is open. `config` is that of a real API server."""
    kubelet = None

    def logs(*place):
        return kubelet.logs(*place) if has_logs else None

    with contextlib.ExitStack() as stack:
        pods = None
        if config is None:
            pods, settings = stack.enter_context(api_server(logs, lambda *place: kubelet.execute(*place)))
            file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".json"))
            json.dump(settings, file)
            file.flush()
            config = file.name
        with mock.patch.dict(os.environ, {"KUBECONFIG": config}):
            core = KubernetesHook(None, config_file=config).core_v1_client
            node = "unreachable" if pods is None and not has_logs else None
            kubelet = stack.enter_context(Kubelet(core, hold, pods, node))
            yield config, kubelet, pods


@needs("kubernetes")
class Pods(unittest.TestCase):
    """What holds for every API server, whether it can read logs or not."""

    config = None

    def cluster(self, **more):
        return cluster(self.config, **more)

    def names(self, core):
        return [pod.metadata.name for pod in core.list_namespaced_pod("default").items]

    def test_a_pod_runs_and_is_deleted(self):
        with self.cluster() as (config, kubelet, _):
            task = operator(config_file=config, image="python:3.12", name="train", cmds=["true"], labels={"team": "ml"})
            context = context_of(task)
            self.assertIsNone(task.execute(context))
            self.assertRegex(context["ti"].pushed["pod_name"], "^train-[0-9a-f]{8}$")
            self.assertEqual(context["ti"].pushed["pod_namespace"], "default")
            self.assertNotIn(context["ti"].pushed["pod_name"], self.names(kubelet.core))

    def test_a_failure_says_how_the_container_ended_and_a_kept_pod_is_not_taken_for_the_next_try(self):
        with self.cluster() as (config, kubelet, _):
            task = operator(config_file=config, image="x", cmds=["sh", "-c"], arguments=["exit 3"], is_delete_operator_pod=False)
            for _attempt in range(2):
                with self.assertRaisesRegex(AirflowException, r"container base ended with exit code 3 \(Error\)"):
                    task.execute(context_of(task))
            kept = [name for name in self.names(kubelet.core) if name.startswith("t-")]
            self.assertEqual(len(kept), 2)
            for name in kept:
                kubelet.core.delete_namespaced_pod(name, "default", grace_period_seconds=0)

    def test_an_exit_code_skips(self):
        with self.cluster() as (config, _, _):
            task = operator(config_file=config, image="x", cmds=["sh", "-c", "exit 99"], skip_on_exit_code=99)
            with self.assertRaisesRegex(AirflowSkipException, "exit code 99"):
                task.execute(context_of(task))

    def test_an_image_that_cannot_be_pulled_fails_at_once(self):
        with self.cluster(hold="ErrImagePull") as (config, kubelet, _):
            task = operator(config_file=config, image="nowhere/none:1")
            with self.assertRaisesRegex(AirflowException, "does not start: container base ErrImagePull: cannot pull nowhere/none:1"):
                task.execute(context_of(task))
            self.assertEqual([name for name in self.names(kubelet.core) if name.startswith("t-")], [])

    def test_a_pod_that_does_not_start_in_time_is_given_up(self):
        with self.cluster(hold="ContainerCreating") as (config, _, _):
            task = operator(config_file=config, image="x", startup_timeout_seconds=0.2)
            with self.assertRaisesRegex(AirflowException, "Pod took too long to start. More than 0.2s"):
                task.execute(context_of(task))

    def test_a_pod_of_an_earlier_process_is_taken_up_again(self):
        with self.cluster() as (config, kubelet, _):
            first = operator(config_file=config, image="x", cmds=["sh", "-c", "exit 0"])
            manifest = first._manifest(context_of(first))
            kubelet.core.create_namespaced_pod("default", manifest)
            second = operator(config_file=config, image="other", cmds=["false"])
            context = context_of(second)
            second.execute(context)
            self.assertEqual(context["ti"].pushed["pod_name"], manifest["metadata"]["name"])

    def test_a_task_that_is_ended_takes_its_pod_along(self):
        with self.cluster() as (config, kubelet, _):
            task = operator(config_file=config, image="x", cmds=["true"])
            task.pod = task._get_or_create(context_of(task))
            task.on_kill()
            self.assertNotIn(task.pod.metadata.name, self.names(kubelet.core))

    def test_a_log_that_cannot_be_read_is_said_and_the_task_goes_on(self):
        with self.cluster(has_logs=False) as (config, _, _):
            task = operator(config_file=config, image="x", cmds=["true"])
            with mock.patch("tradewind.kubernetes.pod_follow._MOST_PROBLEMS", 1), self.assertLogs("airflow.task", "WARNING") as logs:
                task.execute(context_of(task))
            self.assertRegex(logs.output[0], "The log of container base of pod t-.* cannot be read: .*. The task goes on without it.")

    def test_the_triggerer_waits_and_the_task_judges(self):
        import asyncio

        with self.cluster() as (config, _, _):
            task = operator(config_file=config, image="x", cmds=["sh", "-c", "exit 4"], deferrable=True, poll_interval=0.05)
            with self.assertRaises(TaskDeferred) as deferred:
                task.execute(context_of(task))

            async def first_event():
                path, arguments = deferred.exception.trigger.serialize()
                module, _, name = path.rpartition(".")
                trigger = getattr(__import__(module, fromlist=[name]), name)(**json.loads(json.dumps(arguments)))
                async for event in trigger.run():
                    return event.payload

            event = asyncio.run(first_event())
            self.assertEqual(event["status"], "failed")
            with mock.patch("tradewind.kubernetes.pod_follow._MOST_PROBLEMS", 1), self.assertRaisesRegex(AirflowException, "exit code 4"):
                task.trigger_reentry(context_of(task), event)


@unittest.skipUnless(REAL, "needs TRADEWIND_TEST_KUBECONFIG: a cluster's API server")
class PodsOfARealServer(Pods):
    config = REAL


@needs("kubernetes")
class LogsAndValues(unittest.TestCase):
    def test_the_log_is_followed_and_the_value_comes_by_the_sidecar(self):
        command = 'echo one; echo "two $WORD"; mkdir -p /airflow/xcom; echo "{\\"rows\\": 3}" > /airflow/xcom/return.json'
        with cluster() as (config, _, pods):
            task = operator(config_file=config, image="x", cmds=["sh", "-c"], arguments=[command], env_vars={"WORD": "x"}, do_xcom_push=True)
            with self.assertLogs("airflow.task", "INFO") as logs:
                self.assertEqual(task.execute(context_of(task)), {"rows": 3})
        text = "\n".join(logs.output)
        self.assertRegex(text, r"(?s)\[base\] one\n.*\[base\] two x")
        self.assertEqual(len(pods.deleted), 1)

    def test_no_result_is_none_and_what_is_not_json_is_refused(self):
        with cluster() as (config, _, _):
            nothing = operator(config_file=config, image="x", cmds=["true"], do_xcom_push=True)
            self.assertIsNone(nothing.execute(context_of(nothing)))
            broken = operator(config_file=config, image="x", cmds=["sh", "-c", "echo oops > /airflow/xcom/return.json"], do_xcom_push=True)
            with self.assertRaisesRegex(AirflowException, "expected JSON in /airflow/xcom/return.json of pod t-.*, got 'oops'"):
                broken.execute(context_of(broken))

    def test_a_function_runs_in_a_pod_and_returns_its_value(self):
        from airflow.decorators import task

        with cluster() as (config, _, _), DAG("d", schedule=None) as dag:

            @task.kubernetes(image="python:3.12", config_file=config, namespace="default", name="add")
            def add(a, b=1):
                import sys

                print("in", sys.version_info[0])
                return {"sum": a + b}

            add(2, b=5)
            one = dag.get_task("add")
            with self.assertLogs("airflow.task", "INFO") as logs:
                self.assertEqual(one.execute(context_of(one)), {"sum": 7})
        self.assertIn("[base] in 3", "\n".join(logs.output))

    def test_a_function_makes_the_command_of_a_pod(self):
        from airflow.decorators import task

        with cluster() as (config, _, _), DAG("d", schedule=None) as dag:

            @task.kubernetes_cmd(image="busybox", config_file=config)
            def hello(name):
                return ["echo", f"hello {name}"]

            hello("you")
            one = dag.get_task("hello")
            with self.assertLogs("airflow.task", "INFO") as logs:
                one.execute(context_of(one))
        self.assertIn("[base] hello you", "\n".join(logs.output))


@needs("kubernetes")
class Manifests(unittest.TestCase):
    def manifest(self, **arguments):
        with connection("kubernetes_default", conn_type="kubernetes", extra={"namespace": "ml"}):
            task = operator(**arguments)
            context = context_of(task)
            return task._manifest(context)

    def test_arguments_as_public_files_pass_them(self):
        from airflow.kubernetes.secret import Secret
        from kubernetes.client import models as k8s

        pod = self.manifest(
            image="repo/train:1",
            name="My Train_job",
            cmds=["python"],
            arguments=["train.py", "--day", "2026-01-05"],
            env_vars=[k8s.V1EnvVar(name="A", value="1")],
            env_from=[k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name="settings"))],
            configmaps=["more"],
            volumes=[k8s.V1Volume(name="data", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="data"))],
            volume_mounts=[k8s.V1VolumeMount(name="data", mount_path="/data")],
            container_resources=k8s.V1ResourceRequirements(requests={"memory": "1Gi"}, limits={"nvidia.com/gpu": "1"}),
            secrets=[Secret("env", "token", "hub", "key"), Secret("volume", "/etc/keys", "keys")],
            service_account_name="trainer",
            image_pull_secrets="one,two",
            image_pull_policy="Always",
            node_selector={"gpu": "a100"},
            tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
            affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            annotations={"owner": "ml"},
            labels={"app": "train"},
        )
        base = pod["spec"]["containers"][0]
        self.assertRegex(pod["metadata"]["name"], "^my-train-job-[0-9a-f]{8}$")
        self.assertEqual(pod["metadata"]["namespace"], "ml")
        self.assertEqual(pod["metadata"]["labels"]["app"], "train")
        self.assertEqual(pod["metadata"]["labels"]["task_id"], "t")
        self.assertRegex(pod["metadata"]["labels"]["run_id"], "^[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9]$")
        self.assertEqual((base["image"], base["command"], base["args"]), ("repo/train:1", ["python"], ["train.py", "--day", "2026-01-05"]))
        self.assertEqual([one["name"] for one in base["env"]], ["A", "TOKEN"])
        self.assertEqual(base["envFrom"], [{"configMapRef": {"name": "settings"}}, {"configMapRef": {"name": "more"}}])
        self.assertEqual(base["resources"], {"requests": {"memory": "1Gi"}, "limits": {"nvidia.com/gpu": "1"}})
        self.assertEqual([one["mountPath"] for one in base["volumeMounts"]], ["/data", "/etc/keys"])
        self.assertEqual(pod["spec"]["volumes"][0], {"name": "data", "persistentVolumeClaim": {"claimName": "data"}})
        self.assertEqual(pod["spec"]["imagePullSecrets"], [{"name": "one"}, {"name": "two"}])
        self.assertEqual(pod["spec"]["restartPolicy"], "Never")

    def test_the_pod_can_be_had_as_an_object_of_the_library(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(kubeconfig("http://127.0.0.1:1"), file)
            file.flush()
            pod = operator(image="x", env_vars={"A": "1"}, config_file=file.name).build_pod_request_obj()
        self.assertEqual((pod.spec.containers[0].image, pod.spec.containers[0].env[0].value), ("x", "1"))

    def test_a_template_and_a_full_spec_lie_below_the_arguments(self):
        from kubernetes.client import models as k8s

        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(
                "apiVersion: v1\nkind: Pod\nmetadata: {labels: {from: template}}\nspec:\n  serviceAccountName: template\n"
                "  containers: [{name: main, image: template, env: [{name: A, value: '1'}, {name: B, value: '2'}]}, {name: side, image: side}]\n"
            )
            file.flush()
            pod = self.manifest(
                pod_template_file=file.name,
                full_pod_spec=k8s.V1Pod(spec=k8s.V1PodSpec(containers=[], service_account_name="spec", priority_class_name="high")),
                image="argument",
                env_vars={"A": "9"},
            )
        base, side = pod["spec"]["containers"]
        self.assertEqual((base["image"], side["image"]), ("argument", "side"))
        self.assertEqual({one["name"]: one["value"] for one in base["env"]}, {"A": "9", "B": "2"})
        self.assertEqual((pod["spec"]["serviceAccountName"], pod["spec"]["priorityClassName"]), ("spec", "high"))
        self.assertEqual(pod["metadata"]["labels"]["from"], "template")

    def test_classes_and_arguments_of_airflow_1(self):
        from airflow.contrib.kubernetes.volume import Volume
        from airflow.contrib.kubernetes.volume_mount import VolumeMount
        from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator as Old
        from airflow.kubernetes.pod import Port

        pod = self.manifest(
            cls=Old,
            image="x",
            ports=[Port("http", 80)],
            volumes=[Volume("data", {"persistentVolumeClaim": {"claimName": "c"}})],
            volume_mounts=[VolumeMount("data", mount_path="/data", sub_path=None, read_only=True)],
            resources={"request_memory": "64Mi", "limit_cpu": 1},
            node_selectors={"disk": "ssd"},
            xcom_push=True,
        )
        base, sidecar = pod["spec"]["containers"]
        self.assertEqual(base["resources"], {"requests": {"memory": "64Mi"}, "limits": {"cpu": 1}})
        self.assertEqual(base["ports"], [{"name": "http", "containerPort": 80}])
        self.assertEqual(base["volumeMounts"][0], {"name": "data", "mountPath": "/data", "readOnly": True})
        self.assertEqual(pod["spec"]["nodeSelector"], {"disk": "ssd"})
        self.assertEqual(sidecar["name"], "airflow-xcom-sidecar")

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(AirflowException, "task 't' expects an image"):
            self.manifest()
        with self.assertRaisesRegex(AirflowException, "expected cmds to be a list of texts, got the text 'python train.py'"):
            self.manifest(image="x", cmds="python train.py")
        with self.assertRaisesRegex(AirflowException, "expected on_finish_action to be one of keep_pod, delete_pod"):
            self.manifest(image="x", on_finish_action="delete")
        with self.assertRaisesRegex(AirflowException, "expected a pod template at /nowhere.yaml"):
            self.manifest(pod_template_file="/nowhere.yaml")

    def test_a_cluster_that_is_not_there_is_said(self):
        with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, {"HOME": home, "KUBECONFIG": f"{home}/none"}):
            with self.assertRaisesRegex(AirflowException, "no Kubernetes cluster to talk to: this process is not in a cluster"):
                KubernetesHook().get_conn()


class Absent(unittest.TestCase):
    def test_a_file_that_uses_plain_arguments_needs_no_client_library_until_its_task_runs(self):
        with mock.patch.dict("sys.modules", {"kubernetes": None}):
            task = operator(image="x", cmds=["true"], volumes=[{"name": "v", "emptyDir": {}}])
            with self.assertRaisesRegex(Exception, "Kubernetes needs the Python package kubernetes: .* -m pip install kubernetes"):
                task.execute(context_of(task))


if __name__ == "__main__":
    unittest.main()
