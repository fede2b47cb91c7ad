"""`dag.test()`: whole runs in one process."""

from __future__ import annotations

import logging
import unittest

from tests.authoring import dag_of


class Runs(unittest.TestCase):
    def setUp(self) -> None:
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def run_of(self, text: str, **kwargs: object) -> tuple:
        run = dag_of(text).test(**kwargs)
        states = {(one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"): one.state for one in run.get_task_instances()}
        return run.state, states

    def test_values_go_from_task_to_task(self) -> None:
        state, states = self.run_of(
            """
            with DAG("d"):
                @task
                def numbers(): return [1, 2, 3]
                @task
                def double(x): return 2 * x
                @task
                def check(values, params=None):
                    assert sum(values) == 12 and params["n"] == 7
                check(double.expand(x=numbers()))
            """,
            run_conf={"n": 7},
        )
        self.assertEqual(state, "success")
        self.assertEqual(list(states), ["numbers", "double[0]", "double[1]", "double[2]", "check"])

    def test_without_a_key_a_task_gets_what_another_pushed_last(self) -> None:
        state, _ = self.run_of(
            """
            def push(ti):
                ti.xcom_push(key="first", value=1)
                ti.xcom_push(key="second", value=2)

            def returning(ti):
                ti.xcom_push(key="before", value=0)
                return "returned"

            def pull(ti):
                assert ti.xcom_pull(key=None, task_ids="push") == 2
                assert ti.xcom_pull(key=None, task_ids=["push", "returning"]) == [2, "returned"]

            with DAG("d"):
                tasks = [PythonOperator(task_id=one.__name__, python_callable=one) for one in (push, returning)]
                tasks >> PythonOperator(task_id="pull", python_callable=pull)
            """
        )
        self.assertEqual(state, "success")

    def test_branches_and_trigger_rules(self) -> None:
        state, states = self.run_of(
            """
            with DAG("d"):
                choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "left")
                left, right = EmptyOperator(task_id="left"), EmptyOperator(task_id="right")
                join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
                choose >> [left, right] >> join
                right >> EmptyOperator(task_id="after")
            """
        )
        self.assertEqual(state, "success")
        self.assertEqual(states, {"choose": "success", "left": "success", "right": "skipped", "join": "success", "after": "skipped"})

    def test_failures_retries_and_callbacks(self) -> None:
        state, states = self.run_of(
            """
            tries = []
            def flaky():
                tries.append(1)
                if len(tries) < 3: raise ValueError("not yet")
            with DAG("d"):
                PythonOperator(task_id="flaky", python_callable=flaky, retries=2)
                bad = BashOperator(task_id="bad", bash_command="exit 3")
                bad >> EmptyOperator(task_id="never")
                bad >> EmptyOperator(task_id="anyway", trigger_rule="all_done")
            """
        )
        self.assertEqual(state, "failed")
        self.assertEqual(states, {"flaky": "success", "bad": "failed", "never": "upstream_failed", "anyway": "success"})

    def test_setup_and_teardown(self) -> None:
        state, states = self.run_of(
            """
            def fail(): raise ValueError("x")
            with DAG("d"):
                s, t = EmptyOperator(task_id="s"), EmptyOperator(task_id="t")
                s >> PythonOperator(task_id="w", python_callable=fail) >> t.as_teardown(setups=s)
            """
        )
        self.assertEqual((state, states), ("failed", {"s": "success", "w": "failed", "t": "success"}))

    def test_mapped_groups(self) -> None:
        state, states = self.run_of(
            """
            with DAG("d"):
                @task
                def double(x): return 2 * x
                @task
                def text(x): return str(x)
                @task_group
                def both(n): return text(double(n))
                @task
                def check(values): assert list(values) == ["2", "4"], list(values)
                check(both.expand(n=[1, 2]))
            """
        )
        self.assertEqual(state, "success", states)


if __name__ == "__main__":
    unittest.main()
