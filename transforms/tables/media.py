"""Where the media file of a recording lies, and the link by which a page finds it."""

from __future__ import annotations

import os
import pathlib
import re
import urllib.parse
from typing import TYPE_CHECKING

from common.redaction import redact_url

if TYPE_CHECKING:  # a name alone needs no tables
    from transforms.tables.read_tables import TableRow

NO_MEDIA = "none"

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")


def is_windows_path(place: str) -> bool:
    """Whether it is a path of a Windows machine, with a drive (`D:\\archive`) or a server (`\\\\server\\share`)."""
    return bool(_WINDOWS.match(place))


def media_path(recording: TableRow, media: str | None) -> str | None:
    """Path or URL of the recording's media file; None for none.

    Args:
        recording: its row of the recordings table.
        media: folder or URL where the media files lie; None where the tables say, NO_MEDIA for no links.
    """
    path = str(recording["path"])
    if media == NO_MEDIA or not path:
        return None
    if media is None:
        return path
    name = path.rsplit("/", 1)[-1]
    media = redact_url(media)  # pages and annotation files are handed on
    return str(pathlib.PureWindowsPath(media, name)) if is_windows_path(media) else f"{media.rstrip('/')}/{name}"


def media_url(place: str) -> str:
    """A URL of the media file, `file:` for a path."""
    if is_windows_path(place):
        return pathlib.PureWindowsPath(place).as_uri()
    return urllib.parse.quote(place, safe="/:") if "://" in place else f"file://{urllib.parse.quote(place)}"


def media_href(place: str, page: str) -> str | None:
    """What a page links to reach `place`: relative where both are on this machine's disk.

    Args:
        place: path or URL of the media file.
        page: path or URL of the page.

    Returns:
        None where no browser can open it, as on gs://.
    """
    if "://" in place:
        return place if place.startswith(("http://", "https://")) else None
    if "://" in page or is_windows_path(place):
        return media_url(place)
    relative = urllib.parse.quote(os.path.relpath(place, os.path.dirname(page)))
    return relative if relative.startswith("../") else f"./{relative}"  # a colon in it would begin a URL
