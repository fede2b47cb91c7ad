"""Dag files of both eras as data."""

from __future__ import annotations

import json
import unittest

from tests.authoring import World, dag_of, dags_of, edges_of, executed, spec_of, tasks_of
from tradewind.errors import TradewindError


class Eras(unittest.TestCase):
    def test_defaults_of_airflow_2(self) -> None:
        spec = spec_of('# tradewind: airflow=2\nwith DAG("d", start_date=datetime(2024, 1, 1)):\n    pass')
        self.assertEqual(spec["timetable"], {"kind": "delta-data-interval", "delta": 86400})
        self.assertTrue(spec["catchup"])
        spec = spec_of('with DAG("d", schedule_interval="@daily", start_date=datetime(2024, 1, 1)):\n    pass')
        self.assertEqual(spec["timetable"], {"kind": "cron-data-interval", "cron": "@daily", "timezone": "UTC"})

    def test_defaults_of_airflow_3(self) -> None:
        spec = spec_of('with DAG("d", start_date=datetime(2024, 1, 1)):\n    pass')
        self.assertEqual(spec["timetable"], {"kind": "none"})
        self.assertFalse(spec["catchup"])
        spec = spec_of('with DAG("d", schedule="0 6 * * 1-5"):\n    pass')
        self.assertEqual(spec["timetable"], {"kind": "cron-trigger", "cron": "0 6 * * 1-5", "timezone": "UTC"})

    def test_told_by_imports_and_words(self) -> None:
        from tradewind.era import detect

        for text, era in (
            ("from airflow.sdk import dag", 3),
            ("from airflow.providers.standard.operators.bash import BashOperator\nx(schedule_interval=1)", 3),
            ("from airflow.operators.python_operator import PythonOperator", 2),
            ("from airflow.utils.dates import days_ago", 2),
            ("from airflow.operators.python import PythonOperator", 2),
            ("from airflow import DAG\nDAG('x', schedule=None)", 3),
            ("from airflow import DAG\nf('{{ next_ds }}')", 2),
            ("def f(execution_date): pass", 2),
            ("# tradewind: airflow=2\nfrom airflow.sdk import dag", 2),
            ("def (", 3),
        ):
            self.assertEqual(detect(text)[0], era, text)

    def test_every_argument_of_either_era(self) -> None:
        spec = spec_of(
            """
            with DAG(dag_id="d", description="x", schedule_interval=None, start_date=datetime(2024, 1, 1), end_date=datetime(2025, 1, 1),
                     full_filepath=None, template_searchpath="/tmp", user_defined_macros={}, user_defined_filters={}, default_args={},
                     concurrency=3, max_active_runs=2, dagrun_timeout=timedelta(hours=1), sla_miss_callback=print, default_view="graph",
                     orientation="LR", catchup=False, on_success_callback=print, on_failure_callback=[print], doc_md="# x", params={"a": 1},
                     access_control={"team": {"can_read"}}, is_paused_upon_creation=False, jinja_environment_kwargs={},
                     render_template_as_native_obj=True, tags=["b", "a"], owner_links={"me": "mailto:a@b.c"}, auto_register=True, fail_stop=True,
                     dag_display_name="D", max_consecutive_failed_dag_runs=4) as d:
                PythonOperator(task_id="t", python_callable=print, provide_context=True, owner="me", email="a@b.c, d@e.f", retries="2",
                     retry_delay=10, retry_exponential_backoff=True, max_retry_delay=timedelta(minutes=1), depends_on_past=True,
                     wait_for_downstream=True, priority_weight=5, weight_rule="absolute", queue="q", pool="p", pool_slots=2, sla=timedelta(hours=1),
                     execution_timeout=timedelta(seconds=5), on_failure_callback=print, on_success_callback=[print], on_retry_callback=print,
                     on_execute_callback=print, trigger_rule="all_success", resources=None, run_as_user="u", task_concurrency=1,
                     executor_config={"k": 1}, do_xcom_push=False, inlets=[], outlets=[], doc="text")
            """
        )
        self.assertEqual((spec["maxActiveTasks"], spec["maxActiveRuns"], spec["dagrunTimeout"], spec["tags"]), (3, 2, 3600, ["a", "b"]))
        self.assertEqual((spec["displayName"], spec["callbacks"], spec["accessControl"]), ("D", ["success", "failure"], {"team": ["can_read"]}))
        task = tasks_of(spec)["t"]
        wanted = {
            "retries": 2,
            "retryDelay": 10,
            "retryExponentialBackoff": 2,
            "maxRetryDelay": 60,
            "executionTimeout": 5,
            "email": ["a@b.c", "d@e.f"],
            "maxActiveTisPerDag": 1,
            "doXcomPush": False,
            "callbacks": ["execute", "success", "failure", "retry"],
            "waitForDownstream": True,
            "dependsOnPast": True,
            "weightRule": "absolute",
        }
        self.assertEqual({name: task[name] for name in wanted}, wanted)

    def test_params_that_json_cannot_hold(self) -> None:
        text = 'with DAG("d", params={"since": datetime(2024, 1, 1)}) as d:\n    PythonOperator(task_id="t", python_callable=lambda params: params["since"].year)'
        made = dag_of("# tradewind: airflow=2\n" + text)
        self.assertEqual(executed(made, "t"), 2024)
        with self.assertRaisesRegex(Exception, "json-serializable"):
            dag_of("# tradewind: airflow=3\n" + text)

    def test_default_args_of_dag_group_and_task(self) -> None:
        tasks = tasks_of(
            spec_of(
                """
                with DAG("d", default_args={"retries": 1, "owner": "a", "retry_delay": timedelta(seconds=7)}):
                    BashOperator(task_id="x", bash_command="true")
                    with TaskGroup("g", default_args={"retries": 2}):
                        BashOperator(task_id="y", bash_command="true")
                        BashOperator(task_id="z", bash_command="true", retries=3, default_args={"owner": "b"})
                """
            )
        )
        self.assertEqual([(t["retries"], t["owner"], t["retryDelay"]) for t in tasks.values()], [(1, "a", 7), (2, "a", 7), (3, "b", 7)])


class Mistakes(unittest.TestCase):
    def refused(self, text: str, words: str) -> None:
        with self.assertRaisesRegex(Exception, words):
            spec_of(text)

    def test_misspelled_arguments(self) -> None:
        self.refused('DAG("d", cathcup=False)', 'no argument "cathcup": did you mean catchup')
        self.refused('DAG("d", schedule_inverval=None)', "did you mean schedule_interval")
        self.refused('with DAG("d"):\n    BashOperator(task_id="a", bash_command="x", retry=2)', "retry: did you mean retries")
        self.refused('with DAG("d"):\n    BashOperator(task_id="a", bash_comand="x")', "missing keyword argument 'bash_command'.*bash_comand")
        self.refused('with DAG("d"):\n    BashOperator("a", bash_command="x")', "keyword arguments")

    def test_words_in_default_args_that_nothing_takes(self) -> None:
        _, state = dags_of('with DAG("d", default_args={"retry": 1, "depend_on_past": True, "catchup": False, "email_on_success": True, "region": "x"}):\n    pass')
        messages = " | ".join(message for _, message, _ in state.warnings)
        for words in ("did you mean retries", "did you mean depends_on_past", '"catchup"] is ignored', "email_on_success"):
            self.assertIn(words, messages)
        self.assertNotIn("region", messages)

    def test_cycles_name_their_path(self) -> None:
        with self.assertRaises(TradewindError) as caught:
            spec_of('with DAG("d"):\n    a, b, c = (EmptyOperator(task_id=x) for x in "abc")\n    a >> b >> c >> a')
        self.assertEqual(caught.exception.code, "TW_DAG_CYCLE")
        self.assertRegex(caught.exception.message, "a → b → c → a|c → a → b → c|b → c → a → b")

    def test_ids(self) -> None:
        self.refused('with DAG("d"):\n    EmptyOperator(task_id="a")\n    EmptyOperator(task_id="a")', "'a' has already been added")
        self.refused('with DAG("d"):\n    EmptyOperator(task_id="a b")', "alphanumeric")
        self.refused('with DAG("d"):\n    TaskGroup("g")\n    TaskGroup("g")', "'g' has already been added")
        self.refused('DAG("d d")', "alphanumeric")

    def test_values(self) -> None:
        self.refused('with DAG("d"):\n    EmptyOperator(task_id="a", trigger_rule="all_sucess")', "trigger_rule")
        self.refused('DAG("d", schedule="every day")', "cron")
        self.refused('DAG("d", schedule="@dayly")', "cron|preset")
        self.refused('DAG("d", schedule=None, schedule_interval=None)', "At most one")
        self.refused('with DAG("d"):\n    EmptyOperator(task_id="a", execution_timeout=5)', "timedelta")
        self.refused('with DAG("d", schedule="@daily", params={"a": Param(type="string")}):\n    pass', "param a")
        self.refused('with DAG("a"):\n    x = EmptyOperator(task_id="x")\nwith DAG("b"):\n    y = EmptyOperator(task_id="y")\nx >> y', "more than one")

    def test_iterating_over_a_result(self) -> None:
        self.refused('@task\ndef f(): return [1]\nwith DAG("d"):\n    for x in f():\n        pass', "not known while the file is read")

    def test_one_id_twice_takes_the_later(self) -> None:
        dags, state = dags_of('with DAG("d", tags=["1"]): pass\nwith DAG("d", tags=["2"]): pass')
        self.assertEqual([dag.tags for dag in dags], [{"2"}])
        self.assertIn("defined twice", str(state.warnings))


class Edges(unittest.TestCase):
    def edges(self, text: str) -> list:
        names = "a b c d e f"
        lines = "\n".join("    " + line for line in text.strip().splitlines())
        made = "\n".join(f'    {name} = EmptyOperator(task_id="{name}")' for name in names.split())
        return [f"{x}{y}" for x, y in edges_of(spec_of(f'with DAG("d"):\n{made}\n{lines}'))]

    def test_operators(self) -> None:
        self.assertEqual(self.edges("a >> b >> c"), ["ab", "bc"])
        self.assertEqual(self.edges("a >> [b, c] >> d"), ["ab", "ac", "bd", "cd"])
        self.assertEqual(self.edges("c << b << a"), ["ab", "bc"])
        self.assertEqual(self.edges("[a, b] << c"), ["ca", "cb"])
        self.assertEqual(self.edges("a.set_downstream([b, c])\nd.set_upstream(a)"), ["ab", "ac", "ad"])

    def test_functions(self) -> None:
        self.assertEqual(self.edges("chain(a, [b, c], [d, e], f)"), ["ab", "ac", "bd", "ce", "df", "ef"])
        self.assertEqual(self.edges("cross_downstream([a, b], [c, d])"), ["ac", "ad", "bc", "bd"])
        self.assertEqual(self.edges("chain_linear(a, [b, c], [d, e])"), ["ab", "ac", "bd", "be", "cd", "ce"])
        with self.assertRaisesRegex(ValueError, "different length"):
            self.edges("chain([a, b], [c, d, e])")

    def test_labels(self) -> None:
        spec = spec_of('with DAG("d"):\n    a, b, c = (EmptyOperator(task_id=x) for x in "abc")\n    a >> Label("yes") >> b\n    c << Label("no") << a')
        self.assertEqual(edges_of(spec), [("a", "b"), ("a", "c")])
        self.assertEqual([(e["from"], e["to"], e["label"]) for e in spec["edgeLabels"]], [("a", "b", "yes"), ("a", "c", "no")])

    def test_groups(self) -> None:
        spec = spec_of(
            """
            with DAG("d"):
                start, end = EmptyOperator(task_id="start"), EmptyOperator(task_id="end")
                with TaskGroup("g", tooltip="tip") as g:
                    a = EmptyOperator(task_id="a")
                    with TaskGroup("inner", prefix_group_id=False) as inner:
                        b = EmptyOperator(task_id="b")
                    a >> inner
                    c = EmptyOperator(task_id="c")
                start >> g >> end
            """
        )
        self.assertEqual(edges_of(spec), [("b", "end"), ("g.a", "b"), ("g.c", "end"), ("start", "g.a"), ("start", "g.c")])
        self.assertEqual([(g["groupId"], g["parentGroupId"]) for g in spec["taskGroups"]], [("g", None), ("g.inner", "g")])
        self.assertEqual([(t["taskId"], t["label"], t["groupId"]) for t in spec["tasks"] if t["groupId"]], [("g.a", "a", "g"), ("b", "b", "g.inner"), ("g.c", "c", "g")])

    def test_setup_and_teardown(self) -> None:
        spec = spec_of(
            """
            with DAG("d"):
                s, w, t = EmptyOperator(task_id="s"), EmptyOperator(task_id="w"), EmptyOperator(task_id="t")
                s >> w >> t.as_teardown(setups=s, on_failure_fail_dagrun=True)
                @setup
                def up(): pass
                @teardown
                def down(): pass
                with up() >> down():
                    EmptyOperator(task_id="x") >> EmptyOperator(task_id="y")
            """
        )
        tasks = tasks_of(spec)
        self.assertEqual(edges_of(spec), [("s", "t"), ("s", "w"), ("up", "down"), ("up", "x"), ("w", "t"), ("x", "y"), ("y", "down")])
        self.assertTrue(tasks["s"]["isSetup"] and tasks["t"]["isTeardown"] and tasks["t"]["onFailureFailDagrun"])
        self.assertEqual(tasks["down"]["triggerRule"], "all_done_setup_success")


class TaskFlow(unittest.TestCase):
    def test_results_are_arguments(self) -> None:
        made = dag_of(
            """
            @dag(schedule=None)
            def pipeline(n: int = 3):
                @task
                def extract() -> dict: return {"a": 1, "b": 2}
                @task(task_id="renamed", retries=2)
                def add(x, y, ti=None): return x + y
                data = extract()
                add.override(task_id="other")(data["a"], y=add(data["a"], data["b"]))
                add(1, n)
            pipeline()
            """
        )
        self.assertEqual(list(made.task_dict), ["extract", "renamed", "other", "renamed__1"])
        self.assertTrue(made.get_task("extract").multiple_outputs)
        self.assertEqual(sorted(made.get_task("other").upstream_task_ids), ["extract", "renamed"])
        world = World({("extract", -1, "a"): 1, ("extract", -1, "b"): 2, ("renamed", -1, "return_value"): 40})
        self.assertEqual(executed(made, "renamed", world), 3)
        self.assertEqual(executed(made, "other", world), 41)
        self.assertEqual(executed(made, "renamed__1", world, conf={"n": 9}), 10)
        self.assertEqual(executed(made, "renamed__1", world), 4)

    def test_operators_and_functions_mixed(self) -> None:
        made = dag_of(
            """
            with DAG("d"):
                bash = BashOperator(task_id="b", bash_command="echo")
                @task
                def f(x): return x
                r = f(bash.output)
                BashOperator(task_id="c", bash_command=f"echo {r}", env={"X": r})
            """
        )
        self.assertEqual(list(made.get_task("c").upstream_task_ids), ["f"])
        self.assertEqual(made.get_task("c").bash_command, "echo {{ task_instance.xcom_pull(task_ids='f', dag_id='d', key='return_value') }}")
        self.assertEqual(list(made.get_task("f").upstream_task_ids), ["b"])

    def test_wrong_calls(self) -> None:
        for call, words in (("f()", "missing"), ("f(1, 2, 3)", "too many"), ("f(z=1, x=1)", "unexpected"), ("f.expand(y=[1])", "unexpected"), ("f.expand(x=1)", "unexpected type")):
            with self.assertRaisesRegex((TypeError, ValueError), words):
                spec_of(f'@task\ndef f(x): pass\nwith DAG("d"):\n    {call}')
        with self.assertRaisesRegex(AttributeError, "did you mean task.branch"):
            spec_of("@task.brnch\ndef f(): pass")

    def test_with_the_dag_given(self) -> None:
        spec = spec_of(
            """
            d = DAG("d")
            @d.task(retries=3)
            def f(): return "g"
            @d.task.branch
            def g(x): return None
            g(f())
            """
        )
        self.assertEqual(edges_of(spec), [("f", "g")])
        self.assertEqual(tasks_of(spec)["f"]["retries"], 3)
        self.assertTrue(tasks_of(spec)["g"]["branch"])

    def test_run_if(self) -> None:
        made = dag_of(
            """
            with DAG("d"):
                @task.run_if(lambda context: False, "not today")
                @task
                def f(): return 1
                f()
            """
        )
        from tests.authoring import prepared

        operator, context = prepared(made, "f")
        with self.assertRaisesRegex(Exception, "not today"):
            operator.pre_execute(context)


class Mapping(unittest.TestCase):
    def test_expand(self) -> None:
        text = """
            with DAG("d"):
                @task
                def numbers(): return [1, 2, 3]
                @task(max_active_tis_per_dag=2, map_index_template="{{ x }}")
                def times(x, y, z=0): return x * y + z
                many = times.partial(z=100).expand(x=numbers(), y=[10, 20])
                @task
                def total(values): return sum(values)
                total(many)
                BashOperator.partial(task_id="b", retries=3).expand(bash_command=numbers().map(lambda n: f"echo {n}"))
                BashOperator.partial(task_id="k", bash_command="x").expand_kwargs([{"env": {"A": "1"}}, {"env": {"A": "2"}}])
            """
        spec, made = spec_of(text), dag_of(text)
        tasks = tasks_of(spec)
        self.assertEqual(tasks["times"]["mapped"], {"expand": {"x": {"xcom": {"taskId": "numbers", "key": "return_value"}}, "y": {"literal": [10, 20]}}})
        self.assertEqual(tasks["b"]["mapped"]["expand"]["bash_command"]["xcom"]["steps"], [{"map": {"fn": 0}}])
        self.assertEqual(tasks["k"]["mapped"], {"expandKwargs": {"literal": [{"env": {"A": "1"}}, {"env": {"A": "2"}}]}})
        self.assertEqual((tasks["b"]["retries"], tasks["times"]["maxActiveTisPerDag"], tasks["times"]["mapIndexTemplate"]), (3, 2, "{{ x }}"))
        world = World({("numbers", -1, "return_value"): [1, 2, 3], **{("times", at, "return_value"): at for at in range(6)}})
        self.assertEqual([executed(made, "times", world, at) for at in range(6)], [110, 120, 120, 140, 130, 160])
        self.assertEqual(executed(made, "total", world), 15)

    def test_groups(self) -> None:
        text = """
            with DAG("d"):
                @task
                def numbers(): return [1, 2]
                @task
                def double(x): return 2 * x
                @task
                def text(x): return f"<{x}>"
                @task_group
                def both(n):
                    return text(double(n))
                @task
                def all_of(values): return list(values)
                all_of(both.expand(n=numbers()))
            """
        spec, made = spec_of(text), dag_of(text)
        self.assertEqual(spec["taskGroups"][0]["mapped"], {"expand": {"n": {"xcom": {"taskId": "numbers", "key": "return_value"}}}})
        self.assertEqual(edges_of(spec), [("both.double", "both.text"), ("both.text", "all_of"), ("numbers", "both.double")])
        world = World({("numbers", -1, "return_value"): [5, 6], ("both.double", 1, "return_value"): 12, ("both.text", 0, "return_value"): "a", ("both.text", 1, "return_value"): "b"})
        self.assertEqual(executed(made, "both.double", world, 1), 12)
        self.assertEqual(executed(made, "both.text", world, 1), "<12>")
        self.assertEqual(executed(made, "all_of", world), ["a", "b"])

    def test_zip_and_concat(self) -> None:
        made = dag_of(
            """
            with DAG("d"):
                @task
                def a(): pass
                @task
                def b(): pass
                @task
                def use(p): return p
                use.expand(p=a().zip(b(), fillvalue="-"))
                use.override(task_id="joined").expand(p=a().concat(b()))
            """
        )
        world = World({("a", -1, "return_value"): [1, 2], ("b", -1, "return_value"): [3], ("a__1", -1, "return_value"): [1, 2], ("b__1", -1, "return_value"): {"k": 3}})
        self.assertEqual([executed(made, "use", world, at) for at in range(2)], [(1, 3), (2, "-")])
        self.assertEqual([executed(made, "joined", world, at) for at in range(3)], [1, 2, "k"])

    def test_custom_operators(self) -> None:
        made = dag_of(
            """
            class Add(BaseOperator):
                def __init__(self, value, *args, **kwargs):
                    super().__init__(*args, **kwargs)
                    self.value = value
                def execute(self, context): return self.value + 1
            with DAG("d", default_args={"value": 41, "retries": 4}):
                Add(task_id="one")
                Add.partial(task_id="many").expand(value=[1, 2])
            """
        )
        self.assertEqual(executed(made, "one"), 42)
        self.assertEqual(executed(made, "many", None, 1), 3)
        self.assertEqual(made.get_task("many").retries, 4)


class Data(unittest.TestCase):
    def test_schedules(self) -> None:
        cases = {
            "None": {"kind": "none"},
            '"@once"': {"kind": "once"},
            '"@continuous"': {"kind": "continuous"},
            "timedelta(hours=4)": {"kind": "delta-trigger", "delta": 14400},
            '[Asset("a")]': {"kind": "asset", "assets": {"asset": {"name": "a", "uri": "a"}}},
            '(Dataset("s3://b/x") & AssetAlias("n")) | Asset.ref(name="z")': {
                "kind": "asset",
                "assets": {"any": [{"all": [{"asset": {"name": "s3://b/x", "uri": "s3://b/x"}}, {"alias": {"name": "n", "group": "asset"}}]}, {"ref": {"name": "z"}}]},
            },
        }
        for schedule, wanted in cases.items():
            self.assertEqual(spec_of(f'with DAG("d", schedule={schedule}):\n    pass')["timetable"], wanted, schedule)

    def test_zones(self) -> None:
        spec = spec_of('from zoneinfo import ZoneInfo\nwith DAG("d", schedule="@daily", start_date=datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))):\n    EmptyOperator(task_id="a", start_date=datetime(2024, 7, 2))')
        self.assertEqual((spec["timezone"], spec["timetable"]["timezone"], spec["startDate"]), ("Europe/Berlin", "Europe/Berlin", "2024-06-30T22:00:00.000Z"))

    def test_assets_of_tasks(self) -> None:
        spec = spec_of('with DAG("d"):\n    EmptyOperator(task_id="a", outlets=[Dataset("s3://b/k", extra={"x": 1})], inlets=Asset("i"))')
        self.assertEqual([asset["uri"] for asset in spec["assets"]], ["i", "s3://b/k"])
        self.assertFalse(tasks_of(spec)["a"]["empty"])

    def test_the_same_bytes_each_time(self) -> None:
        text = 'with DAG("d", tags=["a", "b", "c"]) as d:\n    PythonOperator(task_id="t", python_callable=print, op_kwargs={"o": object(), "f": lambda: 1, "s": {3, 1, 2}})'
        self.assertEqual(json.dumps(spec_of(text)), json.dumps(spec_of(text)))

    def test_params(self) -> None:
        spec = spec_of('with DAG("d", params={"a": 1, "b": Param("x", type=["string", "null"], description="B"), "c": Param(type="integer")}):\n    EmptyOperator(task_id="t", params={"a": 2})')
        self.assertEqual(spec["params"]["b"], {"value": "x", "description": "B", "schema": {"type": ["string", "null"]}})
        self.assertEqual(spec["params"]["c"], {"schema": {"type": "integer"}})
        self.assertEqual(tasks_of(spec)["t"]["params"], {"a": {"value": 2, "schema": {}}})


if __name__ == "__main__":
    unittest.main()
