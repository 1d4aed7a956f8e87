"""An archive's own labels: segments to clips in which each second stands once."""

import os

import numpy as np
import pytest

from tests.helpers.store import made_part
from transforms.embed.recordings import recording_at
from transforms.shards.read_labelled import (
    Label,
    LabelsError,
    cut,
    find_part,
    labelled_clips,
    read_labels,
)

EMBEDDINGS = np.random.default_rng(0).integers(0, 256, (40, 128)).astype(np.uint8)


def labels_file(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return str(path)


def test_labels_by_name_and_by_index(tmp_path):
    path = labels_file(tmp_path, "recording,start_s,end_s,label,note\na,1,2.5,giggle,x\nb,0,3,none,\nb,3,4,137,\n")
    assert read_labels(path) == [Label("a", 1, 2.5, 18), Label("b", 0, 3, None), Label("b", 3, 4, 137)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("recording,start_s,label\n", "lacks the columns end_s"),
        ("", "lacks the columns"),
        ("recording,start_s,end_s,label\na,1,2,laugh\n", "line 2: the label 'laugh' is neither one of laughter"),
        ("recording,start_s,end_s,label\na,1,2,527\n", "line 2: the label '527'"),
        ("recording,start_s,end_s,label\na,1,2,giggle\na,x,2,giggle\n", "line 3: start_s and end_s must be seconds"),
        ("recording,start_s,end_s,label\na,3,2,giggle\n", "no stretch of time"),
        ("recording,start_s,end_s,label\na,nan,2,giggle\n", "no stretch of time"),
        ("recording,start_s,end_s,label\na,1,inf,giggle\n", "no stretch of time"),
    ],
)
def test_bad_labels_are_refused_with_the_line(tmp_path, text, reason):
    with pytest.raises(LabelsError, match=reason) as error:
        read_labels(labels_file(tmp_path, text))
    assert "labels.csv" in str(error.value)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(LabelsError, match=r"nowhere\.csv"):
        read_labels(str(tmp_path / "nowhere.csv"))


@pytest.mark.parametrize(
    ("labels", "pieces"),
    [
        ([Label("a", 3.4, 4.2, 16)], [(3, 4, (16,))]),
        ([Label("a", 3.8, 4.3, 16)], [(4, 5, (16,))]),  # half of no second: the one it covers most
        ([Label("a", 3.1, 3.4, 16), Label("a", 3.6, 3.9, 16)], [(3, 4, (16,))]),
        ([Label("a", 3.1, 3.3, 16), Label("a", 3.3, 3.6, 16)], [(3, 4, (16,))]),
        ([Label("a", 2.7, 5.2, 18), Label("a", 0, 9, None)], [(0, 2, ()), (3, 5, (18,)), (6, 9, ())]),
        ([Label("a", 2.5, 5.2, None)], [(2, 5, ())]),
        ([Label("a", 39.7, 40.3, 16)], [(39, 40, (16,))]),
        ([Label("a", 0, 25, 16)], [(0, 10, (16,)), (10, 20, (16,)), (20, 25, (16,))]),
        ([Label("a", 0, 9, None)], [(0, 9, ())]),
        ([Label("a", 0, 6, None), Label("a", 2, 4, 18)], [(0, 2, ()), (2, 4, (18,)), (4, 6, ())]),
        ([Label("a", 0, 4, 16), Label("a", 0, 4, 18)], [(0, 4, (16, 18))]),
        ([Label("a", 38, 99, 16)], [(38, 40, (16,))]),
        ([Label("a", 50, 60, 16)], []),
    ],
)
def test_stretches_are_cut_where_labels_change_and_every_ten_seconds(labels, pieces):
    assert list(cut(labels, EMBEDDINGS)) == pieces


def test_clips_hold_the_recordings_own_embeddings():
    clips = labelled_clips("rec", [Label("rec", 5, 8, 16), Label("rec", 30, 40, None)], EMBEDDINGS)
    assert clips.starts.tolist() == [5, 30]
    assert clips.ends.tolist() == [8, 40]
    assert clips.n_frames.tolist() == [3, 10]
    assert (clips.labels.tolist(), clips.label_splits.tolist()) == ([16], [0, 1, 1])
    np.testing.assert_array_equal(clips.embedding[0, :3], EMBEDDINGS[5:8])
    assert not clips.embedding[0, 3:].any()
    np.testing.assert_array_equal(clips.embedding[1], EMBEDDINGS[30:40])


def test_recordings_are_found_by_id_by_name_and_by_path(tmp_path):
    named, other = recording_at("/a/2016-01-01_0030_US_CNN_X.ts", 1, ""), recording_at("/a/some.mp3", 1, "")
    paths = [made_part(tmp_path, recording, EMBEDDINGS) for recording in (named, other)]
    for text in (named.recording_id, "2016-01-01_0030_US_CNN_X.mp4", named.path):
        assert find_part(str(tmp_path), text) == (named.recording_id, paths[0])
    for text in (other.recording_id, other.path):
        assert find_part(str(tmp_path), text) == (other.recording_id, paths[1])
    long = recording_at(f"/a/2016-01-01_0030_US_CNN_{'x' * 220}.ts", 1, "")
    path = made_part(tmp_path, long, EMBEDDINGS)
    for text in (long.path, os.path.basename(long.path), os.path.basename(long.path)[:-3]):
        assert find_part(str(tmp_path), text) == (long.recording_id, path)
    for text in ("some.mp3", "some"):
        assert find_part(str(tmp_path), text) == (other.recording_id, paths[1])
    made_part(tmp_path, recording_at("/b/some.mp3", 1, ""), EMBEDDINGS)
    assert find_part(str(tmp_path), "some.mp3") is None  # two are called so
    assert find_part(str(tmp_path), "nothing") is None
    assert find_part(str(tmp_path), "") is None
