"""Rendering with Jinja2: Airflow's environment, filters and rules of what is rendered."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set

from .errors import TradewindError

_MARKS = re.compile(r"\{\{|\{%|\{#")


def _ds(value: Any) -> Optional[str]:
    return None if value is None else value.strftime("%Y-%m-%d")


def _ds_nodash(value: Any) -> Optional[str]:
    return None if value is None else value.strftime("%Y%m%d")


def _ts(value: Any) -> Optional[str]:
    return None if value is None else value.isoformat()


def _ts_nodash(value: Any) -> Optional[str]:
    return None if value is None else value.strftime("%Y%m%dT%H%M%S")


def _ts_nodash_with_tz(value: Any) -> Optional[str]:
    return None if value is None else value.isoformat().replace("-", "").replace(":", "")


FILTERS = {
    "ds": _ds,
    "ds_nodash": _ds_nodash,
    "ts": _ts,
    "ts_nodash": _ts_nodash,
    "ts_nodash_with_tz": _ts_nodash_with_tz,
}


def jinja(what: str = "a template") -> Any:
    """The jinja2 package. Raises TW_PYTHON_PACKAGE where a template needs it and it is not there."""
    try:
        import jinja2
    except ImportError:
        raise TradewindError(
            "TW_PYTHON_PACKAGE",
            f"{what} needs Jinja2, and the interpreter that runs this Dag does not have it",
            hint="pip install jinja2",
        ) from None
    return jinja2


def has_marks(text: str) -> bool:
    """Whether rendering could change it."""
    return _MARKS.search(text) is not None


def create_environment(
    *,
    native: bool = False,
    searchpath: Optional[List[str]] = None,
    undefined: Any = None,
    options: Optional[Dict[str, Any]] = None,
    macros: Optional[Dict[str, Any]] = None,
    filters: Optional[Dict[str, Any]] = None,
    sandboxed: bool = True,
) -> Any:
    """As Airflow makes it: sandboxed, undefined names are errors, `do` allowed, `_private` attributes too."""
    jinja2 = jinja()
    import jinja2.nativetypes
    import jinja2.sandbox

    base = jinja2.nativetypes.NativeEnvironment if native else jinja2.sandbox.SandboxedEnvironment
    settings: Dict[str, Any] = {
        "undefined": undefined or jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
    }
    if searchpath:
        settings["loader"] = jinja2.FileSystemLoader(searchpath)
    settings.update(options or {})

    class Environment(base):  # type: ignore[misc, valid-type]
        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return not jinja2.sandbox.is_internal_attribute(obj, attr)

    environment = Environment(**settings)
    environment.filters.update(FILTERS)
    environment.globals.update(macros or {})
    environment.filters.update(filters or {})
    return environment


def dag_environment(dag: Any, native: Optional[bool] = None) -> Any:
    """The environment of a Dag's tasks: files are looked for beside the Dag file, then in template_searchpath."""
    searchpath: List[str] = []
    if dag is not None:
        if dag.fileloc:
            searchpath.append(os.path.dirname(os.path.abspath(dag.fileloc)))
        searchpath.extend(dag.template_searchpath or [])
    return create_environment(
        native=(dag is not None and dag.render_template_as_native_obj) if native is None else native,
        searchpath=searchpath or None,
        undefined=getattr(dag, "template_undefined", None),
        options=getattr(dag, "jinja_environment_kwargs", None),
        macros=getattr(dag, "user_defined_macros", None),
        filters=getattr(dag, "user_defined_filters", None),
    )


class Templater:
    """Whatever has template_fields: operators, notifiers."""

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()

    def get_template_env(self, dag: Any = None) -> Any:
        dag = dag or getattr(self, "dag", None)
        return dag_environment(dag, self._should_render_native(dag))

    def _should_render_native(self, dag: Any = None) -> bool:
        own = getattr(self, "render_template_as_native_obj", None)
        if own is not None:
            return bool(own)
        return bool(dag is not None and dag.render_template_as_native_obj)

    def prepare_template(self) -> None:
        """For subclasses that change a template before it is rendered."""

    def resolve_template_files(self) -> None:
        """Puts the text of a template file in the place of its name."""
        endings = _endings(self)
        for field in self.template_fields if endings else ():
            content = getattr(self, field, None)
            if isinstance(content, str) and content.endswith(endings):
                setattr(self, field, self._template_source(content))
            elif isinstance(content, list):
                for at, item in enumerate(content):
                    if isinstance(item, str) and item.endswith(endings):
                        content[at] = self._template_source(item)
        self.prepare_template()

    def _template_source(self, name: str) -> str:
        environment = self.get_template_env()
        return environment.loader.get_source(environment, name)[0]

    def render_template(
        self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Optional[Set[int]] = None
    ) -> Any:
        """The content with all its strings rendered, in lists, dicts and nested template_fields; XComArgs resolved."""
        return _Renderer(self, context, jinja_env, seen_oids).render(content)

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Renders every field in place. Raises what Jinja raises, with the field's name in front."""
        renderer = _Renderer(self, context, jinja_env, None)
        renderer.render_fields(self, self.template_fields)

    def _do_render_template_fields(
        self, parent: Any, template_fields: Iterable[str], context: Any, jinja_env: Any, seen_oids: Set[int]
    ) -> None:
        _Renderer(self, context, jinja_env, seen_oids).render_fields(parent, template_fields)


def _endings(owner: Any) -> tuple:
    endings = owner.template_ext
    return (endings,) if isinstance(endings, str) else tuple(endings or ())


class _Renderer:
    """One rendering. The environment is made when the first string with a mark (or a file) comes."""

    def __init__(self, owner: Any, context: Any, environment: Any, seen: Optional[Set[int]]) -> None:
        self.owner = owner
        self.context = context
        self._environment = environment
        self.seen = set() if seen is None else seen
        self.endings = _endings(owner)

    @property
    def environment(self) -> Any:
        if self._environment is None:
            self._environment = self.owner.get_template_env()
        return self._environment

    def render_fields(self, parent: Any, names: Iterable[str]) -> None:
        for name in [names] if isinstance(names, str) else names:
            try:
                value = getattr(parent, name)
            except AttributeError:
                raise AttributeError(
                    f"{name!r} is configured as a template field but {type(parent).__name__} does not have this attribute."
                ) from None
            if value is None or (isinstance(value, (str, list, dict, tuple, set, int)) and not value):
                continue
            setattr(parent, name, self._field(name, value))

    def _field(self, name: str, value: Any) -> Any:
        try:
            if callable(value) and not hasattr(type(value), "resolve"):
                # Airflow 2.10: a function of the context gives the value.
                return value(context=self.context, jinja_env=self.environment)
            return self.render(value)
        except Exception as error:
            task_id = getattr(self.owner, "task_id", None)
            where = f"template field {name!r}" + (f" of task {task_id!r}" if task_id else "")
            if hasattr(error, "add_note"):
                error.add_note(f"while rendering {where}")
            raise

    def render(self, value: Any) -> Any:
        if id(value) in self.seen:
            return value
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, os.PathLike) and not isinstance(value, type):
            resolve = getattr(value, "resolve", None)
            if callable(resolve):
                return resolve(self.context)
        if type(value) is tuple:
            return tuple(self.render(item) for item in value)
        if isinstance(value, tuple):
            return type(value)(*(self.render(item) for item in value))
        if isinstance(value, list):
            return [self.render(item) for item in value]
        if isinstance(value, dict):
            return {key: self.render(item) for key, item in value.items()}
        if isinstance(value, set):
            return {self.render(item) for item in value}
        self._nested(value)
        return value

    def _nested(self, value: Any) -> None:
        self.seen.add(id(value))
        names = getattr(value, "template_fields", None)
        if names and not isinstance(value, type):
            self.render_fields(value, names)

    def _text(self, text: str) -> Any:
        if self.endings and text.endswith(self.endings):
            template = self.environment.get_template(text)
        elif not has_marks(text):
            # Nothing to render; a native environment would still read literals, and Jinja drops one last newline.
            if not self._native():
                return text[:-1] if text.endswith("\n") and not self._keeps_newline() else text
            template = self.environment.from_string(text)
        else:
            jinja("a template" if not hasattr(self.owner, "task_id") else f"a template of task {self.owner.task_id!r}")
            template = self.environment.from_string(text)
        return self._render(template)

    def _native(self) -> bool:
        return bool(self.owner._should_render_native(getattr(self.owner, "dag", None)))

    def _keeps_newline(self) -> bool:
        dag = getattr(self.owner, "dag", None)
        return bool((getattr(dag, "jinja_environment_kwargs", None) or {}).get("keep_trailing_newline"))

    def _render(self, template: Any) -> Any:
        # A context of our own class, so that values are made only when the template reads them.
        environment = template.environment
        names = template.new_context(_Variables(self.context), shared=True)
        names.parent = _WithGlobals(self.context, template.globals)
        try:
            parts = list(template.root_render_func(names))
        except Exception:
            environment.handle_exception()
        if hasattr(environment, "concat") and type(environment).concat is not None and self._native():
            return environment.concat(parts)
        return "".join(parts)


class _WithGlobals(dict):
    """What a template can name: the context's keys, read when they are used, over the environment's globals."""

    def __init__(self, context: Any, globals_: Any) -> None:
        super().__init__()
        self.context = context
        self.globals = globals_

    def __contains__(self, name: object) -> bool:
        return name in self.context or name in self.globals

    def __getitem__(self, name: str) -> Any:
        if name in self.context:
            return self.context[name]
        return self.globals[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default

    def keys(self) -> Any:
        return list({**{name: None for name in self.globals}, **{name: None for name in self.context}})

    def __iter__(self) -> Any:
        return iter(self.keys())

    def items(self) -> Any:
        return [(name, self[name]) for name in self.keys()]


class _Variables(dict):
    def __init__(self, context: Any) -> None:
        super().__init__()
