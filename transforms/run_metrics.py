"""What a run of `laughter detect` counts and measures: metrics of Beam, under these names on every engine."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

from apache_beam.metrics import Metrics, MetricsFilter

NAMESPACE = "laughter"

COUNTERS = {
    "recordings_done": "recordings whose embeddings are in the store",
    "recordings_partial": "recordings of which only what comes before the damage is there",
    "recordings_failed": "recordings that gave nothing",
    "recordings_reused": "of all these, those that the store held already",
    "audio_seconds": "sound that this run decoded and embedded, seconds",
    "bytes_staged": "copied from object storage to the workers' disks",
    "windows_classified": "windows that the head scored",
    "parts_damaged": "parts of the store that were found damaged; another pass embeds their recordings anew",
    "days_changed_meanwhile": "days that another run changed while they were written; another pass writes them",
}
DISTRIBUTIONS = {
    "stage_ms": "copying a recording from object storage to the worker's disk",
    "decode_ms": "decoding a recording, while ffmpeg was at work on it",
    "embed_ms": "embedding a recording, the network's calls added up over the worker's threads",
    "classify_ms": "scoring a recording's windows",
    "batch_seconds": "seconds of sound in a call of the network",
    "worker_ready_ms": "when a worker had loaded the embedder, milliseconds since 1970",
}
"""Distributions have a count, a sum, a least and a greatest value; those of recordings have a value for each."""


def count(name: str, by: int = 1) -> None:
    """Add to a counter of COUNTERS; within a bundle of Beam's, in its thread."""
    assert name in COUNTERS, name
    Metrics.counter(NAMESPACE, name).inc(by)


def record(name: str, value: float) -> None:
    """Add a value, rounded, to a distribution of DISTRIBUTIONS; as for `count`."""
    assert name in DISTRIBUTIONS, name
    Metrics.distribution(NAMESPACE, name).update(round(value))


def read(result: Any) -> dict[str, Any]:
    """By name, what a run's result tells: numbers of counters, and of distributions what Beam calls their result.

    Args:
        result: a Beam PipelineResult; what it has no value for is absent.
    """
    found = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))
    told: dict[str, Any] = {}
    for metric in found["counters"]:
        if metric.result is not None:  # some engines name metrics without values
            told[metric.key.metric.name] = told.get(metric.key.metric.name, 0) + metric.result
    for metric in found["distributions"]:
        if metric.result is not None:
            told[metric.key.metric.name] = metric.result
    return told


class Stopwatch:
    """Adds up the seconds that blocks take, in whatever thread."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.seconds = 0.0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Add what the block takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.seconds += time.perf_counter() - began


@dataclasses.dataclass
class EmbedTimings:
    """What embedding one recording took; threads other than Beam's may add to it.

    Attributes:
        staging, decoding, embedding: time.
        bytes_staged: copied to local disk.
        batches: seconds of sound in each of the network's calls.
    """

    staging: Stopwatch = dataclasses.field(default_factory=Stopwatch)
    decoding: Stopwatch = dataclasses.field(default_factory=Stopwatch)
    embedding: Stopwatch = dataclasses.field(default_factory=Stopwatch)
    bytes_staged: int = 0
    batches: list[int] = dataclasses.field(default_factory=list)

    def report(self) -> None:
        """Add it to Beam's metrics; what did not happen is left out."""
        for name, watch in (("stage", self.staging), ("decode", self.decoding), ("embed", self.embedding)):
            if watch.seconds:
                record(f"{name}_ms", 1000 * watch.seconds)
        if self.bytes_staged:
            count("bytes_staged", self.bytes_staged)
        for seconds in self.batches:
            record("batch_seconds", seconds)
