"""The made broadcasts: nothing in them was trained on, their truth is right, and the figures count what they say."""

import json
import pathlib

import numpy as np
import pytest

from benchmarks import broadcasts, made_broadcasts
from benchmarks.broadcasts import Tally, count_scene, measures
from benchmarks.made_broadcasts import RESERVED, Laugh, MadeScene, Sounds, intervals_of, make_broadcasts
from models.bundles.bundle import SHIPPED
from models.sounds import synthesis
from models.sounds.manifest import read_manifest
from tests.helpers.clips import write_clips
from transforms.collect.debian_sources import PACKAGES

CLIPS = [
    ("laugh", synthesis.laugh, "laughter", "evaluate"),
    ("reader", synthesis.speech_like, "reading_adult", "evaluate"),
    ("cry", synthesis.vocalisation, "crying", "evaluate"),
    ("tune", synthesis.music_like, "music", "evaluate"),
    ("wind", synthesis.noise, "noise", "evaluate"),
]


def test_nothing_that_is_set_aside_is_trained_on():
    names = {package.name for package in RESERVED}
    assert not names & {package.name for package in PACKAGES}
    cards = [*SHIPPED.glob("*/card.json"), *SHIPPED.glob("*/tracker.json")]
    assert len(cards) >= 3
    for card in cards:
        sources = " ".join(str(source) for source in json.loads(card.read_text()).get("training_data", []))
        assert not [name for name in names if name in sources], card
        assert "deeply" not in sources.lower()


def test_the_same_seed_makes_the_same_broadcasts(tmp_path, monkeypatch):
    monkeypatch.setattr(made_broadcasts, "SCENES", 12)
    monkeypatch.setattr(made_broadcasts, "BROADCASTS", 4)
    sounds = Sounds(read_manifest(write_clips(tmp_path / "audio", CLIPS)))
    one, other = (make_broadcasts(sounds, tmp_path / name) for name in "ab")
    assert [made.scenes for made in one] == [made.scenes for made in other]
    assert {made.path.suffix for made in one} == {".ts", ".mp4", ".mp3", ".ogg"}
    laughs = [laugh for made in one for scene in made.scenes for laugh in scene.laughs]
    assert laughs
    assert all(0 <= laugh.start_s < laugh.end_s <= 60 for laugh in laughs)


def test_a_laugh_s_time_is_that_of_its_sound():
    track = np.zeros(16000 * 5, np.float32)
    track[16000:24000] = 0.1
    track[27200:32000] = 0.1  # 0.2 s of breath
    track[48000:49600] = 0.1
    assert intervals_of(track) == [(1.0, 2.0), (3.0, 3.1)]


def test_a_scene_is_counted():
    laughs = (Laugh(22.0, 23.0, "ann", "alone"), Laugh(30.0, 35.0, "ann", "talk"))
    events = [(22.1, 22.9), (31.0, 32.0), (37.0, 37.5), (50.0, 51.0)]
    found = measures([count_scene(MadeScene("talk", "ann", laughs), 20.0, events)], hours=0.5)
    assert found["frame P"] == pytest.approx(1.8 / 2.3)
    assert found["frame R"] == pytest.approx(1.8 / 6)
    assert found["onset F1 0.2 s"] == found["onset F1 0.5 s"] == pytest.approx(2 / 5)
    assert found["median start error, s"] == pytest.approx(0.1)
    assert (found["half covered, all"], found["half covered, short"], found["half covered, talk"]) == (0.5, 1.0, 0.0)
    assert found["false alarms/h"] == found["false alarms/h, talk"] == pytest.approx(2)


def test_intervals_are_over_speakers():
    good, bad = Tally(marked_s=1, found_s=1, both_s=1), Tally(marked_s=1, found_s=1, both_s=0)
    low, high = broadcasts.interval([good] * 50 + [bad] * 50, ["a"] * 50 + ["b"] * 50, "frame F1", 1.0)
    assert (low, high) == (0.0, 1.0)


@pytest.mark.tensorflow
@pytest.mark.skipif(
    not (pathlib.Path(__file__).resolve().parents[3] / "shared" / "audio").exists(),
    reason="the shared folder is not there",
)
def test_the_shipped_tracker_beats_whole_seconds_on_laughs_it_never_met(tmp_path):
    """On some scenes without the packages set aside: the full hour is `python -m benchmarks.broadcasts`."""
    audio = pathlib.Path(__file__).resolve().parents[3] / "shared" / "audio"
    beds = [("tune", synthesis.music_like, "music", "train"), ("wind", synthesis.noise, "noise", "train")]
    sounds = broadcasts.sounds_of(audio, write_clips(tmp_path / "beds", beds))
    made = make_broadcasts(sounds, tmp_path / "made", seed=3)[:2]
    figures = [broadcasts.report(name, made, find) for name, find in broadcasts.systems("compact", made).items()]
    assert figures[1]["onset F1 0.5 s"] > figures[0]["onset F1 0.5 s"] + 0.05
    assert figures[1]["half covered, short"] > figures[0]["half covered, short"]
    assert figures[1]["median start error, s"] < 0.15
