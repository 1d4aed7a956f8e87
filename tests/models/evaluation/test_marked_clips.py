"""Laughter marked by hand: reading it, frames and F1 worked out by hand, and leaving a clip out."""

import numpy as np
import pytest

from models.evaluation.marked_clips import (
    COLUMNS,
    COMBINED,
    LONG,
    SHORT,
    UNREACHED,
    MarkedClip,
    MarkedClipsError,
    count_frames,
    find_marked_clips,
    frame_f1,
    leave_one_out,
    marked_frames,
    measure_marked_clips,
    probabilities,
    read_marked_clips,
    thresholds_of,
)
from models.events import windows
from models.load_shards import ShardClips
from tests.helpers.loudness import loudness_head

HEADING = ",".join(COLUMNS)


def written(folder, *lines: str, heading: str = HEADING) -> str:
    path = folder / "spans.csv"
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return str(path)


def clip(*segments: tuple[float, float], seconds: float = 10) -> MarkedClip:
    return MarkedClip("a", 30.0, 30.0 + seconds, segments)


def second_by_second(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_marked_clips_are_read(tmp_path):
    path = written(tmp_path, "a,30.0,40.0,0.000-1.725 8.86-10.000", "b,0,9.5,")
    assert read_marked_clips(path) == [
        MarkedClip("a", 30.0, 40.0, ((0.0, 1.725), (8.86, 10.0))),
        MarkedClip("b", 0.0, 9.5, ()),
    ]


def test_the_files_of_spreadsheets_are_read(tmp_path):
    path = tmp_path / "spans.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADING}\r\na,0,10,1-2\r\n".encode())
    assert read_marked_clips(str(path)) == [MarkedClip("a", 0.0, 10.0, ((1.0, 2.0),))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,thirty,40,1-2", "must be seconds"),
        ("a,30", "must be seconds"),
        ("a,40,30,1-2", "'a' from 40 to 30 s is no clip"),
        ("a,nan,30,1-2", "is no clip"),
        ("a,0,inf,1-2", "is no clip"),
        (",30,40,1-2", "is no clip"),
        ("a,30,40,1", "'1' is no stretch of seconds"),
        ("a,30,40,1-2;3-4", "'1-2;3-4' is no stretch of seconds"),
        ("a,30,40,-1-2", "is no stretch of seconds"),
        ("a,30,40,2-1", "the stretch 2-1 is empty"),
        ("a,30,40,9-10.5", "leaves the clip of 10 s"),
        ("good,30.0,40,3-4", "the clip good is there twice"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, reason):
    path = written(tmp_path, "good,30,40,1-2", line)
    with pytest.raises(MarkedClipsError, match=f"{path}, line 3: ") as error:
        read_marked_clips(path)
    assert reason in str(error.value)


def test_files_that_are_no_marked_clips_are_refused(tmp_path):
    with pytest.raises(MarkedClipsError, match="lacks the columns end_time_seconds, laugh_segments_rel_s"):
        read_marked_clips(written(tmp_path, heading="video_id,start_time_seconds"))
    with pytest.raises(MarkedClipsError, match="has no clips"):
        read_marked_clips(written(tmp_path))
    with pytest.raises(MarkedClipsError, match=r"nowhere\.csv cannot be read"):
        read_marked_clips(str(tmp_path / "nowhere.csv"))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(MarkedClipsError, match=r"picture\.csv cannot be read"):
        read_marked_clips(str(tmp_path / "picture.csv"))


def test_clips_are_found_by_recording_and_start():
    embedding = np.arange(3, dtype=np.uint8)[:, None, None].repeat(10, 1).repeat(128, 2)
    ids, starts = np.array(["a", "a", "b"], object), np.array([0.0, 30.0, 30.0])
    clips = ShardClips(embedding, np.array([10, 9, 10], np.int32), np.zeros((3, 66), np.uint8), ids, starts)
    wanted = [MarkedClip("b", 31.0, 41.0, ()), MarkedClip("a", 30.0, 40.0, ()), MarkedClip("c", 30.0, 40.0, ())]
    ((span, embeddings),) = find_marked_clips(wanted, clips)
    assert span == wanted[1]
    assert embeddings.shape == (9, 128)
    assert embeddings.max() == embeddings.min() == 1


def test_a_frame_is_marked_where_its_midpoint_lies_in_a_stretch():
    marked = marked_frames(clip((0.05, 0.15), (0.349, 0.4), (0.351, 0.45), seconds=1))
    np.testing.assert_array_equal(np.flatnonzero(marked), [0, 3])  # midpoints 0.05 and 0.35; 0.15 and 0.45 are ends
    assert len(marked_frames(clip(seconds=9.5))) == 95


def test_frames_worked_out_by_hand():
    marked = marked_frames(clip((0.5, 1.2), seconds=3))  # frames 5 to 11
    # of the third second nothing is known
    low, middle, high = counts = count_frames(second_by_second(0.4, 0.7), marked, np.array([0.4, 0.5, 0.8]))
    assert low.tolist() == [7, 20, 7]
    assert middle.tolist() == [2, 10, 7]
    assert high.tolist() == [0, 0, 7]
    np.testing.assert_allclose(frame_f1(counts), [14 / 27, 4 / 17, 0])
    assert np.isnan(frame_f1(np.array([0, 5, 0])))


def test_the_threshold_of_a_clip_is_chosen_on_the_others_alone():
    marked = [marked_frames(clip((0, 1), seconds=2))] * 3
    clips = [second_by_second(0.905, 0.605), second_by_second(0.905, 0.605), second_by_second(0.405, 0.205)]
    tried = thresholds_of(clips)
    np.testing.assert_allclose(tried, [0.205, 0.405, 0.605, 0.905, UNREACHED])
    thresholds, counts = leave_one_out(clips, marked)
    assert thresholds[2] == tried[3]  # what the first two need; the third's own would be 0.405
    assert counts[2].tolist() == [0, 0, 10]
    assert thresholds[0] == thresholds[1] == tried[1]  # F1 20 / 25 over the other two; at 0.2 40 / 60, at 0.9 20 / 30
    assert counts[0].tolist() == [10, 20, 10]


def test_what_a_left_out_clip_holds_does_not_touch_its_threshold():
    marked = [marked_frames(clip((start, start + 3))) for start in range(4)]
    rng = np.random.default_rng(0)
    scores = [rng.random(10, np.float32) for _ in marked]
    before, _ = leave_one_out(scores, marked)
    scores[1], marked[1] = rng.random(10, np.float32), ~marked[1]
    after, _ = leave_one_out(scores, marked)
    assert before[1] == after[1]
    assert (before != after).any()


def test_of_many_scores_so_many_quantiles_are_tried():
    clips = [np.random.default_rng(k).random(700, np.float32) ** 9 for k in range(4)]
    tried = thresholds_of(clips)
    assert len(tried) == 1001
    assert (np.diff(tried) > 0).all()
    assert set(tried[:-1]) <= {*np.concatenate(clips).astype(np.float64)}
    assert (tried[0], *tried[-2:]) == (np.min(clips), np.max(clips), UNREACHED)


def test_a_clip_has_no_part_in_its_threshold_where_no_other_is_marked():
    scores = [np.array([0.1, 0.95, 0.1], np.float32), np.full(3, 0.3, np.float32)]
    metrics = measure_marked_clips(
        dict.fromkeys((SHORT, LONG, COMBINED), scores),
        [marked_frames(clip((1, 2), seconds=3)), marked_frames(clip(seconds=3))],
        bootstraps=0,
        seed=0,
    )
    assert metrics.thresholds[SHORT] == [UNREACHED, pytest.approx(0.95)]
    assert metrics.f1[SHORT].value == 0


def test_a_perfect_probability_is_limited_by_its_seconds_alone():
    spans = [clip((1, 3)), clip((4, 4.5), (7, 9))]
    whole = [np.zeros(10, np.float32), np.zeros(10, np.float32)]
    whole[0][1:3] = whole[1][4] = whole[1][7:9] = 1
    never = [np.zeros(10, np.float32)] * 2
    metrics = measure_marked_clips(
        {SHORT: whole, LONG: never, COMBINED: whole}, [marked_frames(span) for span in spans], bootstraps=50, seed=0
    )
    assert (metrics.clips, metrics.frames, metrics.marked_frames) == (2, 200, 45)
    assert metrics.f1[COMBINED].value == pytest.approx(2 * 45 / (45 + 50))
    assert metrics.f1[COMBINED].low == pytest.approx(2 * 25 / (25 + 30))  # the second clip twice
    assert metrics.f1[COMBINED].high == 1.0
    assert metrics.all_found_f1 == pytest.approx(2 * 45 / 245)
    assert metrics.f1[LONG].value == metrics.all_found_f1  # one score for everything finds all or nothing
    assert metrics.gains[LONG].value == pytest.approx(metrics.f1[COMBINED].value - metrics.all_found_f1)
    assert (metrics.gains[SHORT].low, metrics.gains[SHORT].high) == (0, 0)
    assert metrics.thresholds[SHORT] == [1, 1]


def test_without_resamples_or_marks_there_is_no_interval_and_no_f1():
    quiet = [marked_frames(clip())] * 2
    methods = dict.fromkeys((SHORT, LONG, COMBINED), [np.zeros(10, np.float32)] * 2)
    metrics = measure_marked_clips(methods, quiet, bootstraps=0, seed=0)
    assert metrics.f1[COMBINED].value is metrics.f1[COMBINED].low is metrics.all_found_f1 is None


def test_the_ways_are_the_pipelines():
    embeddings = np.array([100] * 4 + [255] * 2 + [100] * 4, np.uint8)[:, None].repeat(128, 1)
    head = loudness_head()
    methods = probabilities(head, embeddings)
    assert {way: values.shape for way, values in methods.items()} == dict.fromkeys((SHORT, LONG, COMBINED), (10,))
    short, long = (head.window_scores(embeddings, window_s=seconds, hop_s=1) for seconds in (1, 10))
    np.testing.assert_array_equal(methods[COMBINED], windows.laughter_probability(short, long, 10))
    np.testing.assert_allclose(methods[COMBINED], np.sqrt(methods[SHORT] * methods[LONG]), rtol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(methods[SHORT] > 0.5), [4, 5])
    assert methods[LONG].argmax() == 5  # of the six windows over it, two begin in the loud seconds
