"""Client libraries of other systems: imported when a hook works, with words for one that is not there."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..airflow_compat.exceptions import AirflowOptionalProviderFeatureException


def client_library(module: str, package: str, who: str) -> Any:
    """The module. AirflowOptionalProviderFeatureException with the pip line where it cannot be imported."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AirflowOptionalProviderFeatureException(
            f"{who} needs the Python package {package}: `{sys.executable} -m pip install {package}` ({error})"
        ) from error
