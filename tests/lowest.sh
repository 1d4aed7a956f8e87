#!/usr/bin/env bash
# The tests with the oldest packages that setup.py allows, in a virtual environment of its own: a bound that fails rises.
#
#   tests/lowest.sh FOLDER [ARGUMENTS OF PYTEST]      FOLDER becomes the environment
#
# UV names the program, which `pip install uv` brings; PYTHON the Python, by default 3.10, the oldest.
set -euo pipefail
folder=${1:?where the environment is to be}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=${UV:-uv}
[ -e "$folder/bin/python" ] || "$uv" venv --quiet --seed --python "${PYTHON:-python3.10}" "$folder"
# not editable: the tests take the checkout's packages, and this checkout's environment is left alone
"$uv" pip install --quiet --python "$folder/bin/python" --resolution lowest-direct ".[test]"
"$uv" pip uninstall --quiet --python "$folder/bin/python" laughter
exec "$folder/bin/python" -m pytest -m "not engines" --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
