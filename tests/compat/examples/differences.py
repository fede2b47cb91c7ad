"""What may differ between the real Airflow and Tradewind, each with its reason.

An entry is (Dag, place, reason) or (Dag, place, reason, function of both values): Dag and place are patterns of fnmatch;
places are `structure.tasks.t.ui_color`, `state`, `states.t`, `tries.t`, `xcoms.t key`, `rendered.t.field` and the like.
What is missing in Tradewind is no entry here: it stays in the table as a difference.
"""

RANDOM = "the Dag draws what it does at random"
CLOCK = "waits for a moment of the day, or looks at the clock as it was when it was asked"
OTHER_RUN = "waits for the run of another Dag, which dag.test() of Airflow does not start"


def ours_has_more(real, ours):
    return set(real or ()) <= set(ours or ())


def datasets_are_assets(real, ours):
    return str(real).replace("Dataset", "Asset") == ours


ALLOWED = [
    (
        "*",
        "structure.tasks.*.do_xcom_push",
        "a mapped operator of Airflow has no such attribute; Tradewind's has the value",
        lambda real, ours: real is None,
    ),
    (
        "*",
        "structure.tasks.*.template_fields",
        "fields of both eras are templates: execution_date beside logical_date",
        ours_has_more,
    ),
    (
        "example_external_task_marker_parent",
        "structure.tasks.parent_task.template_fields",
        "execution_date of Airflow 2 is logical_date",
    ),
    ("*", "structure.schedule.*", "what Airflow 2 calls datasets are assets", datasets_are_assets),
    ("*", "xcoms.* pipeline_*lets", "Airflow 2 notes the inlets and outlets of a task once more, for its lineage"),
    (
        "example_bash_*",
        "rendered.run_after_loop.bash_command",
        "airflow is a password of Airflow's own connections, and Airflow 2 hides the word everywhere",
        lambda real, ours: str(real).replace("***", "airflow") == ours,
    ),
    (
        "example_time_delta_sensor_async",
        "rendered.wait",
        "delta is a template since Airflow 3, and is shown",
        lambda real, ours: real is None,
    ),
    (
        "example_trigger_controller_dag",
        "xcoms.* trigger_logical_date_iso",
        "Airflow 2 notes the moment of the run that it started, for its link",
    ),
    (
        "example_trigger_controller_dag",
        "rendered.*.logical_date",
        "an argument that was not given is shown as in Airflow 3",
        lambda real, ours: real is None and ours == "NOTSET",
    ),
    (
        "*",
        "rendered.*.bash_command",
        "Airflow 2 shows the object that stands for a command that is not known yet",
        lambda real, ours: "ArgNotSet" in str(real) and ours == "DYNAMIC (set during execution)",
    ),
    *(
        ("latest_only*", f"{part}.*", "dag.test() of Airflow 2 makes a run that nobody triggered, of an old date")
        for part in ("states", "tries")
    ),
    ("*", "xcoms.* _link_*", "Airflow keeps addresses of its extra links as XComs; Tradewind makes them when a page asks"),
    (
        "*",
        "xcoms.*bran* return_value",
        "Airflow 3 drops what a branch returned when it skips a task, Airflow 2 keeps it; Tradewind keeps it",
    ),
    ("example_branch_dop_operator_v3", "xcoms.should_run return_value", "as above: what a branch returned is kept"),
    ("example_params_trigger_ui", "xcoms.select_languages return_value", "as above: what a branch returned is kept"),
    ("example_short_circuit_*", "xcoms.*condition_is_[Ff]alse return_value", "as above: of a short circuit, too"),
    ("example_short_circuit_*", "xcoms.short_circuit return_value", "as above: of a short circuit, too"),
    ("example_short_circuit_*", "xcoms.condition_is_[Ff]alse skipmixin_key.skipped", "skipped are all tasks below, not by name"),
    ("example_weekday_branch_operator", "xcoms.* return_value", "as above: what a branch returned is kept"),
    ("example_trigger_controller_dag", "xcoms.* trigger_run_id", "the id of a run has the moment in it"),
    *(
        ("read_*_event*", place, "reads the event of another example's run: under Tradewind's scheduler that one has run before")
        for place in ("state", "states.read_*", "xcoms.read_* return_value")
    ),
    ("latest_only*", "xcoms.* return_value", "as above: what a branch returned is kept"),
    ("*", "rendered.*.op_args", "a lazy sequence of XComs is shown with its values instead of its class"),
    ("example_dynamic_task_mapping_with_no_taskflow_operators", "rendered.sum_it.values", "as above: a lazy sequence"),
    ("example_dynamic_task_mapping*", "rendered.sum_it", "as above: a lazy sequence"),
    ("*", "xcoms.* skipmixin_key.followed", "the order of a set, and tasks chosen at random"),
    *(
        (dag, f"{part}.{task}_*", RANDOM)
        for dag in ("example_branch_operator", "example_branch_python_operator_decorator")
        for part in ("states", "tries", "xcoms", "rendered")
        for task in ("branch", "follow", "ext_py", "venv")
    ),
    ("example_branch_*operator*", "xcoms.branching* return_value", RANDOM),
    ("example_branch_labels", "states.*", RANDOM),
    ("example_asset_state_store_producer", "xcoms.load return_value", RANDOM),
    ("example_task_state_store", "xcoms.run_job return_value", RANDOM),
    *(
        ("example_task_state_store_mapped", f"xcoms.process_table* {what}", f"{RANDOM}, and notes when")
        for what in ("row_count", "processed_at", "return_value.row_count", "return_value.processed_at")
    ),
    *(
        ("example_task_state_store_async", place, "calls aget and aset, which the task state store of Airflow 3.3.2 has not, and fails there")
        for place in ("state", "states.ingest_pages", "tries.ingest_pages", "xcoms.ingest_pages *")
    ),
    *(("example_branch_datetime_operator*", f"{part}.*", CLOCK) for part in ("states", "tries", "xcoms")),
    ("example_external_task_marker_parent", "rendered.parent_task", "an operator that does nothing has no process, and renders nothing"),
    ("*", "rendered.*.python", "the interpreters of the two environments have different paths"),
    ("tutorial", "xcoms.print_date return_value", "the date at which the task ran"),
    *(("example_external_task", place, OTHER_RUN) for place in ("state", "states.*", "tries.*", "rendered.parent_task_sensor")),
    *(
        ("example_external_task_marker_child", place, "waits for a task group by a date that dag.test() of Airflow does not have")
        for place in ("state", "states.child_task[23]", "tries.child_task[23]", "rendered.child_task[23]")
    ),
    *(
        ("child_dag", place, "the run that example_external_task triggered is newer than its own, and stays queued in dag.test()")
        for place in ("state", "states.child_task", "tries.child_task", "rendered.child_task")
    ),
    *(("example_sensors", f"{part}.*", CLOCK) for part in ("states", "tries", "xcoms", "rendered")),
    ("example_sensors", "state", CLOCK),
    ("example_python_*", "rendered.*.templates_dict*", "the text of a file with the path of the environment in it"),
]
