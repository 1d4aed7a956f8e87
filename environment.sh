# Sourced by the run_*.sh scripts: a virtual environment with this project in it, made on the first call.
#
# LAUGHTER_VENV  where it lies (default: .venv beside this file); PYTHON  which Python makes it.
# The argument names the extras to install, such as "test".

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${LAUGHTER_VENV:-$here/.venv}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.12 python3.11 python3.10 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "laughter: no Python 3.10 to 3.12 was found; install one, or name it: PYTHON=/path/to/python3.12 $0" >&2
    exit 1
}

set_up() {
    local extras=$1 stamp
    stamp="$venv/.laughter-${extras:-core}-$(cat "$here/setup.py" "$here/constraints.txt" | cksum | cut -d' ' -f1)"
    if [ ! -e "$stamp" ]; then
        local python
        python=$(find_python) || exit 1
        echo "laughter: setting up $venv (about two minutes, once)" >&2
        # asked for pip too, for an interrupted set-up leaves a Python without it
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv" || {
            echo "laughter: $python cannot make a virtual environment; install its venv module, or name another: PYTHON=..." >&2
            exit 1
        }
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip "setuptools<81" wheel
        PYTHONWARNINGS=ignore "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            --constraint "$here/constraints.txt" --editable "$here${extras:+[$extras]}"
        touch "$stamp"
    fi
    PATH="$venv/bin:$PATH"
}
