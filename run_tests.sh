#!/usr/bin/env bash
# Style, types, import contracts and tests; what was skipped is listed with its reason. Arguments go to pytest.
# With --engines first: only the tests that drive other software, such as a browser, which is installed before.
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
exec python -m pytest -m "not engines" "$@"
