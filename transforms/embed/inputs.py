"""Which files the inputs of a job mean: paths, folders, globs, URLs of object storage, and lists of these."""

from __future__ import annotations

import datetime as dt
import glob
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common import listing, storage
from common.errors import UsageError
from common.redaction import redact_url
from common.text import display_text
from transforms.embed.sidecars import is_list, without_sidecars
from transforms.embed.walk import Findings, expand_pattern, is_hidden, walk

FoundFile = tuple[str, int, str]
"""Path, size in bytes (-1 where the file could not be looked at), last change (UTC, ISO 8601; "" where unknown)."""


class NothingFound(UsageError):
    """An input that matches no file; the message is one sentence."""


def expand_input(
    item: str, *, extensions: Sequence[str], what: str, folder: str = "", findings: Findings | None = None
) -> Iterator[FoundFile]:
    """The files that one input means, in order.

    Args:
        item: a file, a folder (searched at any depth), a glob (`**` goes down), a URL, a pattern there, or a `.txt`
            file that lists such inputs, one a line.
        extensions: what is taken from folders and of patterns, in lower case; a file that is named, or matched by a
            pattern that ends with an extension, is taken whatever its name.
        what: a file is called in messages, such as "recording".
        folder: where relative paths in a list begin; the working folder where it is empty.
        findings: gets what was passed over, and which folders may not be listed.

    Raises:
        NothingFound: it matches nothing.
    """
    findings = Findings() if findings is None else findings
    count = 0
    for found in _match(item, _Wanted(tuple(extensions), what, folder, findings), ()):
        count += 1
        yield found
    if not count:
        closed = f"; {findings.unlisted[0]} may not be listed" if findings.unlisted else ""
        raise NothingFound(
            f"{display_text(item)} matches no {what}{closed}; check the path, or quote the pattern so that the shell "
            "leaves it alone"
        )


class _Wanted(NamedTuple):
    extensions: tuple[str, ...]
    what: str
    folder: str
    findings: Findings

    def takes(self, name: str) -> bool:
        """Whether a file of this name is taken from a folder."""
        return not is_hidden(name) and os.path.splitext(name)[1].lower() in self.extensions


def _match(item: str, wanted: _Wanted, lists: tuple[str, ...]) -> Iterator[FoundFile]:
    """The files that `item` means; `lists` are those that it was read from, the innermost last."""
    item = item.removeprefix("file://")
    if is_list(item):
        yield from _match_list(item, wanted, lists)
    elif storage.is_remote(item):
        yield from _match_remote(item, wanted)
    elif os.path.isdir(item):
        yield from _walk(item, wanted)
    elif os.path.lexists(item):
        yield _look(item)
    else:
        yield from _match_pattern(item, wanted)


def _match_pattern(pattern: str, wanted: _Wanted) -> Iterator[FoundFile]:
    for path in expand_pattern(pattern, wanted.findings):
        name = os.path.basename(path)
        if os.path.isdir(path) and not wanted.takes(name):
            yield from _walk(path, wanted)
        elif _names_extension(pattern) or wanted.takes(name):
            yield _look(path)
        else:
            wanted.findings.pass_over(name)


def _names_extension(pattern: str) -> bool:
    """Whether the pattern itself says which extension it means, as `*.dat` does and `*` and `show.*` do not."""
    extension = os.path.splitext(pattern.rsplit("/", 1)[-1])[1]
    return bool(extension) and not glob.has_magic(extension)


def _walk(folder: str, wanted: _Wanted) -> Iterator[FoundFile]:
    yield from map(_look, walk(os.path.abspath(folder), wanted.takes, wanted.findings))


def _match_list(path: str, wanted: _Wanted, lists: tuple[str, ...]) -> Iterator[FoundFile]:
    """The inputs a text file lists. A listed path that is absent is a file that cannot be read, not an error."""
    lines = _lines(path, lists)
    for line in without_sidecars(lines, wanted.extensions, wanted.findings, folder=wanted.folder):
        yield from _match_line(line, path, wanted, (*lists, os.path.abspath(path)))


def _lines(path: str, lists: tuple[str, ...]) -> list[str]:
    if os.path.abspath(path) in lists:
        raise NothingFound(
            f"the list {display_text(path)} names itself, directly or through another list; take that line out"
        )
    try:
        with storage.open_file(path) as file:
            lines = [os.fsdecode(line.strip()) for line in file]
    except OSError as error:
        raise NothingFound(f"the list {display_text(path)} cannot be read ({error.strerror or error})") from error
    return [line for line in lines if line and not line.startswith("#")]


def expand_lists(inputs: Sequence[str], lists: tuple[str, ...] = ()) -> Iterator[str]:
    """The inputs, in place of every list what it lists; `lists` are those that they were read from."""
    for item in inputs:
        path = item.removeprefix("file://")
        if is_list(item):
            yield from expand_lists(_lines(path, lists), (*lists, os.path.abspath(path)))
        else:
            yield item


def _match_line(line: str, source: str, wanted: _Wanted, lists: tuple[str, ...]) -> Iterator[FoundFile]:
    nothing = True
    line = line if storage.is_remote(line) else os.path.join(wanted.folder, line)
    for found in _match(line, wanted, lists):
        nothing = False
        yield found
    if nothing and glob.has_magic(redact_url(line)):  # of a signed URL all that follows the `?` is left out
        raise NothingFound(
            f"{display_text(line)}, in the list {display_text(source)}, matches no {wanted.what}; check it"
        )
    if nothing:
        yield (line if storage.is_remote(line) else os.path.abspath(line)), -1, ""


def _match_remote(url: str, wanted: _Wanted) -> Iterator[FoundFile]:
    itself = storage.canonical_url(url)
    # what the input says itself, and not the storage: a folder, or what comes before the first of a pattern's signs
    said = itself[: min((itself.find(sign) for sign in "*?[" if sign in itself), default=len(itself))]
    said = said.rsplit("/", 1)[0] if said != itself else itself.rstrip("/")
    for entry in listing.find_files(url):
        below = entry.path[len(said) + 1 :].split("/") if entry.path.startswith(f"{said}/") else []
        *folders, name = below or [entry.name]
        strange = next(filter(is_hidden, folders), None)
        if strange is not None:
            wanted.findings.pass_over(strange)
        elif entry.path == itself or (said != itself.rstrip("/") and _names_extension(url)) or wanted.takes(name):
            yield entry.path, entry.size_bytes, _moment(entry.changed)
        else:
            wanted.findings.pass_over(name)


def _moment(changed: object) -> str:
    """A storage's time of change as ISO 8601 in UTC; "" where it gives none that can be read."""
    try:
        if isinstance(changed, (int, float)):
            changed = dt.datetime.fromtimestamp(changed, dt.timezone.utc)
        if isinstance(changed, dt.datetime):
            return changed.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (OSError, OverflowError, ValueError):  # of a year that no calendar has
        return ""
    return str(changed or "")


def _look(path: str) -> FoundFile:
    path = os.path.abspath(path)
    try:
        found = os.stat(path)
    except OSError:
        return path, -1, ""
    whole, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
    try:
        moment = dt.datetime.fromtimestamp(whole, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    except (
        OSError,
        OverflowError,
        ValueError,
    ):  # of a year that no calendar has; it still tells one change from another
        return path, found.st_size, f"@{whole}.{nanoseconds:09d}"
    return path, found.st_size, f"{moment}.{nanoseconds:09d}Z"
