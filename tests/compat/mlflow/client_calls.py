"""What users do with the MLflow client, against the server of MLFLOW_TRACKING_URI, each call checked by its effect.

Prints one JSON line for each step: {"step": …, "ok": true} or {"step": …, "ok": false, "error": …}.
"""

import json
import math
import os
import sys
import tempfile
import traceback

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

MAJOR = int(mlflow.__version__.split(".")[0])
client = MlflowClient()
failed = 0


def step(function):
    """Runs the step at once, so that the steps stand in the order in which they are read."""
    global failed
    try:
        function()
        print(json.dumps({"step": function.__name__, "ok": True}), flush=True)
    except Exception as error:  # noqa: BLE001
        failed += 1
        text = f"{type(error).__name__}: {error}"
        print(json.dumps({"step": function.__name__, "ok": False, "error": text}), flush=True)
        traceback.print_exc()


def refuses(code, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, f"expected {code}, got {error.error_code}: {error}"
        return str(error)
    raise AssertionError(f"expected {code}, got an answer")


def files_in(folder, **names):
    for name, text in names.items():
        path = os.path.join(folder, name.replace("__", "/") + ".txt")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return folder


state = {}


@step
def experiments():
    experiment = mlflow.set_experiment("churn")
    state["experiment"] = experiment.experiment_id
    assert mlflow.set_experiment("churn").experiment_id == experiment.experiment_id
    assert mlflow.get_experiment_by_name("nobody's") is None
    mlflow.set_experiment_tag("team", "ml")
    assert mlflow.get_experiment(experiment.experiment_id).tags == {"team": "ml"}
    found = mlflow.search_experiments(filter_string="tags.team = 'ml'", order_by=["name DESC"])
    assert [e.name for e in found] == ["churn"]
    assert "Default" in [e.name for e in mlflow.search_experiments()]
    refuses("RESOURCE_ALREADY_EXISTS", mlflow.create_experiment, "churn")


@step
def params_metrics_and_tags():
    with mlflow.start_run(run_name="first", description="what it is") as run:
        state["run"] = run.info.run_id
        mlflow.log_param("depth", 3)
        mlflow.log_params({"trees": 100, "rate": 0.1})
        mlflow.log_metric("loss", 0.9, step=0)
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"accuracy": 0.8, "f1": 0.7}, step=1)
        mlflow.log_metric("async", 1.0, synchronous=False)
        mlflow.flush_async_logging()
        mlflow.set_tag("color", "red")
        mlflow.set_tags({"size": "big", "gone": "soon"})
        mlflow.delete_tag("gone")
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("batch", float(n), 1_700_000_000_000 + n, n) for n in range(1000)],
            params=[Param("of_batch", "1")],
            tags=[RunTag("batch", "yes")],
        )
    run = mlflow.get_run(state["run"])
    assert run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time
    assert run.info.run_name == "first"
    assert run.data.params == {"depth": "3", "trees": "100", "rate": "0.1", "of_batch": "1"}
    assert run.data.metrics["loss"] == 0.5 and run.data.metrics["batch"] == 999.0
    assert run.data.metrics["async"] == 1.0
    assert run.data.tags["mlflow.note.content"] == "what it is"
    assert run.data.tags["color"] == "red" and "gone" not in run.data.tags
    history = client.get_metric_history(state["run"], "batch")
    assert [m.value for m in history] == [float(n) for n in range(1000)]
    assert client.get_metric_history(state["run"], "nothing") == []


@step
def values_that_json_does_not_have():
    with mlflow.start_run() as run:
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("inf", float("inf"))
        mlflow.log_metric("low", float("-inf"))
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert math.isnan(metrics["nan"])
    assert metrics["inf"] >= sys.float_info.max and metrics["low"] <= -sys.float_info.max


@step
def what_may_not_be():
    with mlflow.start_run() as run:
        mlflow.log_param("p", "1")
        mlflow.log_param("p", "1")
        message = refuses("INVALID_PARAMETER_VALUE", mlflow.log_param, "p", "2")
        assert "Changing param values is not allowed" in message, message
        mlflow.log_param("long", "x" * 7000)
        client.set_tag(run.info.run_id, "long", "x" * 9000)
    data = mlflow.get_run(run.info.run_id).data
    assert len(data.params["long"]) == 6000 and len(data.tags["long"]) == 8000
    refuses("RESOURCE_DOES_NOT_EXIST", mlflow.get_run, "0" * 32)
    refuses("INVALID_PARAMETER_VALUE", client.search_runs, [state["experiment"]], "nonsense = 'x'")


@step
def artifacts():
    with mlflow.start_run() as run:
        with tempfile.TemporaryDirectory() as folder:
            files_in(folder, a="hello", sub__b="world")
            mlflow.log_artifact(f"{folder}/a.txt")
            mlflow.log_artifact(f"{folder}/a.txt", "some/folder")
            mlflow.log_artifacts(folder, "all")
        mlflow.log_text("text äöü", "texts/t.txt")
        mlflow.log_dict({"a": [1, 2]}, "d.json")
        mlflow.log_dict({"a": 1}, "d.yaml")
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
        mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
    run_id = run.info.run_id
    assert sorted(f.path for f in client.list_artifacts(run_id)) == [
        "a.txt",
        "all",
        "d.json",
        "d.yaml",
        "some",
        "table.json",
        "texts",
    ]
    assert [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "all")] == [
        ("all/a.txt", False, 5),
        ("all/sub", True, None),
    ]
    assert client.list_artifacts(run_id, "nowhere") == []
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/texts/t.txt") == "text äöü"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/d.json") == {"a": [1, 2]}
    folder = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="all")
    with open(os.path.join(folder, "sub", "b.txt"), encoding="utf-8") as file:
        assert file.read() == "world"
    table = mlflow.load_table("table.json", run_ids=[run_id])
    assert list(table["q"]) == ["a", "b", "c"]


@step
def figures_and_images():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    with mlflow.start_run() as run:
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3])
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), "plots/black.png")
        mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), key="seen", step=1)
        plt.close(figure)
    names = [f.path for f in client.list_artifacts(run.info.run_id, "plots")]
    assert names == ["plots/black.png", "plots/line.png"], names


@step
def nested_and_resumed_runs():
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("m", 1)
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    with mlflow.start_run(run_id=parent.info.run_id):
        assert mlflow.get_run(parent.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("later", 2)
    assert mlflow.get_run(parent.info.run_id).info.status == "FINISHED"
    children = client.search_runs(
        [state["experiment"]], f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    )
    assert [r.info.run_id for r in children] == [child.info.run_id]


@step
def search():
    frame = mlflow.search_runs(experiment_names=["churn"], filter_string="metrics.accuracy > 0.5")
    assert list(frame["run_id"]) == [state["run"]]
    either = client.search_runs(
        [state["experiment"]], "(metrics.accuracy > 5 OR params.depth = '3') AND tags.color LIKE 'r%'"
    )
    assert [r.info.run_id for r in either] == [state["run"]]
    first = client.search_runs([state["experiment"]], max_results=2, order_by=["start_time ASC"])
    second = client.search_runs(
        [state["experiment"]], max_results=2, order_by=["start_time ASC"], page_token=first.token
    )
    ids = [r.info.run_id for r in [*first, *second]]
    assert len(set(ids)) == 4 and ids[0] == state["run"]


@step
def delete_and_restore():
    with mlflow.start_run() as run:
        pass
    run_id = run.info.run_id
    client.delete_run(run_id)
    assert mlflow.get_run(run_id).info.lifecycle_stage == "deleted"
    refuses("INVALID_PARAMETER_VALUE", client.log_metric, run_id, "m", 1)
    client.restore_run(run_id)
    other = mlflow.create_experiment("to delete")
    mlflow.delete_experiment(other)
    client.restore_experiment(other)
    client.rename_experiment(other, "renamed")
    assert mlflow.get_experiment(other).name == "renamed"


@step
def datasets():
    import pandas as pd

    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    dataset = mlflow.data.from_pandas(frame, source="https://example.com/d.csv", name="d", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    [used] = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    assert used.dataset.name == "d" and used.tags[0].value == "training"
    assert "mlflow_colspec" in used.dataset.schema
    found = client.search_runs([state["experiment"]], "dataset.name = 'd'")
    assert [r.info.run_id for r in found] == [run.info.run_id]


def fitted():
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    x, y = load_iris(return_X_y=True, as_frame=True)
    return LogisticRegression(max_iter=200).fit(x, y), x


@step
def models_and_the_registry():
    model, x = fitted()
    with mlflow.start_run() as run:
        mlflow.log_param("c", 1)
        mlflow.log_metric("score", 0.9)
        mlflow.log_metric("broken", float("nan"))
        name = {"name": "model"} if MAJOR >= 3 else {"artifact_path": "model"}
        info = mlflow.sklearn.log_model(
            model, **name, input_example=x.head(2), registered_model_name="iris"
        )
    state["model_run"] = run.info.run_id
    expected = list(model.predict(x.head(5)))
    places = [
        info.model_uri,
        f"runs:/{run.info.run_id}/model",
        "models:/iris/1",
        "models:/iris/latest",
    ]
    for place in places:
        assert list(mlflow.pyfunc.load_model(place).predict(x.head(5))) == expected, place
    client.set_registered_model_alias("iris", "champion", "1")
    assert list(mlflow.sklearn.load_model("models:/iris@champion").predict(x.head(5))) == expected
    assert client.get_model_version_by_alias("iris", "champion").version in ("1", 1)
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", "iris")
    assert str(second.version) == "2"
    client.transition_model_version_stage("iris", "1", "Production")
    client.transition_model_version_stage("iris", "2", "Production", archive_existing_versions=True)
    assert client.get_model_version("iris", "1").current_stage == "Archived"
    mlflow.pyfunc.load_model("models:/iris/Production")
    assert [str(v.version) for v in client.get_latest_versions("iris", ["Production"])] == ["2"]
    assert client.get_model_version_download_uri("iris", "2").startswith("mlflow-artifacts:/")


@step
def registry_entries():
    client.update_registered_model("iris", description="three kinds")
    client.update_model_version("iris", "1", description="the first")
    client.set_registered_model_tag("iris", "team", "ml")
    client.set_model_version_tag("iris", "1", "checked", "yes")
    client.set_model_version_tag("iris", "1", "wrong", "yes")
    client.delete_model_version_tag("iris", "1", "wrong")
    model = client.get_registered_model("iris")
    assert model.description == "three kinds" and model.tags == {"team": "ml"}
    assert model.aliases in ({"champion": "1"}, {"champion": 1})
    assert client.get_model_version("iris", "1").tags.get("checked") == "yes"
    assert [m.name for m in client.search_registered_models("name ILIKE 'IR%'")] == ["iris"]
    found = client.search_model_versions(f"run_id = '{state['model_run']}'")
    assert sorted(int(v.version) for v in found) == [1, 2]
    client.delete_registered_model_alias("iris", "champion")
    refuses("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, "iris", "champion")
    refuses("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, "iris", "latest", "1")
    client.rename_registered_model("iris", "flowers")
    client.delete_model_version("flowers", "1")
    refuses("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "flowers", "1")
    third = mlflow.register_model(f"runs:/{state['model_run']}/model", "flowers")
    assert str(third.version) == "3"
    client.delete_registered_model("flowers")
    refuses("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "flowers")


@step
def autologging_of_a_grid_search():
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV

    mlflow.set_experiment("grid")
    mlflow.sklearn.autolog(max_tuning_runs=5)
    x, y = load_iris(return_X_y=True, as_frame=True)
    with mlflow.start_run() as run:
        grid = {"n_estimators": [3, 5], "max_depth": [2, 3]}
        search = GridSearchCV(RandomForestClassifier(random_state=0), grid, cv=3).fit(x, y)
    mlflow.sklearn.autolog(disable=True)
    data = mlflow.get_run(run.info.run_id).data
    assert data.params["best_max_depth"] == str(search.best_params_["max_depth"])
    assert data.metrics["best_cv_score"] == search.best_score_
    names = [f.path for f in client.list_artifacts(run.info.run_id)]
    assert "cv_results.csv" in names and "estimator.html" in names, names
    children = mlflow.search_runs(
        experiment_names=["grid"],
        filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'",
        output_format="list",
    )
    assert len(children) == 4 and {c.info.status for c in children} == {"FINISHED"}
    assert {c.data.tags["mlflow.autologging"] for c in children} == {"sklearn"}
    best = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/best_estimator")
    assert list(best.predict(x)) == list(search.predict(x))
    mlflow.set_experiment("churn")


if MAJOR >= 3:

    @step
    def logged_models():
        with mlflow.start_run() as run:
            model = mlflow.create_external_model(name="external", params={"a": "1"}, tags={"t": "u"})
            import pandas as pd

            data = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0]}), name="holdout")
            mlflow.log_metric("auc", 0.7, model_id=model.model_id, dataset=data)
            mlflow.log_metric("auc", 0.8, step=1, model_id=model.model_id, dataset=data)
            mlflow.log_model_params({"b": "2"}, model_id=model.model_id)
        mlflow.set_logged_model_tags(model.model_id, {"k": "v", "gone": "x"})
        mlflow.delete_logged_model_tag(model.model_id, "gone")
        read = mlflow.get_logged_model(model.model_id)
        assert read.params == {"a": "1", "b": "2"} and read.tags["k"] == "v", read
        assert read.source_run_id == run.info.run_id and str(read.status) == "READY"
        found = mlflow.search_logged_models(
            [state["experiment"]],
            filter_string="metrics.auc > 0.75",
            datasets=[{"dataset_name": "holdout"}],
            order_by=[{"field_name": "metrics.auc", "ascending": False}],
            output_format="list",
        )
        assert [m.model_id for m in found] == [model.model_id]
        pending = mlflow.initialize_logged_model(name="pending")
        assert str(mlflow.get_logged_model(pending.model_id).status) == "PENDING"
        client.delete_logged_model(pending.model_id)
        refuses("RESOURCE_DOES_NOT_EXIST", mlflow.get_logged_model, pending.model_id)

    @step
    def traces():
        @mlflow.trace(name="inner", span_type="RETRIEVER")
        def inner(n):
            return {"twice": n * 2}

        @mlflow.trace(attributes={"who": "me"})
        def outer(n):
            return inner(n)["twice"] + 1

        assert outer(20) == 41
        trace_id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        trace = client.get_trace(trace_id)
        assert [s.name for s in trace.data.spans] == ["outer", "inner"], trace.data.spans
        assert trace.data.spans[1].parent_id == trace.data.spans[0].span_id
        assert trace.data.spans[1].outputs == {"twice": 40}
        assert trace.info.state.value == "OK"
        mlflow.set_trace_tag(trace_id, "color", "blue")
        found = mlflow.search_traces(
            experiment_ids=[state["experiment"]], filter_string="tags.color = 'blue'", return_type="list"
        )
        assert [t.info.trace_id for t in found] == [trace_id]
        mlflow.delete_trace_tag(trace_id, "color")
        mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="looks right")
        assert client.get_trace(trace_id).info.assessments[0].name == "good"
        assert client.delete_traces(state["experiment"], trace_ids=[trace_id]) == 1

    @step
    def traces_of_failures():
        @mlflow.trace
        def fails():
            raise ValueError("no")

        try:
            fails()
        except ValueError:
            pass
        trace_id = mlflow.get_last_active_trace_id()
        mlflow.flush_trace_async_logging()
        trace = client.get_trace(trace_id)
        assert trace.info.state.value == "ERROR"
        assert trace.data.spans[0].status.status_code.value == "ERROR"


if MAJOR == 2:

    @step
    def traces_of_2():
        @mlflow.trace(name="outer")
        def outer(n):
            return n + 1

        assert outer(1) == 2
        [trace] = mlflow.search_traces(experiment_ids=[state["experiment"]]).to_dict("records")
        trace_id = trace["request_id"]
        read = client.get_trace(trace_id)
        assert read.info.status.value == "OK" and [s.name for s in read.data.spans] == ["outer"]
        client.set_trace_tag(trace_id, "color", "blue")
        assert client.get_trace(trace_id).info.tags["color"] == "blue"
        assert client.delete_traces(state["experiment"], request_ids=[trace_id]) == 1


sys.exit(1 if failed else 0)
