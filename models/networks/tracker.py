"""The tracker over whole recordings: sound in, five tracks ten times a second out, as bytes.

Blocks of one shape begin at whole minutes and overlap by the field of the network: so the result depends on nothing but
the sound, however it comes cut, and whatever runs beside.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import functools
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import SECOND_SAMPLES, TRACK_HZ, TRACKS
from models.networks.log_mel import HOP_SAMPLES, log_mel_frames
from models.networks.track_network import FIELD_S, FRAME_HZ, load_tracker

BLOCK_S = 60
_AROUND_S = BLOCK_S + 2 * FIELD_S
_FRAMES = _AROUND_S * FRAME_HZ

Pcm = npt.NDArray[np.int16]
Tracks = npt.NDArray[np.uint8]


class Tracker:
    """A tracker's network in use; one block a thread at a time."""

    def __init__(self, weights: str | os.PathLike[str], *, threads: int | None = None) -> None:
        """Load the network from its .npz file.

        The process should have called `networks.threads.use_one_thread_per_call` before.

        Raises:
            FileNotFoundError, ValueError: as `load_tracker`.
        """
        import tensorflow as tf

        self.threads = threads or len(os.sched_getaffinity(0))
        self._pool = concurrent.futures.ThreadPoolExecutor(self.threads, thread_name_prefix="track")
        model = load_tracker(weights, _FRAMES)

        def graph(pcm: Any) -> Any:
            sound = tf.cast(pcm, tf.float32) / 32768.0
            logits = model(log_mel_frames(sound, _FRAMES), training=False)
            return tf.cast(tf.round(tf.sigmoid(logits) * 255.0), tf.uint8)

        signature = [tf.TensorSpec((1, _FRAMES * HOP_SAMPLES + 2 * HOP_SAMPLES), tf.int16)]
        self._function = tf.function(graph, input_signature=signature, autograph=False).get_concrete_function()

    def track(self, pcm: Pcm) -> Tracks:
        """Tracks of n seconds of 16 kHz mono sound, int16 [n, 16000]: uint8 [n, 10, 5], 255 times what is heard."""
        parts = list(self.track_stream([pcm]))
        return np.concatenate(parts) if parts else np.empty((0, TRACK_HZ, len(TRACKS)), np.uint8)

    def track_stream(self, blocks: Iterable[Pcm]) -> Iterator[Tracks]:
        """Track a recording as it is decoded, in bounded memory.

        Args:
            blocks: int16 arrays [n, 16000] of any n.

        Yields:
            uint8 arrays [m, 10, 5], in the order of the seconds.
        """
        with self.run() as run:
            for block in blocks:
                yield from run.add(block)
            yield from run.end()

    @contextlib.contextmanager
    def run(self) -> Iterator[TrackRun]:
        """Track one recording whose sound is handed over piece by piece."""
        run = TrackRun(self)
        try:
            yield run
        finally:
            run.cancel()

    @functools.cached_property
    def _silence(self) -> Tracks:
        return self._run(np.zeros((_AROUND_S, SECOND_SAMPLES), np.int16))

    def submit(self, sound: Pcm) -> concurrent.futures.Future[Tracks]:
        """Track a minute with the seconds around it, int16 [66, 16000], in a thread: uint8 [60, 10, 5]."""
        return self._pool.submit(self._track_block, sound)

    def _track_block(self, sound: Pcm) -> Tracks:
        return self._run(sound) if sound.any() else self._silence  # filled-in silence may be hours

    def _run(self, sound: Pcm) -> Tracks:
        padded = np.pad(sound.reshape(1, -1), ((0, 0), (0, 2 * HOP_SAMPLES)))
        slots: Tracks = self._function(padded).numpy()[0, FIELD_S * TRACK_HZ : (FIELD_S + BLOCK_S) * TRACK_HZ]
        return slots.reshape(BLOCK_S, TRACK_HZ, len(TRACKS))


class TrackRun:
    """The tracking of one recording: sound goes in as it comes, tracks come out in its order, some minutes later."""

    def __init__(self, tracker: Tracker) -> None:
        """Nothing has been heard yet."""
        self._tracker = tracker
        # silence lies before the beginning, and behind the end
        self._held = np.zeros((FIELD_S, SECOND_SAMPLES), np.int16)
        self._waiting: collections.deque[tuple[concurrent.futures.Future[Tracks], int]] = collections.deque()

    def add(self, block: Pcm) -> Iterator[Tracks]:
        """Take further seconds, int16 [n, 16000]; those that can be had without waiting for too many come back."""
        if block.ndim != 2 or block.shape[1] != SECOND_SAMPLES or block.dtype != np.int16:
            raise ValueError(f"seconds of sound are int16 [n, {SECOND_SAMPLES}], not {block.dtype} {block.shape}")
        self._held = np.concatenate([self._held, block])
        while len(self._held) >= _AROUND_S:
            self._submit(BLOCK_S)
        while len(self._waiting) > self._tracker.threads:
            yield self._next()

    def end(self) -> Iterator[Tracks]:
        """What is left, once no more sound comes."""
        while len(self._held) > FIELD_S:
            self._submit(min(BLOCK_S, len(self._held) - FIELD_S))
        while self._waiting:
            yield self._next()

    def cancel(self) -> None:
        """Let go of what still waits."""
        for future, _ in self._waiting:
            future.cancel()

    def _submit(self, seconds: int) -> None:
        sound = self._held[:_AROUND_S]
        sound = np.pad(sound, ((0, _AROUND_S - len(sound)), (0, 0)))
        self._waiting.append((self._tracker.submit(sound), seconds))
        self._held = self._held[BLOCK_S:]

    def _next(self) -> Tracks:
        future, seconds = self._waiting.popleft()
        return future.result()[:seconds]
