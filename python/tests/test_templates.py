"""Rendering: what is rendered, with which names, in both eras."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import unittest

from tests.authoring import World, context_of, dag_of, executed, prepared

jinja2 = importlib.util.find_spec("jinja2")


def rendered(text: str, head: str = "", dag: str = "", world: World = None, **run: object) -> str:
    made = dag_of(f'{head}\nwith DAG("d", start_date=datetime(2024, 1, 1){dag}) as d:\n    BashOperator(task_id="t", bash_command={text!r})')
    return prepared(made, "t", world, **run)[0].bash_command


@unittest.skipUnless(jinja2, "Jinja2 is not installed")
class Rendering(unittest.TestCase):
    def test_dates_and_ids(self) -> None:
        self.assertEqual(rendered("{{ ds }} {{ ds_nodash }} {{ ts_nodash }} {{ ts }}"), "2024-03-01 20240301 20240301T000000 2024-03-01T00:00:00+00:00")
        self.assertEqual(rendered("{{ dag.dag_id }}.{{ task.task_id }} {{ run_id }} {{ ti.try_number }}"), "d.t scheduled__2024-03-01 1")
        self.assertEqual(rendered("{{ task_instance_key_str }}"), "d__t__20240301")
        self.assertEqual(rendered("{{ logical_date | ds }} {{ data_interval_end | ts_nodash }}"), "2024-03-01 20240302T000000")

    def test_names_of_airflow_2(self) -> None:
        text = "{{ execution_date.year }} {{ next_ds }} {{ prev_ds }} {{ yesterday_ds }} {{ tomorrow_ds_nodash }}"
        self.assertEqual(rendered(text), "2024 2024-03-02 2024-02-29 2024-02-29 20240302")
        self.assertEqual(rendered("{{ execution_date | ds }}", head="# tradewind: airflow=3"), "2024-03-01")

    def test_macros(self) -> None:
        self.assertEqual(rendered("{{ macros.ds_add(ds, 7) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m') }}"), "2024-03-08 01/03")
        self.assertEqual(rendered("{{ (logical_date + macros.timedelta(days=3)).strftime('%d') }}"), "04")
        self.assertEqual(rendered("{{ macros.datetime_diff_for_humans(data_interval_start, data_interval_end) }}"), "1 day before")

    def test_variables(self) -> None:
        world = World(variables={"city": "Oslo", "numbers": '{"a": [1, 2]}'})
        text = "{{ var.value.city }} {{ var.json.numbers.a[1] }} {{ var.value.get('none', 'x') }}"
        self.assertEqual(rendered(text, world=world), "Oslo 2 x")
        with self.assertRaisesRegex(Exception, "none"):
            rendered("{{ var.value.none }}", world=world)

    def test_params_and_conf(self) -> None:
        text = "{{ params.n }} {{ dag_run.conf.get('who', 'nobody') }} {{ dag_run.conf['a'] if dag_run.conf else 0 }}"
        self.assertEqual(rendered(text, dag=', params={"n": 5}', conf={"a": 1}), "5 nobody 1")

    def test_xcom_pull(self) -> None:
        world = World(xcoms={("up", -1, "return_value"): {"a": 7}})
        self.assertEqual(rendered("{{ ti.xcom_pull(task_ids='up')['a'] }} {{ task_instance.xcom_pull('up') }}", world=world), "7 {'a': 7}")

    def test_blocks_and_own_macros_and_filters(self) -> None:
        self.assertEqual(rendered("{% for i in range(3) %}{{ i }},{% endfor %}{% if true %}y{% endif %}"), "0,1,2,y")
        own = ', user_defined_macros={"shout": lambda s: s.upper()}, user_defined_filters={"twice": lambda s: s * 2}'
        self.assertEqual(rendered("{{ shout(ds_nodash) }} {{ 'ab' | twice }}", dag=own), "20240301 abab")

    def test_unknown_names_are_errors_that_tell_the_field(self) -> None:
        with self.assertRaisesRegex(Exception, "nothing_of_that_name"):
            rendered("{{ nothing_of_that_name }}")

    def test_a_newline_at_the_end_goes_as_in_jinja(self) -> None:
        self.assertEqual(rendered("echo 1\n"), "echo 1")
        self.assertEqual(rendered("echo {{ 1 }}\n"), "echo 1")

    def test_native_objects(self) -> None:
        made = dag_of(
            """
            with DAG("d", render_template_as_native_obj=True) as d:
                PythonOperator(task_id="t", python_callable=lambda v, w, s: (v, w, s), op_args=["{{ [1, 2] }}", "{{ params }}", "{{ ds }}"])
            """
        )
        self.assertEqual(executed(made, "t")[0], [1, 2])

    def test_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "run.sh"), "w", encoding="utf-8") as file:
                file.write("echo {{ ds }}")
            self.assertEqual(rendered("run.sh", dag=f", template_searchpath={folder!r}"), "echo 2024-03-01")
            self.assertEqual(rendered("run.sh ", dag=f", template_searchpath={folder!r}"), "run.sh ")

    def test_nested_values_and_template_fields_of_objects(self) -> None:
        made = dag_of(
            """
            class Inner:
                template_fields = ("text",)
                def __init__(self, text): self.text = text
            class Own(BaseOperator):
                template_fields = ("value", "inner")
                def __init__(self, *, value, inner, **kwargs):
                    super().__init__(**kwargs)
                    self.value, self.inner = value, inner
            with DAG("d") as d:
                Own(task_id="t", value={"a": ["{{ ds }}", ("{{ ds }}", 1)], "b": {"{{ ds }}"}}, inner=Inner("{{ ds }}"))
            """
        )
        operator, _ = prepared(made, "t")
        day = "2024-03-01"
        self.assertEqual(operator.value, {"a": [day, (day, 1)], "b": {day}})
        self.assertEqual(operator.inner.text, day)
        self.assertEqual(made.get_task("t").value["a"][0], "{{ ds }}")

    def test_values_that_nobody_reads_are_not_made(self) -> None:
        world = World()
        rendered("{{ ds }}", world=world)
        self.assertEqual(world.asked, [])


class Context(unittest.TestCase):
    def test_keys_of_a_run_without_a_date(self) -> None:
        made = dag_of('with DAG("d") as d:\n    EmptyOperator(task_id="t")')
        context = context_of(made, "t", logicalDate=None, dataIntervalStart=None, dataIntervalEnd=None)
        self.assertNotIn("ds", context)
        self.assertNotIn("ds", dict(context))
        with self.assertRaises(KeyError):
            context["ds"]
        self.assertEqual(context["run_id"], "scheduled__2024-03-01")

    def test_all_of_it_as_keyword_arguments(self) -> None:
        world = World()
        made = dag_of(
            """
            with DAG("d") as d:
                PythonOperator(task_id="t", python_callable=lambda ds, **context: (ds, sorted(context)))
            """
        )
        day, names = executed(made, "t", world)
        self.assertEqual(day, "2024-03-01")
        for name in ("dag_run", "ti", "params", "macros", "var", "logical_date", "prev_start_date_success"):
            self.assertIn(name, names)
        self.assertEqual(world.asked, [])

    def test_execution_date_of_either_era(self) -> None:
        for head in ("# tradewind: airflow=2", "# tradewind: airflow=3"):
            made = dag_of(f'{head}\nwith DAG("d") as d:\n    EmptyOperator(task_id="t")')
            context = context_of(made, "t")
            self.assertEqual(context["execution_date"], context["logical_date"])
            self.assertEqual("execution_date" in list(context), head.endswith("2"))

    def test_previous_success_is_asked_when_used(self) -> None:
        world = World()
        world.runs = [
            {"runId": "r0", "state": "success", "logicalDate": "2024-02-28T00:00:00Z", "startDate": "2024-02-29T00:00:00Z"},
            {"runId": "r9", "state": "success", "logicalDate": "2024-04-01T00:00:00Z", "startDate": "2024-04-02T00:00:00Z"},
        ]
        made = dag_of('with DAG("d") as d:\n    EmptyOperator(task_id="t")')
        context = context_of(made, "t", world)
        date = context["prev_start_date_success"]
        self.assertEqual(world.asked, [])
        self.assertEqual(date.strftime("%Y-%m-%d"), "2024-02-29")

    def test_params_of_dag_task_and_run(self) -> None:
        made = dag_of('with DAG("d", params={"a": 1, "b": Param(2, type="integer")}) as d:\n    EmptyOperator(task_id="t", params={"c": 3})')
        self.assertEqual(dict(context_of(made, "t")["params"]), {"a": 1, "b": 2, "c": 3})


if __name__ == "__main__":
    unittest.main()
