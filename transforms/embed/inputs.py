"""Which files the inputs of a job mean: paths, folders, globs, URLs of object storage, and lists of these."""

from __future__ import annotations

import datetime as dt
import glob
import logging
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common import listing, storage
from common.errors import UsageError
from common.redaction import redact_url
from common.text import display_text

logger = logging.getLogger(__name__)

FoundFile = tuple[str, int, str]
"""Path, size in bytes (-1 where the file could not be looked at), last change (UTC, ISO 8601; "" where unknown)."""


class NothingFound(UsageError):
    """An input that matches no file; the message is one sentence."""


def expand_input(item: str, *, extensions: Sequence[str], what: str, folder: str = "") -> Iterator[FoundFile]:
    """The files that one input means, in order.

    Args:
        item: a file, a folder (searched at any depth), a glob (`**` goes down), a URL, a pattern there, or a `.txt`
            file that lists such inputs, one a line.
        extensions: what is taken from folders, in lower case; a file that is named, or matched by a glob, is taken
            whatever its name.
        what: a file is called in messages, such as "recording".
        folder: where relative paths in a list begin; the working folder where it is empty.

    Raises:
        NothingFound: it matches nothing.
    """
    count = 0
    for found in _match(item, _Wanted(tuple(extensions), what, folder)):
        count += 1
        yield found
    if not count:
        raise NothingFound(
            f"{display_text(item)} matches no {what}; check the path, or quote the pattern so that the shell leaves it "
            "alone"
        )


class _Wanted(NamedTuple):
    extensions: tuple[str, ...]
    what: str
    folder: str


def _match(item: str, wanted: _Wanted) -> Iterator[FoundFile]:
    item = item.removeprefix("file://")
    if item.lower().endswith(".txt"):
        yield from _match_list(item, wanted)
    elif storage.is_remote(item):
        yield from _match_remote(item, wanted)
    elif os.path.isdir(item):
        yield from _walk(os.path.abspath(item), wanted)
    elif os.path.lexists(item):
        yield _look(item)
    else:
        for path in sorted(glob.iglob(item, recursive=True)):
            if os.path.isdir(path) and os.path.splitext(path)[1].lower() not in wanted.extensions:
                yield from _walk(os.path.abspath(path), wanted)
            else:
                yield _look(path)


def _match_list(path: str, wanted: _Wanted) -> Iterator[FoundFile]:
    """The inputs a text file lists. A listed path that is absent is a file that cannot be read, not an error."""
    for line in _lines(path):
        yield from _match_line(line, path, wanted)


def _lines(path: str) -> list[str]:
    try:
        with storage.open_file(path) as file:
            lines = [os.fsdecode(line.strip()) for line in file]
    except OSError as error:
        raise NothingFound(f"the list {display_text(path)} cannot be read ({error.strerror or error})") from error
    return [line for line in lines if line and not line.startswith("#")]


def expand_lists(inputs: Sequence[str]) -> Iterator[str]:
    """The inputs, in place of every list what it lists."""
    for item in inputs:
        if item.lower().endswith(".txt"):
            yield from expand_lists(_lines(item.removeprefix("file://")))
        else:
            yield item


def _match_line(line: str, listing: str, wanted: _Wanted) -> Iterator[FoundFile]:
    nothing = True
    line = line if storage.is_remote(line) else os.path.join(wanted.folder, line)
    for found in _match(line, wanted):
        nothing = False
        yield found
    if nothing and glob.has_magic(redact_url(line)):  # of a signed URL all that follows the `?` is left out
        raise NothingFound(
            f"{display_text(line)}, in the list {display_text(listing)}, matches no {wanted.what}; check it"
        )
    if nothing:
        yield (line if storage.is_remote(line) else os.path.abspath(line)), -1, ""


def _match_remote(url: str, wanted: _Wanted) -> Iterator[FoundFile]:
    itself = storage.canonical_url(url)
    folder = itself.rstrip("/") + "/"
    for entry in listing.find_files(url):
        named = entry.path == itself or not entry.path.startswith(folder)  # the file itself, or matched by a pattern
        if named or os.path.splitext(entry.path)[1].lower() in wanted.extensions:
            yield entry.path, entry.size_bytes, _moment(entry.changed)


def _moment(changed: object) -> str:
    """A storage's time of change as ISO 8601 in UTC; "" where it gives none that can be read."""
    if isinstance(changed, (int, float)):
        changed = dt.datetime.fromtimestamp(changed, dt.timezone.utc)
    if isinstance(changed, dt.datetime):
        return changed.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(changed or "")


def _walk(folder: str, wanted: _Wanted) -> Iterator[FoundFile]:
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_cannot_list):
        seen.add(os.path.realpath(parent))  # links may lead in circles
        folders[:] = sorted(f for f in folders if os.path.realpath(os.path.join(parent, f)) not in seen)
        for name in sorted(files):
            if os.path.splitext(name)[1].lower() in wanted.extensions and not name.startswith("."):
                yield _look(os.path.join(parent, name))


def _cannot_list(error: OSError) -> None:
    logger.warning("the folder %s cannot be listed (%s); what it holds is left out", error.filename, error.strerror)


def _look(path: str) -> FoundFile:
    path = os.path.abspath(path)
    try:
        found = os.stat(path)
    except OSError:
        return path, -1, ""
    whole, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
    moment = dt.datetime.fromtimestamp(whole, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return path, found.st_size, f"{moment}.{nanoseconds:09d}Z"
