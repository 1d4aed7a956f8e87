"""EmbedRecordings: each recording is decoded once and becomes a part of the embedding store."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from apache_beam.utils.shared import Shared

from common import storage
from common.text import display_text, utf8_text
from models.constants import EMBEDDING_SIZE
from transforms import run_metrics
from transforms.decode.outcome import DecodeError, DecodeOutcome, check_size
from transforms.decode.settings import RULES_VERSION
from transforms.embed.part_state import EmbedSettings, part_state
from transforms.embed.recordings import Recording
from transforms.embed.run_networks import Networks, embed_decoded, load_networks
from transforms.embed.store import (
    PartInfo,
    StoreError,
    part_path,
    read_part,
    read_tracks,
    rewrite_part,
    write_part,
)
from transforms.run_metrics import EmbedTimings

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class EmbedResult:
    """What the flow carries on: where a recording's embeddings lie, never the embeddings.

    Attributes:
        recording_id, date: of the recording; the day may be Hive's null partition.
        seconds: embeddings in the part.
        status: "done", "partial" or "failed".
        reused: whether the part was there already.
    """

    recording_id: str
    date: str
    seconds: int
    status: str
    reused: bool


def embed_recording(
    candidates: Sequence[Recording], settings: EmbedSettings, networks: Networks, timings: EmbedTimings | None = None
) -> EmbedResult:
    """Decode and embed a recording into the store, or use the part that is there.

    A recording that cannot be decoded gets a part without embeddings whose footer says why. What it took is added to
    `timings`.

    Args:
        candidates: the recording; where several have its id, all of them by path. They are tried in this order until
            one is whole; else the part is that of the one of which most is there.
        settings: where to and how.
        networks: those that the settings name.
        timings: gets what it took.

    Raises:
        StoreError: the store cannot be written.
    """
    state = part_state(candidates, settings)
    used = None if state.why else state.info
    if used is not None and state.source is not None and used.recording.path != utf8_text(state.source.path):
        try:
            _rename_source(state.source, settings.store)
        except StoreError:
            raise
        except (OSError, ValueError, KeyError) as error:
            logger.warning("the part of %s is damaged (%s) and is made anew", state.source.label, error)
            used = None
    info = used or _compute_best(candidates, settings, networks, timings or EmbedTimings())
    first = candidates[0]
    return EmbedResult(first.recording_id, first.date, info.seconds, info.status, reused=used is not None)


def _compute_best(
    candidates: Sequence[Recording], settings: EmbedSettings, networks: Networks, timings: EmbedTimings
) -> PartInfo:
    """Write the part of the first recording that is whole, else of the first of those of which most is there."""
    tried: list[PartInfo] = []
    best, embeddings = 0, np.zeros((0, EMBEDDING_SIZE), np.uint8)
    tracks: npt.NDArray[np.uint8] | None = None
    for place, recording in enumerate(candidates):
        info = _compute_part(recording, settings, networks, timings, tried=tried, instead_of=candidates[:place])
        if info.status == "done" or len(candidates) == 1:
            return info
        tried.append(info)
        if info.status == "partial" and info.audio_s > tried[best].audio_s:
            best = place
        if best == place:
            path = part_path(settings.store, recording.date, recording.recording_id)
            embeddings, tracks = read_part(path)[0], read_tracks(path)
    others = [*candidates[:best], *candidates[best + 1 :]]
    info = dataclasses.replace(
        tried[best],
        fingerprint=settings.fingerprint(candidates[best], others),
        error=_with_others(tried[best].error, [*tried[:best], *tried[best + 1 :]]),
    )
    rewrite_part(settings.store, candidates[best], info, embeddings, tracks)
    return info


def _with_others(error: str | None, others: Sequence[PartInfo]) -> str | None:
    """The sentence of the recording that was taken, and those of others of its id that were tried."""
    said = [f"{display_text(one.recording.path)}, of the same id, was tried too: {one.error}" for one in others]
    return "; ".join([*([error] if error else []), *said]) or None


def _compute_part(
    recording: Recording,
    settings: EmbedSettings,
    networks: Networks,
    timings: EmbedTimings,
    *,
    tried: Sequence[PartInfo],
    instead_of: Sequence[Recording],
) -> PartInfo:
    """Write the recording's part: its embeddings, or, where it failed at whatever point, none but the reason."""
    local = recording.path
    own_fingerprint = settings.fingerprint(recording, instead_of)
    try:
        check_size(recording.path, recording.size_bytes, settings.decode)
        tracked = networks.tracker is not None
        with (
            local_recording(recording, timings) as local,
            write_part(settings.store, recording, tracked=tracked) as part,
        ):
            if local != recording.path:  # not every storage tells sizes
                check_size(recording.path, os.path.getsize(local), settings.decode)
            outcome = embed_decoded(local, part, settings, networks, timings)
            info = _embedded(recording, settings, outcome, part.writer.rows, local)
            info = dataclasses.replace(info, fingerprint=own_fingerprint)
            if info.status == "done":
                info = dataclasses.replace(info, error=_with_others(info.error, tried))
            part.set_info(info)
        return info
    except (DecodeError, FetchError) as error:
        info = PartInfo.failed(
            recording,
            stage="decode" if isinstance(error, DecodeError) else "fetch",
            error=_about_recording(str(error), recording, local),
            media=error.info if isinstance(error, DecodeError) else None,
            fingerprint=own_fingerprint,
            embedder=settings.embedder.label,
            embedder_fingerprint=settings.embedder.fingerprint,
        )
    with write_part(settings.store, recording) as part:
        part.set_info(info)
    return info


def _embedded(
    recording: Recording, settings: EmbedSettings, outcome: DecodeOutcome, seconds: int, local: str
) -> PartInfo:
    """What is known of a recording that gave embeddings."""
    return PartInfo(
        fingerprint=settings.fingerprint(recording),
        recording=recording,
        media=outcome.info,
        audio_s=round(outcome.audio_s, 3),
        silence_filled_s=round(outcome.silence_filled_s, 3),
        seconds=seconds,
        status=outcome.status,
        stage=_stage_of(outcome),
        error=outcome.error and _about_recording(outcome.error, recording, local),
        embedder=settings.embedder.label,
        embedder_fingerprint=settings.embedder.fingerprint,
        rules=RULES_VERSION,
        is_transport_stream=outcome.is_transport_stream,
        clock=outcome.clock,
        peak_dbfs=outcome.peak_dbfs,
        mean_dbfs=outcome.mean_dbfs,
        tracker=settings.tracker.label if settings.tracker else "",
        tracker_fingerprint=settings.tracker.fingerprint if settings.tracker else "",
    )


def _stage_of(outcome: DecodeOutcome) -> str | None:
    if outcome.changed:
        return "changed"
    return "decode" if outcome.status == "partial" else None


def _about_recording(sentence: str, recording: Recording, local: str) -> str:
    """The sentence with the recording's name in place of that of its local copy."""
    return sentence.replace(display_text(local), recording.label)


def _rename_source(recording: Recording, store: str) -> None:
    """Note that the archive moved: the same file lies under another path now."""
    path = part_path(store, recording.date, recording.recording_id)
    embeddings, info = read_part(path)
    moved = dataclasses.replace(info.recording, path=utf8_text(recording.path))
    rewrite_part(store, recording, dataclasses.replace(info, recording=moved), embeddings, read_tracks(path))


class FetchError(Exception):
    """A remote recording that could not be copied to local disk; the message is one sentence."""


@contextlib.contextmanager
def local_recording(recording: Recording, timings: EmbedTimings) -> Iterator[str]:
    """A local path to the recording; a remote one is copied to local disk and removed afterwards.

    Raises:
        FetchError: it cannot be copied.
    """
    path = recording.path
    if not storage.is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="laughter-") as folder:
        local = os.path.join(folder, "recording" + os.path.splitext(utf8_text(path))[1][:10])
        try:
            with timings.staging.timed():
                storage.download_to(path, local)
            timings.bytes_staged += os.path.getsize(local)
        except FileNotFoundError as error:
            raise FetchError(f"{recording.label} does not exist; it was listed but has gone since") from error
        except storage.StorageError as error:  # the other recordings go on
            raise FetchError(str(error)) from error
        yield local


class _EmbedDoFn(beam.DoFn):
    """Holds the networks, shared by the worker's threads, and counts."""

    def __init__(self, settings: EmbedSettings) -> None:
        self._settings = settings
        self._shared = Shared()

    def setup(self) -> None:
        self._networks = self._shared.acquire(lambda: load_networks(self._settings))
        self._ready_ms = int(1000 * time.time())

    def process(self, candidates: tuple[Recording, ...]) -> Iterator[EmbedResult]:
        timings = EmbedTimings()
        part = embed_recording(candidates, self._settings, self._networks, timings)
        timings.report()
        run_metrics.record("worker_ready_ms", self._ready_ms)
        run_metrics.count(f"recordings_{part.status}")
        run_metrics.count("recordings_reused", part.reused)
        run_metrics.count("audio_seconds", 0 if part.reused else part.seconds)
        yield part


@dataclasses.dataclass(eq=False)
class EmbedRecordings(beam.PTransform):
    """Recordings, those of one id together, to parts of the embedding store."""

    settings: EmbedSettings

    def expand(self, recordings: beam.PCollection[tuple[Recording, ...]]) -> beam.PCollection[EmbedResult]:
        """Embed each recording where it lands."""
        return recordings | "Embed" >> beam.ParDo(_EmbedDoFn(self.settings))
