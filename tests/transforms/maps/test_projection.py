"""The map of features: what is alike lies together, and the same bytes come out again."""

import numpy as np
import pytest

from common.errors import UsageError
from transforms.maps.projection import MIN_POINTS, project


def blobs(rows=90, seed=0):
    rng = np.random.default_rng(seed)
    of = np.arange(rows) % 3
    return (rng.normal(size=(rows, 60)) + 5 * (np.arange(60) % 3 == of[:, None])).astype(np.float32), of


def test_what_is_alike_lies_together():
    features, of = blobs()
    projection = project(features)
    xy = projection.coordinates
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=-1) + 9 * np.eye(len(xy))
    assert (of[apart.argmin(axis=1)] == of).all()
    assert 0.5 < projection.explained <= 1


def test_the_same_features_give_the_same_bytes_and_others_do_not():
    first, again, other = (project(blobs(seed=seed)[0]).coordinates.tobytes() for seed in (4, 4, 5))
    assert first == again
    assert first != other


def test_a_map_fills_its_width_and_is_not_higher():
    xy = project(blobs()[0]).coordinates
    assert xy.dtype == np.float32
    np.testing.assert_allclose((xy[:, 0].min(), xy[:, 0].max()), (-1, 1), atol=1e-6)
    assert np.abs(xy[:, 1]).max() <= 1 + 1e-6


@pytest.mark.parametrize("rows", [MIN_POINTS, 2 * MIN_POINTS])
def test_few_clips_and_columns_that_never_change_are_no_trouble(rows):
    features = np.concatenate([blobs(rows)[0], np.full((rows, 3), 7.0)], axis=1)
    projection = project(features)
    assert np.isfinite(projection.coordinates).all()
    assert projection.perplexity == (rows - 1) / 3


def test_too_few_clips_are_refused():
    with pytest.raises(UsageError, match="at least 8 clips, and there are 7"):
        project(np.zeros((7, 4)))
