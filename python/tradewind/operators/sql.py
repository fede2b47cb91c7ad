"""SQLExecuteQueryOperator and its kin of single databases, and branching by a query."""

from __future__ import annotations

from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence, Union

from ..airflow_compat.exceptions import AirflowException
from ..hooks.base import BaseHook
from ..hooks.sql import DbApiHook, fetch_all_handler, return_single_query_results
from .base import BaseOperator
from .skip import BranchMixIn


def default_output_processor(results: List[Any], descriptions: List[Any]) -> List[Any]:
    return results


class BaseSQLOperator(BaseOperator):
    """Finds the hook by the type of the connection `conn_id`."""

    conn_id_field = "conn_id"
    template_fields: Sequence[str] = ("conn_id", "database", "hook_params")

    def __init__(
        self,
        *,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        hook_params: Optional[dict] = None,
        retry_on_failure: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.database = database
        self.hook_params = hook_params or {}
        self.retry_on_failure = retry_on_failure

    def get_hook(self) -> DbApiHook:
        connection = BaseHook.get_connection(str(self.conn_id))
        hook = connection.get_hook(hook_params=self.hook_params)
        if not hasattr(hook, "get_records"):
            raise AirflowException(
                f"You are trying to use `common-sql` with {type(hook).__name__}, "
                "but its provider does not support it."
            )
        if self.database:
            if hook.conn_type == "postgres":
                hook.database = self.database
            hook._schema = hook.schema = self.database
        return hook

    def get_db_hook(self) -> DbApiHook:
        return self.get_hook()


class SQLExecuteQueryOperator(BaseSQLOperator):
    """Runs SQL (text, a `.sql` file, or a list); what `handler` makes of it is the XCom."""

    template_fields: Sequence[str] = ("sql", "parameters", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql", ".json")
    template_fields_renderers = {"sql": "sql", "parameters": "json"}
    ui_color = "#cdaaed"

    def __init__(
        self,
        *,
        sql: Any,
        autocommit: bool = False,
        parameters: Optional[Union[Mapping, Iterable]] = None,
        handler: Optional[Callable[[Any], Any]] = fetch_all_handler,
        output_processor: Optional[Callable[[List[Any], List[Any]], Any]] = None,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        split_statements: Optional[bool] = None,
        return_last: bool = True,
        show_return_value_in_logs: bool = False,
        requires_result_fetch: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.autocommit = autocommit
        self.parameters = parameters
        self.handler = handler
        self._output_processor = output_processor or default_output_processor
        self.split_statements = split_statements
        self.return_last = return_last
        self.show_return_value_in_logs = show_return_value_in_logs
        self.requires_result_fetch = requires_result_fetch

    def execute(self, context: Any) -> Any:
        self.log.info("Executing: %s", self.sql)
        hook = self.get_db_hook()
        more = {} if self.split_statements is None else {"split_statements": self.split_statements}
        wanted = self.do_xcom_push or self.requires_result_fetch
        output = hook.run(
            sql=self.sql,
            autocommit=self.autocommit,
            parameters=self.parameters,
            handler=self.handler if wanted else None,
            return_last=self.return_last,
            **more,
        )
        if not self.do_xcom_push:
            return None
        if return_single_query_results(self.sql, self.return_last, self.split_statements):
            output = self._process_output([output], hook.descriptions)[-1]
        else:
            output = self._process_output(output, hook.descriptions)
        if self.show_return_value_in_logs:
            self.log.info("Operator output is: %s", output)
        return output

    def _process_output(self, results: List[Any], descriptions: List[Any]) -> List[Any]:
        return self._output_processor(results, descriptions)


class PostgresOperator(SQLExecuteQueryOperator):
    """Airflow 2's, with `postgres_conn_id`; today SQLExecuteQueryOperator."""

    template_fields: Sequence[str] = ("sql", "parameters", "database", "hook_params")
    ui_color = "#ededed"

    def __init__(
        self,
        *,
        sql: Any,
        postgres_conn_id: str = "postgres_default",
        runtime_parameters: Optional[Mapping] = None,
        split_statements: bool = False,
        **kwargs: Any,
    ) -> None:
        if runtime_parameters:
            # Settings of the session go in with the connection.
            options = " ".join(f"-c {key}={value}" for key, value in runtime_parameters.items())
            kwargs["hook_params"] = {"options": options, **(kwargs.get("hook_params") or {})}
        super().__init__(sql=sql, conn_id=postgres_conn_id, split_statements=split_statements, **kwargs)
        self.postgres_conn_id = postgres_conn_id


class MySqlOperator(SQLExecuteQueryOperator):
    """Airflow 2's, with `mysql_conn_id`."""

    template_fields: Sequence[str] = ("sql", "parameters", "database")
    ui_color = "#ededed"

    def __init__(self, *, sql: Any, mysql_conn_id: str = "mysql_default", **kwargs: Any) -> None:
        kwargs.setdefault("split_statements", True)
        super().__init__(sql=sql, conn_id=mysql_conn_id, **kwargs)
        self.mysql_conn_id = mysql_conn_id


class SqliteOperator(SQLExecuteQueryOperator):
    """Airflow 2's, with `sqlite_conn_id`."""

    template_fields: Sequence[str] = ("sql", "parameters")

    def __init__(self, *, sql: Any, sqlite_conn_id: str = "sqlite_default", **kwargs: Any) -> None:
        kwargs.setdefault("split_statements", True)
        super().__init__(sql=sql, conn_id=sqlite_conn_id, **kwargs)
        self.sqlite_conn_id = sqlite_conn_id


class BranchSQLOperator(BaseSQLOperator, BranchMixIn):
    """Follows one way where the first cell of the query is true, the other where it is not."""

    template_fields: Sequence[str] = ("sql", "parameters", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#a22034"
    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        sql: str,
        follow_task_ids_if_true: Any,
        follow_task_ids_if_false: Any,
        conn_id: str = "default_conn_id",
        database: Optional[str] = None,
        parameters: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.parameters = parameters
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false

    def execute(self, context: Any) -> Any:
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        if not record:
            raise AirflowException("No rows returned from sql query. Operator expected True or False return value.")
        return self.do_branch(context, self._choice(record[0] if isinstance(record, (list, tuple)) else record))

    def _choice(self, value: Any) -> Any:
        word = str(value).strip().lower()
        if isinstance(value, bool) or isinstance(value, (int, float)):
            truth = bool(value)
        elif word in ("true", "y", "yes", "1", "on", "t"):
            truth = True
        elif word in ("false", "n", "no", "0", "off", "f"):
            truth = False
        else:
            raise AirflowException(f"Unexpected query return result '{value}' type '{type(value)}'")
        return self.follow_task_ids_if_true if truth else self.follow_task_ids_if_false


class SQLInsertRowsOperator(BaseSQLOperator):
    """Inserts rows of an upstream task into a table."""

    template_fields: Sequence[str] = ("table_name", "conn_id", "schema", "database", "columns", "rows")

    def __init__(
        self,
        *,
        table_name: str,
        conn_id: Optional[str] = None,
        schema: Optional[str] = None,
        database: Optional[str] = None,
        columns: Optional[Iterable[str]] = None,
        ignored_columns: Optional[Iterable[str]] = None,
        rows: Any = None,
        rows_processor: Callable[..., Any] = lambda rows, **context: rows,
        preoperator: Any = None,
        postoperator: Any = None,
        hook_params: Optional[dict] = None,
        insert_args: Optional[dict] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, hook_params=hook_params, **kwargs)
        self.table_name = table_name
        self.schema = schema
        self.columns = list(columns) if columns else None
        self.ignored_columns = set(ignored_columns or ())
        self.rows = rows or []
        self._rows_processor = rows_processor
        self.preoperator = preoperator
        self.postoperator = postoperator
        self.insert_args = insert_args or {}

    def execute(self, context: Any) -> None:
        if not self.rows:
            self.log.info("No rows to insert")
            return
        hook = self.get_db_hook()
        if self.preoperator:
            hook.run(self.preoperator)
        table = f"{self.schema}.{self.table_name}" if self.schema else self.table_name
        fields = [name for name in self.columns or [] if name not in self.ignored_columns] or None
        hook.insert_rows(table, self._rows_processor(self.rows, **context), target_fields=fields, **self.insert_args)
        if self.postoperator:
            hook.run(self.postoperator)


class GenericTransfer(BaseOperator):
    """Copies the rows of a query from one database into a table of another."""

    template_fields: Sequence[str] = ("source_conn_id", "destination_conn_id", "sql", "destination_table", "preoperator", "insert_args")
    template_ext: Sequence[str] = (".sql", ".hql")
    ui_color = "#b0f07c"

    def __init__(
        self,
        *,
        sql: Any,
        destination_table: str,
        source_conn_id: str,
        source_hook_params: Optional[dict] = None,
        destination_conn_id: str,
        destination_hook_params: Optional[dict] = None,
        preoperator: Any = None,
        insert_args: Optional[dict] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.destination_table = destination_table
        self.source_conn_id = source_conn_id
        self.source_hook_params = source_hook_params
        self.destination_conn_id = destination_conn_id
        self.destination_hook_params = destination_hook_params
        self.preoperator = preoperator
        self.insert_args = insert_args or {}

    def execute(self, context: Any) -> None:
        source = BaseHook.get_hook(self.source_conn_id, self.source_hook_params)
        destination = BaseHook.get_hook(self.destination_conn_id, self.destination_hook_params)
        rows = source.get_records(self.sql)
        if self.preoperator:
            destination.run(self.preoperator)
        destination.insert_rows(table=self.destination_table, rows=rows, **self.insert_args)
