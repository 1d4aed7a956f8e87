"""Cards: read and written back byte for byte, whatever else they say."""

import json

import pytest

from models.bundles.bundle import SHIPPED, open_bundle, shipped_names
from models.bundles.card import Card, WeightFile, write_card
from models.embedding_space import RELEASED, EmbeddingSpace


@pytest.mark.parametrize("name", shipped_names())
def test_what_ships_is_written_back_byte_for_byte(name):
    text = (SHIPPED / name / "card.json").read_text(encoding="utf-8")
    card = Card.from_document(json.loads(text), "card.json")
    assert json.dumps(card.to_document(), indent=2, ensure_ascii=False) + "\n" == text


def test_what_a_card_says_beside_is_kept(tmp_path):
    (tmp_path / "head.npz").write_bytes(b"weights")
    told = {"archive": "ours", "note": ["a", 1]}
    card = write_card(tmp_path, Card("mine", "1", "compact", head=WeightFile("head.npz", padding="mask"), others=told))
    assert open_bundle(tmp_path).card == card
    assert json.loads((tmp_path / "card.json").read_text())["note"] == ["a", 1]


def test_what_was_measured_before_stays_beside_what_is_new():
    card = Card("mine", "1", "compact", measured={"here": 1, "there": 2}).with_measured({"there": 3})
    assert card.measured == {"here": 1, "there": 3}


def test_a_head_reads_what_its_bundle_embeds_or_what_its_card_names():
    assert Card("one", "1", "vggish", space="").embedding_space == RELEASED
    assert Card("two", "1", "compact", space="abc").embedding_space == EmbeddingSpace("compact", "abc")
    own = Card("three", "1", "compact", embedder_weights=WeightFile("embedder.npz", "def"), space="abc")
    assert own.embedding_space == EmbeddingSpace("compact", "def")
