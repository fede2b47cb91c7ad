"""Starts one of the runtime's processes: `python tradewind_process.py importer | fork_server | child | triggerer | timetable_server | plugins_report`.

A file and not `-m`, so that this folder is on `sys.path` of this process only: with PYTHONPATH every Python that a
task starts would find our `airflow`, too.
"""

import sys


def main() -> None:
    if sys.version_info < (3, 9):
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write("TW_PYTHON: Python 3.9 or newer was expected, got %s (%s)\n" % (found, sys.executable))
        sys.exit(3)
    name = sys.argv[1]
    # User code that looks at its arguments shall not see ours.
    sys.argv = ["tradewind", *sys.argv[2:]]
    import importlib

    importlib.import_module("tradewind." + name).main()


if __name__ == "__main__":
    main()
