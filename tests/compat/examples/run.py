"""Compares Tradewind with the real Airflow on Airflow's own example Dags, in one command:

    python3 tests/compat/examples/run.py [--airflow 3] [--work FOLDER] [DAG …]

Makes two virtual environments in FOLDER (default: `tradewind-compat` in the folder for temporary files; they are kept
for the next time): one with apache-airflow of that major version and its standard provider, one without Airflow.
Takes the example Dags from the first, runs each offline one by `dag.test()` there and under Tradewind's scheduler
with the second, and prints a table of what differs. `differences.py` says what may. Needs the network for the
environments, Node, and half an hour.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
REAL = {
    # Its examples of virtual environments are tasks only where `virtualenv` is there.
    "2": ["apache-airflow==2.11.*", "virtualenv"],
    "3": ["apache-airflow==3.*", "apache-airflow-providers-standard"],
}
OWN = ["jinja2", "pendulum", "httpx", "requests", "dill"]
# What needs an answer from outside: a person, a deleted file, the internet, another Dag's run at the same time.
STRUCTURE_ONLY = {
    "example_hitl_operator": "waits for a person",
    "example_asset_with_watchers": "waits for a file to be deleted",
    "example_dag_decorator": "asks a site on the internet",
    "tutorial_objectstorage": "asks a site on the internet",
}
LONG = {"example_sensors": 200, "example_branch_operator": 300, "example_branch_python_operator_decorator": 300}
CONF = {"example_params_ui_tutorial": {"required_field": "some example text"}}
FIRST = ["example_external_task_marker_parent"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--airflow", choices=sorted(REAL), default="3")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "tradewind-compat"))
    parser.add_argument("--compare-only", action="store_true", help="print the table of what ran before")
    parser.add_argument("dags", nargs="*")
    given = parser.parse_args()
    work = os.path.join(given.work, f"airflow-{given.airflow}")
    os.makedirs(work, exist_ok=True)
    real = environment(os.path.join(work, "real"), REAL[given.airflow])
    own = environment(os.path.join(work, "own"), OWN)
    dags, out = os.path.join(work, "dags"), {"real": os.path.join(work, "of-airflow"), "own": os.path.join(work, "of-tradewind")}
    if not given.compare_only:
        copy_examples(real, dags, os.path.join(work, "site"))
        plan = make_plan(real, dags, work, given.dags)
        run_both(real, own, dags, plan, out, work)
    return subprocess.call([own, os.path.join(HERE, "compare.py"), out["real"], out["own"], *given.dags])


def environment(folder, packages):
    """The interpreter of a virtual environment, made once."""
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "complete")):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.check_call([sys.executable, "-m", "venv", folder])
        subprocess.check_call([python, "-m", "pip", "install", "--quiet", *packages])
        open(os.path.join(folder, "complete"), "w").close()
    return python


def copy_examples(real, dags, site):
    """The examples as a Dags folder, and as the package that they import each other from where there is no Airflow."""
    for folder in (dags, site):
        shutil.rmtree(folder, ignore_errors=True)
    code = "import airflow, importlib.metadata as m; print(airflow.__path__[0]); print(airflow.__version__)"
    package, version = subprocess.check_output([real, "-W", "ignore", "-c", code], text=True).split()[-2:]
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(os.path.join(package, "example_dags"), dags, ignore=skipped)
    shutil.copytree(os.path.join(package, "example_dags"), os.path.join(site, "airflow", "example_dags"), ignore=skipped)
    with open(os.path.join(site, "airflow", "version.py"), "w", encoding="utf-8") as file:
        file.write(f"version = {version!r}\n")
    standard = os.path.join(package, "providers", "standard", "example_dags")
    shutil.rmtree(os.path.join(dags, "standard"), ignore_errors=True)
    if os.path.isdir(standard):
        shutil.copytree(standard, os.path.join(dags, "standard"), ignore=skipped)


def make_plan(real, dags, work, only):
    # Marked: Airflow 2 logs to the same output. It alone has to be told to leave its examples out.
    code = (
        "import inspect, json, sys; from airflow.models import DagBag; "
        "more = {'include_examples': False} if 'include_examples' in inspect.signature(DagBag).parameters else {}; "
        "print('\\nIDS', json.dumps(sorted(DagBag(sys.argv[1], **more).dags)))"
    )
    if not only:
        answer = subprocess.run([real, "-W", "ignore", "-c", code, dags], env=surroundings(dags, work), capture_output=True, text=True, check=True)
        only = json.loads(next(line for line in answer.stdout.splitlines() if line.startswith("IDS "))[4:])
    plan = []
    for dag_id in sorted(only, key=lambda one: (one not in FIRST, one)):
        item = {"dagId": dag_id, "seconds": LONG.get(dag_id, 120), "conf": CONF.get(dag_id, {})}
        plan.append({**item, "structureOnly": True} if dag_id in STRUCTURE_ONLY else item)
    path = os.path.join(work, "plan.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(plan, file, indent=1)
    return path


def surroundings(dags, work):
    home = os.path.join(work, "airflow-home")
    os.makedirs(home, exist_ok=True)
    return {
        **os.environ,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": dags,
        # For the plugins of the examples.
        "AIRFLOW__CORE__LOAD_EXAMPLES": "True",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        # Its own connections have the password "airflow", a word that stands in many rendered fields.
        "AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS": "False",
    }


def run_both(real, own, dags, plan, out, work):
    shutil.rmtree(os.path.join(work, "airflow-home"), ignore_errors=True)
    for folder in out.values():
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    env = surroundings(dags, work)
    subprocess.check_call([real, "-W", "ignore", os.path.join(HERE, "record.py"), dags, plan, out["real"]], env=env)
    site = os.path.join(work, "site")
    ours = {**env, "PYTHONPATH": site, "AIRFLOW__CORE__PLUGINS_FOLDER": os.path.join(site, "airflow", "example_dags", "plugins")}
    home = os.path.join(work, "tradewind-home")
    shutil.rmtree(home, ignore_errors=True)
    script = os.path.join(HERE, "run-tradewind.ts")
    subprocess.check_call(["node", script, dags, plan, out["own"], home, own], env=ours)
    paths = os.pathsep.join([site, os.path.join(ROOT, "python")])
    subprocess.check_call([own, os.path.join(HERE, "structure_tradewind.py"), dags, out["own"]], env={**ours, "PYTHONPATH": paths})


if __name__ == "__main__":
    sys.exit(main())
