"""Asks Airflow's own TriggerRuleDep about every trigger rule over a full grid of upstream states.

Run it in an environment with apache-airflow 3.x; it needs no database:

    python tests/compat/record-trigger-rules.py > tests/compat/fixtures/trigger-rules.json

Each answer is one character: "." waits, "p" passes; and where a state is set at once "u" (upstream_failed),
"s" (skipped) or "r" (removed), in capitals where the rule passes as well. The answers of a rule are one string,
in the order of the grid: the last count runs fastest.
"""

import itertools
import json
import types
from importlib.metadata import version

from airflow.task.trigger_rule import TriggerRule
from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

MOST = 2
STATES = ["success", "skipped", "failed", "upstream_failed", "removed", None]
SETUP_COUNTS = ["success", "skipped", "failed", None]
LETTERS = {None: "", "upstream_failed": "u", "skipped": "s", "removed": "r"}


class Task:
    """What TriggerRuleDep reads of an operator."""

    dag = None

    def __init__(self, task_id, is_setup=False):
        self.task_id = task_id
        self.is_setup = is_setup
        self.is_teardown = False
        self.upstream_list = []
        self.setups = []

    @property
    def upstream_task_ids(self):
        return {task.task_id for task in self.upstream_list}

    def get_closest_mapped_task_group(self):
        return None

    def get_needs_expansion(self):
        return False

    def get_upstreams_only_setups(self):
        return self.setups


class Instance:
    def __init__(self, task, state, map_index=-1):
        self.task = task
        self.task_id = task.task_id
        self.state = state
        self.map_index = map_index
        self.dag_id = self.run_id = "x"

    def get_dagrun(self, session):
        return None

    def set_state(self, state, session):
        self.state = state
        return True


def ask(task, instances, map_index):
    finished = [instance for instance in instances if instance.state is not None]
    context = types.SimpleNamespace(
        flag_upstream_failed=True,
        wait_for_past_depends_before_skipping=False,
        have_changed_ti_states=False,
        upstream_task_id_counts={},
        ensure_finished_tis=lambda dag_run, session: finished,
    )
    asked = Instance(task, None, map_index)
    statuses = list(TriggerRuleDep()._get_dep_statuses(asked, dep_context=context, session=None))
    passes = all(status.passed for status in statuses)
    letter = LETTERS[None if asked.state is None else str(getattr(asked.state, "value", asked.state))]
    return (letter.upper() if passes else letter) or ("p" if passes else ".")


def upstream_of(counts, prefix="u", is_setup=False):
    states = [state for state, count in counts for _ in range(count)]
    return [Instance(Task(f"{prefix}{at}", is_setup), state) for at, state in enumerate(states)]


def rule_answers(rule, map_index):
    answers = ""
    for counts in itertools.product(range(MOST + 1), repeat=len(STATES)):
        instances = upstream_of(zip(STATES, counts))
        task = Task("asked")
        task.trigger_rule = rule
        task.upstream_list = [instance.task for instance in instances]
        answers += ask(task, instances, map_index)
    return answers


def teardown_answers():
    """all_done_setup_success over setups, beside none to one other task that ended or did not."""
    answers = ""
    for counts in itertools.product(range(MOST + 1), repeat=len(SETUP_COUNTS)):
        for other in itertools.product(range(2), repeat=3):
            instances = upstream_of(zip(SETUP_COUNTS, counts), "s", True)
            instances += upstream_of(zip(["success", "failed", None], other))
            task = Task("asked")
            task.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
            task.upstream_list = [instance.task for instance in instances]
            answers += ask(task, instances, -1)
    return answers


def indirect_setup_answers(map_index):
    """A task whose only direct upstream succeeded, under setups that are not directly before it."""
    answers = ""
    for counts in itertools.product(range(MOST + 1), repeat=len(STATES)):
        setups = upstream_of(zip(STATES, counts), "s", True)
        before = Instance(Task("before"), "success")
        task = Task("asked")
        task.trigger_rule = TriggerRule.ALL_DONE
        task.upstream_list = [before.task]
        task.setups = [setup.task for setup in setups]
        answers += ask(task, [before, *setups], map_index)
    return answers


print(
    json.dumps(
        {
            "airflow": version("apache-airflow-core"),
            "most": MOST,
            "states": STATES,
            "rules": {
                rule.value: {str(index): rule_answers(rule, index) for index in (-1, 0, 1, 2)} for rule in TriggerRule
            },
            "setupStates": SETUP_COUNTS,
            "teardown": teardown_answers(),
            "indirectSetups": {str(index): indirect_setup_answers(index) for index in (-1, 0, 1, 2)},
        },
        indent=1,
    )
)
