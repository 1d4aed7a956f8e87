"""FindRecordings: files, folders, globs, object-storage patterns and lists of paths become recordings."""

from __future__ import annotations

import dataclasses
import datetime as dt
import glob
import hashlib
import logging
import os
import re
from collections.abc import Iterator, Sequence

import apache_beam as beam
import fsspec

from models.errors import UsageError
from transforms.atomic_files import last_change
from transforms.printable import printable, storable

logger = logging.getLogger(__name__)

MEDIA_EXTENSIONS = (
    *(".aac", ".ac3", ".aif", ".aiff", ".amr", ".flac", ".m4a", ".mka", ".mp2", ".mp3", ".oga", ".ogg", ".opus"),
    *(".wav", ".wma"),
    *(".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf"),
    *(".ogv", ".ts", ".vob", ".webm", ".wmv"),
)
"""What is taken from a folder; a file that is named, or matched by a glob, is taken whatever its name."""

NULL_DATE = "__HIVE_DEFAULT_PARTITION__"
"""Hive's name for the partition of rows without a date."""

LONGEST_ID_BYTES = 200
"""A longer name gets a hash for its id, for parts are named after it and names of files end at 255 bytes."""

_ARCHIVE_NAME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})_(?P<time>\d{4})_(?P<country>[A-Z]{2})_(?P<network>[^_]+)_(?P<title>.+)"
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

    @property
    def date(self) -> str:
        """The day that its rows are filed under: YYYY-MM-DD in UTC, or NULL_DATE."""
        return self.start_utc[:10] if self.start_utc else NULL_DATE


class NothingFound(UsageError):
    """An input that matches no recording; the message is one sentence."""


def parse_archive_name(name: str) -> dict[str, str]:
    """The facts in a name such as `2016-01-01_0000_US_CNN_Anderson_Cooper.mp4`; times are UTC.

    Returns:
        start_utc (ISO 8601), country, network, title; {} where the name is not in that style.
    """
    match = _ARCHIVE_NAME.fullmatch(os.path.splitext(name)[0])
    if not match:
        return {}
    try:
        start = dt.datetime.strptime(match["date"] + match["time"], "%Y-%m-%d%H%M")
    except ValueError:
        return {}
    return {
        "start_utc": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "country": match["country"],
        "network": match["network"],
        "title": match["title"].replace("_", " "),
    }


def describe(path: str, size_bytes: int, modified: str, *, root: str | None = None) -> Recording:
    """The Recording at `path`; where its name is not in the archive's style, `root` makes ids independent of it."""
    name = path.rsplit("/", 1)[-1]
    facts = {fact: storable(value) for fact, value in parse_archive_name(name).items()}
    stem = os.path.splitext(name)[0]
    if facts and storable(stem) == stem and len(stem.encode()) <= LONGEST_ID_BYTES:
        return Recording(stem, path, size_bytes, modified, **facts)
    relative = path
    if root and path.startswith(root.rstrip("/") + "/"):
        relative = path[len(root.rstrip("/")) + 1 :]
    digest = hashlib.sha256(os.fsencode(relative)).hexdigest()[:20]
    return Recording(digest, path, size_bytes, modified, **facts)


def find(inputs: Sequence[str], *, root: str | None = None) -> Iterator[Recording]:
    """Every recording of the inputs, in order, those of one path possibly more than once.

    Args:
        inputs: paths of files and folders (searched for media files, at any depth), globs (`**` goes down),
            URLs of object storage, patterns there, and `.txt` files that list such inputs, one a line.
        root: the archive's folder; ids made from paths are relative to it.

    Raises:
        NothingFound: naming the first input that matches nothing.
    """
    if root is not None and "://" not in root:
        root = os.path.abspath(root)
    for item in inputs:
        count = 0
        for path, size, modified in _match(item):
            count += 1
            yield describe(path, size, modified, root=root)
        if not count:
            raise NothingFound(
                f"{printable(item)} matches no recording; check the path, or quote the pattern so that the shell "
                "leaves it alone"
            )


def _match(item: str) -> Iterator[tuple[str, int, str]]:
    item = item.removeprefix("file://")
    if item.lower().endswith(".txt"):
        yield from _match_list(item)
    elif "://" in item:
        yield from _match_remote(item)
    elif os.path.isdir(item):
        yield from _walk(os.path.abspath(item))
    elif os.path.lexists(item):
        yield _look(item)
    else:
        for path in sorted(glob.iglob(item, recursive=True)):
            if os.path.isdir(path) and os.path.splitext(path)[1].lower() not in MEDIA_EXTENSIONS:
                yield from _walk(os.path.abspath(path))
            else:
                yield _look(path)


def _match_list(path: str) -> Iterator[tuple[str, int, str]]:
    """The inputs a text file lists. A listed path that is absent is a failed recording, not an error."""
    try:
        with fsspec.open(path, "rb") as file:
            lines = [os.fsdecode(line.strip()) for line in file]
    except OSError as error:
        raise NothingFound(f"the list {printable(path)} cannot be read ({error.strerror or error})") from error
    for line in lines:
        if line and not line.startswith("#"):
            yield from _match_line(line, path)


def _match_line(line: str, listing: str) -> Iterator[tuple[str, int, str]]:
    nothing = True
    for found in _match(line):
        nothing = False
        yield found
    if nothing and glob.has_magic(line):
        raise NothingFound(f"{printable(line)}, in the list {printable(listing)}, matches no recording; check it")
    if nothing:
        yield (line if "://" in line else os.path.abspath(line)), -1, ""


def _match_remote(url: str) -> Iterator[tuple[str, int, str]]:
    filesystem, place = fsspec.core.url_to_fs(url)
    pattern = glob.has_magic(place) and not filesystem.isfile(place)  # a name may look like a pattern
    found = filesystem.glob(place, detail=True) if pattern else filesystem.find(place, detail=True)
    for name, info in sorted(found.items()):
        named = pattern or name == place
        if info["type"] == "file" and (named or os.path.splitext(name)[1].lower() in MEDIA_EXTENSIONS):
            size = -1 if info.get("size") is None else int(info["size"])
            yield filesystem.unstrip_protocol(name), size, _moment(last_change(info))


def _moment(changed: object) -> str:
    """A storage's time of change as ISO 8601 in UTC; "" where it gives none that can be read."""
    if isinstance(changed, (int, float)):
        changed = dt.datetime.fromtimestamp(changed, dt.timezone.utc)
    if isinstance(changed, dt.datetime):
        return changed.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(changed or "")


def _walk(folder: str) -> Iterator[tuple[str, int, str]]:
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_cannot_list):
        seen.add(os.path.realpath(parent))  # links may lead in circles
        folders[:] = sorted(f for f in folders if os.path.realpath(os.path.join(parent, f)) not in seen)
        for name in sorted(files):
            if os.path.splitext(name)[1].lower() in MEDIA_EXTENSIONS and not name.startswith("."):
                yield _look(os.path.join(parent, name))


def _cannot_list(error: OSError) -> None:
    logger.warning("the folder %s cannot be listed (%s); what it holds is left out", error.filename, error.strerror)


def _look(path: str) -> tuple[str, int, str]:
    path = os.path.abspath(path)
    try:
        found = os.stat(path)
    except OSError:
        return path, -1, ""
    whole, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
    moment = dt.datetime.fromtimestamp(whole, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return path, found.st_size, f"{moment}.{nanoseconds:09d}Z"


def first_of(recordings: Sequence[Recording]) -> Recording:
    """The one to keep of several recordings with one id: the first by path."""
    return min(recordings, key=lambda recording: recording.path)


@dataclasses.dataclass(eq=False)
class FindRecordings(beam.PTransform):
    """Patterns to recordings, one for each id, spread over the workers.

    Attributes:
        root: the archive's folder, for ids made from paths.
    """

    root: str | None = None

    def expand(self, patterns: beam.PCollection[str]) -> beam.PCollection[Recording]:
        """Match, key by id, keep one of each."""
        return (
            patterns
            | "Match" >> beam.FlatMap(lambda pattern, root: find([pattern], root=root), root=self.root)
            | "KeyById"
            >> beam.WithKeys(lambda recording: recording.recording_id).with_output_types(tuple[str, Recording])
            | "GroupById" >> beam.GroupByKey()
            | "KeepFirst" >> beam.MapTuple(lambda _, same: first_of(list(same)))
        )
