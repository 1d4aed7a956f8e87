"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
import pathlib


def local_folder(text: str) -> pathlib.Path:
    """A folder on this machine's disk, to be written."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"must be a folder on this machine; copy it to {text} when it is done")
    return pathlib.Path(text)
