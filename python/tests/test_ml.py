"""Operators of tradewind.ml while a Dag file is imported: their words, their edges, and what is refused."""

import unittest

from tests.authoring import dags_of
from tradewind.errors import TradewindError
from tradewind.ml import wording

HEAD = """
from tradewind.ml import *
registered = {"name": "churn", "version": "1"}
"""
GATE = 'metrics=[{"name": "f1"}], hold_out="h.parquet", target="y", no_champion="pass"'


def refusal(text: str) -> str:
    try:
        dags_of(HEAD + 'with DAG("d", schedule=None):\n    ' + text)
    except TradewindError as error:
        return f"{error.message} {error.hint or ''}"
    raise AssertionError(f"{text} was not refused")


class Words(unittest.TestCase):
    def test_options_are_spelled_as_typescript_spells_them(self) -> None:
        self.assertEqual(
            wording.guardrails("canary", {"max_error_rate": 0.1, "metrics": [{"metric": "bought", "max_loss": 0.2}]}),
            {"maxErrorRate": 0.1, "metrics": [{"metric": "bought", "maxLoss": 0.2}]},
        )

    def test_a_word_that_is_none_is_refused_with_the_one_that_was_meant(self) -> None:
        gate = 'GateOperator(task_id="g", candidate=registered, hold_out="h.csv", target="y", no_champion="pass", metrics=[{"name": "f1", "treshold": 1}])'
        self.assertIn("threshold", refusal(gate))
        self.assertIn("expected name, got", refusal(gate.replace('"name": "f1", ', "").replace("treshold", "threshold")))
        self.assertIn("expected a list", refusal(gate.replace('[{"name": "f1", "treshold": 1}]', '"f1"')))
        self.assertIn("no_champion", refusal(gate.replace('"pass"', '"maybe"')))
        self.assertIn("bake_seconds", refusal('CanaryOperator(task_id="c", version=registered, endpoint="e", steps=[{"weight": 1, "bake": 2}])'))
        self.assertIn("what goes back", refusal('RollbackOperator(task_id="r")'))
        self.assertIn("what it watches", refusal('MonitorOperator(task_id="m", reference="r.csv")'))

    def test_retraining_is_a_dag_of_seven_steps(self) -> None:
        text = HEAD + f"""
@task
def fit():
    return "/models/1"

from tradewind.ml import retrain_dag
retrain = retrain_dag("again", model="churn", endpoint="churn", train=fit, gate=dict({GATE}), schedule="@daily")
"""
        (dag,), _ = dags_of(text)
        self.assertEqual(
            sorted(dag.task_dict), ["canary", "gate", "may_retrain", "promote", "register", "settle", "train.fit"]
        )
        downstream = {task_id: sorted(task.downstream_task_ids) for task_id, task in dag.task_dict.items()}
        self.assertEqual(downstream["may_retrain"], ["train.fit"])
        self.assertEqual(downstream["register"], ["canary", "gate", "promote"])
        self.assertEqual(downstream["promote"], ["settle"])
        self.assertIs(dag.params["force"], False)
        with self.assertRaises(TradewindError):
            dags_of(text.replace("train=fit,", "train=fit, canary={'step': 1},"))


if __name__ == "__main__":
    unittest.main()
