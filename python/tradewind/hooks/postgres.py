"""PostgresHook, over psycopg2 or psycopg 3, whichever the interpreter has."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Iterable, List, Optional, Sequence

from ..airflow_compat.exceptions import AirflowOptionalProviderFeatureException
from .sql import DbApiHook, _needed

# Settings of Airflow's connection form that are not libpq's.
_NOT_LIBPQ = {"iam", "redshift", "redshift-serverless", "cursor", "cluster-identifier", "workgroup-name", "aws_conn_id"}


class PostgresHook(DbApiHook):
    """`postgres_conn_id` names the connection; its extra goes to libpq (sslmode, keepalives, …)."""

    conn_name_attr = "postgres_conn_id"
    default_conn_name = "postgres_default"
    conn_type = "postgres"
    hook_name = "Postgres"
    supports_autocommit = True
    supports_executemany = True

    def __init__(self, *args: Any, options: Optional[str] = None, database: Optional[str] = None, **kwargs: Any) -> None:
        # Airflow 2 called the database `schema` here.
        schema = kwargs.pop("schema", None)
        super().__init__(*args, schema=database or schema, **kwargs)
        self.database = database or schema
        self.options = options
        self.conn: Any = None

    def get_conn(self) -> Any:
        """A new connection of psycopg."""
        connection = self.connection
        driver = _driver()
        arguments = {
            "host": connection.host,
            "user": connection.login,
            "password": connection.password,
            "dbname": self.database or connection.schema,
            "port": connection.port,
            "options": self.options,
        }
        extra = connection.extra_dejson
        arguments.update({key: value for key, value in extra.items() if key not in _NOT_LIBPQ})
        arguments.update(self._options)
        self.conn = driver.connect(**{key: value for key, value in arguments.items() if value not in (None, "")})
        return self.conn

    def get_uri(self) -> str:
        uri = super().get_uri()
        return "postgresql" + uri[uri.index("://") :]

    def get_sqlalchemy_engine(self, engine_kwargs: Optional[dict] = None) -> Any:
        """Over connections of this hook: which driver "postgresql://" means differs between versions of SQLAlchemy."""
        scheme = f"postgresql+{_driver().__name__}://"
        return _needed("sqlalchemy").create_engine(scheme, creator=self.get_conn, **(engine_kwargs or {}))

    def get_cursor(self) -> Any:
        return self.get_conn().cursor()

    def copy_expert(self, sql: str, filename: str) -> None:
        """`COPY … FROM STDIN` or `TO STDOUT` with a local file."""
        if not os.path.isfile(filename):
            with open(filename, "w"):
                pass
        with open(filename, "r+") as file, contextlib.closing(self.get_conn()) as connection:
            with contextlib.closing(connection.cursor()) as cursor:
                if hasattr(cursor, "copy_expert"):
                    cursor.copy_expert(sql, file)
                    file.truncate(file.tell())
                else:
                    _copy(cursor, sql, file)
            connection.commit()

    def bulk_load(self, table: str, tmp_file: str) -> None:
        self.copy_expert(f"COPY {table} FROM STDIN", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        self.copy_expert(f"COPY {table} TO STDOUT", tmp_file)

    def get_table_primary_key(self, table: str, schema: Optional[str] = "public") -> Optional[List[str]]:
        rows = self.get_records(
            """
            select kcu.column_name
            from information_schema.table_constraints tco
                join information_schema.key_column_usage kcu
                    on kcu.constraint_name = tco.constraint_name
                    and kcu.constraint_schema = tco.constraint_schema
            where tco.constraint_type = 'PRIMARY KEY' and kcu.table_schema = %s and kcu.table_name = %s
            """,
            (schema, table),
        )
        return [row[0] for row in rows] or None

    def _generate_insert_sql(
        self, table: str, values: Sequence[Any], target_fields: Optional[Iterable[str]] = None, replace: bool = False, **kwargs: Any
    ) -> str:
        fields = list(target_fields or [])
        sql = super()._generate_insert_sql(table, values, fields, False)
        if not replace:
            return sql
        keys = kwargs.get("replace_index")
        if not fields:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires column names")
        if keys is None:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires an unique index")
        keys = [keys] if isinstance(keys, str) else list(keys)
        others = [field for field in fields if field not in keys]
        does = f"DO UPDATE SET {', '.join(f'{f} = excluded.{f}' for f in others)}" if others else "DO NOTHING"
        return f"{sql} ON CONFLICT ({', '.join(keys)}) {does}"

    def get_db_log_messages(self, conn: Any) -> None:
        for notice in getattr(conn, "notices", None) or []:
            self.log.info("%s", str(notice).strip())


def _driver() -> Any:
    import importlib
    import sys

    for name in ("psycopg2", "psycopg"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise AirflowOptionalProviderFeatureException(
        f"PostgresHook needs psycopg2 or psycopg: `{sys.executable} -m pip install psycopg2-binary`"
    )


def _copy(cursor: Any, sql: str, file: Any) -> None:
    """COPY in psycopg 3's manner."""
    with cursor.copy(sql) as copy:
        if " to stdout" in sql.lower():
            for block in copy:
                file.write(bytes(block).decode())
            file.truncate(file.tell())
        else:
            while True:
                block = file.read(65536)
                if not block:
                    return
                copy.write(block)
