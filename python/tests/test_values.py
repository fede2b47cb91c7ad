"""Values between tasks: what goes in comes out, and what cannot travel says where it is."""

import dataclasses
import datetime
import decimal
import enum
import importlib.util
import os
import pathlib
import tempfile
import typing
import unittest
import uuid

from tradewind import xcom_backend
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




class Colour(enum.Enum):
    RED = "red"


class Level(str, enum.Enum):
    HIGH = "high"


class Pair(typing.NamedTuple):
    left: int
    right: "list[int]"


class Celsius:
    """As Airflow lets a class say how it travels."""

    __version__ = 2

    def __init__(self, degrees):
        self.degrees = degrees

    def serialize(self):
        return {"degrees": self.degrees}

    @staticmethod
    def deserialize(data, version):
        assert version == 2
        return Celsius(data["degrees"])


class Objects(WithStore):
    def test_enums_named_tuples_and_classes_that_say_how_they_travel(self):
        for value in (Colour.RED, Level.HIGH, Pair(1, [2]), 1 + 2j):
            found = self.there_and_back([value])[0]
            self.assertEqual(found, value)
            self.assertIs(type(found), type(value))
        self.assertEqual(self.there_and_back(Celsius(3)).degrees, 3)

    @unittest.skipUnless(importlib.util.find_spec("attr"), "attrs is not installed")
    def test_attrs(self):
        self.assertEqual(self.there_and_back(Measured(1, "a")), Measured(1, "a"))

    @unittest.skipUnless(importlib.util.find_spec("pydantic"), "pydantic is not installed")
    def test_pydantic(self):
        import pydantic

        class Row(pydantic.BaseModel):
            when: datetime.date

        globals()["Row"] = Row
        Row.__qualname__ = "Row"
        self.assertEqual(self.there_and_back(Row(when="2024-02-29")).when, datetime.date(2024, 2, 29))

    def test_an_object_goes_pickled_where_the_setting_says_so(self):
        os.environ["TRADEWIND__PYTHON__ALLOW_PICKLE"] = "true"
        self.addCleanup(os.environ.pop, "TRADEWIND__PYTHON__ALLOW_PICKLE")
        self.assertEqual(self.there_and_back({"a": Plain(5)})["a"].x, 5)
        encoded = encode_value(Plain(5), "key", "the result", self.store)
        os.environ["TRADEWIND__PYTHON__ALLOW_PICKLE"] = "false"
        with self.assertRaisesRegex(TradewindError, "needs no unpickling"):
            decode_value(encoded)


class Plain:
    def __init__(self, x):
        self.x = x


if importlib.util.find_spec("attr"):
    import attr

    @attr.define
    class Measured:
        x: int
        _hidden: str


@unittest.skipUnless(importlib.util.find_spec("pandas") and importlib.util.find_spec("pyarrow"), "pandas and pyarrow are not installed")
class Frames(WithStore):
    def test_frames_come_out_with_their_index_columns_and_kinds(self):
        import pandas as pd

        plain = pd.DataFrame({"a": [1, 2], "b": ["x", None], "when": pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True)})
        for frame in (
            plain,
            plain.set_index("a"),
            pd.DataFrame([[1, 2], [3, 4]]),
            pd.DataFrame({"c": pd.Categorical(["x", "y"])}, index=["r", "s"]),
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
        ):
            pd.testing.assert_frame_equal(self.there_and_back(frame), frame)
        for series in (pd.Series([1.5, None], name="s"), pd.Series(["a", "b"], index=[3, 4]), pd.Series([1], name=7)):
            pd.testing.assert_series_equal(self.there_and_back(series), series)
        for index in (pd.Index([1, 2], name="i"), pd.to_datetime(["2024-01-01", "2024-01-05"]), pd.MultiIndex.from_tuples([(1, "a")], names=["n", "m"])):
            pd.testing.assert_index_equal(self.there_and_back(index), index, exact="equiv")

    def test_folders_around_a_frame_are_no_columns_of_it(self):
        import pandas as pd
        import pyarrow as pa

        key = "dag_id=d/run_id=r/task_id=t/return_value"
        frame = pd.DataFrame({"a": [1, 2]})
        found = decode_value(encode_value(frame, key, "the result", self.store))
        self.assertEqual(list(found.columns), ["a"])
        # A table that has such a column already keeps its own.
        table = pa.table({"dag_id": [7]})
        self.assertEqual(decode_value(encode_value(table, key, "the result", self.store)).to_pydict(), {"dag_id": [7]})

    def test_scalars_and_parts_of_values(self):
        import numpy as np
        import pandas as pd

        found = self.there_and_back({"mean": np.float64(1.5), "n": np.int64(3), "flag": np.bool_(True), "nested": [np.arange(3)], "frame": pd.DataFrame({"a": [1]})})
        self.assertEqual((found["mean"], found["n"], found["flag"]), (1.5, 3, True))
        np.testing.assert_array_equal(found["nested"][0], np.arange(3))
        self.assertEqual(list(found["frame"]["a"]), [1])

    def test_a_column_of_mixed_kinds_is_refused_with_what_to_do(self):
        import pandas as pd

        with self.assertRaisesRegex(TradewindError, "writable as Parquet.*python.allow_pickle"):
            encode_value(pd.DataFrame({"a": [1, "x", {"y": 2}]}), "key", "the result", self.store)

    @unittest.skipUnless(importlib.util.find_spec("polars"), "polars is not installed")
    def test_polars(self):
        import polars as pl
        from polars.testing import assert_frame_equal, assert_series_equal

        frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
        assert_frame_equal(self.there_and_back(frame), frame)
        assert_frame_equal(self.there_and_back(frame.lazy()), frame)
        assert_series_equal(self.there_and_back(frame["a"]), frame["a"])


class Backend(WithStore):
    """`core.xcom_backend` as people write it for Airflow."""

    def test_keeps_values_elsewhere_and_gets_them_back(self):
        import airflow.models.xcom as xcom

        class ElsewhereXCom(xcom.BaseXCom):
            kept = {}

            @staticmethod
            def serialize_value(value, key=None, **kwargs):
                if isinstance(value, list):
                    ElsewhereXCom.kept[key] = value
                    value = f"elsewhere://{key}"
                return xcom.BaseXCom.serialize_value(value)

            @staticmethod
            def deserialize_value(result):
                value = xcom.BaseXCom.deserialize_value(result)
                return ElsewhereXCom.kept[value.split("//")[1]] if str(value).startswith("elsewhere://") else value

        globals()["ElsewhereXCom"] = ElsewhereXCom
        os.environ["AIRFLOW__CORE__XCOM_BACKEND"] = f"{__name__}.ElsewhereXCom"
        self.addCleanup(os.environ.pop, "AIRFLOW__CORE__XCOM_BACKEND")
        task = self.store.task
        encoded = encode_value(xcom_backend.store([1, 2], "rows", task), "rows", "the result", self.store)
        self.assertEqual(encoded["json"], {"__type__": "stored", "value": "elsewhere://rows"})
        self.assertEqual(decode_value(encoded), [1, 2])
        plain = encode_value(xcom_backend.store("text", "x", task), "x", "the result", self.store)
        self.assertEqual(decode_value(plain), "text")


if __name__ == "__main__":
    unittest.main()
