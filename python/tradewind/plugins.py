"""What plugins of Airflow subclass; `plugin_loader` finds them."""

from __future__ import annotations

from typing import Any, List

class AirflowPlugin:
    """Subclasses name what they bring. Views, menus and Flask blueprints have no place here and are passed over."""

    name = ""
    source: Any = None
    hooks: List[Any] = []
    executors: List[Any] = []
    macros: List[Any] = []
    admin_views: List[Any] = []
    flask_blueprints: List[Any] = []
    fastapi_apps: List[Any] = []
    fastapi_root_middlewares: List[Any] = []
    external_views: List[Any] = []
    react_apps: List[Any] = []
    menu_links: List[Any] = []
    appbuilder_views: List[Any] = []
    appbuilder_menu_items: List[Any] = []
    global_operator_extra_links: List[Any] = []
    operator_extra_links: List[Any] = []
    timetables: List[Any] = []
    listeners: List[Any] = []
    hook_lineage_readers: List[Any] = []
    priority_weight_strategies: List[Any] = []
    operators: List[Any] = []
    sensors: List[Any] = []

    @classmethod
    def validate(cls) -> None:
        if not cls.name:
            raise ValueError("Your plugin needs a name.")

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once when the plugin is loaded."""
