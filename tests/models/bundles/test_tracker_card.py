"""The tracker's own card: written with the weights' checksum, held against them when it is read."""

import json

import pytest

from common.errors import ModelError
from models.bundles.tracker_card import TRACKER_CARD, TRACKER_FILE, TrackerCard, read_tracker_card, write_tracker_card
from models.events.segments import TrackThresholds


@pytest.fixture
def folder(tmp_path):
    (tmp_path / TRACKER_FILE).write_bytes(b"weights")
    data = [{"source": "x", "licence": "CC0", "clips": 1}]
    write_tracker_card(tmp_path, TrackerCard("1.0", TrackThresholds(), data, "None.", {}))
    return tmp_path


def test_what_is_written_comes_back(folder):
    card = read_tracker_card(str(folder))
    assert (card.version, card.thresholds, card.limits) == ("1.0", TrackThresholds(), "None.")
    assert len(card.sha256) == 64


def test_damaged_or_absent_weights_are_said(folder):
    (folder / TRACKER_FILE).write_bytes(b"other")
    with pytest.raises(ModelError, match=r"tracker\.npz is damaged"):
        read_tracker_card(str(folder))
    (folder / TRACKER_FILE).unlink()
    with pytest.raises(ModelError, match=r"lacks tracker\.json or tracker\.npz"):
        read_tracker_card(str(folder))


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": {"onset": float("nan")}},
        {"thresholds": {"onset": "high"}},
        {"thresholds": []},
        {"version": None, "surplus": 1},
        {"thresholds": {"min_on_s": float("inf")}},
    ],
)
def test_a_card_that_says_nonsense_is_one_sentence(folder, change):
    document = json.loads((folder / TRACKER_CARD).read_text())
    (folder / TRACKER_CARD).write_text(json.dumps({**document, **change}))
    with pytest.raises(ModelError, match=r"is no tracker's card|must satisfy"):
        read_tracker_card(str(folder))


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", "{"])
def test_a_file_that_is_no_card_is_one_sentence(folder, content):
    (folder / TRACKER_CARD).write_text(content)
    with pytest.raises(ModelError, match="is no tracker's card"):
        read_tracker_card(str(folder))
