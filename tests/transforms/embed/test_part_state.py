"""What makes a part of the store anew, and what does not; the embedding itself is tested through `laughter detect`."""

import dataclasses

from models.bundles.bundle import EmbedderSpec
from transforms.embed.part_state import EmbedSettings
from transforms.embed.recordings import recording_at


def test_the_fingerprint_follows_what_changes_embeddings_and_nothing_else():
    settings = EmbedSettings("/store", EmbedderSpec("placeholder", "", "", "float32", "one", ""))
    recording = recording_at("/a/x.mp4", 5, "2016")
    same = [
        dataclasses.replace(settings, store="/elsewhere", recompute=True, threads=3),
        dataclasses.replace(settings, decode=dataclasses.replace(settings.decode, stall_timeout_s=1.0)),
    ]
    other = [
        dataclasses.replace(settings, decode=dataclasses.replace(settings.decode, max_gap_s=1.0)),
        dataclasses.replace(settings, embedder=EmbedderSpec("placeholder", "", "", "float32", "two", "")),
    ]
    assert {variant.fingerprint(recording) for variant in same} == {settings.fingerprint(recording)}
    assert settings.fingerprint(recording) not in {variant.fingerprint(recording) for variant in other}
    assert settings.fingerprint(recording_at("/a/x.mp4", 6, "2016")) != settings.fingerprint(recording)
