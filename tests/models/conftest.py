"""What tests of fitting share."""

import pytest


@pytest.fixture
def eagerly():
    """A few steps are much faster without building graphs for them."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
