"""The packages that Dag files import as `airflow.*`, served from tables instead of files.

`activate` is called by `python/airflow/__init__.py`. Order in which a module or a name is looked for:
our table (`table.py`, then the legacy paths), the real Airflow or provider of the interpreter, and for classes
of providers that are not installed a placeholder that imports, stands in a Dag and refuses to run.
"""

from __future__ import annotations

from .finder import activate

__all__ = ["activate"]
