"""Which models a run uses: what is named is used or refused, and only the default falls back."""

import json
import shutil

import numpy as np
import pytest

from common.errors import ModelError
from models.bundles import bundle
from models.bundles.bundle import open_bundle
from models.bundles.card import Card, WeightFile, write_card
from models.bundles.selection import select_models
from models.events.segments import Thresholds
from models.networks.head_files import save_head
from tests.helpers.loudness import loudness_head


def make_bundle(folder, embedder="placeholder", **card):
    folder.mkdir(parents=True)
    save_head(loudness_head(), folder / "head.npz")
    write_card(folder, Card(folder.name, "1", embedder, head=WeightFile("head.npz", padding="mask"), **card))
    return folder


@pytest.fixture
def without_network(tmp_path, monkeypatch):
    """No weights in the cache, and every connection refused."""
    monkeypatch.setenv("LAUGHTER_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def test_the_default_falls_back_where_the_weights_cannot_be_had(without_network):
    choice = select_models()
    assert (choice.embedder.name, choice.head.name) == ("compact", "compact")
    assert any("ships with the project" in note for note in choice.notes)


def test_vggish_by_name_never_falls_back(tmp_path, without_network):
    head = make_bundle(tmp_path / "head", "vggish")
    for named in ({"bundle": "vggish"}, {"bundle": "vggish", "head": str(head)}):
        with pytest.raises(ModelError, match="vggish_pca_params"):
            select_models(**named)


def test_a_head_needs_the_embedder_it_was_trained_on(tmp_path):
    head = make_bundle(tmp_path / "head", "vggish")
    with pytest.raises(ModelError, match="was trained on embeddings of vggish, not of compact"):
        select_models(embedder="compact", head=str(head))


def test_a_head_needs_the_very_weights_it_was_trained_on(tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(bundle.SHIPPED / "compact", mine)
    with np.load(mine / "embedder.npz") as arrays:
        np.savez(mine / "embedder.npz", **{name: arrays[name] for name in arrays.files}, extra=np.zeros(1))
    write_card(mine, open_bundle(mine).card)
    assert select_models(head=str(mine)).embedder.weights == str(mine / "embedder.npz")
    for mixed in ({"bundle": str(mine), "head": "compact"}, {"bundle": "compact", "head": str(mine)}):
        with pytest.raises(ModelError, match="embeddings of other compact weights"):
            select_models(**mixed)


def test_a_bundle_of_ones_own(tmp_path):
    choice = select_models(bundle=str(make_bundle(tmp_path / "mine", thresholds=Thresholds(onset=0.7, offset=0.2))))
    assert (choice.embedder.name, choice.head.name, choice.head.thresholds.onset) == ("placeholder", "mine", 0.7)


def test_weights_that_are_not_vggish_are_refused(tmp_path):
    head = make_bundle(tmp_path / "head", "vggish")
    np.savez(tmp_path / "weights.npz", nothing=np.zeros(3))
    np.savez(
        tmp_path / "vggish_pca_params.npz",
        pca_eigen_vectors=np.eye(128, dtype=np.float32),
        pca_means=np.zeros((128, 1), np.float32),
    )
    with pytest.raises(ModelError, match=r"weights\.npz cannot be used as VGGish"):
        select_models(embedder=str(tmp_path / "weights.npz"), head=str(head))


def test_shipped_bundles_are_as_their_cards_say():
    for name in bundle.shipped_names():
        open_bundle(name).verify()


def test_a_choice_of_what_ships_names_no_place_of_this_machine():
    choice = select_models(bundle="compact")
    assert (choice.embedder.weights, choice.head.path) == ("shipped:compact/embedder.npz", "shipped:compact/head.npz")
    assert choice.head.load().dense.shape[1] == 7


def test_damage_is_noticed(tmp_path):
    folder = make_bundle(tmp_path / "mine")
    with open(folder / "head.npz", "ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"head\.npz is damaged"):
        select_models(bundle=str(folder))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"classes": ["laughter"]}, "lists other classes"),
        ({"embedder": "mystery"}, "names the embedder 'mystery'"),
        ({"head": {"file": "../head.npz", "sha256": "", "padding": "mask"}}, "lacks the file"),
        ({"head": {"file": "head.npz", "sha256": ""}}, "does not say what a card should"),
        ({"head": {"padding": "mask", "colour": "red"}}, "does not say what a card should"),
        ({"thresholds": {"loudness": 1}}, "does not say what a card should"),
        ({"thresholds": {"onset": 0.2, "offset": 0.4}}, "0 < offset <= onset < 1"),
        ({"clip_threshold": "high"}, "no number in"),
    ],
)
def test_cards_that_are_wrong_are_refused(tmp_path, change, sentence):
    folder = make_bundle(tmp_path / "mine")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | change))
    with pytest.raises(ModelError, match=sentence):
        select_models(bundle=str(folder))
