"""Hooks and operators of other systems, against real servers of this machine; skipped by name without the client library."""

import base64
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
from unittest import mock

import airflow  # noqa: F401 - makes the surface
from airflow import DAG
from airflow.exceptions import AirflowException, AirflowSkipException
from tests.servers import ftp_server, http_server, s3_server, ssh_server


def needs(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"needs {', '.join(missing)}")


def connection(conn_id, **fields):
    """As AIRFLOW_CONN_*, for the time of a test."""
    return mock.patch.dict(os.environ, {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(fields)})


def running(operator, **arguments):
    with DAG("d", schedule=None):
        return operator(task_id="t", **arguments).execute({})


@needs("paramiko")
class Ssh(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        server = ssh_server(self.folder)
        port = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        for conn_id, kind in (("ssh_default", "ssh"), ("sftp_default", "sftp")):
            patch = connection(conn_id, conn_type=kind, host="127.0.0.1", port=port, login="me", password="hush")
            patch.start()
            self.addCleanup(patch.stop)

    def test_a_command_gives_its_output_in_base64(self):
        from airflow.providers.ssh.operators.ssh import SSHOperator

        command = "echo one; echo two $NAME"
        out = running(SSHOperator, ssh_conn_id="ssh_default", command=command, environment={"NAME": "x"})
        self.assertEqual(base64.b64decode(out), b"one\ntwo x\n")

    def test_large_output_and_binary_bytes_come_whole(self):
        from airflow.providers.ssh.hooks.ssh import SSHHook

        hook = SSHHook("ssh_default")
        with hook.get_conn() as client:
            code, out, err = hook.exec_ssh_client_command(client, "head -c 3000000 /dev/zero; echo no >&2; exit 3")
        self.assertEqual((code, len(out), err), (3, 3_000_000, b"no\n"))

    def test_failures_skips_and_timeouts(self):
        from airflow.providers.ssh.operators.ssh import SSHOperator

        with self.assertRaisesRegex(AirflowException, "exit status = 4: broken"):
            running(SSHOperator, ssh_conn_id="ssh_default", command="echo broken >&2; exit 4")
        with self.assertRaises(AirflowSkipException):
            running(SSHOperator, ssh_conn_id="ssh_default", command="exit 99", skip_on_exit_code=99)
        with self.assertRaisesRegex(AirflowException, "timed out"):
            running(SSHOperator, ssh_conn_id="ssh_default", command="sleep 30", cmd_timeout=0.2)

    def test_files_are_put_listed_fetched_and_deleted(self):
        from airflow.providers.sftp.hooks.sftp import SFTPHook
        from airflow.providers.sftp.operators.sftp import SFTPOperation, SFTPOperator

        with tempfile.TemporaryDirectory() as local:
            path = os.path.join(local, "a.csv")
            with open(path, "w") as file:
                file.write("1,2\n")
            running(SFTPOperator, ssh_conn_id="sftp_default", local_filepath=path, remote_filepath="/in/deep/a.csv", create_intermediate_dirs=True)
            hook = SFTPHook()
            self.assertEqual(hook.list_directory("/in/deep"), ["a.csv"])
            self.assertEqual(hook.get_tree_map("/in")[:2], (["/in/deep/a.csv"], ["/in/deep"]))
            self.assertEqual(hook.describe_directory("/in/deep")["a.csv"]["size"], 4)
            self.assertEqual(hook.get_file_by_pattern("/in/deep", "*.csv"), "a.csv")
            buffer = io.BytesIO()
            hook.retrieve_file("/in/deep/a.csv", buffer)
            self.assertEqual(buffer.getvalue(), b"1,2\n")
            back = os.path.join(local, "new", "b.csv")
            get = {"operation": SFTPOperation.GET, "create_intermediate_dirs": True}
            running(SFTPOperator, ssh_conn_id="sftp_default", local_filepath=back, remote_filepath="/in/deep/a.csv", **get)
            with open(back) as file:
                self.assertEqual(file.read(), "1,2\n")
            running(SFTPOperator, ssh_conn_id="sftp_default", remote_filepath="/in", operation="delete")
            self.assertFalse(hook.path_exists("/in"))
            hook.close_conn()
            with self.assertRaisesRegex(AirflowException, "GET operation.*No such file"):
                running(SFTPOperator, ssh_conn_id="sftp_default", local_filepath=back, remote_filepath="/none", operation="get")

    def test_a_sensor_waits_for_a_path_or_a_pattern(self):
        from airflow.providers.sftp.sensors.sftp import SFTPSensor

        with DAG("d", schedule=None):
            path = SFTPSensor(task_id="p", path="/ready")
            pattern = SFTPSensor(task_id="q", path="/", file_pattern="*.done", newer_than="2024-01-01")
        self.assertEqual((path.poke({}), pattern.poke({})), (False, False))
        for name in ("ready", "x.done"):
            open(os.path.join(self.folder, name), "w").close()
        self.assertEqual((path.poke({}), pattern.poke({})), (True, True))

    def test_a_decorated_sensor_calls_its_function_when_the_files_are_there(self):
        from airflow.decorators import task

        @task.sftp_sensor(path="/ready", poke_interval=0.01)
        def plain():
            return "done"

        @task.sftp_sensor(path="/", file_pattern="rea*")
        def named(prefix, files_found):
            return [prefix + name for name in files_found]

        open(os.path.join(self.folder, "ready"), "w").close()
        with DAG("d", schedule=None) as dag:
            plain()
            named("sftp:")
        for task_id, value in (("plain", "done"), ("named", ["sftp:/ready"])):
            answer = dag.get_task(task_id).execute({})
            self.assertEqual(answer, {"files_found": ["/ready"], "decorator_return_value": value})


@needs("pyftpdlib")
class Ftp(unittest.TestCase):
    def test_files_are_put_sensed_and_fetched(self):
        from airflow.providers.ftp.hooks.ftp import FTPHook
        from airflow.providers.ftp.operators.ftp import FTPFileTransmitOperator
        from airflow.providers.ftp.sensors.ftp import FTPSensor

        with tempfile.TemporaryDirectory() as remote, tempfile.TemporaryDirectory() as local, ftp_server(remote) as port:
            with connection("ftp_default", conn_type="ftp", host="127.0.0.1", port=port, login="me", password="hush"):
                path, back = os.path.join(local, "a.txt"), os.path.join(local, "x", "b.txt")
                with open(path, "w") as file:
                    file.write("hello")
                with DAG("d", schedule=None):
                    sensor = FTPSensor(task_id="s", path="/out/a.txt")
                self.assertFalse(sensor.poke({}))
                running(FTPFileTransmitOperator, local_filepath=path, remote_filepath="/out/a.txt", create_intermediate_dirs=True)
                self.assertTrue(sensor.poke({}))
                get = {"operation": "get", "create_intermediate_dirs": True}
                running(FTPFileTransmitOperator, local_filepath=[back], remote_filepath=["/out/a.txt"], **get)
                with open(back) as file:
                    self.assertEqual(file.read(), "hello")
                with FTPHook() as hook:
                    self.assertEqual(hook.list_directory("/out"), ["a.txt"])
                    self.assertEqual(hook.describe_directory("/out")["a.txt"]["size"], "5")
                    self.assertEqual(hook.get_size("/out/a.txt"), 5)
                    hook.rename("/out/a.txt", "/out/c.txt")
                    hook.delete_file("/out/c.txt")
                    hook.delete_directory("/out")
                    self.assertEqual(hook.list_directory("/"), [])


@needs("slack_sdk")
class Slack(unittest.TestCase):
    def setUp(self):
        self.posted = []

        def answer(method, path, body):
            self.posted.append((path, json.loads(body)))
            return (200, {"ok": True}) if path.startswith("/api/") else (200, b"ok") if path != "/services/bad" else (404, b"no_service")

        server = http_server(answer)
        self.url = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def test_a_message_is_posted_by_operator_and_notifier(self):
        from airflow.providers.slack.notifications.slack import send_slack_notification
        from airflow.providers.slack.operators.slack import SlackAPIPostOperator

        with connection("slack_api_default", conn_type="slack", password="xoxb-1", extra={"base_url": f"{self.url}/api"}):
            running(SlackAPIPostOperator, channel="#ml", text="trained")
            send_slack_notification(text="{{ dag }} failed", channel="#ops")({"dag": "d"})
        (path, first), (_, second) = self.posted
        self.assertEqual((path, first["channel"], first["text"]), ("/api/chat.postMessage", "#ml", "trained"))
        self.assertEqual((second["channel"], second["text"]), ("#ops", "d failed"))

    def test_a_webhook_takes_arguments_of_both_eras_and_its_refusal_fails_the_task(self):
        from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator

        with connection("hook", conn_type="slackwebhook", host=f"{self.url}/services", password="T/B/x"):
            running(SlackWebhookOperator, http_conn_id="hook", message="hi", channel="#a", username="bot")
        self.assertEqual(self.posted[-1], ("/services/T/B/x", {"text": "hi", "channel": "#a", "username": "bot"}))
        with connection("hook", conn_type="slackwebhook", password=f"{self.url}/services/bad"):
            with self.assertRaisesRegex(AirflowException, "404: no_service"):
                running(SlackWebhookOperator, slack_webhook_conn_id="hook", message="hi")


@needs("docker")
class Docker(unittest.TestCase):
    """Against what a daemon answers to the calls of one container."""

    def daemon(self, output, code):
        self.calls = []
        started = threading.Event()

        def write():
            started.wait(10)
            return b"".join(b"\x01\x00\x00\x00" + len(one).to_bytes(4, "big") + one for one in output)

        def answer(method, path, body):
            what = path.split("?")[0].partition("/v")[2].partition("/")[2] or path.strip("/")
            self.calls.append((method, what, json.loads(body) if body[:1] == b"{" else None))
            if what == "version":
                return 200, {"ApiVersion": "1.43", "MinAPIVersion": "1.24"}
            if what == "_ping":
                return 200, b"OK"
            if what == "images/json":
                return 200, [{"Id": "sha256:1"}]
            if what == "containers/create":
                return 201, {"Id": "c1", "Warnings": []}
            if what.endswith("/attach"):
                return 200, write
            if what.endswith("/start"):
                started.set()
            if what.endswith("/wait"):
                return 200, {"StatusCode": code}
            if what.endswith("/json"):
                return 200, {"Config": {"Tty": False}, "State": {"Running": False, "ExitCode": code}}
            return 204, b""

        return http_server(answer)

    def test_a_container_runs_its_last_line_is_the_value_and_it_is_removed(self):
        from airflow.providers.docker.operators.docker import DockerOperator

        with self.daemon([b"first\nsec", b"ond\n"], 0) as url:
            options = {"docker_url": url.replace("http", "tcp"), "auto_remove": "success", "mount_tmp_dir": False}
            value = running(DockerOperator, image="python:3.12", command=["echo", "x"], environment={"A": "1"}, cpus=2.0, **options)
        self.assertEqual(value, "second")
        created = next(body for _, what, body in self.calls if what == "containers/create")
        self.assertEqual((created["Image"], created["Cmd"], created["Env"]), ("python:3.12", ["echo", "x"], ["A=1"]))
        self.assertEqual(created["HostConfig"]["CpuShares"], 2048)
        self.assertIn(("DELETE", "containers/c1"), [call[:2] for call in self.calls])

    def test_a_container_that_fails_fails_the_task_with_its_last_lines(self):
        from airflow.providers.docker.operators.docker import DockerOperator

        with self.daemon([b"no such file\n"], 2) as url:
            with self.assertRaisesRegex(AirflowException, "ended with 2(.|\n)*no such file"):
                running(DockerOperator, image="i", docker_url=url.replace("http", "tcp"), mount_tmp_dir=False)
            with self.assertRaises(AirflowSkipException):
                running(DockerOperator, image="i", docker_url=url.replace("http", "tcp"), mount_tmp_dir=False, skip_on_exit_code=2)


@needs("boto3")
class S3(unittest.TestCase):
    def setUp(self):
        server = s3_server()
        address, self.objects, self.changed = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        patch = connection("aws_default", conn_type="aws", login="a", password="b", extra={"endpoint_url": address, "region_name": "eu-west-1"})
        patch.start()
        self.addCleanup(patch.stop)

    def put(self, name, data=b"", changed="2026-01-05T00:00:00.000Z"):
        self.objects[name], self.changed[name] = data, changed

    def test_a_file_goes_through_a_program_of_the_user(self):
        from airflow.providers.amazon.aws.operators.s3 import S3FileTransformOperator

        self.put("raw/in.csv", b"a,b\n")
        with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as script:
            script.write('#!/bin/sh\ntr a-z A-Z < "$1" > "$2"; echo "$3" >> "$2"\n')
        os.chmod(script.name, 0o755)
        self.addCleanup(os.unlink, script.name)
        keys = {"source_s3_key": "s3://raw/in.csv", "dest_s3_key": "s3://clean/out.csv"}
        running(S3FileTransformOperator, transform_script=script.name, script_args=["end"], **keys)
        self.assertEqual(self.objects["clean/out.csv"], b"A,B\nend\n")
        with self.assertRaisesRegex(AirflowException, "Transform script failed: /bin/false ended with 1"):
            running(S3FileTransformOperator, transform_script="/bin/false", replace=True, **keys)
        with self.assertRaisesRegex(AirflowException, "The source key s3://raw/none does not exist"):
            running(S3FileTransformOperator, transform_script="/bin/true", source_s3_key="s3://raw/none", dest_s3_key="s3://x/y")

    def test_keys_are_listed_by_pattern_and_by_when_they_changed(self):
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from airflow.utils import timezone

        self.put("raw/2026/a.csv", changed="2026-01-01T00:00:00.000Z")
        self.put("raw/2026/b.csv", changed="2026-02-01T00:00:00.000Z")
        self.put("raw/2026/b.txt", changed="2026-02-01T00:00:00.000Z")
        hook = S3Hook()
        self.assertEqual(hook.list_keys("raw", prefix="2026/*.csv", apply_wildcard=True), ["2026/a.csv", "2026/b.csv"])
        since = timezone.datetime(2026, 1, 15)
        self.assertEqual(hook.list_keys("raw", prefix="2026/", from_datetime=since), ["2026/b.csv", "2026/b.txt"])
        self.assertEqual(hook.list_keys("raw", prefix="2026/", to_datetime=since), ["2026/a.csv"])
        self.assertEqual(hook.list_keys("raw", start_after_key="2026/b.csv"), ["2026/b.txt"])


@needs("docker")
class DockerFunction(unittest.TestCase):
    """`@task.docker` against a daemon whose containers are processes of this machine."""

    def daemon(self, folder):
        created = {}
        done = threading.Event()
        there = f"{folder}/script"

        def run():
            env = dict(one.split("=", 1) for one in created["Env"])
            command = [part.replace("/tmp/script", there).replace("python ", f"{sys.executable} ") for part in created["Cmd"]]
            finished = subprocess.run(command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            created["code"] = finished.returncode
            done.set()
            return b"\x01\x00\x00\x00" + len(finished.stdout).to_bytes(4, "big") + finished.stdout

        def archive():
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as tar:
                tar.add(f"{there}.out", "script.out")
            return packed.getvalue()

        def answer(_method, path, body):
            what = path.split("?")[0].partition("/v")[2].partition("/")[2] or path.strip("/")
            if what == "version":
                return 200, {"ApiVersion": "1.43", "MinAPIVersion": "1.24"}
            if what == "_ping":
                return 200, b"OK"
            if what == "images/json":
                return 200, [{"Id": "sha256:1"}]
            if what == "containers/create":
                created.update(json.loads(body))
                return 201, {"Id": "c1", "Warnings": []}
            if what.endswith("/attach"):
                return 200, run
            if what.endswith("/wait"):
                done.wait(30)
                return 200, {"StatusCode": created["code"]}
            if what.endswith("/json"):
                return 200, {"Config": {"Tty": False}, "State": {"Running": False, "ExitCode": created.get("code", 0)}}
            if what.endswith("/archive"):
                stat = base64.b64encode(json.dumps({"name": "script.out", "size": 1, "mode": 420, "mtime": "", "linkTarget": ""}).encode())
                return 200, archive(), {"X-Docker-Container-Path-Stat": stat.decode()}
            return 204, b""

        return http_server(answer)

    def test_a_function_runs_in_a_container_and_what_it_returns_comes_back(self):
        from airflow.decorators import task

        with tempfile.TemporaryDirectory() as folder, self.daemon(folder) as url, DAG("d", schedule=None) as dag:
            options = {"docker_url": url.replace("http", "tcp"), "mount_tmp_dir": False}

            @task.docker(image="python:3.12", environment={"SCALE": "10"}, multiple_outputs=True, **options)
            def transform(values, offset=0):
                import os

                print("scaling", len(values))
                return {"scaled": [one * int(os.environ["SCALE"]) + offset for one in values], "kind": set("a")}

            transform([1, 2], offset=3)
            with self.assertLogs("airflow.task", "INFO") as logs:
                value = dag.get_task("transform").execute({})
        self.assertEqual(value, {"scaled": [13, 23], "kind": {"a"}})
        self.assertIn("scaling 2", "\n".join(logs.output))


@needs("boto3", "moto")
class SageMaker(unittest.TestCase):
    def test_a_model_is_trained_and_put_on_an_endpoint(self):
        from moto import mock_aws

        from airflow.contrib.operators.sagemaker_training_operator import SageMakerTrainingOperator
        from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointOperator

        role = "arn:aws:iam::123456789012:role/r"
        training = {
            "TrainingJobName": "iris",
            "RoleArn": role,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
            "ResourceConfig": {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "10"},
            "StoppingCondition": {"MaxRuntimeInSeconds": "60"},
        }
        variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        endpoint = {
            "Model": {"ModelName": "m", "ExecutionRoleArn": role, "PrimaryContainer": {"Image": "image"}},
            "EndpointConfig": {"EndpointConfigName": "c", "ProductionVariants": [variant]},
            "Endpoint": {"EndpointName": "e", "EndpointConfigName": "c"},
        }
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}
        with mock.patch.dict(os.environ, keys), mock_aws():
            found = running(SageMakerTrainingOperator, config=training, check_interval=0)
            self.assertEqual(found["Training"]["ResourceConfig"]["InstanceCount"], 1)
            again = running(SageMakerTrainingOperator, config=training, check_interval=0)
            self.assertRegex(again["Training"]["TrainingJobName"], r"^iris-\d{13}$")
            with self.assertRaisesRegex(AirflowException, "job with name iris-.* already exists"):
                running(SageMakerTrainingOperator, config=training, check_interval=0, action_if_job_exists="fail")
            deployed = running(SageMakerEndpointOperator, config=endpoint, check_interval=0)
        self.assertEqual(deployed["Endpoint"]["EndpointStatus"], "InService")
        json.dumps([found, deployed])


@needs("papermill", "ipykernel")
class Papermill(unittest.TestCase):
    def test_a_notebook_gets_its_parameters(self):
        from airflow.providers.papermill.operators.papermill import PapermillOperator

        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        cells = [{**cell, "source": "x = 1", "metadata": {"tags": ["parameters"]}}, {**cell, "source": "print(x + 1)"}]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        with tempfile.TemporaryDirectory() as folder:
            source, target = os.path.join(folder, "in.ipynb"), os.path.join(folder, "out.ipynb")
            with open(source, "w") as file:
                json.dump({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}, file)
            running(PapermillOperator, input_nb=source, output_nb=target, parameters={"x": 41}, kernel_name="python3")
            with open(target) as file:
                self.assertIn("42", file.read())


class Absent(unittest.TestCase):
    def test_a_client_library_that_is_missing_is_named_when_the_task_works(self):
        from airflow.providers.papermill.operators.papermill import PapermillOperator

        with mock.patch.dict(sys.modules, {"papermill": None}):
            with self.assertRaisesRegex(Exception, "needs the Python package papermill: `.* -m pip install papermill`"):
                running(PapermillOperator, input_nb="a", output_nb="b")
