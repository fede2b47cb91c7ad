"""The working folder of a run, and folders that Dag files name and that lie elsewhere."""

import ast
import os
import tempfile
import unittest

from tradewind import path_map, run_folder


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        self._before = os.getcwd()
        self.root = self._temporary()
        os.mkdir(os.path.join(self.root, "dags"))
        os.chdir(self.root)
        self.run_folder = os.path.join(self.root, "runs", "dag_id=d", "run_id=r")

    def _temporary(self) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return os.path.realpath(folder.name)

    def tearDown(self) -> None:
        os.chdir(self._before)

    def enter(self, *texts: str) -> None:
        run_folder.enter(self.run_folder, os.path.join(self.root, "dags", "d.py"), texts)


class RunFolder(InAFolder):
    def test_a_folder_that_the_code_writes_to_is_there(self) -> None:
        self.enter("df.to_csv('data/raw/iris.csv')\nopen(f\"model/{name}.pkl\")\nos.path.join('plots', name)")
        self.assertEqual(sorted(os.listdir(".")), ["data", "model", "plots"])
        self.assertTrue(os.path.isdir("data/raw"))
        self.assertEqual(os.getcwd(), self.run_folder)

    def test_what_is_no_path_makes_no_folder(self) -> None:
        self.enter("'text/csv' 'https://host/a/b.csv' '/opt/airflow/data/x.csv' '../up/x.csv' 'Europe/Berlin' '%d/%m/%Y'")
        self.assertEqual(os.listdir("."), [])

    def test_what_is_where_the_program_was_started_is_seen_and_stays_the_projects(self) -> None:
        os.mkdir("data")
        with open("data/in.csv", "w") as file:
            file.write("1")
        self.enter("pd.read_csv('data/in.csv'); out.to_csv('data/out.csv')")
        with open("data/out.csv", "w") as file:
            file.write("2")
        self.assertTrue(os.path.exists(os.path.join(self.root, "data", "out.csv")))

    def test_what_lies_beside_the_dag_file_is_seen_after_it(self) -> None:
        for name in ("dags/config.yaml", "dags/both.txt", "both.txt", "dags/unnamed.txt"):
            with open(name, "w") as file:
                file.write(name)
        self.enter("open('config.yaml'); open('both.txt')")
        self.assertEqual(sorted(os.listdir(".")), ["both.txt", "config.yaml"])
        with open("both.txt") as file:
            self.assertEqual(file.read(), "both.txt")

    def test_the_next_task_finds_what_the_first_wrote(self) -> None:
        self.enter("'data/x.csv'")
        with open("data/x.csv", "w") as file:
            file.write("1")
        os.chdir(self.root)
        self.enter("'data/x.csv'")
        self.assertTrue(os.path.exists("data/x.csv"))

    def test_a_file_that_is_not_seen_is_explained(self) -> None:
        with open("named_by_a_variable.csv", "w") as file:
            file.write("1")
        self.enter("open(path)")
        for name, expected in (("named_by_a_variable.csv", "working_directory"), ("nowhere.csv", None)):
            found = None
            try:
                open(name)
            except FileNotFoundError as error:
                found = run_folder.explain(error)
            self.assertEqual(expected is None, found is None)
            self.assertIn(expected or "", found or "")

    def test_a_folder_that_cannot_be_made_is_an_error_with_the_setting(self) -> None:
        with open("runs", "w") as file:
            file.write("a file where a folder should be")
        with self.assertRaisesRegex(Exception, "expected to work in the folder") as raised:
            self.enter("")
        self.assertEqual(raised.exception.code, "TW_TASK_PROCESS")  # type: ignore[attr-defined]


class Paths(unittest.TestCase):
    def test_literals_are_mapped_by_whole_names(self) -> None:
        paths = path_map.parse("/opt/airflow=/srv/mine, /opt/airflow/data=/data")
        assert paths is not None
        self.assertEqual(paths.apply("/opt/airflow/dags/x.py"), "/srv/mine/dags/x.py")
        self.assertEqual(paths.apply("python /opt/airflow/data/x.py --to=/opt/airflow"), "python /data/x.py --to=/srv/mine")
        self.assertEqual(paths.apply("/opt/airflow2 /home/opt/airflow"), "/opt/airflow2 /home/opt/airflow")

    def test_code_is_rewritten_with_its_lines(self) -> None:
        paths = path_map.parse("/opt/airflow=/srv")
        assert paths is not None
        tree = paths.rewrite(ast.parse("x = '/opt/airflow/a'\ny = f'/opt/airflow/{x}'"))
        space: dict = {}
        exec(compile(tree, "f", "exec"), space)  # type: ignore[arg-type]
        self.assertEqual((space["x"], space["y"]), ("/srv/a", "/srv//srv/a"))

    def test_a_setting_that_is_no_pair_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected /from=/to"):
            path_map.parse("opt/airflow")
        self.assertIsNone(path_map.parse(""))
