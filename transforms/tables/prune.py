"""Prune: away with what the store and the tables hold of recordings that are in the archive no longer."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import os
from collections.abc import Iterable, Iterator, Sequence, Set

import pyarrow as pa

from common import storage
from common.parquet_files import open_parquet
from common.partitions import day_folder
from common.text import utf8_text
from transforms.embed.inputs import expand_lists
from transforms.embed.store import StorePart, list_day, part_path
from transforms.tables.annotate_recordings import AnnotateSettings
from transforms.tables.read_tables import list_days
from transforms.tables.schemas import SCHEMAS
from transforms.tables.write_tables import day_state_path, table_path


@dataclasses.dataclass(frozen=True)
class DeletedRecording:
    """A recording that the tables know and the archive does not.

    Attributes:
        recording_id, date: of the recording.
        path: where it was, as the tables say it.
    """

    recording_id: str
    date: str
    path: str


def find_deleted(output: str, inputs: Sequence[str], found: Set[str]) -> Iterator[DeletedRecording]:
    """The recordings that lay where the inputs look, were not found there, and whose file is there no more.

    Args:
        output: folder or URL of the tables.
        inputs: of this run; each has matched something, so none of them is a disk that is not mounted.
        found: ids of the recordings that the inputs mean now.
    """
    beginnings = tuple(_path_prefix(item) for item in expand_lists(inputs))
    for date in list_days(output):
        with contextlib.suppress(OSError, pa.ArrowException):  # a damaged table is written anew by this very run
            with open_parquet(table_path(output, "recordings", date)) as parquet:
                rows = parquet.read(columns=["recording_id", "path"]).to_pylist()
            for row in rows:
                missing = row["path"].startswith(beginnings) and row["recording_id"] not in found
                if missing and not _exists(row["path"]):
                    yield DeletedRecording(row["recording_id"], date, row["path"])


def remove(gone: Iterable[DeletedRecording], settings: AnnotateSettings) -> None:
    """Remove the recordings' parts and annotations, and the tables of days that nothing is left of.

    Days that keep recordings are written anew by the run that follows, for their parts changed.

    Raises:
        OSError: something cannot be removed.
    """
    dates = set()
    for recording in gone:
        dates.add(recording.date)
        path = part_path(settings.store, recording.date, recording.recording_id)
        storage.remove_file(path)
        storage.remove_file(settings.annotation_path(StorePart(recording.recording_id, recording.date, path, "")))
    for date in dates:
        if not list_day(settings.store, date):
            for path in (
                day_state_path(settings.output, date),
                *(table_path(settings.output, name, date) for name in SCHEMAS),
            ):
                storage.remove_file(path)
                storage.remove_empty_folder(path.rsplit("/", 1)[0])
            storage.remove_empty_folder(day_folder(settings.store, date))


def _path_prefix(item: str) -> str:
    """What the paths begin with that an input means: a folder, or what comes before the first of a pattern's signs."""
    item = item.removeprefix("file://")
    remote = storage.is_remote(item)
    if not glob.has_magic(item) or (not remote and os.path.lexists(item)):
        return utf8_text((item if remote else os.path.abspath(item)).rstrip("/") + "/")
    fixed = item[: min(item.find(sign) for sign in "*?[" if sign in item)]
    folder, slash, name = fixed.rpartition("/")
    return utf8_text(fixed if remote else os.path.join(os.path.abspath(folder + slash), name))


def _exists(path: str) -> bool:
    """Whether there is such a file, or may be: a name with escapes cannot be looked for, nor one on a lost disk."""
    if "\\" in path:
        return True
    if not storage.is_remote(path):
        return _may_be_there(path)
    return storage.exists(path)


def _may_be_there(path: str) -> bool:
    """Whether a local file is there, cannot be looked for, or lay below a folder that is empty, as where disks go."""
    try:
        os.lstat(path)
        return True
    except (FileNotFoundError, NotADirectoryError):
        folder = os.path.dirname(path)
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
    except OSError:
        return True
    try:
        return not os.listdir(folder)
    except OSError:
        return True
