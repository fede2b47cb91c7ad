"""Arrays, frames and models as files: npy, Parquet, joblib. Packages are looked at only when the value is of theirs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from .errors import TradewindError

if TYPE_CHECKING:
    from .xcom import ValueStore

NPY = "application/vnd.numpy.npy"
PARQUET = "application/vnd.apache.parquet"
SERIES = "application/vnd.apache.parquet; kind=series"
POLARS = "application/vnd.apache.parquet; kind=polars"
ARROW = "application/vnd.apache.parquet; kind=arrow"
PICKLE = "application/vnd.python.pickle"
JOBLIB = "application/vnd.python.joblib"
BYTES = "application/octet-stream"


def pickle_allowed() -> bool:
    """`python.allow_pickle`, as the worker hands it on."""
    return os.environ.get("TRADEWIND__PYTHON__ALLOW_PICKLE", "").strip().lower() in ("1", "true", "yes", "on", "t")


def as_scalar(value: Any) -> Optional[Tuple[Any]]:
    """The Python number behind a scalar of numpy (or of what looks like it), in a tuple; None for anything else."""
    if _package(value) in ("numpy", "pandas") and callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        return (value.item(),)
    if _package(value) == "pandas" and type(value).__name__ in ("NAType", "NaTType"):
        return (None,)
    return None


def save(value: Any, key: str, what: str, store: "ValueStore") -> Optional[Dict[str, Any]]:
    """A reference to the file that holds the value; None where the value is none that goes by file."""
    package, name = _package(value), type(value).__name__
    if package in ("builtins", "datetime", "tradewind"):
        return None
    if package == "numpy" and name in ("ndarray", "matrix", "memmap", "MaskedArray"):
        return _save_array(value, key, what, store)
    if package == "pandas" and name in ("DataFrame", "Series"):
        return _save_pandas(value, key, what, store)
    if package == "geopandas" and name in ("GeoDataFrame", "GeoSeries"):
        return _save_pickled(value, key, what, store)
    if package == "polars" and name == "DataFrame":
        return store.write(key, ".parquet", POLARS, lambda path: value.write_parquet(path))
    if package == "pyarrow" and name in ("Table", "RecordBatch"):
        return _save_arrow(value, key, store)
    if _is_model(value):
        return _save_pickled(value, key, what, store)
    return None


def load(path: str, media_type: str) -> Any:
    if media_type == NPY:
        import numpy

        return numpy.load(path, allow_pickle=False)
    if media_type == POLARS:
        import polars

        return polars.read_parquet(path)
    if media_type == ARROW:
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path)
    if media_type in (PARQUET, SERIES):
        import pandas

        frame = pandas.read_parquet(path)
        if media_type == PARQUET:
            return frame
        series = frame.iloc[:, 0]
        return series.rename(None) if series.name == "__tradewind__" else series
    if media_type in (PICKLE, JOBLIB):
        return _load_pickled(path, media_type)
    with open(path, "rb") as file:
        content = file.read()
    if media_type.startswith("application/vnd.tradewind.typed-array"):
        return _typed_array(content, media_type)
    return content


def _package(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _is_model(value: Any) -> bool:
    """Estimators of scikit-learn and of what follows its conventions, by their methods."""
    if isinstance(value, type):
        return False
    return callable(getattr(value, "fit", None)) and callable(getattr(value, "get_params", None))


def _save_array(value: Any, key: str, what: str, store: "ValueStore") -> Dict[str, Any]:
    import numpy

    if value.dtype.hasobject:
        return _save_pickled(value, key, what, store)
    return store.write(key, ".npy", NPY, lambda path: numpy.save(path, value, allow_pickle=False))


def _save_pandas(value: Any, key: str, what: str, store: "ValueStore") -> Dict[str, Any]:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        if pickle_allowed():
            return _save_pickled(value, key, what, store)
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected {what} to be writable as Parquet, but this Python has no pyarrow",
            hint="pip install pyarrow, or set python.allow_pickle",
        ) from None
    is_frame = type(value).__name__ == "DataFrame"
    frame = value if is_frame else value.to_frame(name=value.name if isinstance(value.name, str) else "__tradewind__")
    if any(not isinstance(column, str) for column in frame.columns) and pickle_allowed():
        return _save_pickled(value, key, what, store)
    try:
        return store.write(key, ".parquet", PARQUET if is_frame else SERIES, lambda path: frame.to_parquet(path, engine="pyarrow"))
    except (TypeError, ValueError, ArithmeticError) as error:
        if pickle_allowed():
            return _save_pickled(value, key, what, store)
        raise TradewindError("TW_XCOM_VALUE", f"expected {what} to be writable as Parquet, got: {error}") from error


def _save_arrow(value: Any, key: str, store: "ValueStore") -> Dict[str, Any]:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_batches([value]) if type(value).__name__ == "RecordBatch" else value
    return store.write(key, ".parquet", ARROW, lambda path: pyarrow.parquet.write_table(table, path))


def _save_pickled(value: Any, key: str, what: str, store: "ValueStore") -> Dict[str, Any]:
    if not pickle_allowed():
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected {what} to travel without pickling, got {type(value).__module__}.{type(value).__qualname__}",
            hint="save it to a file and return the path, or set python.allow_pickle",
        )
    try:
        import joblib

        return store.write(key, ".joblib", JOBLIB, lambda path: joblib.dump(value, path))
    except ImportError:
        import pickle

        def write(path: str) -> None:
            with open(path, "wb") as file:
                pickle.dump(value, file)

        return store.write(key, ".pkl", PICKLE, write)


def _load_pickled(path: str, media_type: str) -> Any:
    if not pickle_allowed():
        raise TradewindError("TW_XCOM_VALUE", f"expected a value that needs no unpickling, got {path}", hint="set python.allow_pickle")
    if media_type == JOBLIB:
        import joblib

        return joblib.load(path)
    import pickle

    with open(path, "rb") as file:
        return pickle.load(file)


_ARRAY_CODES = {
    "Int8Array": "b",
    "Uint8ClampedArray": "B",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "Float32Array": "f",
    "Float64Array": "d",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
}


def _typed_array(content: bytes, media_type: str) -> Any:
    """A typed array of TypeScript: an array of numpy where there is numpy, else one of the standard library."""
    code = _ARRAY_CODES.get(media_type.rpartition("kind=")[2], "B")
    try:
        import numpy

        return numpy.frombuffer(content, dtype=numpy.dtype(code).newbyteorder("<"))
    except ImportError:
        import array

        made = array.array(code)
        made.frombytes(content)
        return made
