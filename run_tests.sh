#!/usr/bin/env bash
# Style, types and tests; what was skipped is listed with its reason. Arguments go to pytest.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
set_up test
cd "$here"

ruff check .
ruff format --check .
mypy
exec python -m pytest "$@"
