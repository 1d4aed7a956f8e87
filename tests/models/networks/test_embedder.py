"""An embedder gives every second the same embedding, however the sound is cut and whatever is around it."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.networks.embedder import BATCH_SECONDS, Embedder, placeholder_network

SECONDS = 2 * BATCH_SECONDS + 9


@pytest.fixture(scope="module")
def pcm():
    rng = np.random.default_rng(0)
    loudness = rng.uniform(0.001, 1, (SECONDS, 1))
    return (rng.standard_normal((SECONDS, 16000)) * loudness * 8000).clip(-32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def embedder():
    return Embedder(*placeholder_network(), threads=2)


@pytest.fixture(scope="module")
def whole(embedder, pcm):
    return embedder.embed(pcm)


def test_different_sounds_have_different_embeddings(whole):
    assert whole.shape == (SECONDS, 128)
    assert whole.dtype == np.uint8
    assert len(np.unique(whole, axis=0)) == SECONDS


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, SECONDS), max_size=6).map(sorted))
def test_cutting_the_stream_anywhere_between_seconds_changes_nothing(embedder, pcm, whole, cuts):
    parts = embedder.embed_stream(np.split(pcm, cuts))
    np.testing.assert_array_equal(np.concatenate(list(parts)), whole)


def test_the_number_of_threads_changes_nothing(pcm, whole):
    np.testing.assert_array_equal(Embedder(*placeholder_network(), threads=1).embed(pcm), whole)


def test_neighbours_in_a_batch_change_nothing(embedder, pcm, whole):
    np.testing.assert_array_equal(embedder.embed(pcm[::-1])[::-1], whole)


def test_silence_is_embedded_once_and_as_it_would_be_among_sound(embedder, pcm):
    silence = np.zeros_like(pcm[:5])
    among = embedder.embed(np.concatenate([pcm[:3], silence, pcm[3:6]]))[3:8]
    np.testing.assert_array_equal(embedder.embed(silence), among)
    assert len(embedder.embed(np.zeros((2 * BATCH_SECONDS + 3, 16000), np.int16))) == 2 * BATCH_SECONDS + 3


def test_no_sound_gives_no_embeddings(embedder):
    assert embedder.embed(np.empty((0, 16000), np.int16)).shape == (0, 128)


@pytest.mark.parametrize("wrong", [np.zeros((3, 15999), np.int16), np.zeros((3, 16000), np.float32)])
def test_what_is_no_sound_is_refused(embedder, wrong):
    with pytest.raises(ValueError, match="int16"):
        embedder.embed(wrong)


def test_an_exception_of_the_source_comes_through(embedder, pcm):
    def broken():
        yield pcm[:70]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        list(embedder.embed_stream(broken()))


def test_every_call_runs_on_one_thread_in_a_process_that_loads_a_bundle():
    program = (
        "from models.bundles.selection import select_models\n"
        "choice = select_models(bundle='compact')\n"
        "embedder, head = choice.embedder.load(), choice.head.load()\n"
        "import tensorflow as tf, numpy as np\n"
        "embedder.embed(np.zeros((1, 16000), np.int16))\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
    assert "TensorFlow ran before" not in done.stderr
