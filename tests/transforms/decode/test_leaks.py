"""Many recordings in one process: nothing stays open, running or in memory of any of them."""

import tracemalloc

from models.bundles import selection
from tests.helpers.archive import make_recording
from tests.helpers.open_resources import belongings
from transforms.embed.embed_recordings import embed_recording
from transforms.embed.part_state import EmbedSettings
from transforms.embed.recordings import Recording, recording_at
from transforms.embed.run_networks import Networks

BAD = b"this is not a recording\n" * 100


def test_no_recording_leaves_anything(tmp_path, loudness_bundle):
    good, bad = make_recording(tmp_path / "good.wav", seconds=3, loud=()), tmp_path / "bad.mp4"
    bad.write_bytes(BAD)
    chosen = selection.select_models(bundle=str(loudness_bundle), embedder=None, head=None, precision="float32")
    settings = EmbedSettings(str(tmp_path / "store"), chosen.embedder)
    embedder = settings.embedder.load()

    def embed(numbers):
        for number in numbers:
            path = bad if number % 3 == 0 else good
            found = recording_at(str(path), path.stat().st_size, "")
            embed_recording(
                [Recording(f"{number:04d}", found.path, found.size_bytes, "")], settings, Networks(embedder)
            )
        descriptors, children, threads = belongings()
        return len(descriptors), len(children), len(threads)

    before = embed(range(20))
    tracemalloc.start()
    try:
        embed(range(20, 50))
        then = tracemalloc.get_traced_memory()[0]
        after = embed(range(50, 140))
        grown = tracemalloc.get_traced_memory()[0] - then
    finally:
        tracemalloc.stop()
    assert after == before
    assert grown < 90 * 300  # bytes, in Python's own memory
