"""Instances of mapped tasks read their own elements, whatever the lists that hold them are joined to."""

from __future__ import annotations

import unittest
from typing import Any, Dict, List

from tests.authoring import World, context_of, dag_of


class Picker(World):
    """Answers as the scheduler does: single elements. Whole lists are not to be asked for."""

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        if method != "xcom.get":
            return super().request(method, params)
        item = params.get("item")
        if item is None:
            raise AssertionError(f"all of {params['taskIds']} was asked for")
        found = super().request(method, params)
        if params["mapIndexes"] is None:
            return [{**found[item], "item": True}] if item < len(found) else []
        value = found[0]["value"]["json"]
        if isinstance(value, dict):
            return [{**found[0], "value": {"json": list(list(value.items())[item])}, "item": True, "entry": True}]
        return [{**found[0], "value": {"json": value[item]}, "item": True}]


FILE = """
    with DAG("d"):
        @task
        def a(): pass
        @task
        def b(): pass
        @task
        def table(): pass
        @task
        def each(n): pass
        @task
        def use(x=None, y=None, z=None): return [x, y, z]
        one, two, pairs = a(), b(), table()
        many = each.expand(n=[1, 2, 3])
        use.override(task_id="product").expand(x=one, y=two, z=pairs)
        use.override(task_id="of_mapped").expand(x=many, y=two)
        use.override(task_id="mapped_by").expand(x=one.map(lambda n: n * 10), y=pairs.map(lambda n: -n))
        use.override(task_id="zipped").expand(x=one.zip(two, pairs, fillvalue="-"))
        use.override(task_id="joined").expand(x=one.concat(two.map(str), pairs), y=one)
        use.override(task_id="kwargs").expand_kwargs(one.zip(two).map(lambda pair: {"x": pair[0], "z": pair[1]}))

        @task_group
        def group(left, right):
            use.override(task_id="in_group")(left, right)
        group.expand(left=one, right=two)
    """
XCOMS = {
    ("a", -1, "return_value"): [1, 2, 3],
    ("b", -1, "return_value"): ["u", "v"],
    ("table", -1, "return_value"): {"k": 7, "l": 8},
    **{("each", at, "return_value"): f"each {at}" for at in range(3)},
}
LENGTHS = {"a": 3, "b": 2, "table": 2, "each": 3}


def ran(task_id: str, indexes: Any, world: World, told: bool = True) -> List[Any]:
    made, found = dag_of(FILE), []
    for index in indexes:
        context = context_of(made, task_id, world, index)
        if told:
            context._start["lengths"] = LENGTHS
        operator = made.get_task(task_id).resolve_inputs(context)
        operator.render_template_fields(context)
        found.append(operator.execute(context))
    return found


class Elements(unittest.TestCase):
    CASES = {
        "product": ((0, 5, 11), [[1, "u", ("k", 7)], [2, "u", ("l", 8)], [3, "v", ("l", 8)]]),
        "of_mapped": ((0, 3), [["each 0", "u", None], ["each 1", "v", None]]),
        "mapped_by": ((0, 5), [[10, -7, None], [30, -8, None]]),
        "zipped": ((1, 2), [[(2, "v", ("l", 8)), None, None], [(3, "-", "-"), None, None]]),
        "joined": ((0, 10, 20), [[1, 1, None], ["u", 2, None], ["l", 3, None]]),
        "kwargs": ((1,), [[2, None, "v"]]),
        "group.in_group": ((0, 5), [[1, "u", None], [3, "v", None]]),
    }

    def test_are_all_that_is_read(self) -> None:
        for task_id, (indexes, expected) in self.CASES.items():
            with self.subTest(task_id):
                self.assertEqual(ran(task_id, indexes, Picker(XCOMS)), expected)

    def test_are_the_same_where_whole_values_have_to_be_read(self) -> None:
        for task_id, (indexes, expected) in self.CASES.items():
            with self.subTest(task_id):
                self.assertEqual(ran(task_id, indexes, World(XCOMS), told=False), expected)

    def test_are_not_asked_for_where_they_came_with_the_start(self) -> None:
        made, world = dag_of(FILE), Picker({})
        context = context_of(made, "product", world, 5)
        given = [("a", 1, 2, False), ("b", 0, "u", False), ("table", 1, ["l", 8], True)]
        context._start["elements"] = [
            {"taskId": task_id, "key": "return_value", "index": at, "value": {"json": value}, "entry": entry} for task_id, at, value, entry in given
        ]
        context._start["lengths"] = LENGTHS
        operator = made.get_task("product").resolve_inputs(context)
        self.assertEqual(operator.execute(context), [2, "u", ("l", 8)])
        self.assertEqual(world.asked, [])


