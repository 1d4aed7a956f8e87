"""The classes and sizes that everything shares, each in one place."""

from __future__ import annotations

LAUGHTER_KINDS = ("laughter", "baby_laughter", "giggle", "snicker", "belly_laugh", "chuckle_chortle")
"""The six kinds of laughter: AudioSet's class indices 16 to 21, in that order."""

CLASSES = (*LAUGHTER_KINDS, "none")
"""Columns of every score array: the six kinds, then none (everything else)."""

NONE = CLASSES.index("none")

FIRST_AUDIOSET_INDEX = 16
"""AudioSet's index of the first kind; kind number k has index FIRST_AUDIOSET_INDEX + k."""

SAMPLE_RATE_HZ = 16000
"""Of all sound that is decoded, embedded or learned from."""

SECOND_SAMPLES = SAMPLE_RATE_HZ
"""Samples in a second."""

EMBEDDING_SIZE = 128
"""Bytes of an embedding, which stands for one second."""

TRACKS = ("laughter", "speech", "music", "applause", "crowd")
"""What the tracker says is heard, in the order of its outputs; applause is cheering too."""

BESIDE = TRACKS[1:]
"""What is tracked besides laughter."""

TRACK_HZ = 10
"""Values of a track in a second."""

SHORT_WINDOW_S, LONG_WINDOW_S = 1, 10
"""Lengths of the windows that the head scores, in seconds: one says when, ten say what."""


SIDES = ("train", "held_out", "eval")
"""The parts of a set of shards, a folder each: to fit on, to choose on, and AudioSet's own `eval` clips."""
