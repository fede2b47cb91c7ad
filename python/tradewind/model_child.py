"""The process of a served model: loads an MLflow model once, and answers lines of JSON.

Requests come on standard input, answers go to descriptor 3; what the model prints goes to standard error, so that it
cannot break an answer. A request is ``{"id", "columns", "rows", "params"}``, an answer ``{"id", "predictions"}`` or
``{"id", "error": {"kind", "message"}}``, with kind ``input`` where the model could not work with the rows.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any, Dict, List, Optional


def main(folder: str) -> None:
    answers = os.fdopen(3, "w", encoding="utf-8", buffering=1)

    def send(message: Dict[str, Any]) -> None:
        answers.write(json.dumps(message, default=_plain, allow_nan=False) + "\n")
        answers.flush()

    try:
        model = _load(folder)
    except ModuleNotFoundError as error:
        send({"ready": False, "missing": error.name or "mlflow"})
        return
    except Exception as error:
        send({"ready": False, "error": "%s: %s" % (type(error).__name__, error)})
        return
    send({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send({"id": request["id"], "predictions": _predict(model, request)})
        except Exception as error:
            kind = "input" if _is_about_input(error) else "model"
            message = "%s: %s" % (type(error).__name__, error)
            send({"id": request["id"], "error": {"kind": kind, "message": message}})


#: Loading asks no server, but MLflow opens its store for it: without an address that is a new database in the working
#: directory, which takes seconds to make. This is where Tradewind listens unless told otherwise.
_TRACKING_URI = "http://127.0.0.1:8080"


def _load(folder: str) -> Any:
    os.environ.setdefault("MLFLOW_TRACKING_URI", _TRACKING_URI)
    import mlflow.pyfunc

    return mlflow.pyfunc.load_model(folder)


def _predict(model: Any, request: Dict[str, Any]) -> List[Any]:
    frame = _frame(model, request["columns"], request["rows"])
    params = request["params"] or None
    result = model.predict(frame, params=params) if params else model.predict(frame)
    return _listed(result)


#: JSON has one kind of number, a signature several: each column gets the one that it was logged with.
_DTYPES = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}


def _frame(model: Any, columns: Optional[List[str]], rows: List[List[Any]]) -> Any:
    import numpy
    import pandas

    values = [[float("nan") if value == "__nan__" else value for value in row] for row in rows]
    schema = model.metadata.get_input_schema() if model.metadata is not None else None
    if columns is None:
        array = numpy.array(values)
        return array.astype(schema.numpy_types()[0]) if schema is not None and schema.is_tensor_spec() else array
    frame = pandas.DataFrame(values, columns=columns)
    if schema is None or schema.is_tensor_spec():
        return frame
    for column in schema.inputs:
        dtype = _DTYPES.get(getattr(column.type, "name", ""))
        if dtype is None or column.name not in frame:
            continue
        # A gap has no place in a column of integers; the schema's own check says so better than a cast.
        if dtype.startswith("float") or not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype(dtype)
    return frame


def _listed(result: Any) -> List[Any]:
    """One value for each row; NaN and infinities, which JSON does not have, become null."""
    if hasattr(result, "to_dict") and hasattr(result, "columns"):
        return [_finite(row) for row in result.to_dict(orient="records")]
    if hasattr(result, "tolist"):
        result = result.tolist()
    return [_finite(value) for value in list(result)]


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return _finite(value.item())
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return str(value)


def _is_about_input(error: Exception) -> bool:
    """Whether the rows are to blame: what MLflow's schema, pandas, numpy and scikit-learn raise about their input."""
    return isinstance(error, (ValueError, TypeError, KeyError)) or type(error).__name__ == "MlflowException"


if __name__ == "__main__":
    # What the model prints must not meet a closed or unread pipe.
    sys.stdout = sys.stderr
    main(sys.argv[1])
