#!/usr/bin/env bash
# What the tests of tests/engines drive: Chromium with its driver; Beam's Prism; Flink with Beam's job server; Spark, an
# older DuckDB and pandas 3, which read the tables.
# For Debian and its kin; on other systems put chromium, chromedriver, go, java and mvn on the PATH by hand. Prism,
# Flink and the readers go into LAUGHTER_ENGINES (.engines in the checkout). Go, Maven and pip fetch from where they are set
# up to, each file checked: by Go's checksum database, by tests/engines/flink/checksums.txt, by locks/readers.txt.
set -euo pipefail

prism=v2.73.0 # the one next to apache-beam 2.72 of those that the Go proxy has
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
engines=${LAUGHTER_ENGINES:-$here/.engines}

need() { # COMMAND PACKAGE...: Debian's packages, where the command is not there
    local command=$1
    shift
    if command -v "$command" >/dev/null; then return; fi
    if ! command -v apt-get >/dev/null; then
        echo "laughter: there is no apt-get here; install $command, then run this again" >&2
        exit 1
    fi
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_prism() {
    [ ! -x "$engines/prism-$prism" ] || return 0
    if ! command -v go >/dev/null; then # Debian's is too old to build it
        python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$here/locks/go.txt"
    fi
    local built
    built=$(mktemp -d)
    GOBIN="$built" go install "github.com/apache/beam/sdks/v2/go/cmd/prism@$prism"
    mv "$built/prism" "$engines/prism-$prism"
    rmdir "$built"
}

install_flink() {
    if (cd "$engines/flink" 2>/dev/null && sha256sum --check --status "$here/tests/engines/flink/checksums.txt"); then
        return
    fi
    need java openjdk-17-jre-headless
    need mvn maven
    rm -rf "$engines/flink"
    mvn --batch-mode --quiet --strict-checksums --file "$here/tests/engines/flink/pom.xml" \
        org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$engines/flink"
    (cd "$engines/flink" && sha256sum --check --quiet "$here/tests/engines/flink/checksums.txt")
}

install_readers() {
    local readers="$engines/readers" lock="$here/locks/readers.txt"
    if cmp --silent "$lock" "$readers/installed.txt" || ! python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        return
    fi
    rm -rf "$readers"
    python -m venv "$readers"
    "$readers/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    cp "$lock" "$readers/installed.txt"
}

need chromium chromium fonts-dejavu-core
need chromedriver chromium-driver
mkdir -p "$engines"
install_prism
install_flink
install_readers
