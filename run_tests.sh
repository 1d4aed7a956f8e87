#!/usr/bin/env bash
# Style, types, import contracts and tests, by two to four processes; what was skipped is listed with its reason.
# Further arguments go to pytest, such as -k NAME, or -n 0 for one process.
#
#   ./run_tests.sh              all but the engines
#   ./run_tests.sh --quick      what starts no TensorFlow: under a minute
#   ./run_tests.sh --engines    only the tests that drive other software, such as a browser, which is installed before
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
set_up test
cd "$here"

if [ "${1:-}" = --engines ]; then
    shift
    tests/engines/install.sh
    exec python -m pytest tests/engines -m engines "$@"
fi
ruff check .
ruff format --check .
mypy
lint-imports --no-cache
# the tests of a file stay together, for they share what was made for the file
exec python -m pytest -m "not engines" --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
