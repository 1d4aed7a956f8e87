"""The seven classes, in the one order used everywhere."""

LAUGHTER_KINDS = ("laughter", "baby_laughter", "giggle", "snicker", "belly_laugh", "chuckle_chortle")
"""The six kinds of laughter: AudioSet's class indices 16 to 21, in that order."""

CLASSES = (*LAUGHTER_KINDS, "none")
"""Columns of every score array: the six kinds, then none (everything else)."""

FIRST_AUDIOSET_INDEX = 16
"""AudioSet's index of the first kind; kind number k has index FIRST_AUDIOSET_INDEX + k."""
