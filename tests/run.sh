#!/usr/bin/env bash
# Sets up an environment of its own and passes the tests: style, types, then everything else.
# Arguments go to pytest. By default a small case of everything runs, in some minutes on two cores;
# `bash tests/run.sh -m long` runs the long ones: calibrations, kills, attacks, national runs.
set -euo pipefail
cd "$(dirname "$0")/.."

# Many tests start a process: each would compile the package anew where nothing is kept.
unset PYTHONDONTWRITEBYTECODE

venv=.venv-tests
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# Installed again only where what is asked for has changed; remove the folder for newer versions.
if ! cmp --silent pyproject.toml "$venv/asked.toml"; then
  "$venv/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'
  "$venv/bin/python" -m pip install --quiet --editable . --group dev
  cp pyproject.toml "$venv/asked.toml"
fi

# The browser tests need Chromium; where it cannot be had they are skipped, and say so.
if ! command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null
  else
    echo "No Chromium found: the browser tests will be skipped." >&2
  fi
fi

# The warehouse tests start a PostgreSQL server of their own, and say so where they cannot.
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql) >/dev/null
  else
    echo "No PostgreSQL found: the tests of the warehouse will be skipped." >&2
  fi
fi
# The tests of Spark need Java 17 or later, and pyspark, which is 450 MB to fetch.
if ! command -v java >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && { apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless ||
      apt-get install -y -qq --no-install-recommends default-jre-headless; }) >/dev/null
  else
    echo "No Java found: the tests of Spark will be skipped." >&2
  fi
fi
if command -v java >/dev/null 2>&1 && ! "$venv/bin/python" -c 'import pyspark' 2>/dev/null; then
  "$venv/bin/python" -m pip install --quiet --group spark
fi

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
# Types are written for the oldest Python, whose NumPy has stubs of its own.
if "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
  "$venv/bin/mypy"
fi
# Files go to the workers in the order of `tests/conftest.py`: the longest first.
exec "$venv/bin/python" -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
