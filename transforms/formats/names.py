"""What the formats are called on the command line; apart, for a parser must not load what reads and writes them."""

from __future__ import annotations

FORMATS = ("sfx", "eaf", "textgrid", "audacity", "vtt", "rttm", "csv", "jsonl")
"""Written by `laughter export`, and read by `laughter score`."""
