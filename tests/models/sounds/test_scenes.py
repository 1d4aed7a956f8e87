"""Scenes: what is heard in every tenth of a second is known, because we put it there."""

import numpy as np
import pytest

from common.errors import UsageError
from models.constants import TRACKS
from models.sounds import scenes, synthesis
from models.sounds.labelled_clips import LAUGHTER as LAUGHS
from models.sounds.labelled_clips import OTHER, UNKNOWN, Clip
from models.sounds.scenes import SCENE_S, Palette, audience_laugh, heard, mix_scene, one_laugh, role_of

LAUGHTER = TRACKS.index("laughter")


@pytest.fixture(scope="module")
def palette():
    rng = np.random.default_rng(0)
    clips = [Clip(synthesis.laugh(rng, 2.0), LAUGHS, "laughter") for _ in range(3)]
    clips += [Clip(synthesis.speech_like(rng, 3.0), OTHER, "speech") for _ in range(3)]
    clips += [Clip(synthesis.music_like(rng, 3.0), OTHER, "music"), Clip(synthesis.noise(rng, 2), OTHER, "sfx")]
    return Palette([*clips, Clip(synthesis.vocalisation(rng, 2.0), UNKNOWN, "unlabelled")])


def test_a_scene_depends_on_the_seed_alone(palette):
    first, again, other = (mix_scene(np.random.default_rng(seed), palette) for seed in (1, 1, 2))
    assert first.samples.shape == (SCENE_S * 16000,)
    assert first.truth.shape == first.weight.shape == (SCENE_S * 10, len(TRACKS))
    assert np.abs(first.samples).max() <= 1
    np.testing.assert_array_equal(first.samples, again.samples)
    np.testing.assert_array_equal(first.truth, again.truth)
    assert not np.array_equal(first.samples, other.samples)


@pytest.mark.parametrize(("share", "some"), [(0.0, False), (1.0, True)])
def test_laughter_is_noted_only_where_laughs_are(palette, share, some):
    rng = np.random.default_rng(3)
    noted = [mix_scene(rng, palette, laughing_share=share).truth[:, LAUGHTER].max() for _ in range(6)]
    assert (max(noted) > 0.5) == some


def test_the_truth_begins_and_ends_with_the_sound():
    track = np.zeros(SCENE_S * 16000, np.float32)
    track[16000 * 3 : 16000 * 4] = 0.1
    track[16000 * 4 + 3200 : 16000 * 5] = 0.1  # a pause of 0.2 s is one between two calls
    track[16000 * 7 : 16000 * 7 + 8000] = 0.1
    edges = np.flatnonzero(np.diff(heard(track).astype(int))) + 1
    assert edges.tolist() == [300, 500, 700, 750]


def test_what_is_drowned_or_unsure_counts_for_nothing():
    tracks = {role: np.zeros(SCENE_S * 16000, np.float32) for role in (*TRACKS, "other", "unsure")}
    noise = np.random.default_rng(0).normal(0, 1, SCENE_S * 16000).astype(np.float32)
    tracks["laughter"][:64000] = 0.01 * noise[:64000]
    tracks["speech"][32000:] = 0.1 * noise[32000:]
    tracks["unsure"][-32000:] = 0.1 * noise[-32000:]
    truth, weight = scenes._truth(tracks, np.zeros(SCENE_S * 16000, bool))
    assert truth[:40, LAUGHTER].min() == 1
    assert weight[1:18, LAUGHTER].min() == 1  # alone
    assert weight[22:39, LAUGHTER].max() == 0  # 20 dB below the talk
    assert weight[50:95, LAUGHTER].min() == 1
    assert weight[101:, LAUGHTER].max() == 0


def test_short_laughs_weigh_more(palette):
    rng = np.random.default_rng(5)
    made = [mix_scene(rng, palette, laughing_share=1.0) for _ in range(12)]
    weights = {float(value) for scene in made for value in np.unique(scene.weight[:, LAUGHTER])}
    assert weights == {0.0, 1.0, 3.0}


def test_laughs_of_one_are_often_short_and_those_of_audiences_longer(palette):
    rng = np.random.default_rng(0)
    ones = [len(one_laugh(rng, palette)) / 16000 for _ in range(40)]
    assert 0.2 < np.mean([seconds < 1.5 for seconds in ones]) < 0.9
    assert min(len(audience_laugh(rng, palette)) for _ in range(5)) > 0.5 * 16000


def test_labels_have_roles_and_what_is_needed_is_named():
    assert [role_of(label) for label in ("giggle", "speech", "crowd", "sfx", "unlabelled")] == [
        *("laughter", "speech", "crowd", "other", "unsure")
    ]
    with pytest.raises(UsageError, match="laughter and of speech"):
        Palette([])


def test_a_borrowed_laugh_depends_on_the_seed_and_is_of_a_laughs_length():
    speech = synthesis.speech_like(np.random.default_rng(0), 2.0)
    one, same = (synthesis.borrowed_laugh(np.random.default_rng(4), speech) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert 0.4 <= len(one) / 16000 <= 3.6
    assert np.abs(one).max() == pytest.approx(0.7, abs=0.01)
