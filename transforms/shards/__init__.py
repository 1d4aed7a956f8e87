"""Clips to training shards: AudioSet's records or an archive's own labels, read, shuffled, written, listed.

Reading shards for training is in models/load_shards.py.
"""
