"""How TensorFlow is set up for inference in every process of ours."""


def use_one_thread_per_call() -> None:
    """Run each TensorFlow call on one thread; our own threads run several calls at a time.

    A matrix product split over a varying number of threads adds in a varying order. With one thread a call
    the results do not depend on the number of cores or workers, and the throughput is the same.
    Has no effect in a process where TensorFlow has already run something.
    """
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass
