"""Prints the Dags of the file named by the first argument as JSON, as the importer hands them over."""

import json
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2] / "python"
sys.path.insert(0, str(root))

from tradewind.import_file import import_dag_file  # noqa: E402
from tradewind.local_modules import LocalModules  # noqa: E402
from tradewind.serialize import serialize_dag  # noqa: E402

path = Path(sys.argv[1])
dags = import_dag_file(str(path), LocalModules())
print(json.dumps([serialize_dag(dag, path.name) for dag in dags]))
