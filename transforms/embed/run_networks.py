"""A recording's sound through the networks, decoded once: what they say of each second, into its part of the store."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from models.constants import EMBEDDING_SIZE, TRACK_HZ, TRACKS
from models.networks.embedder import BATCH_SECONDS, Embedder
from models.networks.tracker import Tracker, TrackRun
from transforms.decode.decode import decode_seconds
from transforms.decode.outcome import DecodeOutcome
from transforms.embed.part_state import EmbedSettings
from transforms.embed.store import PartWriter
from transforms.run_metrics import EmbedTimings


@dataclasses.dataclass(eq=False)
class Networks:
    """What runs over a recording's sound: the embedder, and the tracker where there is one."""

    embedder: Embedder
    tracker: Tracker | None = None


def load_networks(settings: EmbedSettings) -> Networks:
    """The networks that the settings name."""
    tracker = settings.tracker.load(threads=settings.threads) if settings.tracker else None
    return Networks(settings.embedder.load(threads=settings.threads), tracker)


def embed_decoded(
    local: str, part: PartWriter, settings: EmbedSettings, networks: Networks, timings: EmbedTimings
) -> DecodeOutcome:
    """Decode a local recording and append what the networks say of it to its part; what it took to `timings`.

    Raises:
        DecodeError: it cannot be decoded.
        StoreError: the part cannot be written.
    """
    outcomes = []
    rows = _Rows(part, tracked=networks.tracker is not None)

    def blocks(run: TrackRun | None) -> Generator[npt.NDArray[np.int16], None, None]:
        decoded = decode_seconds(local, settings.decode, block_s=BATCH_SECONDS, watch=timings.decoding.timed)
        outcomes.append((yield from _heard_by(run, decoded, rows)))

    def watch(seconds: int) -> contextlib.AbstractContextManager[None]:
        timings.batches.append(seconds)
        return timings.embedding.timed()

    with contextlib.ExitStack() as stack:
        run = stack.enter_context(networks.tracker.run()) if networks.tracker else None
        seconds = stack.enter_context(contextlib.closing(blocks(run)))  # an exception here ends ffmpeg at once
        for embeddings in networks.embedder.embed_stream(seconds, watch=watch):
            rows.add(embeddings=embeddings)
        for tracks in run.end() if run else ():
            rows.add(tracks=tracks)
        rows.end()
    return outcomes[0]


def _heard_by(
    run: TrackRun | None, decoded: Generator[npt.NDArray[np.int16], None, DecodeOutcome], rows: _Rows
) -> Generator[npt.NDArray[np.int16], None, DecodeOutcome]:
    """The same blocks of sound, which the tracker hears too."""
    try:
        while True:
            block = next(decoded)
            for tracks in run.add(block) if run else ():
                rows.add(tracks=tracks)
            yield block
    except StopIteration as end:
        outcome: DecodeOutcome = end.value
        return outcome
    finally:
        decoded.close()


class _Rows:
    """Brings together what the networks say of the same seconds, and writes it in pieces of one length."""

    def __init__(self, part: PartWriter, *, tracked: bool) -> None:
        self._part = part
        self._embeddings = np.zeros((0, EMBEDDING_SIZE), np.uint8)
        self._tracks = np.zeros((0, TRACK_HZ, len(TRACKS)), np.uint8) if tracked else None

    def add(
        self, *, embeddings: npt.NDArray[np.uint8] | None = None, tracks: npt.NDArray[np.uint8] | None = None
    ) -> None:
        """Take further seconds of either."""
        if embeddings is not None:
            self._embeddings = np.concatenate([self._embeddings, embeddings])
        if tracks is not None and self._tracks is not None:
            self._tracks = np.concatenate([self._tracks, tracks])
        while self._both() >= BATCH_SECONDS:
            self._write(BATCH_SECONDS)

    def end(self) -> None:
        """Write what is left."""
        self._write(self._both())

    def _both(self) -> int:
        return len(self._embeddings) if self._tracks is None else min(len(self._embeddings), len(self._tracks))

    def _write(self, seconds: int) -> None:
        tracks = None if self._tracks is None else self._tracks[:seconds]
        self._part.append(self._embeddings[:seconds], tracks)
        self._embeddings = self._embeddings[seconds:]
        self._tracks = None if self._tracks is None else self._tracks[seconds:]
