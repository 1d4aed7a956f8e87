"""Folders and files as the user names them, which may be URLs."""

from __future__ import annotations

import argparse
import os
import pathlib

from transforms.tables.media import NO_MEDIA, is_windows_path


def absolute_path(place: str) -> str:
    """A path or URL that means the same elsewhere: workers may run in another folder."""
    place = place.removeprefix("file://")
    return place if "://" in place else os.path.abspath(place)


def absolute_media(media: str | None) -> str | None:
    """The same of --media, which need not be given, and may be NO_MEDIA."""
    if not media or media == NO_MEDIA or is_windows_path(media):
        return media
    return absolute_path(media)


def local_folder(text: str) -> pathlib.Path:
    """A folder on this machine's disk, to be written."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"must be a folder on this machine; copy it to {text} when it is done")
    return pathlib.Path(text)
