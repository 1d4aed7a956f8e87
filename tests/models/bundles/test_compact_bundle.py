"""A smoke test of the compact bundle as it ships, on sounds of the generators that it was partly trained with."""

import hashlib
import json
import pathlib

import numpy as np
import pytest

from models.bundles.bundle import EmbedderSpec, open_bundle
from models.constants import SECOND_SAMPLES
from models.distillation.clip_report import seconds_probability
from models.distillation.fit import batched, embed
from models.distillation.thresholds import inside_events
from models.events.find import find_events
from models.events.segments import Thresholds
from models.networks.compact import MAX_BYTES, load_compact
from models.networks.head_files import load_head
from models.networks.log_mel import log_mel_patches
from models.sounds import synthesis
from tests.helpers.sounds import LAUGHS, OTHERS
from transforms.tables.classify_windows import classify_windows

BUNDLE = pathlib.Path(__file__).parents[3] / "models" / "bundles" / "compact"


@pytest.fixture(scope="module")
def card():
    return json.loads((BUNDLE / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def score():
    network, pca = load_compact(BUNDLE / "embedder.npz")
    head, raw_embeddings = load_head(BUNDLE / "head.npz"), batched(network)

    def probability(sound: np.ndarray) -> np.ndarray:
        patches = np.asarray(log_mel_patches(sound.reshape(-1, SECOND_SAMPLES)))
        return seconds_probability(head, embed(raw_embeddings, pca, patches))

    return probability


def test_the_card_names_its_files_and_they_are_small(card):
    for part in ("embedder_weights", "head"):
        content = (BUNDLE / card[part]["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == card[part]["sha256"]
        assert len(content) <= MAX_BYTES
    measured = card["measured"]["evaluate_clips"]
    assert measured["auc_interval"][0] <= measured["auc"] <= measured["auc_interval"][1]
    assert card["measured"]["command"].startswith("laughter train-compact --report-only")
    assert all(source["licence"] for source in card["training_data"])


def found(make, card, score) -> np.ndarray:
    """Which seconds of four sounds of 6 s lie in events, [4, 6]."""
    probability = np.stack([score(0.6 * make(np.random.default_rng(9000 + n), 6.0)) for n in range(4)])
    return inside_events(probability, Thresholds(**card["thresholds"]))


@pytest.mark.parametrize("make", LAUGHS)
def test_laughs_are_found(make, card, score):
    inside = found(make, card, score)
    assert inside.any(axis=1).all()
    assert inside.mean() > 0.75


@pytest.mark.parametrize("make", OTHERS)
def test_nothing_is_found_in_other_sounds(make, card, score):
    assert not found(make, card, score).any()


def test_nothing_is_found_in_silence(card, score):
    assert score(np.zeros(3 * SECOND_SAMPLES, np.float32)).max() < card["thresholds"]["offset"]


@pytest.mark.parametrize("batch_seconds", [16, 200])
def test_events_are_the_same_for_any_batch_size(batch_seconds, monkeypatch):
    """Bytes of embeddings may differ between shapes of batches, by rounding; events must not."""
    rng = np.random.default_rng(5)
    makers = (synthesis.speech_like, synthesis.laugh, synthesis.music_like, synthesis.laugh, synthesis.applause_like)
    sound = np.concatenate([make(rng, 20.0) for make in makers])
    pcm = np.round(sound / np.abs(sound).max() * 30000).astype(np.int16).reshape(-1, SECOND_SAMPLES)

    def run():
        embeddings = open_bundle_embedder().embed(pcm)
        head = load_head(BUNDLE / "head.npz")
        scores = classify_windows(embeddings, head)
        return embeddings, find_events("r", len(pcm), scores, open_bundle(BUNDLE).head().thresholds)

    usual, events = run()
    monkeypatch.setattr("models.networks.embedder.BATCH_SECONDS", batch_seconds)
    monkeypatch.setattr("models.networks.head.BATCH_WINDOWS", batch_seconds // 8)
    other, same = run()
    assert (usual != other).mean() <= 1e-3
    assert len(events) == 2
    times = [[(event.start_s, event.end_s, event.kind, event.event_id) for event in found] for found in (events, same)]
    assert times[0] == times[1]


def open_bundle_embedder():
    path, checksum = open_bundle(BUNDLE).embedder_weights()
    return EmbedderSpec("compact", str(path), "", "float32", checksum, checksum).load()
