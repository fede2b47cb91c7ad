"""`airflow.configuration`: `conf.get(section, key)` from AIRFLOW__SECTION__KEY, a file, and the defaults that Dags ask.

The file is the one that AIRFLOW_CONFIG names, or `airflow.cfg` in AIRFLOW_HOME. It is for Dag files that ask; the
engine has settings of its own.
"""

from __future__ import annotations

import configparser
import json
import os
from typing import Any, Dict, Optional

from .exceptions import AirflowConfigException


def get_airflow_home() -> str:
    return os.path.expanduser(os.environ.get("AIRFLOW_HOME") or os.environ.get("TRADEWIND_HOME") or "~/airflow")


def get_airflow_config(airflow_home: Optional[str] = None) -> str:
    return os.environ.get("AIRFLOW_CONFIG") or os.path.join(airflow_home or get_airflow_home(), "airflow.cfg")


def __getattr__(name: str) -> Any:
    """The home is known when the first Dag file is looked at, and a process may have this module before."""
    if name == "AIRFLOW_HOME":
        return get_airflow_home()
    if name == "AIRFLOW_CONFIG":
        return get_airflow_config()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_NOTHING: Any = object()

_KUBERNETES = {
    "namespace": "default",
    "in_cluster": "True",
    "worker_container_repository": "",
    "worker_container_tag": "",
    "pod_template_file": "",
    # Asked for by the real provider, where one is installed.
    "enable_tcp_keepalive": "True",
    "tcp_keep_idle": "120",
    "tcp_keep_intvl": "30",
    "tcp_keep_cnt": "6",
    "verify_ssl": "True",
}
_DEFAULTS: Dict[str, Dict[str, str]] = {
    "core": {
        "dags_folder": "{AIRFLOW_HOME}/dags",
        "plugins_folder": "{AIRFLOW_HOME}/plugins",
        "load_examples": "False",
        "executor": "LocalExecutor",
        "default_timezone": "utc",
        "parallelism": "32",
        "max_active_tasks_per_dag": "16",
        "dag_concurrency": "16",
        "max_active_runs_per_dag": "16",
        "default_task_retries": "0",
        "dags_are_paused_at_creation": "True",
        "unit_test_mode": "False",
        "enable_xcom_pickling": "False",
        "xcom_backend": "airflow.models.xcom.BaseXCom",
        "simple_auth_manager_users": "admin:admin",
        # Where Airflow 1 had them.
        "airflow_home": "{AIRFLOW_HOME}",
        "base_log_folder": "{AIRFLOW_HOME}/logs",
        "remote_logging": "False",
        "remote_base_log_folder": "",
        "remote_log_conn_id": "",
        "logging_level": "INFO",
        "fernet_key": "",
        "hostname_callable": "airflow.utils.net.getfqdn",
        "killed_task_cleanup_time": "60",
        "default_task_execution_timeout": "",
        "default_task_retry_delay": "300",
        "dagbag_import_timeout": "30",
        "sql_alchemy_conn": "",
    },
    "logging": {"base_log_folder": "{AIRFLOW_HOME}/logs", "remote_logging": "False", "logging_level": "INFO", "simple_log_format": "%(asctime)s %(levelname)s - %(message)s"},
    "scheduler": {
        "catchup_by_default": "False",
        "job_heartbeat_sec": "5",
        "scheduler_heartbeat_sec": "5",
        "child_process_log_directory": "{AIRFLOW_HOME}/logs/scheduler",
    },
    "operators": {"default_owner": "airflow", "default_deferrable": "False", "default_queue": "default"},
    "sensors": {"default_timeout": "604800"},
    "webserver": {"base_url": "http://localhost:8080", "web_server_port": "8080"},
    "api": {"base_url": "http://localhost:8080", "port": "8080"},
    "email": {"email_backend": "airflow.utils.email.send_email_smtp", "email_conn_id": "smtp_default"},
    "database": {"sql_alchemy_conn": ""},
    "smtp": {
        "smtp_host": "localhost",
        "smtp_port": "25",
        "smtp_starttls": "True",
        "smtp_ssl": "False",
        "smtp_mail_from": "airflow@example.com",
        "smtp_timeout": "30",
        "smtp_retry_limit": "5",
    },
    "celery": {"worker_concurrency": "16", "default_queue": "default"},
    "kubernetes": dict(_KUBERNETES),
    "kubernetes_executor": dict(_KUBERNETES),
}


def _defaults(section: str) -> Dict[str, str]:
    home = get_airflow_home()
    return {key: value.replace("{AIRFLOW_HOME}", home) for key, value in _DEFAULTS.get(section, {}).items()}


class AirflowConfigParser:
    """The questions that Dag files and plugins ask of `conf`; `set` lasts as long as the process."""

    def __init__(self) -> None:
        self._set: Dict[str, Dict[str, str]] = {}
        self._file: Optional[configparser.RawConfigParser] = None

    def _from_file(self, section: str, key: str) -> Optional[str]:
        if self._file is None:
            self._file = configparser.RawConfigParser(strict=False)
            self._file.read(get_airflow_config())
        return self._file.get(section, key, fallback=None)

    def _find(self, section: str, key: str) -> Optional[str]:
        section, key = section.lower(), key.lower()
        name = f"AIRFLOW__{section.replace('.', '_').replace('-', '_').upper()}__{key.upper()}"
        found = self._set.get(section, {}).get(key)
        if found is None:
            found = os.environ.get(name)
        if found is None and (section, key) == ("core", "dags_folder"):
            # The one that the file was found in.
            found = os.environ.get("TRADEWIND__CORE__DAGS_FOLDER")
        if found is None:
            found = self._from_file(section, key)
        if found is None:
            found = _defaults(section).get(key)
        return None if found is None else os.path.expandvars(found)

    def get(self, section: str, key: str, fallback: Any = _NOTHING, **_: Any) -> Any:
        """The text of an option; `fallback`, or AirflowConfigException where it is nowhere."""
        found = self._find(section, key)
        if found is not None:
            return found
        if fallback is _NOTHING:
            raise AirflowConfigException(f"section/key [{section}/{key}] not found in config")
        return fallback

    def get_mandatory_value(self, section: str, key: str, **kwargs: Any) -> str:
        return self.get(section, key, **kwargs)

    def getboolean(self, section: str, key: str, fallback: Any = _NOTHING, **_: Any) -> Any:
        value = self.get(section, key, fallback=fallback)
        if not isinstance(value, str):
            return value
        word = value.split("#")[0].strip().lower()
        if word in ("t", "true", "1", "yes", "on"):
            return True
        if word in ("f", "false", "0", "no", "off"):
            return False
        raise AirflowConfigException(f'Failed to convert value to bool. Please check "{key}" in "{section}": {value!r}')

    def _number(self, kind: Any, section: str, key: str, fallback: Any) -> Any:
        value = self.get(section, key, fallback=fallback)
        if not isinstance(value, str):
            return value
        try:
            return kind(value)
        except ValueError:
            raise AirflowConfigException(
                f'Failed to convert value to {kind.__name__}. Please check "{key}" in "{section}": {value!r}'
            ) from None

    def getint(self, section: str, key: str, fallback: Any = _NOTHING, **_: Any) -> Any:
        return self._number(int, section, key, fallback)

    def getfloat(self, section: str, key: str, fallback: Any = _NOTHING, **_: Any) -> Any:
        return self._number(float, section, key, fallback)

    def getlist(self, section: str, key: str, fallback: Any = _NOTHING, delimiter: str = ",", **_: Any) -> Any:
        value = self.get(section, key, fallback=fallback)
        return [one.strip() for one in value.split(delimiter) if one.strip()] if isinstance(value, str) else value

    def getjson(self, section: str, key: str, fallback: Any = None, **_: Any) -> Any:
        value = self.get(section, key, fallback=fallback)
        return json.loads(value) if isinstance(value, str) and value else value

    def gettimedelta(self, section: str, key: str, fallback: Any = None, **_: Any) -> Any:
        import datetime

        value = self.get(section, key, fallback=fallback)
        return datetime.timedelta(seconds=int(value)) if isinstance(value, str) and value else value

    def getimport(self, section: str, key: str, **_: Any) -> Any:
        path = self.get(section, key, fallback=None)
        if not path:
            return None
        import importlib

        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)

    def set(self, section: str, key: str, value: Any) -> None:
        self._set.setdefault(section.lower(), {})[key.lower()] = str(value)

    def has_option(self, section: str, key: str, **_: Any) -> bool:
        return self._find(section, key) is not None

    def has_section(self, section: str) -> bool:
        return bool(self.getsection(section))

    def remove_option(self, section: str, key: str, remove_default: bool = True) -> None:
        self._set.get(section.lower(), {}).pop(key.lower(), None)

    def getsection(self, section: str) -> Optional[Dict[str, str]]:
        """All options of a section that are known."""
        section = section.lower()
        self._from_file(section, "")
        found = _defaults(section)
        if self._file is not None and self._file.has_section(section):
            found.update(self._file.items(section))
        found.update(self._set.get(section, {}))
        return found or None

    def as_dict(self, *_: Any, **__: Any) -> Dict[str, Dict[str, str]]:
        return {section: self.getsection(section) or {} for section in _DEFAULTS}


conf = AirflowConfigParser()


def get(*args: Any, **kwargs: Any) -> Any:
    return conf.get(*args, **kwargs)


def getboolean(*args: Any, **kwargs: Any) -> Any:
    return conf.getboolean(*args, **kwargs)


def getint(*args: Any, **kwargs: Any) -> Any:
    return conf.getint(*args, **kwargs)


def getfloat(*args: Any, **kwargs: Any) -> Any:
    return conf.getfloat(*args, **kwargs)


def has_option(*args: Any, **kwargs: Any) -> bool:
    return conf.has_option(*args, **kwargs)
