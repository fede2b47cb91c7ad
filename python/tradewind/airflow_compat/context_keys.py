"""Names of the context of a task; parameters of a TaskFlow function with these names are filled from it."""

from __future__ import annotations

ALWAYS = (
    "asset_state_store",
    "conn",
    "dag",
    "dag_run",
    "expanded_ti_count",
    "exception",
    "inlets",
    "inlet_events",
    "macros",
    "map_index_template",
    "outlets",
    "outlet_events",
    "params",
    "prev_data_interval_start_success",
    "prev_data_interval_end_success",
    "prev_start_date_success",
    "prev_end_date_success",
    "reason",
    "run_id",
    "start_date",
    "task",
    "task_instance",
    "task_instance_key_str",
    "task_reschedule_count",
    "task_state_store",
    "templates_dict",
    "test_mode",
    "ti",
    "triggering_asset_events",
    "try_number",
    "var",
)

# Where the run has a logical date.
DATED = (
    "data_interval_start",
    "data_interval_end",
    "logical_date",
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
)

ONLY_2 = (
    "conf",
    "execution_date",
    "next_ds",
    "next_ds_nodash",
    "next_execution_date",
    "prev_ds",
    "prev_ds_nodash",
    "prev_execution_date",
    "prev_execution_date_success",
    "tomorrow_ds",
    "tomorrow_ds_nodash",
    "yesterday_ds",
    "yesterday_ds_nodash",
    "triggering_dataset_events",
    "tables",
)

KNOWN_CONTEXT_KEYS = frozenset((*ALWAYS, *DATED, *ONLY_2))
