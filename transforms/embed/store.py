"""The embedding store: one Parquet part a recording, the durable product of decoding and embedding.

Layout: `<root>/date=YYYY-MM-DD/<recording_id>.parquet` (Hive's null partition where the name tells no date). A part
holds one embedding a second, and in its footer all that is known of the recording. It is checkpoint and index: a
later run uses the parts that fit its fingerprint, and the tables are made from nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from common.atomic_files import read_text, write_text
from common.errors import LaughterError, UsageError
from common.listing import list_folder
from common.parquet_files import (
    AtomicWriter,
    atomic_parquet,
    binary_column,
    binary_values,
    document_of,
    open_parquet,
    read_document,
)
from common.partitions import day_folder
from common.storage import Entry
from models.constants import EMBEDDING_SIZE
from transforms.embed.recordings import Recording, recording_at

PART_FORMAT = 1
"""Of parts; a part of another format is computed again."""

PART_SCHEMA = pa.schema([pa.field("embedding", pa.binary(EMBEDDING_SIZE), nullable=False)])


class StoreError(LaughterError, OSError):
    """The store cannot be written: the run stops, since no further recording would fare better."""


@dataclasses.dataclass(frozen=True)
class StorePart:
    """A part as a listing shows it; size and modification time tell whether it changed.

    Attributes:
        recording_id: of the recording.
        date: the day it is filed under, or Hive's null partition.
        path: of the part.
        version: changes whenever the part is written again.
    """

    recording_id: str
    date: str
    path: str
    version: str


def fingerprint(facts: Mapping[str, Any]) -> str:
    """A short name for all that changes a result: equal facts give equal fingerprints."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def part_path(root: str, date: str, recording_id: str) -> str:
    """Where the part of a recording lies."""
    return f"{day_folder(root, date)}/{recording_id}.parquet"


@dataclasses.dataclass
class PartWriter:
    """Appends embeddings to a part; `document` goes into its footer."""

    writer: AtomicWriter

    def append(self, embeddings: npt.NDArray[np.uint8]) -> None:
        """Add seconds, uint8 [n, 128]."""
        self.writer.write(pa.table([binary_column(embeddings)], schema=PART_SCHEMA))

    def set_info(self, document: Mapping[str, Any]) -> None:
        """Say what the footer holds."""
        self.writer.document = document


@contextlib.contextmanager
def write_part(root: str, recording: Recording) -> Iterator[PartWriter]:
    """Write the recording's part, which appears when the block ends without an exception.

    Raises:
        StoreError: naming the part, where it cannot be written.
    """
    path = part_path(root, recording.date, recording.recording_id)
    with _store_errors(path), atomic_parquet(path, PART_SCHEMA) as writer:
        yield PartWriter(writer)


def read_part(path: str) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
    """A part's embeddings, uint8 [seconds, 128], and its footer's document.

    Raises:
        OSError, ValueError: where the part is absent or damaged.
        common.storage.StorageError: the storage does not answer.
    """
    with open_parquet(path) as parquet:
        column = parquet.read(columns=["embedding"])["embedding"].combine_chunks()
        document = document_of(parquet)
    return binary_values(column), document


def read_info(path: str) -> dict[str, Any] | None:
    """What the footer of a part says; None where there is no part, or a damaged one."""
    document = read_document(path)
    return document if document and document.get("format") == PART_FORMAT else None


class EmbedderMismatch(UsageError):
    """The store holds the embeddings of another embedder; the message is one sentence."""


def check_embedder(root: str, *, embedder: str, space: str, note: bool = True) -> None:
    """Note whose embeddings the store holds, at the first run, and refuse another embedder at every later one.

    A head reads the embeddings of one embedder only; on others it says nonsense without a warning.

    Args:
        root: of the store.
        embedder: the embedder's name, for people.
        space: what tells its weights, whatever the precision.
        note: whether to write the note where there is none.

    Raises:
        OtherEmbedder: the store is another embedder's.
        StoreError: the note cannot be written.
    """
    path = f"{root.rstrip('/')}/embedder.json"
    with _store_errors(path):
        noted = read_text(path)
        if noted is None and note:
            write_text(path, json.dumps({"embedder": embedder, "space": space}) + "\n")
    document = json.loads(noted) if noted else {"space": space}
    if document["space"] != space:
        raise EmbedderMismatch(
            f"the store {root} holds embeddings of {document['embedder']}, made by other weights than those of this "
            f"run's {embedder}; use the bundle it was made with, or give another --output or --store"
        )


@contextlib.contextmanager
def _store_errors(path: str) -> Iterator[None]:
    """Turn errors of the disk into StoreError."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror or error}); see to the disk and its permissions, or give "
            "another --store, then run again: what is done is kept"
        ) from error


def mark_damaged(root: str, part: StorePart, reason: str) -> None:
    """Replace a damaged part by an empty one that says so; as a failed one it is embedded anew by the next run."""
    known = read_info(part.path) or {"media": {}, "embedder": "", "embedder_fingerprint": ""}
    lost = recording_at(f"{part.recording_id}.lost", -1, "")
    recording = known.get("recording") or {**dataclasses.asdict(lost), "recording_id": part.recording_id, "path": ""}
    sentence = f"the embeddings in {part.path} were damaged ({reason}) and are removed; run on the recording again"
    with write_part(root, Recording(**recording)) as writer:
        writer.set_info(
            {
                **known,
                "format": PART_FORMAT,
                "fingerprint": "",
                "recording": recording,
                "audio_s": 0.0,
                "silence_filled_s": 0.0,
                "seconds": 0,
                "status": "failed",
                "stage": "store",
                "error": sentence,
            }
        )


def list_day(root: str, date: str) -> list[StorePart]:
    """The parts of one day, sorted by recording; temporary files and strangers are left out."""
    found = (entry for entry in list_folder(day_folder(root, date)) if _is_part(entry))
    return sorted((_part_of(entry, root, date) for entry in found), key=lambda part: part.path)


def _is_part(entry: Entry) -> bool:
    return not entry.is_folder and entry.name.endswith(".parquet") and not entry.name.startswith(".")


def _part_of(entry: Entry, root: str, date: str) -> StorePart:
    recording_id = entry.name.removesuffix(".parquet")
    return StorePart(recording_id, date, part_path(root, date, recording_id), entry.version)
