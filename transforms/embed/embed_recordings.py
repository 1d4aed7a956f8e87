"""EmbedRecordings: each recording is decoded once and becomes a part of the embedding store."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from apache_beam.utils.shared import Shared

from common import storage
from common.redaction import redact_url
from common.text import display_text, utf8_text
from models.bundles.bundle import EmbedderSpec
from models.constants import EMBEDDING_SIZE
from models.networks.embedder import BATCH_SECONDS, Embedder
from transforms import run_metrics
from transforms.decode.containers import VIDEO
from transforms.decode.decode import decode_seconds
from transforms.decode.outcome import DecodeError, DecodeOutcome, check_size
from transforms.decode.settings import RULES_VERSION, DecodeSettings
from transforms.embed.recordings import Recording
from transforms.embed.store import (
    PART_FORMAT,
    PartInfo,
    PartWriter,
    StoreError,
    fingerprint,
    part_path,
    read_info,
    read_part,
    write_part,
)
from transforms.run_metrics import EmbedTimings
from transforms.transport.packets import is_transport_stream

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


@dataclasses.dataclass(frozen=True)
class EmbedSettings:
    """How recordings are embedded.

    Attributes:
        store: root of the embedding store.
        embedder: which embedder, at which precision.
        decode: what changes the samples, and limits.
        recompute: embed again what the store holds already.
        only_new: leave alone every recording that has a part, whatever the part says.
        threads: batches embedded at a time; None for one a core.
    """

    store: str
    embedder: EmbedderSpec
    decode: DecodeSettings = DecodeSettings()
    recompute: bool = False
    only_new: bool = False
    threads: int | None = None

    def fingerprint(self, recording: Recording, instead_of: Sequence[Recording] = ()) -> str:
        """Of everything that changes the recording's embeddings; of one taken instead of others, they are named too."""
        facts = {
            "format": PART_FORMAT,
            "recording": [recording.recording_id, recording.size_bytes, recording.modified],
            "embedder": self.embedder.fingerprint,
            "decode": self.decode.fingerprint(),
        }
        if instead_of:
            facts["instead_of"] = [[other.size_bytes, other.modified] for other in instead_of]
        return fingerprint(facts)


@dataclasses.dataclass(frozen=True)
class PartState:
    """What a run has to do for some recordings of one id.

    Attributes:
        info: what their part says; None where there is none.
        source: the recording it was made from; None where that is not among them any more.
        why: why they are decoded, or decoded anew; None where the part is used.
        waits: whether the part is used although rules that have changed since made it.
    """

    info: PartInfo | None = None
    source: Recording | None = None
    why: str | None = None
    waits: bool = False


def part_state(candidates: Sequence[Recording], settings: EmbedSettings) -> PartState:
    """Whether the part of some recordings of one id is used, and if not, why.

    A part is used where its fingerprint fits; recordings that failed are tried again, and so, whatever the settings,
    are those whose embeddings were damaged in the store and those that were written to while they were read. What older
    rules of decoding may have got wrong, transport streams and what was partial, is decoded anew; of those, `only_new`
    leaves alone what is whole.
    """
    info = read_info(part_path(settings.store, candidates[0].date, candidates[0].recording_id))
    if info is None:
        return PartState(why="not in the store")
    if settings.recompute:
        return PartState(info, why="--recompute")
    fitting = (one for one in candidates if info.fingerprint == _fingerprint_of_choice(one, candidates, info, settings))
    source = next(fitting, None)
    if info.stage in ("store", "changed"):
        return PartState(info, source, "damaged in the store" if info.stage == "store" else "changed while it was read")
    outdated = _outdated(info, source or candidates[0])
    if settings.only_new:
        again = outdated and info.status == "partial"
        return PartState(info, source, outdated if again else None, waits=bool(outdated) and not again)
    if info.status == "failed" or source is None:
        failed = info.status == "failed"
        return PartState(info, source, "failed before" if failed else "the file, the embedder or an option is another")
    return PartState(info, source, outdated)


def _outdated(info: PartInfo, recording: Recording) -> str | None:
    """Why the part of a recording is not what the present rules of decoding would give; None where it is."""
    if info.rules >= RULES_VERSION or info.status == "failed":
        return None
    if info.status == "partial":
        return "partial by older rules of decoding"
    if info.is_transport_stream is False or not _is_transport_stream(recording.path):
        return None
    return "a transport stream, decoded by older rules"


def _is_transport_stream(path: str) -> bool:
    """By its content where it lies on this machine, else by its name."""
    if storage.is_remote(path):
        return os.path.splitext(redact_url(path))[1].lower() in VIDEO["mpegts"]
    try:
        return is_transport_stream(path)
    except (OSError, ValueError):
        return False


def _fingerprint_of_choice(
    chosen: Recording, candidates: Sequence[Recording], info: PartInfo, settings: EmbedSettings
) -> str:
    """Of a part made from `chosen`: one that is whole came after those before it, any other after all."""
    place = candidates.index(chosen)
    others = candidates[:place] if info.status == "done" else (*candidates[:place], *candidates[place + 1 :])
    return settings.fingerprint(chosen, others)


def embed_recording(
    candidates: Sequence[Recording], settings: EmbedSettings, embedder: Embedder, timings: EmbedTimings | None = None
) -> EmbedResult:
    """Decode and embed a recording into the store, or use the part that is there.

    A recording that cannot be decoded gets a part without embeddings whose footer says why. What it took is added to
    `timings`.

    Args:
        candidates: the recording; where several have its id, all of them by path. They are tried in this order until
            one is whole; else the part is that of the one of which most is there.
        settings: where to and how.
        embedder: the network.
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
    info = used or _compute_best(candidates, settings, embedder, timings or EmbedTimings())
    first = candidates[0]
    return EmbedResult(first.recording_id, first.date, info.seconds, info.status, reused=used is not None)


def _compute_best(
    candidates: Sequence[Recording], settings: EmbedSettings, embedder: Embedder, timings: EmbedTimings
) -> PartInfo:
    """Write the part of the first recording that is whole, else of the first of those of which most is there."""
    tried: list[PartInfo] = []
    best, embeddings = 0, np.zeros((0, EMBEDDING_SIZE), np.uint8)
    for place, recording in enumerate(candidates):
        info = _compute_part(recording, settings, embedder, timings, tried=tried, instead_of=candidates[:place])
        if info.status == "done" or len(candidates) == 1:
            return info
        tried.append(info)
        if info.status == "partial" and info.audio_s > tried[best].audio_s:
            best = place
        if best == place:
            embeddings = read_part(part_path(settings.store, recording.date, recording.recording_id))[0]
    others = [*candidates[:best], *candidates[best + 1 :]]
    info = dataclasses.replace(
        tried[best],
        fingerprint=settings.fingerprint(candidates[best], others),
        error=_with_others(tried[best].error, [*tried[:best], *tried[best + 1 :]]),
    )
    with write_part(settings.store, candidates[best]) as part:
        part.append(embeddings)
        part.set_info(info)
    return info


def _with_others(error: str | None, others: Sequence[PartInfo]) -> str | None:
    """The sentence of the recording that was taken, and those of others of its id that were tried."""
    said = [f"{display_text(one.recording.path)}, of the same id, was tried too: {one.error}" for one in others]
    return "; ".join([*([error] if error else []), *said]) or None


def _compute_part(
    recording: Recording,
    settings: EmbedSettings,
    embedder: Embedder,
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
        with local_recording(recording, timings) as local, write_part(settings.store, recording) as part:
            if local != recording.path:  # not every storage tells sizes
                check_size(recording.path, os.path.getsize(local), settings.decode)
            outcome = _embed_decoded(local, part, settings, embedder, timings)
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


def _embed_decoded(
    local: str, part: PartWriter, settings: EmbedSettings, embedder: Embedder, timings: EmbedTimings
) -> DecodeOutcome:
    outcomes = []

    def blocks() -> Generator[npt.NDArray[np.int16], None, None]:
        decoded = decode_seconds(local, settings.decode, block_s=BATCH_SECONDS, watch=timings.decoding.timed)
        outcomes.append((yield from decoded))

    def watch(seconds: int) -> contextlib.AbstractContextManager[None]:
        timings.batches.append(seconds)
        return timings.embedding.timed()

    with contextlib.closing(blocks()) as seconds:  # so that an exception here ends ffmpeg at once
        for embeddings in embedder.embed_stream(seconds, watch=watch):
            part.append(embeddings)
    return outcomes[0]


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
    embeddings, info = read_part(part_path(store, recording.date, recording.recording_id))
    moved = dataclasses.replace(info.recording, path=utf8_text(recording.path))
    with write_part(store, recording) as part:
        part.append(embeddings)
        part.set_info(dataclasses.replace(info, recording=moved))


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
    """Holds the embedder, shared by the worker's threads, and counts."""

    def __init__(self, settings: EmbedSettings) -> None:
        self._settings = settings
        self._shared = Shared()

    def setup(self) -> None:
        self._embedder = self._shared.acquire(lambda: self._settings.embedder.load(threads=self._settings.threads))
        self._ready_ms = int(1000 * time.time())

    def process(self, candidates: tuple[Recording, ...]) -> Iterator[EmbedResult]:
        timings = EmbedTimings()
        part = embed_recording(candidates, self._settings, self._embedder, timings)
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
