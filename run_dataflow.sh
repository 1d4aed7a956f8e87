#!/usr/bin/env bash
# Find laughter on Google Cloud Dataflow.
#
#   ./run_dataflow.sh --project P --region R --staging gs://bucket/staging 'gs://archive/*.mp4' --output gs://bucket/tables
#
# The project is built as a source distribution, which the workers install. Other options go to `laughter detect`
# and to Beam.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

staging=""
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --staging) staging=${2:?--staging needs a gs:// folder}; shift 2 ;;
    --staging=*) staging=${1#*=}; shift ;;
    *) arguments+=("$1"); shift ;;
    esac
done
if [ -z "$staging" ]; then
    echo "laughter: name a folder for staged files: --staging gs://bucket/staging" >&2
    exit 2
fi
set_up ""

package_folder=$(mktemp -d)
trap 'rm -rf "$package_folder"' EXIT
(cd "$here" && python setup.py --quiet sdist --dist-dir "$package_folder")
laughter detect "${arguments[@]}" --runner DataflowRunner \
    --temp_location "$staging/temp" --staging_location "$staging/staged" \
    --extra_package "$package_folder"/laughter-*.tar.gz
