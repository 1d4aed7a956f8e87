"""Agreement of events: against counting in thousandths of seconds, and against sed_scores_eval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.event_metrics import (
    Counts,
    count,
    match,
    measure_counts,
    merged,
    seconds_in,
)
from models.evaluation.threshold_curves import Frames, load_library, measure_curves
from models.events.windows import ANY

times = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=12)


def intervals(pairs):
    return merged(np.array([(start / 10, (start + length) / 10) for start, length in pairs], float).reshape(-1, 2))


def frames(intervals, per_s=10, length_s=36):
    active = np.zeros(length_s * per_s, bool)
    for start, end in intervals:
        active[round(start * per_s) : round(end * per_s)] = True
    return active


@settings(deadline=None)  # the first call imports
@given(times, times)
def test_seconds_in_common_are_those_of_counted_frames(one, two):
    marked, found = intervals(one), intervals(two)
    counts = count(marked, found, length_s=36)
    both, every, true = frames(marked) & frames(found), frames(found), frames(marked)
    assert counts.both_s == pytest.approx(both.sum() / 10)
    assert (counts.found_s, counts.marked_s) == (pytest.approx(every.sum() / 10), pytest.approx(true.sum() / 10))
    each = [(frames([stretch]) & true).sum() / 10 for stretch in found]
    assert seconds_in(found, marked).tolist() == pytest.approx(each)


def test_overlapping_stretches_are_joined_and_touching_ones_stay_apart():
    intervals = np.array([[5.0, 6.0], [1.0, 3.0], [2.0, 4.0], [2.5, 3.5], [4.0, 5.0]])
    assert merged(intervals).tolist() == [[1, 4], [4, 5], [5, 6]]


def test_events_are_matched_one_to_one_within_the_collar():
    marked = np.array([[10.0, 12.0], [20.0, 40.0], [50.0, 51.0]])
    found = np.array([[10.9, 12.9], [11.0, 13.0], [20.0, 36.5], [52.0, 53.0]])
    pairs = match(marked, found, collar_s=1.0, collar_share=0.2)
    assert [one for one, _ in pairs] == [0, 1]  # 3.5 s are within a fifth of 20 s
    assert pairs[1] == (1, 2)
    counts = count(marked, found, length_s=3600, collar_s=1.0, collar_share=0.2)
    assert (counts.matched, counts.reached, counts.false_alarms) == (2, 2, 1)
    assert counts.offset_errors_s[1] == -3.5
    assert match(marked, found, collar_s=1.0, collar_share=0.0) == pairs[:1]


def test_measures_of_counts():
    measured = measure_counts(
        count(np.array([[10.0, 20.0]]), np.array([[10.5, 19.0], [30.0, 31.5]]), length_s=1800)
        + count(np.empty((0, 2)), np.array([[1.0, 2.0]]), length_s=1800)
    )
    assert (measured.hours, measured.laughs, measured.events) == (1.0, 1, 3)
    assert (measured.frame_recall, measured.frame_precision) == (0.85, pytest.approx(8.5 / 11))
    assert (measured.event_precision, measured.event_recall, measured.event_f1) == (1 / 3, 1.0, 0.5)
    assert (measured.false_alarms_per_hour, measured.reached) == (2.0, 1.0)
    assert (measured.onset_error_s, measured.offset_error_s, measured.offset_bias_s) == (0.5, 1.0, -1.0)


def test_nothing_has_no_value():
    measured = measure_counts(Counts())
    assert measured.event_f1 is measured.frame_f1 is measured.false_alarms_per_hour is measured.onset_error_s is None


def scores_of(found, seconds):
    values = np.zeros(seconds, np.float32)
    for start, end in found.astype(int).tolist():
        values[start:end] = 0.75
    return values


@pytest.mark.parametrize("seed", range(6))
def test_counts_of_events_are_the_librarys_at_one_threshold(seed):
    rng = np.random.default_rng(seed)
    starts = np.arange(0, 560, 14) + rng.integers(0, 5, 40)
    found = np.stack([starts, starts + rng.integers(1, 8, 40)], axis=1).astype(float)
    kept = found[rng.random(40) < 0.7]
    marked = merged(np.abs(kept + rng.normal(0, 0.7, kept.shape)))
    marked = marked[marked[:, 1] > marked[:, 0] + 0.1]
    counts = count(marked, found, length_s=600, collar_s=1.0, collar_share=0.2)
    library = load_library()
    frame = library.base_modules.scores.create_score_dataframe(
        scores_of(found, 600)[:, None].astype(float), np.arange(601.0), [ANY]
    )
    truth = {"x": [(start, end, ANY) for start, end in marked.tolist()]}
    collars = {"onset_collar": 1.0, "offset_collar": 1.0, "offset_collar_rate": 0.2}
    *_, stats = library.collar_based.fscore({"x": frame}, truth, threshold=0.5, **collars)
    assert (counts.matched, counts.events - counts.matched) == (stats[ANY]["tps"], stats[ANY]["fps"])
    *_, stats = library.intersection_based.fscore(
        {"x": frame}, truth, threshold=0.5, dtc_threshold=0.1, gtc_threshold=0.1
    )
    assert (counts.reached, counts.false_alarms) == (stats[ANY]["tps"], stats[ANY]["fps"])
    assert 0 < counts.matched < counts.events


def test_curves_of_perfect_and_of_useless_scores():
    marked = {"x": np.array([[3.0, 6.0], [30.0, 40.0]]), "y": np.empty((0, 2))}
    lengths = {"x": 60.0, "y": 3600.5}
    scores = {"x": Frames(scores_of(marked["x"], 60)), "y": Frames(np.zeros(10, np.float32))}
    perfect = measure_curves(scores, marked, lengths, collar_s=1.0, collar_share=0.2)
    assert {**perfect.scalars(), "best_threshold": 1.0} == dict.fromkeys(perfect.scalars(), pytest.approx(1.0))
    assert 0 < perfect.best_threshold < 0.75
    assert np.diff(perfect.second_recall).min() >= 0
    assert len(perfect.second_recall) == len(perfect.second_precision) >= 2
    useless = measure_curves(
        {**scores, "x": Frames(1 - scores["x"].scores)}, marked, lengths, collar_s=1, collar_share=0.2
    )
    assert useless.psds_strict == useless.best_event_f1 == 0
    assert useless.second_ap < 0.3


def test_scores_that_end_early_miss_what_comes_later():
    marked = {"x": np.array([[3.0, 6.0], [50.0, 59.5]])}
    scores = {"x": Frames(scores_of(marked["x"], 60)[:30])}
    found = measure_curves(scores, marked, {"x": 30.0}, collar_s=1.0, collar_share=0.2)
    assert found.psds_strict == pytest.approx(0.5)


def test_scores_of_tenths_tell_starts_that_seconds_blur():
    marked = {"x": np.array([[3.3, 4.1], [30.0, 31.7]])}
    tenths = np.zeros(600, np.float32)
    for start, end in marked["x"]:
        tenths[round(10 * start) : round(10 * end)] = 0.9
    sharp, blurred = Frames(tenths, 10), Frames(tenths.reshape(60, 10).max(axis=1))
    collars = {"collar_s": 0.15, "collar_share": 0.0}
    found = [measure_curves({"x": frames}, marked, {"x": 60.0}, **collars) for frames in (sharp, blurred)]
    assert [curves.best_event_f1 for curves in found] == [1.0, 0.0]
    assert found[0].psds_strict == pytest.approx(1.0)


def test_there_are_no_curves_where_nothing_is_marked():
    nothing = np.empty((0, 2))
    assert measure_curves({"x": Frames(np.ones(5))}, {"x": nothing}, {"x": 5.0}, collar_s=1.0, collar_share=0.2) is None
