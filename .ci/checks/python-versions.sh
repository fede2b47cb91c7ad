#!/usr/bin/env bash
# The Python side on every Python from 3.9 on that is on the machine: its own tests, and its installation by pip.
# Packages are not installed: what needs Jinja2, pandas or others skips, or says what to install.
set -u
cd "$(dirname "$0")/../.."
status=0
found=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in "$HOME"/.pyenv/versions/*/bin/python $(command -v python3); do
  [ -x "$python" ] || continue
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
  case $version in 3.9 | 3.1[0-9]) ;; *) continue ;; esac
  [ -e "$work/$version" ] && continue
  mkdir "$work/$version"
  found=$((found + 1))
  printf '%s (%s): ' "$version" "$python"
  if ! (cd python && PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore "$python" -m unittest discover -s tests -t . >"$work/$version/tests" 2>&1); then
    tail -40 "$work/$version/tests"
    status=1
  fi
  tail -1 "$work/$version/tests"
  cp -r python "$work/$version/source"
  if ! "$python" -m venv "$work/$version/venv" ||
    ! "$work/$version/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$work/$version/source" ||
    ! (cd / && "$work/$version/venv/bin/python" -c 'from airflow.sdk import DAG, task; from airflow.operators.bash import BashOperator; import tradewind.surface.table'); then
    echo "$version: python -m pip install ./python does not give a package that works"
    status=1
  fi
done
[ "$found" -gt 0 ] || echo "no Python from 3.9 on was found; nothing was tried"
exit $status
