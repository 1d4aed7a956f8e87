"""Files, most of them Parquet, that are either whole or absent, on local disk and on object storage.

Every file is written to a temporary name and renamed once complete (on object storage: written to local disk,
then put as one object), with page checksums, zstd, and one JSON document in its footer.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq

from models import storage
from models.errors import LaughterError
from transforms.left_behind import held_file
from transforms.printable import printable

DOCUMENT_KEY = "laughter"
"""The footer's key of the JSON document."""

CHECKSUM_KEY = "laughter-crc32c"
"""The footer's key of the document's checksum, for Parquet has none of footers."""


class AtomicWriter:
    """Writes one Parquet file; `document` goes into its footer when it is closed, `version` tells it afterwards."""

    def __init__(self, path: str, schema: pa.Schema) -> None:
        """Open the Parquet file at the local `path` with `schema`."""
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True)
        self.document: Mapping[str, Any] = {}
        self.rows = 0
        self.version: str | None = None

    def write(self, table: pa.Table) -> None:
        """Append `table` as one row group; an empty one adds nothing."""
        if table.num_rows:
            self._writer.write_table(table)
            self.rows += table.num_rows

    def close(self) -> None:
        """Write the footer."""
        document = json.dumps(self.document, sort_keys=True)
        self._writer.add_key_value_metadata({DOCUMENT_KEY: document, CHECKSUM_KEY: _checksum(document.encode())})
        self._writer.close()


@contextlib.contextmanager
def atomic_parquet(path: str, schema: pa.Schema) -> Iterator[AtomicWriter]:
    """Write the Parquet file `path` (local, or a URL such as gs://...), which appears only when whole.

    Raises:
        OSError, models.storage.StorageError: the target cannot be written; nothing is left under `path` or a
            temporary name.
    """
    with atomic_file(path) as temporary:
        writer = AtomicWriter(temporary, schema)
        try:
            yield writer
        finally:
            writer.close()
        # A rename keeps what the version is made of, so this is the very file's, whoever renames after us.
        writer.version = file_version(temporary)
    if storage.is_remote(path):
        writer.version = file_version(path)


@contextlib.contextmanager
def atomic_file(path: str) -> Iterator[str]:
    """A local temporary path to write; what is there when the block ends well becomes `path` (local or a URL)."""
    filesystem, place = storage.filesystem_of(path)
    if storage.is_local(filesystem):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with held_file(os.path.dirname(place)) as temporary:
            yield temporary
            os.replace(temporary, place)
    else:
        with held_file(tempfile.gettempdir()) as temporary:
            yield temporary
            storage.put(temporary, path)


def write_text(path: str, text: str) -> None:
    """Write a small text file `path` (local or a URL), whole or not at all."""
    with atomic_file(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


def write_bytes(path: str, content: bytes) -> None:
    """Write a small file `path` (local or a URL), whole or not at all."""
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        file.write(content)


@contextlib.contextmanager
def write_errors(path: str, *, instead: str = "another --output") -> Iterator[None]:
    """Turn errors of the disk, while the block writes `path`, into one sentence, which tells what to give `instead`.

    Raises:
        LaughterError: naming the path, the cause and what to do.
    """
    try:
        yield
    except OSError as error:
        raise LaughterError(
            f"{printable(path)} cannot be written ({error.strerror or error}); see to the disk and its permissions, "
            f"or give {instead}"
        ) from error


def read_text(path: str) -> str | None:
    """The text of the file `path` (local or a URL); None where there is none."""
    try:
        with storage.opened(path, "r", encoding="utf-8") as file:
            return str(file.read())
    except FileNotFoundError:
        return None


def last_change(info: Mapping[str, Any]) -> Any:
    """When a file changed, as its storage's listing tells it; None where it does not."""
    # Google Cloud Storage changes `updated` with the storage class too, but never the content of what it created
    names = ("timeCreated", "mtime", "updated", "LastModified", "last_modified", "created")
    return next((info[name] for name in names if info.get(name) is not None), None)


def version_of(info: Mapping[str, Any]) -> str:
    """What changes whenever a file is written again, from its storage's listing of it."""
    names = ("generation", "etag", "ETag", "ino")
    told = next((info[name] for name in names if info.get(name) is not None), "")
    return f"{info['size']}-{last_change(info)}-{told}"


def file_version(path: str) -> str | None:
    """The version of the file `path` (local or a URL); None where there is none."""
    filesystem, place = storage.filesystem_of(path)
    try:
        with storage.storage_errors(path):
            return version_of(filesystem.info(place))
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """Open the Parquet file `path` (local or a URL) for reading, its page checksums verified.

    Raises:
        FileNotFoundError: where there is none.
        OSError, ValueError: where it is damaged.
        models.storage.StorageError: the storage does not answer, which says nothing of the file.
    """
    filesystem, place = storage.filesystem_of(path)
    if storage.is_local(filesystem):
        with pq.ParquetFile(place, page_checksum_verification=True) as parquet:
            yield parquet
    else:
        with storage.opened(path) as file:
            yield pq.ParquetFile(file, page_checksum_verification=True)


def is_whole(path: str) -> bool:
    """Whether everything in the Parquet file `path` can be read and fits its checksums; all of it is read."""
    try:
        with open_parquet(path) as parquet:
            for group in range(parquet.num_row_groups):
                parquet.read_row_group(group)
    except (OSError, pa.ArrowException):
        return False
    return True


def read_document(path: str) -> dict[str, Any] | None:
    """The JSON document in the footer of `path`; None where the file is absent, damaged, or not ours."""
    try:
        with open_parquet(path) as parquet:
            return document_of(parquet)
    except (OSError, pa.ArrowException, ValueError, KeyError):
        return None


def document_of(parquet: pq.ParquetFile) -> dict[str, Any]:
    """The JSON document in the footer of an open file; KeyError where there is none, ValueError where it is damaged."""
    footer = parquet.metadata.metadata or {}
    text = footer[DOCUMENT_KEY.encode()]
    if footer[CHECKSUM_KEY.encode()] != _checksum(text).encode():
        raise ValueError("the footer's document does not fit its checksum")
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("the footer's document is not an object")
    return document


def _checksum(text: bytes) -> str:
    return f"{google_crc32c.value(text):08x}"
