"""Recordings as they were found: their ids, and what names in the archive's style tell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import os
import re
import unicodedata

from common.partitions import NULL_DATE
from common.redaction import redact_url
from common.text import display_text, utf8_text

MAX_ID_BYTES = 200
"""A longer name gets a hash for its id, for parts are named after it and names of files end at 255 bytes."""

_ARCHIVE_NAME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})_(?P<time>\d{4})_(?P<country>[A-Z]{2})_(?P<network>[^_]+)_(?P<title>.+)",
    re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Recording:
    """A file to annotate, as it was found.

    Attributes:
        recording_id: the name without its extension where it is in the archive's style, else a hash of the path.
        path: where it lies; a local path may hold bytes that are no UTF-8, as surrogates.
        size_bytes: -1 where the file could not be looked at.
        modified: last change, UTC, ISO 8601; "" where unknown.
        start_utc: ISO 8601 in UTC, from the name; None where the name tells none. So for the next three.
    """

    recording_id: str
    path: str
    size_bytes: int
    modified: str
    start_utc: str | None = None
    country: str | None = None
    network: str | None = None
    title: str | None = None

    @functools.cached_property
    def label(self) -> str:
        """The path for messages."""
        return display_text(self.path)

    @property
    def date(self) -> str:
        """The day that its rows are filed under: YYYY-MM-DD in UTC, or NULL_DATE."""
        return self.start_utc[:10] if self.start_utc else NULL_DATE


def parse_archive_name(name: str) -> dict[str, str]:
    """The facts in a name such as `2016-01-01_0000_US_CNN_Anderson_Cooper.mp4`; times are UTC.

    Returns:
        start_utc (ISO 8601), country, network, title; {} where the name is not in that style.
    """
    match = _ARCHIVE_NAME.fullmatch(os.path.splitext(name)[0])
    if not match:
        return {}
    try:
        start = dt.datetime.fromisoformat(f"{match['date']}T{match['time'][:2]}:{match['time'][2:]}")
    except ValueError:
        return {}
    return {
        "start_utc": f"{start.isoformat()}Z",
        "country": match["country"],
        "network": match["network"],
        "title": match["title"].replace("_", " "),
    }


def names_of(recording_id: str, path: str) -> set[str]:
    """What people call a recording, in Unicode's composed form: its id, path, file's name, and that name's stem."""
    name = path.rsplit("/", 1)[-1]
    return {unicodedata.normalize("NFC", one) for one in (recording_id, path, name, os.path.splitext(name)[0])}


def recording_at(path: str, size_bytes: int, modified: str, *, root: str | None = None) -> Recording:
    """The Recording at `path`; where its name is not in the archive's style, `root` makes ids independent of it."""
    place = redact_url(path)  # signatures change from day to day
    name = place.rsplit("/", 1)[-1]
    facts = {fact: utf8_text(value) for fact, value in parse_archive_name(name).items()}
    stem = os.path.splitext(name)[0]
    if facts and utf8_text(stem) == stem and len(stem.encode()) <= MAX_ID_BYTES:
        return Recording(stem, path, size_bytes, modified, **facts)
    relative = place
    if root and place.startswith(root.rstrip("/") + "/"):
        relative = place[len(root.rstrip("/")) + 1 :]
    digest = hashlib.sha256(os.fsencode(relative)).hexdigest()[:20]
    return Recording(digest, path, size_bytes, modified, **facts)
