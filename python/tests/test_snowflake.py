"""SnowflakeOperator and its hook, over the real connector on fakesnow's stand-in of the service (`pip install fakesnow`)."""

from __future__ import annotations

import json
import os
import unittest
from unittest import mock

from tradewind import supervisor
from tradewind.airflow_compat.exceptions import AirflowException
from tradewind.hooks.snowflake import SnowflakeHook
from tradewind.operators.snowflake import SnowflakeCheckOperator, SnowflakeOperator, SnowflakeValueCheckOperator

try:
    import fakesnow
except ImportError:
    fakesnow = None  # type: ignore[assignment]

CONNECTION = {
    "conn_type": "snowflake",
    "login": "me",
    "password": "hush",
    "schema": "jaffles",
    "extra": {"account": "acc", "warehouse": "small", "database": "marts", "extra__snowflake__role": "reader", "insecure_mode": "true"},
}


class Connected(unittest.TestCase):
    def setUp(self) -> None:
        found = mock.patch.dict(os.environ, {"AIRFLOW_CONN_SNOWFLAKE_DEFAULT": json.dumps(CONNECTION)})
        found.start()
        self.addCleanup(found.stop)
        supervisor.set_current(supervisor.Supervisor(lambda method, params: None, lambda message: None))
        self.addCleanup(supervisor.set_current, None)


class Parameters(Connected):
    def test_come_from_the_connection_and_arguments_go_before(self) -> None:
        parameters = SnowflakeHook(warehouse="large", schema="other")._get_conn_params()
        self.assertEqual(
            parameters,
            {
                "user": "me",
                "password": "hush",
                "application": "AIRFLOW",
                "account": "acc",
                "warehouse": "large",
                "database": "marts",
                "role": "reader",
                "schema": "other",
                "authenticator": "snowflake",
                "insecure_mode": True,
            },
        )

    def test_of_an_operator_go_to_its_hook(self) -> None:
        operator = SnowflakeOperator(task_id="t", sql="select 1", warehouse="large", role="writer")
        parameters = operator.get_hook()._get_conn_params()  # type: ignore[attr-defined]
        self.assertEqual((parameters["warehouse"], parameters["role"], parameters["schema"]), ("large", "writer", "jaffles"))


@unittest.skipUnless(fakesnow, "fakesnow is not installed")
class Statements(Connected):
    def setUp(self) -> None:
        super().setUp()
        patched = fakesnow.patch()
        patched.__enter__()
        self.addCleanup(patched.__exit__, None, None, None)
        SnowflakeHook().run("create table t (n int, s varchar); insert into t values (1, 'a'), (2, 'b')")

    def test_run_one_by_one_and_give_rows(self) -> None:
        hook = SnowflakeHook()
        self.assertEqual(hook.get_records("select * from t order by n"), [(1, "a"), (2, "b")])
        self.assertEqual(len(hook.query_ids), 1)
        named = hook.run("select s from t where n = 2", handler=lambda cursor: cursor.fetchall(), return_dictionaries=True)
        self.assertEqual(named, [{"S": "b"}])

    def test_of_the_operator_take_parameters(self) -> None:
        found = SnowflakeOperator(task_id="t", sql="select n from t where n > %(least)s", parameters={"least": 1}).execute({})
        self.assertEqual(found, [(2,)])

    def test_of_checks_pass_or_fail_the_task(self) -> None:
        SnowflakeCheckOperator(task_id="some", sql="select count(*) from t").execute({})
        SnowflakeValueCheckOperator(task_id="two", sql="select count(*) from t", pass_value=2).execute({})
        wrong = SnowflakeValueCheckOperator(task_id="three", sql="select count(*) from t", pass_value=3)
        self.assertRaises(AirflowException, wrong.execute, {})


if __name__ == "__main__":
    unittest.main()
