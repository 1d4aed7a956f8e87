#!/usr/bin/env bash
# Find laughter on Google Cloud Dataflow; every option and its reason: ./run_dataflow.sh --help
#
#   ./run_dataflow.sh --project P --region R --staging gs://bucket/staging 'gs://archive/*.mp4' --output gs://bucket/tables
#   ./run_dataflow.sh shards --project P ... --input 'gs://.../*.tfrecord' --output gs://bucket/shards
#   ./run_dataflow.sh ... --dry-run          check all of it without Google
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
set_up dataflow

# from the checkout, of which the workers' package is built
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec python -m pipeline.dataflow "$@"
