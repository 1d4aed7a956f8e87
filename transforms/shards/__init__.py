"""Clips to training shards: AudioSet's records or an archive's own labels, read, shuffled, written, listed.

Reading shards for training is in models/load_shards.py.

Tested elsewhere: audioset_records, issues (tests/transforms/shards/test_read_audioset.py); clips, manifest
(tests/transforms/shards/test_shuffle.py, tests/pipeline/jobs/test_shards.py).
"""
