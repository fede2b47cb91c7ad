"""The attempt at nothing that warms a process: it has to come to its end, or it warms little."""

from __future__ import annotations

import contextlib
import io
import unittest
from unittest import mock

from tradewind import context, rehearsal, supervisor, task_log, xcom_backend


class Rehearsal(unittest.TestCase):
    def test_goes_the_way_of_a_whole_attempt(self) -> None:
        report = rehearsal.rehearse(rehearsal.make_dag())
        self.assertEqual(report["result"], {"outcome": "success", "value": {"json": 1}})

    def test_leaves_nothing_behind_and_says_nothing(self) -> None:
        said: list = []
        handler = task_log.install()
        output = io.StringIO()
        with mock.patch.object(handler, "send", said.append), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            rehearsal.rehearse(rehearsal.make_dag())
        self.assertEqual((said, output.getvalue()), ([], ""))
        self.assertIsNone(supervisor.current())
        self.assertFalse(context.is_running())

    def test_does_not_call_a_backend_of_the_user(self) -> None:
        with mock.patch.dict("os.environ", {"AIRFLOW__CORE__XCOM_BACKEND": "nowhere.Backend"}):
            self.assertEqual(rehearsal.rehearse(rehearsal.make_dag())["result"]["outcome"], "success")
            with self.assertRaisesRegex(Exception, "nowhere.Backend"):
                xcom_backend.store(1, "k", rehearsal._TASK)
