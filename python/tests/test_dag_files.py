"""`airflow.utils.file`: what Dag files and plugins walk a folder with."""

from __future__ import annotations

import os
import tempfile
import unittest
import zipfile
from typing import List

from tradewind.airflow_compat.dag_files import correct_maybe_zipped, find_path_from_directory, might_contain_dag, open_maybe_zipped


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            path = os.path.join(self.folder, *name.split("__"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ("" if name.endswith("ignore") else ".py"), "w", encoding="utf-8") as file:
                file.write(text)

    def found(self, syntax: str) -> List[str]:
        paths = find_path_from_directory(self.folder, "ignore", syntax)
        return [os.path.relpath(path, self.folder).replace(os.sep, "/") for path in paths]

    def test_globs_are_those_of_a_gitignore(self) -> None:
        self.write(a="", test_b="", lib__c="", lib__keep="", deep__lib__d="", deep__x="")
        self.write(ignore="# words\ntest_*\n/lib/*\n!/lib/keep.py\n**/d.py  # and so on\n")
        self.assertEqual(self.found("glob"), ["a.py", "deep/x.py", "lib/keep.py"])

    def test_expressions_are_looked_for_anywhere_in_the_path_below_their_file(self) -> None:
        self.write(a="", helpers__b="", sub__c="", sub__d_test="", sub__ignore="_test", ignore="helpers/\n[")
        self.assertEqual(self.found("regexp"), ["a.py", "sub/c.py"])

    def test_a_bag_of_dags_leaves_out_what_its_folder_ignores(self) -> None:
        from airflow.models import DagBag

        text = "from airflow import DAG\ndag = DAG({!r}, schedule=None)\n"
        self.write(a=text.format("kept"), sub__b=text.format("ignored"))
        with open(os.path.join(self.folder, ".airflowignore"), "w", encoding="utf-8") as file:
            file.write("sub/\n")
        self.assertEqual(DagBag(self.folder).dag_ids, ["kept"])

    def test_another_syntax_is_refused(self) -> None:
        self.assertRaises(ValueError, lambda: self.found("globs"))

    def test_files_in_archives_are_opened_and_looked_through(self) -> None:
        archive = os.path.join(self.folder, "packed.zip")
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("a.py", "from airflow import DAG")
        inner = os.path.join(archive, "a.py")
        self.assertEqual(correct_maybe_zipped(inner), archive)
        with open_maybe_zipped(inner) as file:
            self.assertEqual(file.read(), "from airflow import DAG")
        with zipfile.ZipFile(archive) as packed:
            self.assertTrue(might_contain_dag("a.py", True, packed))


if __name__ == "__main__":
    unittest.main()
