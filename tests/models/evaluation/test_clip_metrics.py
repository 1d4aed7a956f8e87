"""The measures agree with scikit-learn and with small cases worked out by hand."""

import dataclasses
import json

import numpy as np
import pytest
from sklearn import metrics as reference

from models.constants import CLASSES, LAUGHTER_KINDS, NONE
from models.evaluation import clip_metrics, ranking
from models.evaluation.clip_metrics import measure


def targets_of(*clips: tuple[str, ...]) -> np.ndarray:
    """Targets [n, 7] of clips given by the names of their classes."""
    return np.array([[int(name in clip) for name in CLASSES] for clip in clips], np.uint8)


def random_case(count: int = 400, seed: int = 0, levels: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that know a little of their targets; with `levels`, rounded to that many values."""
    rng = np.random.default_rng(seed)
    kinds = rng.random((count, 6)) < 0.06
    targets = np.concatenate([kinds, ~kinds.any(axis=1, keepdims=True)], axis=1).astype(np.uint8)
    scores = (0.3 * targets + 0.7 * rng.random(targets.shape)).astype(np.float32)
    return (np.round(scores * levels) / levels).astype(np.float32) if levels else scores, targets


@pytest.mark.parametrize("levels", [0, 7, 1])
@pytest.mark.parametrize("seed", range(5))
def test_ap_and_auc_are_scikit_learns_ties_and_weights_included(levels, seed):
    scores, targets = random_case(seed=seed, levels=levels)
    truth = targets[:, 1]
    weights = np.random.default_rng(seed).integers(0, 4, (3, len(truth)))
    ap, auc = ranking.Ranking(scores[:, 1], truth).measure(weights)
    for row, weight in enumerate(weights):
        expected = reference.average_precision_score(truth, scores[:, 1], sample_weight=weight)
        assert ap[row] == pytest.approx(expected, abs=1e-9)
        assert auc[row] == pytest.approx(reference.roc_auc_score(truth, scores[:, 1], sample_weight=weight), abs=1e-9)


def test_ap_and_auc_worked_out_by_hand():
    truth = np.array([1, 0, 1, 0])
    ap, auc = ranking.Ranking(np.array([0.9, 0.8, 0.7, 0.1]), truth).measure(np.ones((1, 4), int))
    assert ap[0] == pytest.approx((1 + 2 / 3) / 2)
    assert auc[0] == pytest.approx(3 / 4)
    ap, auc = ranking.Ranking(np.full(4, 0.5), truth).measure(np.ones((1, 4), int))
    assert (ap[0], auc[0]) == (0.5, 0.5)


def test_the_curve_ends_where_all_is_found():
    scores, targets = random_case(levels=20)
    precision, recall = ranking.precision_recall(scores[:, 0], targets[:, 0])
    expected_precision, expected_recall, _ = reference.precision_recall_curve(targets[:, 0], scores[:, 0])
    np.testing.assert_allclose(precision, expected_precision[:-1][::-1])
    np.testing.assert_allclose(recall, expected_recall[:-1][::-1])
    assert ranking.precision_recall(scores[:, 0], np.zeros(len(scores))) is None


def test_measures_of_detection_and_kinds_are_scikit_learns():
    scores, targets = random_case()
    measured = measure(scores, targets, threshold=0.6, bootstraps=0)
    laughs, detection = 1 - targets[:, NONE], 1 - scores[:, NONE]
    assert measured.detection_ap.value == pytest.approx(reference.average_precision_score(laughs, detection))
    assert measured.detection_auc.value == pytest.approx(reference.roc_auc_score(laughs, detection))
    expected = [reference.average_precision_score(targets[:, k], scores[:, k]) for k in range(6)]
    assert [measured.class_ap[kind].value for kind in LAUGHTER_KINDS] == pytest.approx(expected)
    assert measured.mean_class_ap.value == pytest.approx(np.mean(expected))
    found = detection >= 0.6
    assert measured.f1.value == pytest.approx(reference.f1_score(laughs, found))
    assert measured.precision.value == pytest.approx(reference.precision_score(laughs, found))
    assert measured.recall.value == pytest.approx(reference.recall_score(laughs, found))
    assert (measured.clips, measured.laughs) == (400, laughs.sum())
    assert measured.class_clips["giggle"] == targets[:, 2].sum()
    assert measured.detection_ap.low is None


def test_a_perfect_scorer_is_perfect_in_every_resample():
    _, targets = random_case()
    measured = measure(targets.astype(np.float32), targets, bootstraps=50)
    for estimate in (measured.detection_ap, measured.detection_auc, measured.mean_class_ap, measured.f1):
        assert (estimate.value, estimate.low, estimate.high) == (1.0, 1.0, 1.0)
    assert measured.top1.value == 1.0
    assert measured.calibration_error == 0.0
    counts = np.array(measured.confusion)
    assert counts[:6, :6].sum() == pytest.approx(counts[6, 6]) == measured.laughs
    assert np.trace(counts) == counts.sum()


def test_a_scorer_that_knows_nothing():
    _, targets = random_case(20_000)
    scores = np.random.default_rng(5).random(targets.shape).astype(np.float32)
    measured = measure(scores, targets, bootstraps=100)
    share = measured.laughs / measured.clips
    assert measured.detection_auc.value == pytest.approx(0.5, abs=0.02)
    assert measured.detection_ap.value == pytest.approx(share, abs=0.02)
    assert measured.detection_auc.low < 0.5 < measured.detection_auc.high
    classes_of_a_laugh = targets[targets[:, NONE] == 0].sum(axis=1).mean()
    assert measured.top1.value == pytest.approx((1 / 7 + classes_of_a_laugh / 7) / 2, abs=0.01)


def test_intervals_are_those_of_resampled_clips():
    scores, targets = random_case(300)
    measured = measure(scores, targets, bootstraps=400, seed=3)
    laughs, detection = targets[:, NONE] == 0, clip_metrics.detection_scores(scores)
    rng = np.random.default_rng(11)
    drawn = [rng.integers(300, size=300) for _ in range(400)]
    values = [reference.average_precision_score(laughs[rows], detection[rows]) for rows in drawn]
    low, high = np.quantile(values, (0.025, 0.975))
    assert measured.detection_ap.low == pytest.approx(low, abs=0.02)
    assert measured.detection_ap.high == pytest.approx(high, abs=0.02)


def test_resamples_draw_as_many_clips_as_there_are_and_follow_the_seed():
    parts = list(ranking.bootstrap_weights(1_000_001, count=3, seed=0))  # so many that they come in parts
    assert [part.shape for part in parts] == [(1, 1_000_001)] * 3
    assert all((part.sum(axis=1) == 1_000_001).all() for part in parts)
    assert (parts[0] != parts[1]).any()
    first, again, other = (
        np.concatenate(list(ranking.bootstrap_weights(50, count=20, seed=seed))) for seed in (1, 1, 2)
    )
    assert first.shape == (20, 50)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_top1_is_the_mean_over_balanced_draws():
    scores, targets = random_case()
    right = clip_metrics.highest_is_true(scores, targets)
    laughs, others = np.flatnonzero(targets[:, NONE] == 0), np.flatnonzero(targets[:, NONE])
    rng = np.random.default_rng(0)
    draws = [np.append(laughs, rng.choice(others, len(laughs), replace=False)) for _ in range(2000)]
    value = measure(scores, targets, bootstraps=0).top1.value
    assert value == pytest.approx(np.mean([right[rows].mean() for rows in draws]), abs=0.003)


def test_any_of_a_clips_kinds_is_right():
    targets = targets_of(("laughter", "giggle"), ("laughter", "snicker"), ("none",), ("none",), ("none",), ("none",))
    scores = np.zeros((6, 7), np.float32)
    scores[0, 2] = scores[1, 4] = 0.9  # giggle: one of the first clip's; belly laugh: none of the second's
    scores[2:, NONE] = [0.9, 0.9, 0.9, 0.0]
    scores[5, 5] = 0.9
    measured = measure(scores, targets, bootstraps=0)
    assert measured.top1.value == pytest.approx((1 / 2 + 3 / 4) / 2)
    counts = np.array(measured.confusion)
    assert counts[2, 2] == 1
    assert counts[0, 4] == 1
    assert counts[NONE].tolist() == [0, 0, 0, 0, 0, 0.5, 1.5]  # four clips scaled to two
    assert np.trace(counts) / counts.sum() == pytest.approx(measured.top1.value)


def test_low_scores_are_no_ties():
    scores = np.zeros((2, 7), np.float32)
    scores[:, NONE] = [1e-10, 1e-12]
    targets = targets_of(("none",), ("laughter",))
    assert measure(scores, targets, bootstraps=0).detection_ap.value == 1.0


@pytest.mark.parametrize(
    "clips", [[("none",)] * 5, [("giggle",)] * 5, [("none",), ("giggle",)]], ids=["no laughter", "only", "one kind"]
)
def test_what_has_no_value_is_none_and_json_holds_no_nan(clips):
    targets = targets_of(*clips)
    scores = np.full(targets.shape, 0.4, np.float32)
    measured = measure(scores, targets, threshold=0.9, bootstraps=30)
    assert measured.class_ap["snicker"] == ranking.Estimate(None)
    assert measured.precision.value is None  # nothing reaches the threshold
    if len(set(clips)) == 1:
        assert measured.detection_auc.value is None
        assert measured.top1.value is None
    if ("giggle",) not in clips:
        assert measured.f1.value is measured.mean_class_ap.value is measured.detection_ap.value is None
    else:
        assert measured.f1.value == 0.0
        assert measured.mean_class_ap.value == measured.class_ap["giggle"].value
    assert json.loads(json.dumps(dataclasses.asdict(measured), allow_nan=False))["clips"] == len(clips)


def test_calibrated_scores_have_a_small_error():
    rng = np.random.default_rng(0)
    detection = rng.random(50_000)
    bins = clip_metrics.reliability(detection, rng.random(50_000) < detection)
    assert clip_metrics.calibration_error(bins) < 0.01
    assert sum(part.clips for part in bins) == 50_000


def test_bins_worked_out_by_hand():
    bins = clip_metrics.reliability(np.array([0.0, 0.05, 0.1, 1.0]), np.array([False, True, False, True]))
    assert [part.clips for part in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bins[0] == clip_metrics.Bin(0.0, 0.1, 2, 0.025, 0.5)
    assert bins[5] == clip_metrics.Bin(0.5, 0.6, 0, None, None)
    assert clip_metrics.calibration_error(bins) == pytest.approx((2 * 0.475 + 0.1 + 0) / 4)


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.5])
def test_scores_that_are_none_are_refused(value):
    scores, targets = random_case(10)
    scores[3, 2] = value
    with pytest.raises(ValueError, match="not numbers in"):
        measure(scores, targets)


def test_arrays_that_do_not_fit_are_refused():
    scores, targets = random_case(10)
    with pytest.raises(ValueError, match=r"\(10, 6\)"):
        measure(scores[:, :6], targets)
    with pytest.raises(ValueError, match="no clip"):
        measure(scores[:0], targets[:0])
