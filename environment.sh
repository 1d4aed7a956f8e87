# Sourced by the run_*.sh scripts: a virtual environment with this project in it, made on the first call.
#
# LAUGHTER_VENV  where it lies (default: .venv beside this file); PYTHON  which Python makes it.
# The argument names what to install beside the core: "", "dataflow" or "test". What is installed are the versions of
# locks/, their hashes checked, and the project itself from this checkout.

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

owner_of() { # the checkout that a virtual environment runs, nothing where there is none
    "$1/bin/python" -I - <<'PYTHON' 2>/dev/null
import importlib.metadata as metadata, json, os, urllib.parse, urllib.request
origin = json.loads(metadata.distribution("laughter").read_text("direct_url.json"))
print(os.path.realpath(urllib.request.url2pathname(urllib.parse.urlsplit(origin["url"]).path)))
PYTHON
}

refuse_what_is_anothers() { # one environment runs one checkout: set up again, it would run this one's code for the other
    local owner
    owner=$(owner_of "$venv") || return 0
    [ -n "$owner" ] && [ "$owner" != "$(realpath "$here")" ] || return 0
    if [ -e "$owner/environment.sh" ]; then
        echo "laughter: $venv is the virtual environment of the checkout $owner; name another, which is made: LAUGHTER_VENV=/path/to/venv $0" >&2
        exit 1
    fi
    echo "laughter: $venv was set up for $owner, which is gone; it is set up for $here" >&2
    rm -f "$venv"/.laughter-*
}

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"
}

set_up() {
    local extras=$1 version="" stamp lock
    refuse_what_is_anothers
    # asked for pip too, for an interrupted set-up leaves a Python without it
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        local python
        python=$(find_python) || exit 1
        echo "laughter: making $venv" >&2
        "$python" -m venv --clear "$venv" || {
            echo "laughter: $python cannot make a virtual environment; install its venv module, or name another: PYTHON=..." >&2
            exit 1
        }
    fi
    version=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ ! -d "$here/locks/$version" ]; then
        echo "laughter: $venv has Python $version; 3.10 to 3.12 is what this runs on" >&2
        exit 1
    fi
    local locks=("$here/locks/$version/core.txt" ${extras:+"$here/locks/$version/$extras.txt"})
    stamp="$venv/.laughter-${extras:-core}-$(cat "$here/setup.py" "$here/locks/tools.txt" "${locks[@]}" | cksum | cut -d' ' -f1)"
    if [ ! -e "$stamp" ]; then
        echo "laughter: setting up $venv (about two minutes, once)" >&2
        install --require-hashes --requirement "$here/locks/tools.txt"
        # one after the other: what of an extra comes as source is built with what the core has, and with those tools
        for lock in "${locks[@]}"; do
            install --require-hashes --no-build-isolation --requirement "$lock"
        done
        PYTHONWARNINGS=ignore install --no-build-isolation --editable "$here"
        touch "$stamp"
    fi
    PATH="$venv/bin:$PATH"
}
