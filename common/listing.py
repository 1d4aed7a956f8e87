"""Listings of folders and patterns by path or URL, page by page where that is Google Cloud Storage.

gcsfs gathers all that the storage knows of every object before it gives the first: 100,000 objects take hundreds of
megabytes. Here a page of a thousand is held at a time, and only what a run needs to know is asked for.
"""

from __future__ import annotations

import contextlib
import glob
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fsspec.utils import glob_translate

from common.storage import Entry, entry_of, filesystem_of, is_gcs, storage_errors

_Info = Mapping[str, Any]
"""Of a file: `name` (fsspec's, without gs://), `type` ("file" or "directory"), `size`, and when and how it changed."""

_PAGE = 1000
_FIELDS = "items(name,size,timeCreated,generation),prefixes,nextPageToken"


def list_folder(path: str) -> Iterator[Entry]:
    """The files and folders in the folder `path` (local or a URL), at no depth; nothing where there is no such folder.

    Raises:
        StorageError: the storage does not answer.
    """
    filesystem, place = filesystem_of(path)
    with storage_errors(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if is_gcs(path):
            found = _gcs_objects(filesystem, *_bucket_and_prefix(place), delimiter="/")
        else:
            found = filesystem.ls(place, detail=True)
        yield from (entry_of(filesystem, info, path) for info in found)


def find_files(path: str) -> Iterator[Entry]:
    """The files that `path` (local or a URL) means, by name: the file itself, those of a folder, or those of a pattern.

    Raises:
        StorageError: the storage does not answer.
    """
    filesystem, place = filesystem_of(path)
    with storage_errors(path), contextlib.suppress(FileNotFoundError):
        # a file's name may look like a pattern
        means = _glob if glob.has_magic(place) and not filesystem.isfile(place) else _find
        found = means(filesystem, place, gcs=is_gcs(path))
        yield from (entry_of(filesystem, info, path) for info in found if info["type"] == "file")


def files_below(path: str) -> Iterator[Entry]:
    """The file `path` (local or a URL), or the files of the folder at any depth, by name; never those of a pattern.

    Raises:
        StorageError: the storage does not answer.
    """
    filesystem, place = filesystem_of(path)
    with storage_errors(path), contextlib.suppress(FileNotFoundError):
        found = _find(filesystem, place, gcs=is_gcs(path))
        yield from (entry_of(filesystem, info, path) for info in found if info["type"] != "directory")


def _find(filesystem: Any, place: str, *, gcs: bool) -> Iterator[_Info]:
    if not gcs and filesystem.isfile(place):
        yield filesystem.info(place)
        return
    if not gcs:
        yield from (info for _, info in sorted(filesystem.find(place, detail=True).items()))
        return
    below = _gcs_objects(filesystem, *_bucket_and_prefix(place), delimiter=None)
    first = next(below, None)
    if first is None:
        yield filesystem.info(place)
    else:
        yield first
        yield from below


def _glob(filesystem: Any, place: str, *, gcs: bool) -> Iterator[_Info]:
    if not gcs:
        yield from (info for _, info in sorted(filesystem.glob(place, detail=True).items()))
        return
    bucket, _, pattern = place.partition("/")
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    delimiter = "/" if "/" not in pattern[len(fixed) :] and "**" not in pattern else None
    fits = re.compile(glob_translate(place)).match
    for info in _gcs_objects(filesystem, bucket, fixed, delimiter=delimiter):
        if info["type"] == "file" and fits(info["name"]):
            yield info


def _bucket_and_prefix(place: str) -> tuple[str, str]:
    bucket, _, folder = place.rstrip("/").partition("/")
    return bucket, f"{folder}/" if folder else ""


def _gcs_objects(filesystem: Any, bucket: str, prefix: str, *, delimiter: str | None) -> Iterator[_Info]:
    """Objects by name, then, with a delimiter, folders; those that only mark a folder are left out."""
    folders: set[str] = set()
    token = None
    while True:
        page = filesystem.call(
            *("GET", "b/{}/o", bucket),
            prefix=prefix or None,
            delimiter=delimiter,
            maxResults=_PAGE,
            pageToken=token,
            fields=_FIELDS,
            json_out=True,
        )
        folders.update(page.get("prefixes", ()))
        for item in page.get("items", ()):
            if not item["name"].endswith("/"):
                facts = {key: item.get(key) for key in ("timeCreated", "generation")}
                size = int(item.get("size", 0))
                yield {"name": f"{bucket}/{item['name']}", "type": "file", "size": size, **facts}
        token = page.get("nextPageToken")
        if token is None:
            break
    yield from ({"name": f"{bucket}/{name.rstrip('/')}", "type": "directory", "size": 0} for name in sorted(folders))
