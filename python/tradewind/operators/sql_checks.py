"""Checks of data by SQL: they fail the task where the database says something else than expected."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ..airflow_compat.exceptions import AirflowException, AirflowFailException
from .sql import BaseSQLOperator

_COLUMN_CHECKS = {
    "null_check": "SUM(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END)",
    "distinct_check": "COUNT(DISTINCT({column}))",
    "unique_check": "COUNT({column}) - COUNT(DISTINCT({column}))",
    "min": "MIN({column})",
    "max": "MAX({column})",
}
_COMPARISONS = ("greater_than", "geq_to", "less_than", "leq_to", "equal_to")


def parse_boolean(val: str) -> Union[str, bool]:
    word = val.strip().lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return True
    if word in ("n", "no", "f", "false", "off", "0"):
        return False
    raise ValueError(f"{val!r} is not a boolean-like string value")


class _CheckOperator(BaseSQLOperator):
    def _fail(self, message: str) -> None:
        raise AirflowException(message) if self.retry_on_failure else AirflowFailException(message)


class SQLCheckOperator(_CheckOperator):
    """Every cell of the first row is true."""

    template_fields: Sequence[str] = ("sql", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers = {"sql": "sql"}
    ui_color = "#fff7e6"

    def __init__(self, *, sql: str, conn_id: Optional[str] = None, database: Optional[str] = None, parameters: Any = None, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.parameters = parameters

    def execute(self, context: Any) -> None:
        self.log.info("Executing SQL check: %s", self.sql)
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        self.log.info("Record: %s", record)
        if not record:
            self._fail(f"The following query returned zero rows: {self.sql}")
        cells = record.values() if isinstance(record, dict) else record
        if not all(cells):
            self._fail(f"Test failed.\nQuery:\n{self.sql}\nResults:\n{record!s}")
        self.log.info("Success.")


class SQLValueCheckOperator(_CheckOperator):
    """The first row equals `pass_value`; numbers within `tolerance` (0.1 = ten per cent)."""

    template_fields: Sequence[str] = ("sql", "pass_value", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#fff7e6"

    def __init__(self, *, sql: str, pass_value: Any, tolerance: Any = None, conn_id: Optional[str] = None, database: Optional[str] = None, parameters: Any = None, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.pass_value = str(pass_value)
        self.tol = float(tolerance) if tolerance is not None else None
        self.has_tolerance = self.tol is not None
        self.parameters = parameters

    def execute(self, context: Any) -> None:
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        if not record:
            self._fail(f"The following query returned zero rows: {self.sql}")
        wanted: Any = _number(self.pass_value)
        passed = [self._equal(cell, wanted) for cell in record]
        if not all(passed):
            self._fail(
                f"Test failed.\nPass value:{wanted}\nTolerance:{f'{self.tol:.1%}' if self.tol is not None else None}\n"
                f"Query:\n{self.sql}\nResults:\n{record!s}"
            )

    def _equal(self, cell: Any, wanted: Any) -> bool:
        if isinstance(wanted, float):
            try:
                value = float(cell)
            except (TypeError, ValueError):
                self._fail(f"Converting a result to float failed: {cell!r}")
            if self.tol is None:
                return value == wanted
            return wanted * (1 - self.tol) <= value <= wanted * (1 + self.tol)
        return str(cell) == wanted


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


class SQLIntervalCheckOperator(_CheckOperator):
    """Metrics of today against those of `days_back` days ago, within a ratio for each."""

    template_fields: Sequence[str] = ("sql1", "sql2", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#fff7e6"

    def __init__(
        self,
        *,
        table: str,
        metrics_thresholds: Dict[str, float],
        date_filter_column: Optional[str] = "ds",
        days_back: int = -7,
        ratio_formula: Optional[str] = "max_over_min",
        ignore_zero: bool = True,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        if ratio_formula not in ("max_over_min", "relative_diff"):
            raise AirflowException(f"Invalid diff_method: {ratio_formula}. Supported diff methods are: ['max_over_min', 'relative_diff']")
        self.ratio_formula = ratio_formula
        self.ignore_zero = ignore_zero
        self.table = table
        self.metrics_thresholds = metrics_thresholds
        self.metrics_sorted = sorted(metrics_thresholds)
        self.date_filter_column = date_filter_column
        self.days_back = -abs(days_back)
        columns = ", ".join(self.metrics_sorted)
        self.sql1 = f"SELECT {columns} FROM {table} WHERE {date_filter_column}='{{{{ ds }}}}'"
        self.sql2 = f"SELECT {columns} FROM {table} WHERE {date_filter_column}='{{{{ macros.ds_add(ds, {self.days_back}) }}}}'"

    def _ratio(self, current: Any, reference: Any) -> Optional[float]:
        if self.ratio_formula == "max_over_min":
            return None if current == 0 or reference == 0 else max(current, reference) / min(current, reference)
        return None if reference == 0 else abs(current - reference) / reference

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        before, now = hook.get_first(self.sql2), hook.get_first(self.sql1)
        if not before:
            self._fail(f"The following query returned zero rows: {self.sql2}")
        if not now:
            self._fail(f"The following query returned zero rows: {self.sql1}")
        failed = []
        for metric, current, reference in zip(self.metrics_sorted, now, before):
            threshold = self.metrics_thresholds[metric]
            ratio = self._ratio(current, reference)
            passed = self.ignore_zero if ratio is None else ratio < threshold
            self.log.info("%s: current %s, past %s, ratio %s, threshold %s", metric, current, reference, ratio, threshold)
            if not passed:
                failed.append(f"'{metric}' check failed. {threshold} is above {ratio}")
        if failed:
            self._fail(f"The following tests have failed:\n {chr(10).join(failed)}")


class SQLThresholdCheckOperator(_CheckOperator):
    """One number between two, each a number or a query."""

    template_fields: Sequence[str] = ("sql", "min_threshold", "max_threshold", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")

    def __init__(self, *, sql: str, min_threshold: Any, max_threshold: Any, conn_id: Optional[str] = None, database: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.min_threshold = min_threshold
        self.max_threshold = max_threshold

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        record = hook.get_first(self.sql)
        if not record:
            self._fail(f"The following query returned zero rows: {self.sql}")
        low, high = (self._bound(hook, bound) for bound in (self.min_threshold, self.max_threshold))
        if not low <= record[0] <= high:
            self._fail(f'Threshold Check: "{self.sql}" failed: result {record[0]} is not between {low} and {high}')

    @staticmethod
    def _bound(hook: Any, bound: Any) -> float:
        return float(bound) if isinstance(bound, (int, float)) else float(hook.get_first(bound)[0])


class SQLColumnCheckOperator(_CheckOperator):
    """`{"column": {"null_check": {"equal_to": 0}, "max": {"less_than": 100, "tolerance": 0.1}}}`."""

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        column_mapping: Dict[str, Dict[str, Any]],
        partition_clause: Optional[str] = None,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        accept_none: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.table = table
        self.column_mapping = column_mapping
        self.partition_clause = partition_clause
        self.accept_none = accept_none
        selects = []
        for column, checks in column_mapping.items():
            for name, check in checks.items():
                self._validate(name, check)
                selects.append(self._select(column, name, check))
        self.sql = " UNION ALL ".join(selects)

    @staticmethod
    def _validate(name: str, check: Dict[str, Any]) -> None:
        if name not in _COLUMN_CHECKS:
            raise AirflowException(f"Invalid column check: {name}.")
        if not any(word in check for word in _COMPARISONS):
            raise ValueError("Please provide one or more of: less_than, leq_to, greater_than, geq_to, or equal_to in the check's dict.")
        if {"greater_than", "geq_to"} <= set(check):
            raise ValueError("Only provide one of greater_than or geq_to.")
        if {"less_than", "leq_to"} <= set(check):
            raise ValueError("Only provide one of less_than or leq_to.")
        if "equal_to" in check and any(word in check for word in _COMPARISONS[:4]):
            raise ValueError("equal_to cannot be passed with a greater or less than function. To specify 'greater than or equal to' or 'less than or equal to', use geq_to or leq_to.")

    def _select(self, column: str, name: str, check: Dict[str, Any]) -> str:
        clauses = [clause for clause in (self.partition_clause, check.get("partition_clause")) if clause]
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        value = _COLUMN_CHECKS[name].format(column=column)
        return f"SELECT '{column}' AS col_name, '{name}' AS check_type, {value} AS check_result FROM {self.table}{where}"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            self._fail(f"The following query returned zero rows: {self.sql}")
        self.log.info("Record: %s", records)
        failed = []
        for column, name, result in records:
            check = self.column_mapping[column][name]
            if not self._passes(check, result):
                failed.append(f"Column: {column}\n\tCheck: {name},\n\tCheck Values: {dict(check, result=result, success=False)}\n")
        if failed:
            self._fail(f"Test failed.\nResults:\n{records!s}\nThe following tests have failed:\n{''.join(failed)}")
        self.log.info("All tests have passed")

    def _passes(self, check: Dict[str, Any], result: Any) -> bool:
        if result is None:
            if not self.accept_none:
                return False
            result = 0
        tolerance = check.get("tolerance")
        ok = True
        for word, compare in _compare().items():
            if word in check:
                ok = ok and compare(float(result), float(check[word]), float(tolerance or 0))
        return ok


def _compare() -> Dict[str, Any]:
    """A tolerance widens the bound by that share of it."""
    return {
        "geq_to": lambda value, bound, slack: value >= bound * (1 - slack),
        "greater_than": lambda value, bound, slack: value > bound * (1 - slack),
        "leq_to": lambda value, bound, slack: value <= bound * (1 + slack),
        "less_than": lambda value, bound, slack: value < bound * (1 + slack),
        "equal_to": lambda value, bound, slack: bound * (1 - slack) <= value <= bound * (1 + slack),
    }


class SQLTableCheckOperator(_CheckOperator):
    """`{"name": {"check_statement": "COUNT(*) > 0", "partition_clause": "…"}}`."""

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        checks: Dict[str, Dict[str, Any]],
        partition_clause: Optional[str] = None,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.table = table
        self.checks = checks
        self.partition_clause = partition_clause
        self.sql = " UNION ALL ".join(self._select(name, check) for name, check in checks.items())

    def _select(self, name: str, check: Dict[str, Any]) -> str:
        clauses = [clause for clause in (self.partition_clause, check.get("partition_clause")) if clause]
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        statement = check["check_statement"]
        inner = f"SELECT CASE WHEN {statement} THEN 1 ELSE 0 END AS {name} FROM {self.table}{where}"
        return f"SELECT '{name}' AS check_name, MIN({name}) AS check_result FROM ({inner}) AS sq"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            self._fail(f"The following query returned zero rows: {self.sql}")
        failed: List[Tuple[str, Any]] = [(name, result) for name, result in records if not _truth(result)]
        if failed:
            lines = "".join(f"\tCheck: {name},\n\tCheck Values: {self.checks[name]}\n" for name, _ in failed)
            self._fail(f"Test failed.\nQuery:\n{self.sql}\nResults:\n{records!s}\nThe following tests have failed:\n{lines}")
        self.log.info("All tests have passed")


def _truth(result: Any) -> bool:
    return parse_boolean(str(result)) is True if isinstance(result, str) else bool(result)

