"""A small site that says how the newest run of Airflow_project ended; it asks the REST API and serves until its time is up."""
import os
import threading
from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param

API = os.environ.get("AIRFLOW_API", "http://localhost:8080/api/v2")
USER = os.environ.get("AIRFLOW_USERNAME", "admin")
PASSWORD = os.environ.get("AIRFLOW_PASSWORD", "admin")


def check_dag_status(dag_id="Airflow_project"):
    """Whether the newest run succeeded; False, too, where there is none or the API does not answer."""
    import requests

    try:
        answer = requests.get(
            f"{API}/dags/{dag_id}/dagRuns",
            params={"order_by": "-logical_date", "limit": 1},
            auth=(USER, PASSWORD),
            timeout=10,
        )
        answer.raise_for_status()
        runs = answer.json()["dag_runs"]
    except (requests.RequestException, KeyError, ValueError) as error:
        print(f"the API did not answer: {error}")
        return False
    return bool(runs) and runs[0]["state"] == "success"


def make_app():
    from flask import Flask, redirect, render_template

    app = Flask(__name__, template_folder=os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates"))

    @app.route("/api")
    def handle_api_request():
        return redirect("/success" if check_dag_status() else "/failure")

    @app.route("/success")
    def success():
        return render_template("success.html")

    @app.route("/failure")
    def failure():
        return render_template("failure.html")

    @app.route("/health")
    def health():
        return "OK", 200

    return app


def start_flask_app(params):
    """Serves for so many seconds (0: until the task is ended)."""
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", params["port"], make_app(), threaded=True)
    print(f"serving on port {server.server_port}")
    if params["seconds"]:
        threading.Timer(params["seconds"], server.shutdown).start()
    server.serve_forever()


with DAG(
    dag_id="Airflow_project_Flask",
    start_date=datetime(2025, 1, 1),
    schedule=None,
    catchup=False,
    params={
        "port": Param(5555, type="integer", description="port of the site"),
        "seconds": Param(0, type="number", minimum=0, description="how long it serves; 0 is for good"),
    },
    tags=["advertising"],
) as dag:
    PythonOperator(task_id="start_flask_API", python_callable=start_flask_app)
