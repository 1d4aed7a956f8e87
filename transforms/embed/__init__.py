"""Inputs to recordings, recordings to embeddings and tracks in the store, one Parquet part a recording.

What comes after the store is in transforms/tables; the networks are in models/networks.

Tested elsewhere: inputs, recordings (tests/transforms/embed/test_find_recordings.py); embedder_note
(tests/transforms/embed/test_store.py); embed_recordings (tests/pipeline/jobs/test_detect.py).
"""
