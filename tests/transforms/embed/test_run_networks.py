"""The tracker hears the same sound as the embedder, in the same pass, and its tracks lie beside the embeddings."""

import dataclasses
import hashlib
import os
import shutil

import numpy as np
import pytest

from models.bundles.bundle import TrackerSpec, open_bundle
from models.bundles.selection import select_models
from models.events.segments import TrackThresholds
from models.networks.track_network import build_tracker, save_tracker
from tests.helpers.archive import make_recording
from tests.helpers.media import decode
from transforms.embed.embed_recordings import embed_recording
from transforms.embed.part_state import EmbedSettings, part_state
from transforms.embed.recordings import recording_at
from transforms.embed.run_networks import load_networks
from transforms.embed.store import part_path, read_info, read_part, read_tracks

SECONDS = 150


@pytest.fixture(scope="module")
def settings(tmp_path_factory, loudness_bundle):
    folder = tmp_path_factory.mktemp("tracker")
    save_tracker(build_tracker(400), folder / "tracker.npz")
    checksum = hashlib.sha256((folder / "tracker.npz").read_bytes()).hexdigest()
    tracker = TrackerSpec(str(folder / "tracker.npz"), checksum, "0.1", TrackThresholds())
    chosen = select_models(bundle=str(loudness_bundle), precision="float32")
    assert chosen.tracker is None  # what stands in for an embedder has none
    return EmbedSettings("", chosen.embedder, tracker=tracker, threads=2)


@pytest.fixture(scope="module")
def networks(settings):
    return load_networks(settings)


@pytest.fixture
def recording(tmp_path):
    path = make_recording(tmp_path / "2016-01-01_0000_US_CNN_X.wav", seconds=SECONDS, loud=((5, 90),))
    return recording_at(str(path), os.path.getsize(path), "")


def embedded(recording, settings, networks, store):
    settings = dataclasses.replace(settings, store=str(store))
    assert embed_recording([recording], settings, networks).status == "done"
    return part_path(str(store), recording.date, recording.recording_id), settings


def test_tracks_lie_beside_the_embeddings_of_the_same_seconds(tmp_path, settings, networks, recording):
    path, settings = embedded(recording, settings, networks, tmp_path / "store")
    pcm, _ = decode(recording.path)
    np.testing.assert_array_equal(read_part(path)[0], networks.embedder.embed(pcm))
    np.testing.assert_array_equal(read_tracks(path), networks.tracker.track(pcm))
    info = read_info(path)
    assert info.tracker == f"tracker-{settings.tracker.fingerprint[:8]} 0.1"
    assert info.seconds == SECONDS
    again, _ = embedded(recording, settings, networks, tmp_path / "again")
    with open(path, "rb") as one, open(again, "rb") as other:
        assert one.read() == other.read()


def test_another_tracker_voids_no_embeddings(tmp_path, settings, networks, recording):
    _, settings = embedded(recording, settings, networks, tmp_path / "store")
    for tracker in (None, dataclasses.replace(settings.tracker, fingerprint="another")):
        assert part_state([recording], dataclasses.replace(settings, tracker=tracker)).why is None


def test_a_part_without_tracks_stays_readable_and_is_used(tmp_path, settings, networks, recording):
    plain = dataclasses.replace(networks, tracker=None)
    path, settings = embedded(recording, dataclasses.replace(settings, tracker=None), plain, tmp_path / "store")
    assert read_tracks(path) is None
    assert read_info(path).tracker == ""
    assert part_state([recording], settings).why is None
    np.testing.assert_array_equal(read_part(path)[0], networks.embedder.embed(decode(recording.path)[0]))


def test_tracks_stay_where_the_archive_moves_or_the_longer_of_two_is_taken(tmp_path, settings, networks, recording):
    path, settings = embedded(recording, settings, networks, tmp_path / "store")
    before = read_tracks(path)
    (tmp_path / "moved").mkdir()
    moved = shutil.move(recording.path, tmp_path / "moved" / os.path.basename(recording.path))
    elsewhere = recording_at(str(moved), recording.size_bytes, "")
    assert embed_recording([elsewhere], settings, networks).reused
    np.testing.assert_array_equal(read_tracks(path), before)
    with open(moved, "rb") as file:
        content = file.read()
    both = []
    for name, size in (("a", len(content) // 2), ("b", len(content) // 4)):
        (tmp_path / name).mkdir()
        cut = tmp_path / name / os.path.basename(recording.path)
        cut.write_bytes(content[:size])
        both.append(recording_at(str(cut), size, ""))
    assert embed_recording(both, dataclasses.replace(settings, recompute=True), networks).status == "partial"
    found = read_tracks(path)
    assert len(found) == read_info(path).seconds
    np.testing.assert_array_equal(found[: len(found) - 4], before[: len(found) - 4])


def test_the_bundles_that_ship_have_a_tracker():
    shipped = open_bundle("compact").tracker()
    assert shipped is not None
    assert select_models(bundle="compact").tracker == shipped
    assert shipped.path == "shipped:compact/tracker.npz"
    assert "tracker.npz" in open_bundle("compact").verify()
    assert open_bundle("vggish").tracker() is None
