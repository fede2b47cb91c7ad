"""Drives every operation of apache-airflow-client, as it comes from PyPI, against an API server.

    python drive-client.py URL TOKEN

The server has the Dags of python-client.test.ts. Prints one JSON object: operation -> "ok", or the error that it ended
with. An operation that the client has and this file does not call is "not called".
"""

import datetime as dt
import json
import sys
import time

import airflow_client.client as client
import airflow_client.client.api as apis

url, token = sys.argv[1:]
outcomes = {}
api_client = client.ApiClient(client.Configuration(host=url, access_token=token))


def api(name):
    return getattr(apis, name)(api_client)


def operations():
    found = set()
    for name in dir(apis):
        if not name.endswith("Api"):
            continue
        for method in dir(getattr(apis, name)):
            if method.startswith("_") or method.endswith(("_with_http_info", "_without_preload_content")):
                continue
            found.add((name, method))
    return found


def call(api_name, method, *args, expect=None, **kwargs):
    """The answer, read into the client's models; with `expect` the status of the error that is right here."""
    key = f"{api_name}.{method}"
    try:
        answer = getattr(api(api_name), method)(*args, **kwargs)
        outcomes[key] = "ok" if expect is None else f"expected {expect}, got an answer"
        return answer
    except client.ApiException as error:
        outcomes[key] = "ok" if error.status == expect else f"{error.status} {error.body}"
    except Exception as error:  # noqa: BLE001 - whatever the client says is the outcome
        outcomes[key] = f"{type(error).__name__}: {error}"
    return None


def bulk(kind, action):
    return getattr(client, f"BulkBody{kind}").from_dict({"actions": [action]})


def page(method):
    """Both lead to the page to sign in, which is a text, and which a fresh clone has not built."""
    status = getattr(api("LoginApi"), f"{method}_without_preload_content")().status
    outcomes[f"LoginApi.{method}"] = "ok" if status in (200, 503) else str(status)


NOW = dt.datetime.now(dt.timezone.utc)
DAG, RUN = "etl", "from_client"

call("MonitorApi", "get_health")
call("VersionApi", "get_version")
page("login")
call("ConfigApi", "get_config", accept="application/json")
call("ConfigApi", "get_config_value", "core", "parallelism", accept="application/json")
call("JobApi", "get_jobs", is_alive=True)
call("PluginApi", "get_plugins")
call("PluginApi", "import_errors")
call("ProviderApi", "get_providers")

# Dags
call("DAGApi", "get_dags", limit=10, order_by=["-dag_id"], tags=["etl"], dag_id_pattern="et%")
dag = call("DAGApi", "get_dag", DAG)
call("DAGApi", "get_dag_details", DAG)
call("DAGApi", "get_dag_tags")
call("DAGApi", "patch_dag", DAG, client.DAGPatchBody(is_paused=False), update_mask=["is_paused"])
call("DAGApi", "patch_dags", client.DAGPatchBody(is_paused=False), dag_id_pattern="~")
call("DAGApi", "favorite_dag", DAG)
call("DAGApi", "unfavorite_dag", DAG)
call("DAGParsingApi", "reparse_dag_file", dag.file_token)
call("DagSourceApi", "get_dag_source", DAG, accept="application/json")
call("DagStatsApi", "get_dag_stats", dag_ids=[DAG])
call("DagWarningApi", "list_dag_warnings")
versions = call("DagVersionApi", "get_dag_versions", DAG)
call("DagVersionApi", "get_dag_version", DAG, versions.dag_versions[0].version_number)
call("TaskApi", "get_tasks", DAG, order_by="-task_id")
call("TaskApi", "get_task", DAG, "extract")
errors = call("ImportErrorApi", "get_import_errors")
call("ImportErrorApi", "get_import_error", errors.import_errors[0].import_error_id)

# Runs
call("DagRunApi", "trigger_dag_run", DAG, client.TriggerDAGRunPostBody(dag_run_id=RUN, logical_date=None, conf={"n": 1}))


def wait(dag_id, run_id):
    """The client reads the stream whole; its last line has the end."""
    answer = api("DagRunApi").wait_dag_run_until_finished_without_preload_content(dag_id, run_id, 0.05, result=["load"])
    return json.loads(answer.read().decode().strip().split("\n")[-1])


def lines(api_name):
    """An answer in lines of JSON is a text to the client where there is one line, and an error of its own else."""
    try:
        state = wait(DAG, RUN)
        outcomes[f"{api_name}.wait_dag_run_until_finished"] = "ok" if state["state"] == "success" else str(state)
    except Exception as error:  # noqa: BLE001
        outcomes[f"{api_name}.wait_dag_run_until_finished"] = str(error)


lines("DagRunApi")
lines("ExperimentalApi")
call("DagRunApi", "get_dag_run", DAG, RUN)
call("DagRunApi", "get_dag_runs", "~", state=["success"], order_by=["-run_after"], run_after_gte=NOW - dt.timedelta(days=1))
call("DagRunApi", "get_list_dag_runs_batch", "~", client.DAGRunsBatchBody(dag_ids=[DAG], states=["success"]))
call("DagRunApi", "get_upstream_asset_events", DAG, RUN)
call("DagRunApi", "patch_dag_run", DAG, RUN, client.DAGRunPatchBody(note="seen"))

# Task instances
TI = "TaskInstanceApi"
call(TI, "get_task_instances", DAG, RUN, state=["success"], duration_gte=0.0)
call(TI, "get_task_instances_batch", "~", "~", client.TaskInstancesBatchBody(dag_ids=[DAG]))
call(TI, "get_task_instance", DAG, RUN, "extract")
call(TI, "get_mapped_task_instances", DAG, RUN, "double")
call(TI, "get_mapped_task_instance", DAG, RUN, "double", 1)
call(TI, "get_task_instance_tries", DAG, RUN, "extract")
call(TI, "get_task_instance_try_details", DAG, RUN, "extract", 1)
call(TI, "get_mapped_task_instance_tries", DAG, RUN, "double", 1)
call(TI, "get_mapped_task_instance_try_details", DAG, RUN, "double", 1, 1)
call(TI, "get_task_instance_dependencies", DAG, RUN, "extract")
call(TI, "get_task_instance_dependencies_by_map_index", DAG, RUN, "double", 0)
call(TI, "get_extra_links", DAG, RUN, "extract")
call("ExtraLinksApi", "get_extra_links", DAG, RUN, "extract")
call(TI, "get_log", DAG, RUN, "extract", 1, accept="application/json")
call(TI, "get_external_log_url", DAG, RUN, "extract", 1, expect=400)
mark = client.PatchTaskInstanceBody(new_state="failed", note="no")
call(TI, "patch_task_instance_dry_run", DAG, RUN, "extract", mark)
call(TI, "patch_task_instance_dry_run_by_map_index", DAG, RUN, "double", 1, mark)
call(TI, "patch_task_instance", DAG, RUN, "extract", client.PatchTaskInstanceBody(note="yes"))
call(TI, "patch_task_instance_by_map_index", DAG, RUN, "double", 1, client.PatchTaskInstanceBody(note="yes"))
call(TI, "patch_task_group_instances_dry_run", DAG, RUN, "inner", mark)
call(TI, "patch_task_group_instances", DAG, RUN, "inner", client.PatchTaskInstanceBody(note="all"))
update = bulk("BulkTaskInstanceBody", {"action": "update", "entities": [{"task_id": "extract", "note": "bulk"}]})
call(TI, "bulk_task_instances", DAG, RUN, update)

# XComs
AT = {"dag_id": DAG, "dag_run_id": RUN, "task_id": "extract"}
call("XComApi", "create_xcom_entry", x_com_create_body=client.XComCreateBody(key="mine", value={"a": [1, None]}), **AT)
call("XComApi", "get_xcom_entries", "~", "~", "~", order_by=["-timestamp"])
call("XComApi", "get_xcom_entry", xcom_key="mine", **AT)
call("XComApi", "update_xcom_entry", xcom_key="mine", x_com_update_body=client.XComUpdateBody(value=2), **AT)
call("XComApi", "delete_xcom_entry", xcom_key="mine", **AT)

# State stores
call("TaskStateStoreApi", "set_task_state_store", key="k/1", task_state_store_body=client.TaskStateStoreBody(value=1), **AT)
call("TaskStateStoreApi", "get_task_state_store", key="k/1", **AT)
call("TaskStateStoreApi", "patch_task_state_store", key="k/1", task_state_store_patch_body=client.TaskStateStorePatchBody(value=2), **AT)
call("TaskStateStoreApi", "list_task_state_store", **AT)
call("TaskStateStoreApi", "delete_task_state_store", key="k/1", **AT)
call("TaskStateStoreApi", "clear_task_state_store", **AT)

# Assets
assets = call("AssetApi", "get_assets", dag_ids=[DAG], order_by=["-name"])
asset_id = assets.assets[0].id
call("AssetApi", "get_asset", asset_id)
aliases = call("AssetApi", "get_asset_aliases")
call("AssetApi", "get_asset_alias", aliases.asset_aliases[0].id)
call("AssetApi", "create_asset_event", client.CreateAssetEventsBody(asset_id=asset_id, extra={"by": "client"}))
call("AssetApi", "get_asset_events", asset_id=asset_id, source_dag_id=DAG)
call("AssetApi", "materialize_asset", asset_id, client.MaterializeAssetBody(dag_run_id="materialized"))
wait(DAG, "materialized")
for name, args in (
    ("dag_asset_queued_event", ("both", asset_id)),
    ("dag_asset_queued_events", ("both",)),
    ("asset_queued_events", (asset_id,)),
):
    # A Dag that waits for two assets keeps the event of the first.
    api("AssetApi").create_asset_event(client.CreateAssetEventsBody(asset_id=asset_id))
    call("AssetApi", f"get_{name}", *args)
    call("AssetApi", f"delete_{name}", *args)
call("AssetStateStoreApi", "set_asset_state_store", "cursor", asset_id, client.AssetStateStoreBody(value={"at": 7}))
call("AssetStateStoreApi", "get_asset_state_store", "cursor", asset_id)
call("AssetStateStoreApi", "list_asset_state_store", asset_id)
call("AssetStateStoreApi", "delete_asset_state_store", "cursor", asset_id)
call("AssetStateStoreApi", "clear_asset_state_store", asset_id)

# A person answers
api("DagRunApi").trigger_dag_run("ask", client.TriggerDAGRunPostBody(dag_run_id="r", logical_date=None))
for _ in range(200):
    if api(TI).get_hitl_details("ask", "r", response_received=False).total_entries == 1:
        break
    time.sleep(0.05)
call(TI, "get_hitl_details", "~", "~", response_received=False)
call(TI, "get_hitl_detail", "ask", "r", "question", -1)
call(TI, "update_hitl_detail", "ask", "r", "question", -1, client.UpdateHITLDetailPayload(chosen_options=["Approve"], params_input={}))
call(TI, "get_hitl_detail_try_detail", "ask", "r", "question", -1, 1)
outcomes["the answer reaches the task"] = wait("ask", "r")["state"]

# Backfills
PAST = {"from_date": NOW - dt.timedelta(days=3), "to_date": NOW - dt.timedelta(days=1)}
call("BackfillApi", "create_backfill_dry_run", client.BackfillPostBody(dag_id="daily", **PAST))
backfill = call("BackfillApi", "create_backfill", client.BackfillPostBody(dag_id="daily", max_active_runs=1, **PAST))
call("BackfillApi", "list_backfills", "daily")
call("BackfillApi", "get_backfill", backfill.id)
call("BackfillApi", "pause_backfill", backfill.id)
call("BackfillApi", "unpause_backfill", backfill.id)
call("BackfillApi", "cancel_backfill", backfill.id)

# Variables, connections, pools
variable = client.VariableBody(key="a/b", value={"x": 1}, description="of the client")
call("VariableApi", "post_variable", variable)
call("VariableApi", "get_variables", variable_key_pattern="a%", order_by=["-key"])
call("VariableApi", "get_variable", "a/b")
call("VariableApi", "patch_variable", "a/b", client.VariableBody(key="a/b", value="2"), update_mask=["value"])
more = bulk("VariableBody", {"action": "create", "entities": [{"key": "more", "value": "1"}]})
call("VariableApi", "bulk_variables", more)
call("VariableApi", "delete_variable", "a/b")
connection = client.ConnectionBody(connection_id="web", conn_type="http", host=url, password="secret words")
call("ConnectionApi", "post_connection", connection)
call("ConnectionApi", "get_connections")
call("ConnectionApi", "get_connection", "web")
call("ConnectionApi", "patch_connection", "web", connection, update_mask=["host"])
call("ConnectionApi", "test_connection", connection)
asked = call("ConnectionApi", "enqueue_connection_test", client.ConnectionTestRequestBody(connection_id="web", conn_type="http", host=url))
call("ConnectionApi", "get_connection_test", asked.token)
call("ConnectionApi", "create_default_connections")
call("ConnectionApi", "bulk_connections", bulk("ConnectionBody", {"action": "delete", "entities": ["fs_default"]}))
call("ConnectionApi", "delete_connection", "web")
pool = client.PoolBody(name="small", slots=2)
call("PoolApi", "post_pool", pool)
call("PoolApi", "get_pools", pool_name_pattern="~")
call("PoolApi", "get_pool", "small")
call("PoolApi", "patch_pool", "small", client.PoolPatchBody(slots=3), update_mask=["slots"])
larger = bulk("PoolBody", {"action": "update", "entities": [{"name": "small", "slots": 4}]})
call("PoolApi", "bulk_pools", larger)
call("PoolApi", "delete_pool", "small")

# What takes things away
call(TI, "post_clear_task_instances", DAG, client.ClearTaskInstancesBody(dag_run_id=RUN, only_failed=False, dry_run=True))
call("DagRunApi", "clear_dag_run", DAG, RUN, client.DAGRunClearBody(dry_run=False))
wait(DAG, RUN)
# A preview holds what the client takes for two of its models at once, and so refuses: cleared for good.
runs = [client.BulkDAGRunBody(dag_run_id=RUN)]
call("DagRunApi", "clear_dag_runs", DAG, client.BulkDAGRunClearBody(dag_runs=runs, dry_run=False))
wait(DAG, RUN)
call("DagRunApi", "clear_dag_run_partitions", DAG, client.ClearPartitionsBody(partition_key="none", dry_run=False))
note = bulk("BulkDAGRunBody", {"action": "update", "entities": [{"dag_run_id": RUN, "note": "bulk"}]})
call("DagRunApi", "bulk_dag_runs", DAG, note)
call(TI, "delete_task_instance", DAG, RUN, "extract")
call("DagRunApi", "delete_dag_run", DAG, RUN)
events = call("EventLogApi", "get_event_logs", dag_id=DAG, order_by=["-when"])
call("EventLogApi", "get_event_log", events.event_logs[0].event_log_id)
call("DAGApi", "delete_dag", "gone")
page("logout")

for name, method in operations():
    outcomes.setdefault(f"{name}.{method}", "not called")
print(json.dumps(outcomes))
