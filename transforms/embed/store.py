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

from common.errors import LaughterError
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
from common.text import utf8_text
from models.constants import EMBEDDING_SIZE, TRACK_HZ, TRACKS
from transforms.decode.outcome import MediaInfo
from transforms.decode.settings import RULES_VERSION
from transforms.embed.recordings import Recording, recording_at

PART_FORMAT = 1
"""Of parts; a part of another format is computed again."""

PART_SCHEMA = pa.schema([pa.field("embedding", pa.binary(EMBEDDING_SIZE), nullable=False)])

TRACK_BYTES = TRACK_HZ * len(TRACKS)
"""Of a second: the tracker's tracks, ten times each."""

TRACKED_SCHEMA = PART_SCHEMA.append(pa.field("track", pa.binary(TRACK_BYTES), nullable=False))
"""Of parts that were made with a tracker; others lack the column."""

Bytes = npt.NDArray[np.uint8]


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
        tracker, tracker_fingerprint: of the tracker whose tracks lie beside the embeddings; "" where there are none.
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
    tracker: str = ""
    tracker_fingerprint: str = ""

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
    """Appends embeddings to a part, and tracks where it has any, and says what is known of the recording."""

    writer: AtomicWriter

    def append(self, embeddings: Bytes, tracks: Bytes | None = None) -> None:
        """Add seconds: embeddings uint8 [n, 128], and what was tracked in them, uint8 [n, 10, 5]."""
        if tracks is None:
            self.writer.write(pa.table([binary_column(embeddings)], schema=PART_SCHEMA))
            return
        columns = [binary_column(embeddings), binary_column(tracks.reshape(-1, TRACK_BYTES))]
        self.writer.write(pa.table(columns, schema=TRACKED_SCHEMA))

    def set_info(self, info: PartInfo) -> None:
        """Say what the footer holds."""
        self.writer.document = info.to_document()


@contextlib.contextmanager
def write_part(root: str, recording: Recording, *, tracked: bool = False) -> Iterator[PartWriter]:
    """Write the recording's part, with tracks or without, which appears when the block ends without an exception.

    Raises:
        StoreError: naming the part, where it cannot be written.
    """
    path = part_path(root, recording.date, recording.recording_id)
    with store_errors(path), atomic_parquet(path, TRACKED_SCHEMA if tracked else PART_SCHEMA) as writer:
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


def read_tracks(path: str) -> Bytes | None:
    """What was tracked in a part's seconds, uint8 [seconds, 10, 5], 255 times what is heard; None where nothing was.

    Raises:
        OSError, ValueError, KeyError: where the part is absent or damaged.
        common.storage.StorageError: the storage does not answer.
    """
    with open_parquet(path) as parquet:
        if "track" not in parquet.schema_arrow.names:
            return None
        column = parquet.read(columns=["track"])["track"].combine_chunks()
    return binary_values(column).reshape(-1, TRACK_HZ, len(TRACKS))


def rewrite_part(root: str, recording: Recording, info: PartInfo, embeddings: Bytes, tracks: Bytes | None) -> None:
    """Write a part anew from what was read of one."""
    with write_part(root, recording, tracked=tracks is not None) as part:
        part.append(embeddings, tracks)
        part.set_info(info)


def read_info(path: str) -> PartInfo | None:
    """What the footer of a part says; None where there is no part, a damaged one, or one of another format."""
    document = read_document(path)
    try:
        return PartInfo.from_document(document) if document else None
    except ValueError:
        return None


@contextlib.contextmanager
def store_errors(path: str) -> Iterator[None]:
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
