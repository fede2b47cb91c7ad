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
INDEX = "application/vnd.apache.parquet; kind=index"
POLARS = "application/vnd.apache.parquet; kind=polars"
POLARS_SERIES = "application/vnd.apache.parquet; kind=polars-series"
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
    if package == "pandas" and name.endswith("Index"):
        return _save_pandas(value, key, what, store)
    if package == "torch" and callable(getattr(value, "numpy", None)):
        return _save_array(value.detach().cpu().numpy(), key, what, store)
    if package == "geopandas" and name in ("GeoDataFrame", "GeoSeries"):
        return save_pickled(value, key, what, store)
    if package == "polars" and name in ("DataFrame", "LazyFrame", "Series"):
        return _save_polars(value, key, store)
    if package == "pyarrow" and name in ("Table", "RecordBatch"):
        return _save_arrow(value, key, store)
    if _is_model(value):
        return save_pickled(value, key, what, store)
    return None


def load(path: str, media_type: str) -> Any:
    if media_type == NPY:
        import numpy

        return numpy.load(path, allow_pickle=False)
    if media_type in (POLARS, POLARS_SERIES):
        import polars

        frame = polars.read_parquet(path)
        return frame if media_type == POLARS else frame.to_series()
    if media_type == ARROW:
        return _read_table(path)
    if media_type in (PARQUET, SERIES, INDEX):
        return _load_pandas(path, media_type)
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
        return save_pickled(value, key, what, store)
    return store.write(key, ".npy", NPY, lambda path: numpy.save(path, value, allow_pickle=False))


def _save_pandas(value: Any, key: str, what: str, store: "ValueStore") -> Dict[str, Any]:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        if pickle_allowed():
            return save_pickled(value, key, what, store)
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected {what} to be writable as Parquet, but this Python has no pyarrow",
            hint="pip install pyarrow, or set python.allow_pickle",
        ) from None
    kind = type(value).__name__
    media_type = PARQUET if kind == "DataFrame" else SERIES if kind == "Series" else INDEX
    try:
        return store.write(key, ".parquet", media_type, lambda path: _write_pandas(value, media_type, path))
    except (TypeError, ValueError, ArithmeticError) as error:
        if pickle_allowed():
            return save_pickled(value, key, what, store)
        raise TradewindError(
            "TW_XCOM_VALUE",
            f"expected {what} to be writable as Parquet, got: {error}",
            hint="a column with values of several types has to be made one type, or set python.allow_pickle",
        ) from error


# Names of pandas that are no text, and none at all, are kept in the file's metadata by pyarrow; a series needs one.
_UNNAMED = "__tradewind__"


def _write_pandas(value: Any, media_type: str, path: str) -> None:
    import pyarrow
    import pyarrow.parquet

    frame = value
    if media_type == SERIES:
        frame = value.to_frame(name=_UNNAMED if value.name is None else value.name)
    elif media_type == INDEX:
        # The index itself is what is kept; a frame of its levels would lose their kinds.
        frame = value.to_series().to_frame(name=_UNNAMED)[[]] if value.nlevels == 1 else value.to_frame()[[]]
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame, preserve_index=True if media_type == INDEX else None), path)


def _read_table(path: str) -> Any:
    """The file and nothing else: `read_table` takes the folders around it, `dag_id=…`, for columns."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        return file.read()


def _load_pandas(path: str, media_type: str) -> Any:
    frame = _read_table(path).to_pandas()
    if media_type == PARQUET:
        return frame
    if media_type == INDEX:
        return frame.index
    series = frame.iloc[:, 0]
    return series.rename(None) if series.name == _UNNAMED else series


def _save_polars(value: Any, key: str, store: "ValueStore") -> Dict[str, Any]:
    name = type(value).__name__
    frame = value.collect() if name == "LazyFrame" else value.to_frame() if name == "Series" else value
    return store.write(key, ".parquet", POLARS_SERIES if name == "Series" else POLARS, lambda path: frame.write_parquet(path))


def _save_arrow(value: Any, key: str, store: "ValueStore") -> Dict[str, Any]:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_batches([value]) if type(value).__name__ == "RecordBatch" else value
    return store.write(key, ".parquet", ARROW, lambda path: pyarrow.parquet.write_table(table, path))


def save_pickled(value: Any, key: str, what: str, store: "ValueStore") -> Dict[str, Any]:
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
