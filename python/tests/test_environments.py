"""Interpreters and virtual environments. Requirements come from a wheel that the test makes; no network is needed."""

import logging
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from typing import Any, Dict, List

from tradewind import environments, inline_metadata
from tradewind.environments import Wanted
from tradewind.errors import TradewindError


def make_wheel(folder: str, name: str = "tiny_wheel", version: str = "1.2") -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(folder, f"{name}-{version}-py3-none-any.whl"), "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Environments(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.log = logging.Logger("test")
        self.lines = _Log()
        self.log.addHandler(self.lines)

    def wanted(self, *requirements: str, **more: Any) -> Wanted:
        options = ("--no-index", "--find-links", self.folder)
        return Wanted(**{"requirements": requirements, "options": options, **more})

    def ensure(self, wanted: Wanted) -> str:
        return environments.ensure(wanted, os.path.join(self.folder, "cache"), self.log, self.folder)

    def refused(self, code: str, wanted: Wanted) -> str:
        with self.assertRaises(TradewindError) as raised:
            self.ensure(wanted)
        self.assertEqual(raised.exception.code, code)
        return str(raised.exception)

    def test_a_block_of_a_script_names_requirements_and_versions_of_python(self) -> None:
        text = '#!/usr/bin/env python3\n# /// script\n# requires-python = ">=3.9"\n# dependencies = [\n#   "tiny-wheel>=1",  # why\n#   "apache-airflow>=3",\n# ]\n# [tool.uv]\n# index-url = "https://one.example/simple"\n# ///\nimport tiny_wheel\n'
        block = inline_metadata.block_of(text)
        assert block is not None
        found = inline_metadata.read(block, "own.py")
        self.assertEqual(found.dependencies, ("tiny-wheel>=1",))
        self.assertEqual(found.provided, ("apache-airflow>=3",))
        self.assertEqual(found.index_urls, ("https://one.example/simple",))
        make_wheel(self.folder)
        wanted = environments.wanted_from({"inline": block, "index_urls": [], "pip_options": ["--no-index", "--find-links", self.folder]}, "own.py", self.folder)
        self.assertEqual(wanted.requirements, ("tiny-wheel>=1",))
        self.assertIsNone(inline_metadata.block_of("# /// script\n# no end\n"))

    def test_requires_python_picks_a_version_that_is_there(self) -> None:
        for version, requires, fits in [
            ("3.11.4", ">=3.10,<3.13", True),
            ("3.13.0", ">=3.10,<3.13", False),
            ("3.11.4", "~=3.11", True),
            ("3.11.4", "==3.11.*", True),
            ("3.12.0", "!=3.12.*", False),
            ("3.12.0", "==3.12", True),
            ("3.9.2", ">3.9", True),
        ]:
            self.assertEqual(inline_metadata.fits(version, requires), fits, (version, requires))
        self.assertEqual(self.ensure(Wanted(requires_python=">=3.9")), sys.executable)
        self.assertIn("expected a Python of version >=4.0", self.refused("TW_PYTHON_INTERPRETER", Wanted(requires_python=">=4.0")))
        self.assertIn("'about 3'", self.refused("TW_OPTION_INVALID", Wanted(requires_python="about 3")))

    def test_what_a_block_says_wrongly_is_told(self) -> None:
        for toml, said in [("dependencies = [", "is no TOML"), ('dependencies = "x"', "list of texts"), ("requires-python = 3", "to be a text")]:
            with self.assertRaises(TradewindError) as raised:
                inline_metadata.read(toml, "own.py")
            self.assertIn(said, str(raised.exception))
        with self.assertRaises(TradewindError):
            inline_metadata.block_of("# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 1\n# ///\n")

    def test_note_when_they_were_used_last(self) -> None:
        make_wheel(self.folder)
        python = self.ensure(self.wanted("tiny-wheel"))
        marker = os.path.join(os.path.dirname(os.path.dirname(python)), "complete.json")
        os.utime(marker, (0, 0))
        self.ensure(self.wanted("tiny-wheel"))
        self.assertGreater(os.stat(marker).st_mtime, 1e9)

    def test_are_made_once_for_the_same_requirements(self) -> None:
        make_wheel(self.folder)
        python = self.ensure(self.wanted("tiny-wheel>=1"))
        answer = subprocess.run([python, "-c", "import tiny_wheel; print(tiny_wheel.VERSION)"], capture_output=True, text=True, check=True)
        self.assertEqual(answer.stdout.strip(), "1.2")
        self.assertRegex("\n".join(self.lines.lines), r"Making the environment .* for tiny-wheel>=1[\s\S]*ready after")
        self.lines.lines.clear()
        self.assertEqual(self.ensure(self.wanted("tiny-wheel>=1")), python)
        self.assertRegex("\n".join(self.lines.lines), "^Using the environment")

    def test_a_requirement_without_a_version_that_fits_is_named_and_nothing_is_left(self) -> None:
        message = self.refused("TW_PYTHON_REQUIREMENTS", self.wanted("nowhere-to-be-found==9"))
        self.assertIn("nowhere-to-be-found==9", message)
        left = [name for name in os.listdir(os.path.join(self.folder, "cache")) if not name.endswith(".lock")]
        self.assertEqual(left, [])

    def test_an_index_that_does_not_answer_is_told_from_a_requirement_that_does_not_exist(self) -> None:
        wanted = Wanted(requirements=("x",), index_urls=("http://me:secret@127.0.0.1:9/simple",), options=("--retries=1", "--timeout=2"))
        message = self.refused("TW_PYTHON_NETWORK", wanted)
        self.assertIn("package index does not answer", message)
        self.assertNotIn("secret", message + "\n".join(self.lines.lines))

    def test_interpreters_are_found_by_path_folder_name_and_version(self) -> None:
        own = ".".join(map(str, sys.version_info[:2]))
        link = os.path.join(self.folder, "venv", "bin", "python")
        os.makedirs(os.path.dirname(link))
        os.symlink(sys.executable, link)
        self.assertEqual(environments.find_python("./venv", self.folder), link)
        self.assertEqual(environments.find_python("venv", self.folder), link)
        self.assertEqual(environments.find_python(""), sys.executable)
        self.assertTrue(environments.version_of(sys.executable).startswith(own))

    def test_an_interpreter_that_is_not_there_or_too_old_is_named(self) -> None:
        self.assertIn("/nowhere/python", self.refused("TW_PYTHON_INTERPRETER", Wanted(python="/nowhere/python")))
        self.assertIn("python99.9", self.refused("TW_PYTHON_INTERPRETER", Wanted(python="python99.9")))
        old = os.path.join(self.folder, "old")
        with open(old, "w") as file:
            file.write("#!/bin/sh\necho 3.7.16\n")
        os.chmod(old, 0o755)
        self.assertIn("expected Python 3.9 or newer, got 3.7.16", self.refused("TW_PYTHON_INTERPRETER", Wanted(python=old)))

    def test_settings_are_read_with_files_of_requirements(self) -> None:
        with open(os.path.join(self.folder, "base.txt"), "w") as file:
            file.write("numpy  # arrays\n")
        with open(os.path.join(self.folder, "requirements.txt"), "w") as file:
            file.write("# all\n-r base.txt\npandas==2.2\n--find-links wheels\n")
        given: Dict[str, Any] = {"python": "3.12", "requirements": "requirements.txt", "index_urls": "https://index/simple"}
        wanted = environments.wanted_from(given, "x", self.folder)
        self.assertEqual(wanted.requirements, ("numpy", "pandas==2.2", "--find-links", "wheels"))
        self.assertEqual(wanted.index_urls, ("https://index/simple",))
        with self.assertRaisesRegex(TradewindError, "expected one of python, requirements"):
            environments.wanted_from({"pyhton": "3.12"}, "x", self.folder)
        with self.assertRaisesRegex(TradewindError, "expected a file of requirements"):
            environments.wanted_from({"requirements": "nowhere.txt"}, "x", self.folder)


if __name__ == "__main__":
    unittest.main()
