"""What every layer may use and that knows nothing of laughter: errors, files, storage, text.

Nothing here imports another of our packages, nor Beam, argparse or rich.

Tested elsewhere: atomic_files, temporary_files (tests/pipeline/jobs/test_recovery.py, test_crashes.py);
parquet_files, partitions (tests/transforms/embed/test_store.py); listing, redaction (tests/common/test_storage.py);
csv_files (tests/transforms/shards/test_read_labelled.py); errors (tests/pipeline/test_cli.py); runs
(tests/models/tracking/test_thresholds.py).
"""
