"""What is said on the terminal: sentences on standard error, tables on standard output, durations for people."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console

WIDTH = 150
"""Characters of a line where the output is no terminal."""


def say(sentence: str) -> None:
    """Tell the user something that is not a result."""
    print(f"laughter: {sentence}", file=sys.stderr, flush=True)


def console(file: TextIO | None = None) -> Console:
    """Standard output, or `file`; of one width where it is no terminal."""
    width = None if file is None and sys.stdout.isatty() else WIDTH
    return Console(file=file, highlight=False, width=width)


def hours_and_minutes(seconds: float) -> str:
    """A duration for people: `3 h 20 min`, `4 min 10 s`, `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
