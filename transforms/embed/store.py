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
from common.partitions import day_folder, list_days
from common.storage import Entry
from common.text import utf8_text
from models.constants import EMBEDDING_SIZE
from models.embedding_space import EmbeddingSpace
from transforms.decode.outcome import MediaInfo
from transforms.decode.settings import RULES_VERSION
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


@dataclasses.dataclass(frozen=True)
class PartInfo:
    """All that is known of a recording; a part's footer holds it.

    Attributes:
        fingerprint: of everything that changes the recording's embeddings.
        recording: as it was found; its path as tables hold it.
        media: of its container and the audio stream that was decoded.
        audio_s, silence_filled_s: seconds of sound, silence in holes included, and of that silence.
        seconds: embeddings in the part.
        status: "done", "partial" or "failed".
        stage: where it failed or broke off: "decode", "fetch", "changed" where the file was written to meanwhile, or
            "store" where the part was damaged; None where done.
        error: one sentence; mostly None where done.
        embedder, embedder_fingerprint: label for tables, and what changes with weights, PCA and precision.
        rules: of decoding, by version; 1 where the part does not say.
        is_transport_stream: whether it was one; None where the part does not say.
        clock: where the clock of a transport stream breaks, in order: the second of the timeline, the stream's own time
            there (s), and the position in the file (bytes).
        peak_dbfs, mean_dbfs: the loudest sample, and the mean level of what was heard, against full scale.
    """

    fingerprint: str
    recording: Recording
    media: MediaInfo
    audio_s: float
    silence_filled_s: float
    seconds: int
    status: str
    stage: str | None
    error: str | None
    embedder: str
    embedder_fingerprint: str
    rules: int = 1
    is_transport_stream: bool | None = None
    clock: tuple[tuple[float, ...], ...] = ()
    peak_dbfs: float | None = None
    mean_dbfs: float | None = None

    @classmethod
    def failed(
        cls,
        recording: Recording,
        *,
        stage: str,
        error: str,
        media: MediaInfo | None = None,
        fingerprint: str = "",
        embedder: str = "",
        embedder_fingerprint: str = "",
    ) -> PartInfo:
        """Of a recording that has no embeddings: it gave none, or they were lost."""
        media = media or MediaInfo()
        return cls(
            fingerprint,
            recording,
            media,
            audio_s=0.0,
            silence_filled_s=0.0,
            seconds=0,
            status="failed",
            stage=stage,
            error=error,
            embedder=embedder,
            embedder_fingerprint=embedder_fingerprint,
            rules=RULES_VERSION,
        )

    def to_document(self) -> dict[str, Any]:
        """As JSON holds it; paths that are no UTF-8 as tables hold them."""
        document = {"format": PART_FORMAT, **dataclasses.asdict(self)}
        document["recording"]["path"] = utf8_text(self.recording.path)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PartInfo:
        """What `to_document` gave.

        Raises:
            ValueError: it is of another format, or lacks something.
        """
        if document.get("format") != PART_FORMAT:
            raise OtherFormat(f"it is of format {document.get('format')}, not {PART_FORMAT}")
        try:
            known = _known(cls, document)
            recording = Recording(**_known(Recording, known["recording"]))
            media = MediaInfo(**_known(MediaInfo, known["media"]))
            clock = tuple(tuple(map(float, place)) for place in known.get("clock", ()))
            return cls(**{**known, "recording": recording, "media": media, "clock": clock})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # the checksums of the part are right, so another version of this project wrote it, and nothing is damaged
            raise OtherFormat(f"its footer does not say what it should ({error})") from error


def _known(kind: type, document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says that a dataclass has; what another version of this project said besides is left out."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in document.items() if name in names}


class OtherFormat(ValueError):
    """A part that another version of this project wrote; it is whole, but has to be made anew."""


@dataclasses.dataclass
class PartWriter:
    """Appends embeddings to a part, and says what is known of the recording."""

    writer: AtomicWriter

    def append(self, embeddings: npt.NDArray[np.uint8]) -> None:
        """Add seconds, uint8 [n, 128]."""
        self.writer.write(pa.table([binary_column(embeddings)], schema=PART_SCHEMA))

    def set_info(self, info: PartInfo) -> None:
        """Say what the footer holds."""
        self.writer.document = info.to_document()


@contextlib.contextmanager
def write_part(root: str, recording: Recording) -> Iterator[PartWriter]:
    """Write the recording's part, which appears when the block ends without an exception.

    Raises:
        StoreError: naming the part, where it cannot be written.
    """
    path = part_path(root, recording.date, recording.recording_id)
    with _store_errors(path), atomic_parquet(path, PART_SCHEMA) as writer:
        yield PartWriter(writer)


def read_part(path: str) -> tuple[npt.NDArray[np.uint8], PartInfo]:
    """A part's embeddings, uint8 [seconds, 128], and what is known of its recording.

    Raises:
        OSError, ValueError, KeyError: where the part is absent or damaged.
        OtherFormat: where another version of this project wrote it.
        common.storage.StorageError: the storage does not answer.
    """
    with open_parquet(path) as parquet:
        column = parquet.read(columns=["embedding"])["embedding"].combine_chunks()
        info = PartInfo.from_document(document_of(parquet))
    return binary_values(column), info


def read_info(path: str) -> PartInfo | None:
    """What the footer of a part says; None where there is no part, a damaged one, or one of another format."""
    document = read_document(path)
    try:
        return PartInfo.from_document(document) if document else None
    except ValueError:
        return None


class EmbedderMismatch(UsageError):
    """The store holds the embeddings of another embedder; the message is one sentence."""


def read_space(root: str) -> EmbeddingSpace | None:
    """Whose embeddings the store holds; None where nothing is noted yet.

    Raises:
        StoreError: the note cannot be read, or does not tell.
    """
    path = _space_path(root)
    noted = read_text(path)
    try:
        return None if noted is None else EmbeddingSpace.from_document(json.loads(noted))
    except ValueError as error:
        raise StoreError(
            f"{path} does not tell whose embeddings the store holds ({error}); put back the one it was made with, or "
            "give another --store"
        ) from error


def check_embedder(root: str, space: EmbeddingSpace, fingerprint: str, *, note: bool = True) -> None:
    """Note whose embeddings the store holds, at the first run, and refuse another embedder at every later one.

    Args:
        root: of the store.
        space: of this run's embedder.
        fingerprint: of this run's embedder, by which parts are known where there is no note beside them.
        note: whether to write the note where there is none.

    Raises:
        EmbedderMismatch: the store is another embedder's, or has parts and nothing tells whose.
        StoreError: the note cannot be read or written.
    """
    path = _space_path(root)
    with _store_errors(path):
        noted = read_space(root)
        if noted is None:
            embedder = _embedder_of_parts(root)
            if embedder not in (None, fingerprint):
                raise EmbedderMismatch(
                    f"{path} is missing, and the parts beside it were made by another embedder than this run's "
                    f"{space.name}, or at another precision; put it back, or give another --output or --store"
                )
            if note:
                write_text(path, json.dumps(space.to_document()) + "\n")
    if noted is not None and noted.weights_id != space.weights_id:
        raise EmbedderMismatch(
            f"the store {root} holds embeddings of {noted.name}, made by other weights than those of this "
            f"run's {space.name}; use the bundle it was made with, or give another --output or --store"
        )


def _embedder_of_parts(root: str) -> str | None:
    """The embedder's fingerprint in the first part that has embeddings; None where there is no such part."""
    for date in list_days(root):
        for part in list_day(root, date):
            info = read_info(part.path)
            if info is not None and info.seconds:
                return info.embedder_fingerprint
    return None


def _space_path(root: str) -> str:
    return f"{root.rstrip('/')}/embedder.json"


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
    known = read_info(part.path)
    lost = dataclasses.replace(
        recording_at(f"{part.recording_id}.lost", -1, ""), recording_id=part.recording_id, path=""
    )
    recording = known.recording if known else lost
    sentence = f"the embeddings in {part.path} were damaged ({reason}) and are removed; run on the recording again"
    info = PartInfo.failed(recording, stage="store", error=sentence)
    if known:
        info = dataclasses.replace(
            info, media=known.media, embedder=known.embedder, embedder_fingerprint=known.embedder_fingerprint
        )
    with write_part(root, recording) as writer:
        writer.set_info(info)


def list_day(root: str, date: str) -> list[StorePart]:
    """The parts of one day, sorted by recording; temporary files and strangers are left out."""
    found = (entry for entry in list_folder(day_folder(root, date)) if _is_part(entry))
    return sorted((_part_of(entry, root, date) for entry in found), key=lambda part: part.path)


def _is_part(entry: Entry) -> bool:
    return entry.is_file and entry.name.endswith(".parquet") and not entry.name.startswith(".")


def _part_of(entry: Entry, root: str, date: str) -> StorePart:
    recording_id = entry.name.removesuffix(".parquet")
    return StorePart(recording_id, date, part_path(root, date, recording_id), entry.version)
