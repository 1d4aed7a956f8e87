"""Inputs to recordings, recordings to embeddings in the store, one Parquet part a recording.

What comes after the store is in transforms/tables; the embedders are in models/networks.

Tested elsewhere: inputs, recordings (tests/transforms/embed/test_find_recordings.py).
"""
