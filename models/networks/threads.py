"""How TensorFlow is set up for inference in every process of ours."""

import logging

logger = logging.getLogger(__name__)


def use_one_thread_per_call() -> None:
    """Let every TensorFlow operation run on one thread.

    A matrix product split over a varying number of threads adds in a varying order. With one thread a call
    the results do not depend on the number of cores or workers, and the throughput is the same.
    Only the threads within an operation are limited: several calls still run at a time. Has to come before TensorFlow
    runs anything in the process; afterwards it can only warn.
    """
    use_threads_per_call(1)


def use_threads_per_call(count: int) -> None:
    """Let every TensorFlow operation run on so many threads, however many cores there are: see above."""
    import tensorflow as tf

    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() == count:
        return
    try:
        threading.set_intra_op_parallelism_threads(count)
    except RuntimeError:
        logger.warning("TensorFlow ran before its threads were set: results may depend on the number of cores")
