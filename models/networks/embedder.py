"""Sound to embeddings: one TensorFlow function from PCM to quantised embeddings, run in parallel batches.

An embedder is a network from log-mel patches to 128 numbers and the PCA that follows it; what surrounds the
network (log-mel, post-processing, batching) is the same for all.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.constants import SECOND_SAMPLES
from models.networks.log_mel import log_mel_patches
from models.networks.pca import PcaParams, quantise

BATCH_SECONDS = 64
"""Patches of one call. Fixed, the last batch padded: the network's float32 output depends on the shape."""

PatchNetwork = Callable[[Any], Any]
"""A graph from log-mel patches, float32 [B, 96, 64], to raw embeddings, float32 [B, 128]."""


class Embedder:
    """Turns seconds of sound into embeddings.

    The results do not depend on how the seconds are cut into blocks, on the number of threads, or on what else
    is in a batch: every second is computed alone, in calls of one shape, each on one thread.
    """

    def __init__(self, network: PatchNetwork, pca: PcaParams, *, threads: int | None = None) -> None:
        """Prepare `network` followed by `pca`; `threads` batches run at a time (default: one a core).

        The process should have called `networks.threads.use_one_thread_per_call` before the network was built.
        """
        import tensorflow as tf

        self.threads = threads or len(os.sched_getaffinity(0))
        self._pool = concurrent.futures.ThreadPoolExecutor(self.threads, thread_name_prefix="embed")

        def graph(pcm: Any) -> Any:
            seconds = tf.cast(pcm, tf.float32) / 32768.0
            return quantise(network(log_mel_patches(seconds)), pca)

        signature = [tf.TensorSpec((BATCH_SECONDS, SECOND_SAMPLES), tf.int16)]
        self._function = tf.function(graph, input_signature=signature, autograph=False).get_concrete_function()

    @functools.cached_property
    def _silence(self) -> npt.NDArray[np.uint8]:
        """The embedding of a second of silence, uint8 [1, 128]."""
        import tensorflow as tf

        silence = tf.zeros((BATCH_SECONDS, SECOND_SAMPLES), tf.int16)
        return cast("npt.NDArray[np.uint8]", self._function(silence).numpy())[:1]

    def warm_up(self) -> None:
        """Run every thread once, so that what TensorFlow prepares at a first call counts as loading."""
        self.embed(np.ones((self.threads * BATCH_SECONDS, SECOND_SAMPLES), np.int16))

    def embed(self, pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
        """Embeddings, uint8 [n, 128], of n seconds of 16 kHz mono sound, int16 [n, 16000]."""
        parts = list(self.embed_stream([pcm]))
        return np.concatenate(parts) if parts else np.empty((0, 128), np.uint8)

    def embed_stream(
        self,
        blocks: Iterable[npt.NDArray[np.int16]],
        *,
        watch: Callable[[int], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Embed a recording as it is decoded, in bounded memory.

        Args:
            blocks: int16 arrays [n, 16000] of any n; blocks of BATCH_SECONDS waste nothing.
            watch: gives what is entered around each call of the network, from the seconds in it; in any thread.

        Yields:
            uint8 arrays [m, 128], in the order of the seconds.
        """
        waiting: collections.deque[concurrent.futures.Future[npt.NDArray[np.uint8]]] = collections.deque()
        try:
            for block in blocks:
                for first in range(0, len(block), BATCH_SECONDS):
                    waiting.append(self._pool.submit(self._embed_batch, block[first : first + BATCH_SECONDS], watch))
                    if len(waiting) > self.threads:
                        yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _embed_batch(
        self, pcm: npt.NDArray[np.int16], watch: Callable[[int], contextlib.AbstractContextManager[Any]]
    ) -> npt.NDArray[np.uint8]:
        if pcm.ndim != 2 or pcm.shape[1] != SECOND_SAMPLES or pcm.dtype != np.int16:
            raise ValueError(f"seconds of sound are int16 [n, {SECOND_SAMPLES}], not {pcm.dtype} {pcm.shape}")
        count = len(pcm)
        if not pcm.any():  # as where missing sound was filled in, which may be hours
            return np.repeat(self._silence, count, axis=0)
        if count < BATCH_SECONDS:
            pcm = np.pad(pcm, ((0, BATCH_SECONDS - count), (0, 0)))
        import tensorflow as tf

        with watch(count):
            return cast("npt.NDArray[np.uint8]", self._function(tf.constant(pcm)).numpy())[:count]


def placeholder_network() -> tuple[PatchNetwork, PcaParams]:
    """A stand-in network for tests of the pipeline: no weights, no meaning, but different sounds differ.

    Output n is the mean of mel band n // 2 over the patch, less its mean over the first half for odd n; the
    post-processing maps log-mel energies of silence to loud sound into the quantiser's range.
    """
    import tensorflow as tf

    def network(patches: Any) -> Any:
        whole = tf.reduce_mean(patches, axis=1)
        change = whole - tf.reduce_mean(patches[:, :48], axis=1)
        return tf.reshape(tf.stack([whole, change], axis=2), (-1, 128))

    means = np.tile(np.array([-1.5, 0.0], np.float32), 64)
    return network, PcaParams(np.eye(128, dtype=np.float32) * 0.5, means)
