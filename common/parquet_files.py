"""Parquet files that are either whole or absent, with page checksums, zstd, and one JSON document in their footer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from common import storage
from common.atomic_files import atomic_file

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
        OSError, common.storage.StorageError: the target cannot be written; nothing is left under `path` or a
            temporary name.
    """
    with atomic_file(path) as temporary:
        writer = AtomicWriter(temporary, schema)
        try:
            yield writer
        finally:
            writer.close()
        # A rename keeps what the version is made of, so this is the very file's, whoever renames after us.
        writer.version = _version(temporary)
    if storage.is_remote(path):
        writer.version = _version(path)


@contextlib.contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """Open the Parquet file `path` (local or a URL) for reading, its page checksums verified.

    Raises:
        FileNotFoundError: where there is none.
        OSError, ValueError: where it is damaged.
        common.storage.StorageError: the storage does not answer, which says nothing of the file.
    """
    storage.refuse_irregular(path)
    place = storage.local_path(path)
    if place is not None:
        with pq.ParquetFile(place, page_checksum_verification=True) as parquet:
            yield parquet
    else:
        with storage.open_file(path) as file:
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


def _version(path: str) -> str | None:
    found = storage.look_up(path)
    return found and found.version


def _checksum(text: bytes) -> str:
    return f"{google_crc32c.value(text):08x}"


def binary_column(values: npt.NDArray[np.uint8]) -> pa.Array:
    """Rows of bytes, uint8 [rows, n], as Arrow's fixed-size binary."""
    rows, size = values.shape
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(size), rows, [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def binary_values(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """The bytes of a fixed-size binary column without nulls, uint8 [rows, n], not copied if in one piece."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # as some versions leave an empty one
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    size = column.type.byte_width
    if not len(column):  # may come without a buffer
        return np.empty((0, size), np.uint8)
    values = np.frombuffer(column.buffers()[1], np.uint8, len(column) * size, column.offset * size)
    return values.reshape(len(column), size)
