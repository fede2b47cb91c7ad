"""Writes docs/airflow-surface.md: every Airflow import that public Dag files use, and what becomes of it here.

    python scripts/compat-surface.py             writes the page anew, for the names that it lists
    python scripts/compat-surface.py PAGE        takes names and counts from a table of imports ("module:name | n | …")
    python scripts/compat-surface.py --check     exits with 1 where the page is not what would be written

Needs nothing but Python; no Airflow and no provider may be installed in the interpreter that runs it.
"""

import os
import re
import sys
import warnings

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "airflow-surface.md")
ROW = re.compile(r"^\| `(airflow[\w.]*)(?::(\w+))?` \| (\d+) \|(?: (\d+) \|)?(?: (\d+) \|)?")

sys.path.insert(0, os.path.join(ROOT, "python"))
warnings.simplefilter("ignore")

HEAD = """# Airflow's import surface

What becomes of each Airflow import that public Dag files use (879 files, counted by how many of them have it; names
of three files and more). Written by `scripts/compat-surface.py`; a test keeps it so.

- **runs**: a class or function of Tradewind's own.
- **stands in**: the class of a provider. It imports, takes its arguments and stands in a Dag; with the provider
  installed in the interpreter it is the provider's own, without it the task fails and says what to install.
- **refused**: the import fails with the message.

"""


def rows_of(path):
    """(module, name or None, files) in the order of the page; the first table of imports only."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = ROW.match(line)
            if match:
                module, name, *counts = match.groups()
                files = int(counts[0]) + int(counts[2] or 0)
                rows.append((module, name, files))
            elif rows and line.startswith("### "):
                break
    return rows


def outcome(module, name):
    """What an import does, in the words of the page."""
    import importlib

    from tradewind.surface.providers import package_of
    from tradewind.surface.table import SURFACE

    try:
        found = importlib.import_module(module)
        if name is not None:
            namespace = {}
            exec(f"from {module} import {name}", namespace)
            found = namespace[name]
    except ImportError as error:
        return "refused", str(error).replace(sys.executable, "the interpreter")
    if isinstance(found, type(sys)):
        package = None if found.__name__ in SURFACE else package_of(found.__name__)
    else:
        missing = getattr(found, "tradewind_missing", "")
        package = re.search(r"provider ([\w-]+)", missing).group(1) if missing else None
    return ("runs", "") if package is None else ("stands in", f"`pip install {package}`")


def written(rows):
    import io
    from contextlib import redirect_stderr

    lines, counts = [], {}
    with redirect_stderr(io.StringIO()):
        import airflow  # noqa: F401

        for module, name, files in rows:
            kind, note = outcome(module, name)
            counts[kind] = counts.get(kind, 0) + 1
            lines.append(f"| `{module}{':' + name if name else ''}` | {files} | {kind} | {note} |")
    total = ", ".join(f"{count} {kind}" if kind != "stands in" else f"{count} stand in" for kind, count in sorted(counts.items()))
    table = "| import | files | outcome | |\n|---|---|---|---|\n" + "\n".join(lines)
    return f"{HEAD}{len(rows)} names: {total}.\n\n{table}\n"


def main(arguments):
    check = "--check" in arguments
    source = next((one for one in arguments if not one.startswith("-")), PAGE)
    text = written(rows_of(source))
    if not check:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(PAGE, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print("docs/airflow-surface.md is not what scripts/compat-surface.py writes", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
