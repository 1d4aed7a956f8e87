#!/usr/bin/env bash
# What the tests of tests/engines drive: Chromium with its driver, and Selenium. For Debian and its kin; on other systems
# put chromium and chromedriver on the PATH by hand. Selenium goes into the Python that is first on the PATH.
set -euo pipefail

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "laughter: there is no apt-get here; install chromium and chromedriver, then run this again" >&2
        exit 1
    fi
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
        chromium chromium-driver fonts-dejavu-core >/dev/null
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python -m pip install --quiet --disable-pip-version-check --constraint "$here/constraints.txt" selenium
