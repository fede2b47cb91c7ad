"""Turns what an import raised into what its author needs: the place, the message, and the likely cause."""

from __future__ import annotations

import builtins
import os
import re
import traceback
from typing import Any, Dict, List, Optional, Tuple

from .error_info import error_name, is_own_file, message_of, stack_of
from .errors import TradewindError
from .suggest import did_you_mean

# What a package is called where it is installed from, if not as it is imported; the longest name that fits counts.
_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "Levenshtein": "python-Levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "airflow": "apache-airflow",
    "astro": "astro-sdk-python",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "bson": "pymongo",
    "cassandra": "cassandra-driver",
    "cosmos": "astronomer-cosmos",
    "cv2": "opencv-python-headless",
    "dagfactory": "dag-factory",
    "dateutil": "python-dateutil",
    "dbt": "dbt-core",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google": "google-cloud-core",
    "google.ads": "google-ads",
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "magic": "python-magic",
    "mysql": "mysql-connector-python",
    "nacl": "PyNaCl",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "PyMySQL",
    "ruamel": "ruamel.yaml",
    "scrapbook": "nteract-scrapbook",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slack_sdk": "slack-sdk",
    "snowflake": "snowflake-connector-python",
    "snowflake.snowpark": "snowflake-snowpark-python",
    "socks": "PySocks",
    "telegram": "python-telegram-bot",
    "umap": "umap-learn",
    "websocket": "websocket-client",
    "yaml": "PyYAML",
}
# Names that projects give to folders of their own; nobody means the package of that name on PyPI.
_OWN_FOLDERS = frozenset(
    "app callbacks common config configs constants core custom dags defaults etl helpers hooks include jobs lib libs "
    "ml models modules operators pipeline pipelines plugins scripts settings src tasks tools util utils".split()
)


class Place:
    def __init__(self, file: str, line: Optional[int], column: Optional[int]) -> None:
        self.file = file
        self.line = line
        self.column = column


def import_problem(error: BaseException, dags_folder: str, path: str) -> Dict[str, Any]:
    """An ImportProblem of src/dag-processor/outcome.ts for the Dag file `path`."""
    places = _places(error)
    last = places[-1] if places else None
    in_file = next((place for place in reversed(places) if place.file == path), None)
    own_line = getattr(error, "line", None) if isinstance(error, TradewindError) else None
    prefix = ""
    if last is not None and last.file != path:
        relative = os.path.relpath(last.file, dags_folder) if last.file.startswith(dags_folder + os.sep) else last.file
        prefix = f"{relative}:{last.line}:{last.column or 1}: " if last.line is not None else f"{relative}: "
    hint = likely_cause(error, path)
    message = f"{prefix}{_message(error)}"
    return {
        "code": _code(error),
        "message": message if hint is None else f"{message}\nLikely cause: {hint}",
        "stacktrace": stack_of(error),
        "line": own_line if own_line is not None else in_file.line if in_file else None,
        "column": getattr(error, "column", None) if own_line is not None else in_file.column if in_file else None,
    }


def _code(error: BaseException) -> str:
    if isinstance(error, TradewindError):
        return error.code
    if isinstance(error, SyntaxError):
        return "TW_SYNTAX"
    if isinstance(error, ModuleNotFoundError):
        return "TW_IMPORT_NOT_FOUND"
    if isinstance(error, SystemExit):
        return "TW_DAG_FILE_EXIT"
    if any(kind.__name__ == "AirflowDagCycleException" for kind in type(error).__mro__):
        return "TW_DAG_CYCLE"
    return "TW_DAG_FILE_THROWS"


def _message(error: BaseException) -> str:
    if isinstance(error, TradewindError):
        return message_of(error)
    if isinstance(error, SystemExit):
        return f"sys.exit({error.code!r}) was called while the file was imported"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    cause = f" (cause: {message_of(error.__cause__)})" if error.__cause__ is not None else ""
    return f"{error_name(error)}: {message_of(error)}{cause}"


def _places(error: BaseException) -> List[Place]:
    """Frames of the user's and of packages' files, the innermost last; of a syntax error where it is."""
    places = [_place_of(frame) for frame in traceback.extract_tb(error.__traceback__) if not is_own_file(frame.filename)]
    # Where a package raises, the user's line that called it says more.
    while len(places) > 1 and _is_package(places[-1].file):
        places.pop()
    if isinstance(error, SyntaxError) and error.filename is not None:
        places.append(Place(error.filename, error.lineno, error.offset))
    return places


def _is_package(file: str) -> bool:
    from .local_modules import is_local

    return not is_local(file)


def _place_of(frame: traceback.FrameSummary) -> Place:
    column = getattr(frame, "colno", None)
    if column is None:
        # Before Python 3.11 a frame knows its line only.
        return Place(frame.filename, frame.lineno, _indent_of(frame.filename, frame.lineno))
    return Place(frame.filename, frame.lineno, column + 1)


def _indent_of(filename: str, line: Optional[int]) -> Optional[int]:
    import linecache

    text = linecache.getline(filename, line) if line is not None else ""
    return len(text) - len(text.lstrip()) + 1 if text.strip() else None


def likely_cause(error: BaseException, path: str) -> Optional[str]:
    if isinstance(error, TradewindError):
        # Its message has its hint.
        return None
    if isinstance(error, TabError):
        return "the file indents with tabs here and with spaces there; use spaces"
    if isinstance(error, IndentationError):
        return "the line is indented by another number of spaces than those around it"
    if isinstance(error, SyntaxError):
        return _syntax_hint(error)
    if isinstance(error, SystemExit):
        return "a Dag file only defines Dags; call sys.exit inside of a task"
    if isinstance(error, ModuleNotFoundError):
        return _module_hint(error)
    if isinstance(error, ImportError):
        return _name_hint(error)
    if isinstance(error, NameError):
        return _undefined_hint(error, path)
    if isinstance(error, AttributeError):
        return _attribute_hint(error)
    if isinstance(error, FileNotFoundError):
        return "a relative path counts from where the service was started; join it with os.path.dirname(__file__)"
    if isinstance(error, (ConnectionError, TimeoutError)):
        return "the file talks to another system while it is imported; move that into a task"
    if isinstance(error, RecursionError):
        return "a function calls itself without end, or two modules build each other"
    variable = re.search(r"Variable (\S+) does not exist", str(error)) if isinstance(error, KeyError) else None
    if variable is not None:
        name = variable.group(1)
        return f"the variable is not set: tradewind variables set {name} VALUE, or AIRFLOW_VAR_{name.upper()} in the environment"
    if isinstance(error, KeyError) and any(frame.name == "__getitem__" and frame.filename.endswith("os.py") for frame in traceback.extract_tb(error.__traceback__)):
        return f"the environment variable {message_of(error)} is not set where the service runs; use os.environ.get"
    return None


def _syntax_hint(error: SyntaxError) -> Optional[str]:
    if re.match(r"^\s*print\s+[^(\s=]", error.text or ""):
        return "this is Python 2: print is a function"
    if "async" in (error.text or "") and re.search(r"\basync\s*=", error.text or ""):
        return "async is a keyword since Python 3.7"
    return None


def _module_hint(error: ModuleNotFoundError) -> Optional[str]:
    name = (error.name or "").partition(".")[0]
    if name == "airflow":
        return _airflow_module_hint(error.name or "")
    if not name:
        return None
    if name in _OWN_FOLDERS:
        return f'"{name}" is a module of the project: put it beside the Dag file or into the plugins folder, or name its parent in PYTHONPATH'
    wanted = _imported_name(error, name)
    missing = f'this Python has no module "{wanted}": install it (pip install {distribution_of(wanted)})'
    return missing if "." in wanted else f"{missing}, or put {name}.py beside the Dag file"


def _airflow_module_hint(module: str) -> Optional[str]:
    from .surface.table import LEGACY, SURFACE

    parent, _, last = module.rpartition(".")
    # Without their common ends: all sensors' modules are alike in them.
    ends = r"_(operator|sensor|hook|trigger)s?$"
    names = sorted((name for name in (*SURFACE, *LEGACY) if name.rpartition(".")[0] == parent), key=len, reverse=True)
    siblings = {re.sub(ends, "", name.rpartition(".")[2]): name for name in names}
    near = did_you_mean(re.sub(ends, "", last), siblings)
    return f'did you mean "{siblings[near]}"?' if near else None


def _imported_name(error: ModuleNotFoundError, top: str) -> str:
    """The dotted name of the import statement: the error tells the first part only."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        found = re.match(rf"\s*(?:from|import)\s+({re.escape(top)}(?:\.\w+)*)(?:\s+import\s+(\w+))?", frame.line or "")
        if found:
            # `from google.cloud import storage` names a package, too.
            return ".".join(filter(None, found.groups())) if found.group(1) == "google.cloud" else found.group(1)
    return error.name or top


def distribution_of(module: str) -> str:
    """What to give to pip for a module, as far as it can be told from its name."""
    if module.startswith("google.cloud."):
        # google.cloud.automl_v1beta1.types is of google-cloud-automl.
        return "google-cloud-" + re.sub(r"_v\d\w*$", "", module.split(".")[2]).replace("_", "-")
    if module.startswith("azure."):
        return module.replace(".", "-").replace("_", "-")
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        found = _DISTRIBUTIONS.get(".".join(parts[:end]))
        if found is not None:
            return found
    return parts[0]


def _name_hint(error: ImportError) -> Optional[str]:
    import sys

    wanted = re.search(r"cannot import name '(\w+)'", str(error))
    module = sys.modules.get(error.name or "")
    if wanted is None or module is None:
        return None
    if "partially initialized" in str(error):
        return "two files import each other"
    near = did_you_mean(wanted.group(1), [name for name in dir(module) if not name.startswith("_")])
    return f'"{wanted.group(1)}" is misspelt; did you mean "{near}"?' if near else None


def _undefined_hint(error: NameError, path: str) -> Optional[str]:
    match = re.search(r"name '(\w+)' is not defined", str(error))
    if match is None:
        return "a name is used above the line that defines it"
    name, known = match.group(1), set(dir(builtins))
    walk = error.__traceback__
    while walk is not None:
        if walk.tb_next is None:
            known |= set(walk.tb_frame.f_globals) | set(walk.tb_frame.f_locals)
        walk = walk.tb_next
    near = did_you_mean(name, sorted(known - {name}))
    return f'did you mean "{near}"?' if near else f'"{name}" is neither imported nor defined in {os.path.basename(path)}'


def _attribute_hint(error: AttributeError) -> Optional[str]:
    match = re.search(r"has no attribute '(\w+)'", str(error))
    owner = getattr(error, "obj", None)
    if match is None or owner is None:
        return None
    near = did_you_mean(match.group(1), [name for name in dir(owner) if not name.startswith("_")])
    return f'did you mean "{near}"?' if near else None
