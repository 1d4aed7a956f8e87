#!/usr/bin/env bash
# Find laughter on this machine. The first call sets everything up.
#
#   ./run_local.sh                                             a sample broadcast made on the spot
#   ./run_local.sh '/archive/2016-01-*/*.mp4' --output tables/ an archive; see `./run_local.sh --help`
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
set_up ""

if [ $# -gt 0 ]; then
    exec laughter detect "$@"
fi
laughter sample --output "$here/sample"
# the bundle that ships, so that a first look fetches nothing
laughter detect "$here/sample" --bundle compact --output "$here/sample/tables"
exec python - "$here/sample/tables" <<'PYTHON'
import sys

import pyarrow.parquet as pq

columns = ["start_s", "end_s", "kind", "score_max"]
print(f"the events, as any Parquet reader sees them in {sys.argv[1]}/events:")
for event in pq.read_table(f"{sys.argv[1]}/events", columns=columns).to_pylist():
    print("  {start_s:6.1f} s to {end_s:6.1f} s  {kind}, score {score_max:.2f}".format(**event))
PYTHON
