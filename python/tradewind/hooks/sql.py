"""DbApiHook: queries over any driver of Python's database interface (PEP 249)."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote_plus

from ..airflow_compat.exceptions import AirflowOptionalProviderFeatureException
from .base import BaseHook
from .split_sql import split_statements as split_text

Sql = Union[str, List[str]]


def return_single_query_results(sql: Sql, return_last: bool, split_statements: Optional[bool]) -> bool:
    """Whether `run` returns the result of one statement, or a list with one for each."""
    return isinstance(sql, str) and (return_last if split_statements else True)


def fetch_all_handler(cursor: Any) -> Optional[List[Tuple]]:
    """All rows; None for a statement that has none."""
    if not hasattr(cursor, "description"):
        raise RuntimeError("The database we interact with does not support DBAPI 2.0.")
    return cursor.fetchall() if cursor.description is not None else None


def fetch_one_handler(cursor: Any) -> Optional[Tuple]:
    if not hasattr(cursor, "description"):
        raise RuntimeError("The database we interact with does not support DBAPI 2.0.")
    return cursor.fetchone() if cursor.description is not None else None


class DbApiHook(BaseHook):
    """Subclasses name the attribute that holds the connection's id and give `get_conn()`."""

    conn_name_attr = "conn_id"
    default_conn_name = "default_conn_id"
    supports_autocommit = False
    supports_executemany = False
    connector: Any = None
    placeholder = "%s"
    _test_connection_sql = "select 1"

    def __init__(
        self,
        *args: Any,
        schema: Optional[str] = None,
        log_sql: bool = True,
        connection: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        conn_id = args[0] if args else kwargs.pop(self.conn_name_attr, kwargs.pop("conn_id", None))
        setattr(self, self.conn_name_attr, conn_id if conn_id is not None else self.default_conn_name)
        self._schema = schema
        self.schema = schema
        self.log_sql = log_sql
        self.connection_given = connection
        self.descriptions: List[Any] = []
        self._options = kwargs

    def get_conn_id(self) -> str:
        return getattr(self, self.conn_name_attr)

    @property
    def connection(self) -> Any:
        return self.connection_given or self.get_connection(self.get_conn_id())

    @property
    def connection_extra(self) -> dict:
        return self.connection.extra_dejson

    @property
    def last_description(self) -> Any:
        return self.descriptions[-1] if self.descriptions else None

    def get_conn(self) -> Any:
        connection = self.connection
        return self.connector.connect(host=connection.host, port=connection.port, username=connection.login)

    def get_uri(self) -> str:
        """The address in SQLAlchemy's form."""
        found = self.connection
        login = quote_plus(found.login) if found.login else ""
        if found.password:
            login += f":{quote_plus(found.password)}"
        at = f"{login}@" if login else ""
        port = f":{found.port}" if found.port else ""
        return f"{found.conn_type}://{at}{found.host or ''}{port}/{self._schema or found.schema or ''}"

    @property
    def sqlalchemy_url(self) -> Any:
        return _needed("sqlalchemy").engine.make_url(self.get_uri())

    def get_sqlalchemy_engine(self, engine_kwargs: Optional[dict] = None) -> Any:
        """An engine of SQLAlchemy, where it is installed."""
        return _needed("sqlalchemy").create_engine(self.get_uri(), **(engine_kwargs or {}))

    def get_sqlalchemy_connection(self, connect_kwargs: Optional[dict] = None, engine_kwargs: Optional[dict] = None) -> Any:
        return self.get_sqlalchemy_engine(engine_kwargs).connect(**(connect_kwargs or {}))

    # --- reading ----------------------------------------------------------------

    def get_pandas_df(self, sql: Sql, parameters: Any = None, **kwargs: Any) -> Any:
        """The rows as a pandas DataFrame."""
        pandas = _needed("pandas")
        with contextlib.closing(self.get_conn()) as connection, contextlib.closing(connection.cursor()) as cursor:
            for statement in [sql] if isinstance(sql, str) else list(sql):
                self._run_command(cursor, statement, parameters)
            columns = [column[0] for column in cursor.description or []]
            rows = [tuple(row) for row in cursor.fetchall()]
        return pandas.DataFrame.from_records(rows, columns=columns, **kwargs)

    def get_df(self, sql: Sql, parameters: Any = None, *, df_type: str = "pandas", **kwargs: Any) -> Any:
        frame = self.get_pandas_df(sql, parameters, **kwargs)
        return _needed("polars").from_pandas(frame) if df_type == "polars" else frame

    def get_pandas_df_by_chunks(self, sql: Sql, parameters: Any = None, *, chunksize: int, **kwargs: Any) -> Iterable[Any]:
        frame = self.get_pandas_df(sql, parameters, **kwargs)
        for start in range(0, max(len(frame), 1), chunksize):
            yield frame.iloc[start : start + chunksize]

    def get_records(self, sql: Sql, parameters: Any = None) -> Any:
        return self.run(sql, parameters=parameters, handler=fetch_all_handler)

    def get_first(self, sql: Sql, parameters: Any = None) -> Any:
        return self.run(sql, parameters=parameters, handler=fetch_one_handler)

    # --- running ----------------------------------------------------------------

    @staticmethod
    def split_sql_string(sql: str, strip_semicolon: bool = False) -> List[str]:
        return split_text(sql, strip_semicolon)

    @staticmethod
    def strip_sql_string(sql: str) -> str:
        return sql.strip().rstrip(";")

    def run(
        self,
        sql: Any,
        autocommit: bool = False,
        parameters: Optional[Union[Iterable, Mapping[str, Any]]] = None,
        handler: Optional[Callable[[Any], Any]] = None,
        split_statements: bool = False,
        return_last: bool = True,
    ) -> Any:
        """Runs statements in one transaction; with a `handler` what it makes of the last (or of each)."""
        self.descriptions = []
        statements = self._statements(sql, split_statements)
        if not statements:
            raise ValueError("List of SQL statements is empty")
        results = []
        with contextlib.closing(self.get_conn()) as connection:
            if self.supports_autocommit:
                self.set_autocommit(connection, autocommit)
            try:
                with contextlib.closing(connection.cursor()) as cursor:
                    for statement in statements:
                        self._run_command(cursor, statement, parameters)
                        if handler is not None:
                            results.append(self._make_common_data_structure(handler(cursor)))
                            self.descriptions.append(cursor.description)
                if not self.get_autocommit(connection):
                    connection.commit()
            except BaseException:
                if not self.get_autocommit(connection):
                    connection.rollback()
                raise
            finally:
                self.get_db_log_messages(connection)
        if handler is None:
            return None
        if return_single_query_results(sql, return_last, split_statements):
            return results[-1]
        return results

    def _statements(self, sql: Any, split: bool) -> List[str]:
        if isinstance(sql, str):
            return split_text(sql) if split else ([sql] if sql.strip() else [])
        return [statement for statement in sql if statement.strip()]

    def _make_common_data_structure(self, result: Any) -> Any:
        return result

    def _run_command(self, cursor: Any, statement: str, parameters: Any) -> None:
        if self.log_sql:
            self.log.info("Running statement: %s, parameters: %s", statement, parameters)
        if parameters:
            cursor.execute(statement, parameters)
        else:
            cursor.execute(statement)
        count = getattr(cursor, "rowcount", -1)
        if isinstance(count, int) and count >= 0:
            self.log.info("Rows affected: %s", count)

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        if not self.supports_autocommit and autocommit:
            self.log.warning("%s connection doesn't support autocommit but autocommit activated.", self.get_conn_id())
        conn.autocommit = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        return bool(getattr(conn, "autocommit", False)) and self.supports_autocommit

    def get_cursor(self) -> Any:
        return self.get_conn().cursor()

    def get_db_log_messages(self, conn: Any) -> None:
        """Notices of the server, where the driver keeps them."""

    # --- writing ------------------------------------------------------------------

    def _generate_insert_sql(
        self, table: str, values: Sequence[Any], target_fields: Optional[Iterable[str]] = None, replace: bool = False, **kwargs: Any
    ) -> str:
        marks = ",".join([self.placeholder] * len(values))
        columns = f" ({', '.join(target_fields)})" if target_fields else ""
        return f"{'REPLACE' if replace else 'INSERT'} INTO {table}{columns} VALUES ({marks})"

    def insert_rows(
        self,
        table: str,
        rows: Iterable[Sequence[Any]],
        target_fields: Any = None,
        commit_every: int = 1000,
        replace: bool = False,
        *,
        executemany: bool = False,
        fast_executemany: bool = False,
        autocommit: bool = False,
        **kwargs: Any,
    ) -> None:
        """Inserts rows, committing after each `commit_every` (0: at the end only)."""
        fields = list(target_fields) if target_fields else None
        count = 0
        with contextlib.closing(self.get_conn()) as connection:
            if self.supports_autocommit:
                self.set_autocommit(connection, autocommit)
            with contextlib.closing(connection.cursor()) as cursor:
                for row in rows:
                    values = tuple(self._serialize_cell(cell, connection) for cell in row)
                    cursor.execute(self._generate_insert_sql(table, values, fields, replace, **kwargs), values)
                    count += 1
                    if commit_every and count % commit_every == 0:
                        connection.commit()
                        self.log.info("Loaded %s rows into %s so far", count, table)
            if not self.get_autocommit(connection):
                connection.commit()
        self.log.info("Done loading. Loaded a total of %s rows into %s", count, table)

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        return cell

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        raise NotImplementedError

    def bulk_load(self, table: str, tmp_file: str) -> None:
        raise NotImplementedError

    def test_connection(self) -> "tuple[bool, str]":
        try:
            if self.get_first(self._test_connection_sql):
                return True, "Connection successfully tested"
            return False, "the test query returned no row"
        except Exception as error:
            return False, str(error)


def _needed(package: str) -> Any:
    """The module, or an error that says what to install."""
    import importlib
    import sys

    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise AirflowOptionalProviderFeatureException(
            f"this needs the Python package {package}: `{sys.executable} -m pip install {package}`"
        ) from error
    if package == "sqlalchemy":
        importlib.import_module("sqlalchemy.engine")
    return module
