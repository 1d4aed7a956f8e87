"""Folders and files as the user names them, which may be URLs."""

from __future__ import annotations

import os


def absolute(place: str) -> str:
    """A path or URL that means the same elsewhere: workers may run in another folder."""
    place = place.removeprefix("file://")
    return place if "://" in place else os.path.abspath(place)
