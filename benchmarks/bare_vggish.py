"""The bare VGGish forward: patches a second, one batch size and way of threading. Started by benchmarks.speed."""

from __future__ import annotations

import json
import os
import sys
import threading
import time

import numpy as np

PATCHES = 1024


def rate(weights: str, precision: str, batch: int, threads: int) -> float:
    """Patches a second; with 1 thread a call as many calls at a time as there are cores, with 0 one call."""
    import tensorflow as tf

    from models.networks.vggish import load_vggish_weights, vggish_network

    cores = len(os.sched_getaffinity(0))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    network = vggish_network(load_vggish_weights(weights), precision=precision)  # type: ignore[arg-type]
    function = tf.function(network, input_signature=[tf.TensorSpec((batch, 96, 64), tf.float32)], autograph=False)
    forward = function.get_concrete_function()
    patches = tf.constant(np.random.default_rng(0).standard_normal((batch, 96, 64)), tf.float32)
    callers = cores if threads == 1 else 1
    calls = max(1, PATCHES // batch // callers)

    def call(times: int) -> None:
        for _ in range(times):
            forward(patches).numpy()

    call(2)
    workers = [threading.Thread(target=call, args=(calls,)) for _ in range(callers)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return calls * callers * batch / (time.monotonic() - began)


if __name__ == "__main__":
    print(json.dumps(rate(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
