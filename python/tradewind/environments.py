"""Interpreters and virtual environments: found by path, version or folder, and made for requirements.

An environment is kept by what it was made of (interpreter, requirements, options); one process makes it while others
wait, and a half-made one is never used. `uv` makes it where it is installed, `venv` and `pip` otherwise.

As a program (`tradewind_process.py environments JSON`) it makes one for the Dag processor: progress on standard error,
and one line of JSON on standard output, `{"python": …}` or `{"error": {"code", "message"}}`.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import importlib.util
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import inline_metadata
from .errors import TradewindError

OLDEST = (3, 9)
_NEWEST_KNOWN = 15
_PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_NO_NETWORK = re.compile(
    r"NewConnectionError|Max retries exceeded|Temporary failure in name resolution|Name or service not known|ConnectTimeout"
    r"|Network is unreachable|Connection refused|error sending request|dns error|Failed to fetch|No route to host|ProxyError",
    re.IGNORECASE,
)
_UNRESOLVED = re.compile(
    r"No matching distribution found for (?P<pip>.+)|Invalid requirement: (?P<invalid>.+)|No solution found.*"
    r"|ResolutionImpossible|conflicting dependencies|Failed to parse: (?P<uv>.+)|Could not find a version that satisfies.*"
)
_CREDENTIALS = re.compile(r"(://)[^/@\s]+@")


@dataclass(frozen=True)
class Wanted:
    """What an environment is made of. `python` is a path, a folder of an environment, a name or a version."""

    python: str = ""
    requirements: Tuple[str, ...] = ()
    index_urls: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    system_site_packages: bool = False
    #: ">=3.10,<3.13", where nothing else names the interpreter.
    requires_python: str = ""

    def key(self, interpreter: str, version: str) -> str:
        parts = [interpreter, version, sorted(self.requirements), self.index_urls, self.options, self.system_site_packages]
        return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:16]


def find_python(name: str, folder: str = "") -> str:
    """The path of an interpreter. Relative paths count from `folder`; nothing means this one.

    Raises TradewindError TW_PYTHON_INTERPRETER when it is not there.
    """
    if not name:
        return sys.executable
    if os.sep in name or name.startswith((".", "~")) or os.path.isdir(os.path.join(folder, name)):
        path = os.path.normpath(os.path.join(folder, os.path.expanduser(name)))
        if os.path.isdir(path):
            path = os.path.join(path, "bin", "python")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        what = "is not executable" if os.path.isfile(path) else "does not exist"
        raise TradewindError("TW_PYTHON_INTERPRETER", f"expected a Python interpreter or a virtual environment at {path}, but it {what}")
    found = shutil.which(f"python{name}" if re.fullmatch(r"\d+(\.\d+)*", name) else name)
    if found is None:
        raise TradewindError("TW_PYTHON_INTERPRETER", f"expected the Python interpreter {name!r} on the PATH, but it is not there")
    return found


def find_fitting(requires: str) -> Tuple[str, str]:
    """This interpreter where it is of the versions, else the newest on the PATH, or known to uv, that is; with its version.

    Raises TradewindError TW_PYTHON_INTERPRETER, TW_OPTION_INVALID.
    """
    own = "%d.%d.%d" % sys.version_info[:3]
    if inline_metadata.fits(own, requires):
        return sys.executable, own
    for minor in range(_NEWEST_KNOWN, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        version = None if found is None else _version_or_none(found)
        if found is not None and version is not None and inline_metadata.fits(version, requires):
            return found, version
    uv = shutil.which("uv")
    if uv is not None:
        asked = subprocess.run([uv, "python", "find", "--no-project", requires], capture_output=True, text=True, check=False)
        found = asked.stdout.strip()
        if asked.returncode == 0 and os.path.isfile(found):
            return found, version_of(found)
    raise TradewindError(
        "TW_PYTHON_INTERPRETER",
        f"expected a Python of version {requires}, got {own}, and no other one on the PATH",
        hint=f"install one (`uv python install '{requires}'`), or name it: # tradewind: python=PATH",
    )


def _version_or_none(python: str) -> Optional[str]:
    """Names on the PATH may be of version managers, and stand for nothing."""
    try:
        return version_of(python)
    except TradewindError:
        return None


def version_of(python: str) -> str:
    """Raises TradewindError TW_PYTHON_INTERPRETER for what does not run, or is older than 3.9."""
    try:
        ended = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TradewindError("TW_PYTHON_INTERPRETER", f"expected {python} to be a Python interpreter, but it does not run: {error}") from error
    version = ended.stdout.strip()
    if ended.returncode != 0 or not re.fullmatch(r"\d+\.\d+\.\d+", version):
        last = (ended.stderr.strip() or version).splitlines()[-1:] or ["nothing"]
        raise TradewindError("TW_PYTHON_INTERPRETER", f"expected {python} to be a Python interpreter, got: {last[0]}")
    if tuple(map(int, version.split("."))) < OLDEST:
        raise TradewindError("TW_PYTHON_INTERPRETER", f"expected Python 3.9 or newer, got {version} ({python})")
    return version


def ensure(wanted: Wanted, cache: str, log: Any, folder: str = "") -> str:
    """The interpreter that has the requirements: the wanted one where there are none, else that of a kept environment.

    Raises TradewindError TW_PYTHON_INTERPRETER, TW_PYTHON_REQUIREMENTS, TW_PYTHON_NETWORK.
    """
    if wanted.requires_python and not wanted.python:
        python, version = find_fitting(wanted.requires_python)
    else:
        python = find_python(wanted.python, folder)
        version = version_of(python)
    if not wanted.requirements:
        return python
    venv = os.path.join(cache, wanted.key(os.path.realpath(python), version))
    return keep(venv, wanted, python, log)


def keep(venv: str, wanted: Wanted, python: str, log: Any) -> str:
    """The interpreter of the environment in the folder `venv`, which is made where it is not there."""
    marker = os.path.join(venv, "complete.json")
    own = os.path.join(venv, "bin", "python")
    if os.path.exists(marker):
        log.info("Using the environment %s", venv)
        _note_use(marker)
        return own
    os.makedirs(os.path.dirname(venv), exist_ok=True)
    with open(f"{venv}.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            log.info("Waiting for another process that makes the environment %s", venv)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(marker):
            return own
        shutil.rmtree(venv, ignore_errors=True)
        try:
            make(venv, wanted, python, log)
            _lend_templates(venv)
        except BaseException:
            shutil.rmtree(venv, ignore_errors=True)
            raise
        with open(marker, "w", encoding="utf-8") as file:
            json.dump({"python": python, "requirements": wanted.requirements}, file)
    return own


def _note_use(marker: str) -> None:
    """Environments that nobody used for long are removed (src/runtime/kept-environments.ts)."""
    try:
        os.utime(marker)
    except OSError:
        # Of another user: whoever made it looks after it.
        pass


def make(venv: str, wanted: Wanted, python: str, log: Any) -> None:
    """Makes an environment with `uv`, or `venv` and `pip`; their output becomes log lines."""
    begun = time.monotonic()
    uv = shutil.which("uv")
    create, install = _with_uv(uv, python, venv) if uv else _with_pip(python, venv)
    asked = ", ".join(wanted.requirements) or "no requirements"
    log.info("Making the environment %s with %s for %s", venv, "uv" if uv else "venv and pip", _without_credentials(asked))
    site = ["--system-site-packages"] if wanted.system_site_packages else []
    _run([*create, *site, venv], f"make a virtual environment with {python}", log)
    if wanted.system_site_packages and os.path.realpath(python) == os.path.realpath(sys.executable):
        _see_packages_of_this(venv)
    if wanted.requirements:
        _run([*install, *_indexes(wanted.index_urls), *wanted.options, *wanted.requirements], f"install {asked}", log)
    log.info("The environment is ready after %.1f s", time.monotonic() - begun)


def _with_uv(uv: str, python: str, venv: str) -> Tuple[List[str], List[str]]:
    """The commands that create an environment and that install into it."""
    create = [uv, "venv", "--quiet", "--allow-existing", "--python", python]
    return create, [uv, "pip", "install", "--python", os.path.join(venv, "bin", "python")]


def _with_pip(python: str, venv: str) -> Tuple[List[str], List[str]]:
    """A pip that can install for another interpreter saves the environment its own, which takes the most time."""
    own = os.path.join(venv, "bin", "python")
    asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"pip (\d+)\.(\d+)", asked.stdout)
    flags = ["install", "--disable-pip-version-check", "--progress-bar=off"]
    if found and (int(found.group(1)), int(found.group(2))) >= (22, 3):
        return [python, "-m", "venv", "--without-pip"], [python, "-m", "pip", "--python", own, *flags]
    return [python, "-m", "venv"], [own, "-m", "pip", *flags]


def _indexes(urls: Sequence[str]) -> List[str]:
    return [part for at, url in enumerate(urls) for part in ("--index-url" if at == 0 else "--extra-index-url", url)]


def _see_packages_of_this(venv: str) -> None:
    """`--system-site-packages` of a venv made within a venv reaches past it to the base; this reaches it, too."""
    if sys.prefix == sys.base_prefix:
        return
    own = [path for path in sys.path if path.startswith(sys.prefix) and path.endswith("site-packages")]
    for packages in glob.glob(os.path.join(venv, "lib", "python*", "site-packages")):
        with open(os.path.join(packages, "_tradewind_parent.pth"), "w", encoding="utf-8") as file:
            file.write("\n".join(own) + "\n")


def _lend_templates(venv: str) -> None:
    """Templates of a Dag work in an environment whose requirements do not name Jinja2: it gets that of this interpreter."""
    for packages in glob.glob(os.path.join(venv, "lib", "python*", "site-packages")):
        if os.path.isdir(os.path.join(packages, "jinja2")):
            continue
        for name in ("jinja2", "markupsafe"):
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin is not None:
                shutil.copytree(os.path.dirname(spec.origin), os.path.join(packages, name), dirs_exist_ok=True)


def _run(command: List[str], what: str, log: Any) -> None:
    what = _without_credentials(what)
    try:
        code, lines = run_logged(command, dict(os.environ), log)
    except OSError as error:
        raise TradewindError("TW_PYTHON_INTERPRETER", f"cannot {what}: {command[0]} does not start: {error}") from error
    if code == 0:
        return
    raise _failure(what, code, lines)


def _failure(what: str, code: int, lines: List[str]) -> TradewindError:
    output = "\n".join(lines)
    last = next((line for line in reversed(lines) if line.strip()), f"exit code {code}")
    if _NO_NETWORK.search(output):
        return TradewindError(
            "TW_PYTHON_NETWORK",
            f"cannot {what}: the package index does not answer: {last}",
            hint="index_urls, or PIP_INDEX_URL and UV_INDEX_URL, name the index; PIP_FIND_LINKS names a folder of wheels",
        )
    found = _UNRESOLVED.search(output)
    if found:
        # uv says in a line below what cannot be had.
        said = last if found.group().startswith("No solution") else found.group()
        return TradewindError(
            "TW_PYTHON_REQUIREMENTS",
            f"cannot {what}: {said.strip()}",
            hint="the lines above say which requirement has no version that fits this Python and the others",
        )
    return TradewindError("TW_PYTHON_REQUIREMENTS", f"cannot {what}: exit code {code}: {last}")


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub(r"\1***@", text)


def run_logged(command: List[str], env: Dict[str, str], log: Any) -> Tuple[int, List[str]]:
    """Runs a command and logs its output line by line. Its exit code and the last lines; it ends with its caller."""
    lines: List[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True, errors="replace") as process:
        try:
            for line in process.stdout or ():
                text = _without_credentials(line.rstrip())
                lines = [*lines[-99:], text]
                log.info("%s", text)
        except BaseException:
            process.kill()
            raise
    return process.returncode, lines


def wanted_from(settings: Dict[str, Any], what: str, folder: str) -> Wanted:
    """`{"python", "requirements", "index_urls", "pip_options", "system_site_packages"}`, as settings and tasks give it.

    `requirements` is a list, or the name of a file relative to `folder`. `inline` is the TOML of a script's own block; what
    the other settings say is stronger. Raises TradewindError TW_OPTION_INVALID.
    """
    known = ("python", "requirements", "index_urls", "pip_options", "system_site_packages", "inline")
    for name in settings:
        if name not in known:
            raise TradewindError("TW_OPTION_INVALID", f"{what}: expected one of {', '.join(known)}, got {name!r}")
    inline = inline_metadata.InlineMetadata()
    if settings.get("inline") is not None:
        inline = inline_metadata.read(str(settings["inline"]), what)
    requirements = settings.get("requirements")
    return Wanted(
        python=str(settings.get("python") or ""),
        requirements=inline.dependencies if requirements is None else tuple(_requirements(requirements, what, folder)),
        index_urls=_texts(settings.get("index_urls"), f"{what}: index_urls") or inline.index_urls,
        requires_python=inline.requires_python,
        options=_texts(settings.get("pip_options"), f"{what}: pip_options"),
        system_site_packages=bool(settings.get("system_site_packages", False)),
    )


def _texts(value: Any, what: str) -> Tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise TradewindError("TW_OPTION_INVALID", f"{what}: expected a text or a list of texts, got {value!r}")


def _requirements(value: Any, what: str, folder: str) -> List[str]:
    if isinstance(value, str):
        path = os.path.join(folder, value)
        if value.endswith((".txt", ".in")) or os.path.isfile(path):
            return lines_of_file(path, what)
    return [line for text in _texts(value, f"{what}: requirements") for line in requirement_lines(text)]


def lines_of_file(path: str, what: str) -> List[str]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise TradewindError("TW_OPTION_INVALID", f"{what}: expected a file of requirements at {path}, got: {error}") from error
    lines = []
    for line in requirement_lines(text):
        nested = re.match(r"(?:-r|--requirement)[\s=]+(\S+)$", line)
        lines.extend(lines_of_file(os.path.join(os.path.dirname(path), nested.group(1)), what) if nested else _option(line))
    return lines


def _option(line: str) -> List[str]:
    """A line such as `--find-links folder` is two arguments."""
    return line.split(None, 1) if line.startswith("-") else [line]


def requirement_lines(text: str) -> List[str]:
    """Requirements of a text, one a line, without comments."""
    lines = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line]


def cache_folder() -> str:
    """`python.environments_folder`, as the worker or the Dag processor hands it on."""
    return os.environ.get("TRADEWIND__PYTHON__ENVIRONMENTS_FOLDER") or os.path.join(os.path.expanduser("~"), ".tradewind", "environments")


def main() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    given: Optional[Dict[str, Any]] = json.loads(sys.argv[1])
    assert given is not None
    try:
        wanted = wanted_from(given["settings"], given["what"], given["folder"])
        answer: Dict[str, Any] = {"python": ensure(wanted, cache_folder(), logging.getLogger("tradewind"), given["folder"])}
    except TradewindError as error:
        answer = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    print(json.dumps(answer))
