"""Values between tasks: what goes in comes out, and what cannot travel says where it is."""

import dataclasses
import datetime
import decimal
import os
import pathlib
import tempfile
import unittest
import uuid

from tradewind.errors import TradewindError
from tradewind.xcom import ValueStore, decode_value, encode_value


@dataclasses.dataclass
class Point:
    x: int
    y: "list[int]"


class WithStore(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        task = {"dagId": "d", "runId": "r/1", "taskId": "t", "mapIndex": -1, "attemptId": "a"}
        self.store = ValueStore(task, self._folder.name, 100)

    def there_and_back(self, value):
        return decode_value(encode_value(value, "key", "the result", self.store))


class Values(WithStore):
    def test_types_come_out_as_they_went_in(self):
        utc = datetime.timezone.utc
        for value in (
            {"a": [1, 2.5, None, True, "ü"]},
            (1, (2, 3)),
            {1, 2},
            frozenset({"x"}),
            datetime.datetime(2024, 2, 29, 12, tzinfo=utc),
            datetime.date(2024, 2, 29),
            datetime.time(1, 2, 3),
            datetime.timedelta(days=1, seconds=2),
            decimal.Decimal("1.10"),
            uuid.UUID(int=5),
            b"\x00\xff",
            pathlib.Path("a/b"),
            2**80,
            float("inf"),
            {"__type__": "mine"},
            Point(1, [2, 3]),
        ):
            with self.subTest(value=value):
                found = self.there_and_back(value)
                self.assertEqual(found, value)
                self.assertIs(type(found), type(value))

    def test_keys_become_text_as_in_json(self):
        self.assertEqual(self.there_and_back({2: "a", None: "b", True: "c"}), {"2": "a", "null": "b", "true": "c"})

    def test_a_value_over_the_limit_goes_by_file(self):
        encoded = encode_value(["x" * 200], "key", "the result", self.store)
        self.assertEqual(encoded["ref"]["mediaType"], "application/json")
        self.assertEqual(decode_value(encoded), ["x" * 200])
        path = pathlib.Path(self._folder.name)
        self.assertEqual([file.suffix for file in path.rglob("*") if file.is_file()], [".json"])

    def test_what_cannot_travel_is_named_with_its_place(self):
        with self.assertRaises(TradewindError) as caught:
            encode_value({"a": [1, {"b": object()}]}, "key", "the result", self.store)
        self.assertEqual(caught.exception.code, "TW_XCOM_VALUE")
        self.assertIn("a[1].b", str(caught.exception))

    def test_a_value_that_contains_itself_is_refused(self):
        value = []
        value.append(value)
        with self.assertRaises(TradewindError):
            encode_value(value, "key", "the result", self.store)


class Packages(WithStore):
    """Types of packages, where they are installed."""

    def test_arrays_go_by_file(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("no numpy")
        encoded = encode_value(numpy.arange(6).reshape(2, 3), "key", "the result", self.store)
        self.assertEqual(encoded["ref"]["mediaType"], "application/vnd.numpy.npy")
        self.assertEqual(decode_value(encoded).tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(self.there_and_back({"mean": numpy.float64(0.5), "n": numpy.int64(3)}), {"mean": 0.5, "n": 3})
        nested = self.there_and_back({"weights": numpy.ones(2), "name": "w"})
        self.assertEqual(nested["weights"].tolist(), [1.0, 1.0])

    def test_frames_go_as_parquet_or_say_what_to_install(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas")
        frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            with self.assertRaisesRegex(TradewindError, "pip install pyarrow"):
                encode_value(frame, "key", "the result", self.store)
            return
        self.assertTrue(self.there_and_back(frame).equals(frame))
        self.assertEqual(self.there_and_back(frame["a"]).tolist(), [1, 2])

    def test_models_travel_only_when_pickling_is_allowed(self):
        try:
            from sklearn.linear_model import LinearRegression
        except ImportError:
            self.skipTest("no scikit-learn")
        model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
        with self.assertRaisesRegex(TradewindError, "allow_pickle"):
            encode_value(model, "key", "the result", self.store)
        os.environ["TRADEWIND__PYTHON__ALLOW_PICKLE"] = "true"
        self.addCleanup(os.environ.pop, "TRADEWIND__PYTHON__ALLOW_PICKLE")
        self.assertAlmostEqual(self.there_and_back(model).predict([[2.0]])[0], 4.0)


if __name__ == "__main__":
    unittest.main()
