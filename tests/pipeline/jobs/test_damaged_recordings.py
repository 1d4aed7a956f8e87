"""Damaged recordings: none of them stops a run, hangs it, leaves anything behind, or changes its neighbours."""

import numpy as np
import pytest

from tests.helpers.damaged_media import DAMAGES, make_case, make_originals
from tests.stress import fuzz

CASES = 300


@pytest.mark.tensorflow
def test_300_damaged_recordings_each_get_a_row_and_change_nothing_else(tmp_path):
    wrong, statuses = fuzz.run_batch_in_time(tmp_path / "cases", seed=0, numbers=range(CASES))
    assert wrong == []
    assert sum(statuses.values()) == CASES + len(fuzz.HEALTHY)
    assert min(statuses[status] for status in ("done", "failed")) > 50
    assert statuses["partial"] > 2


def test_a_case_depends_on_seed_and_number_alone(tmp_path):
    originals = make_originals(tmp_path / "originals")
    assert len(originals) > 15
    again = [make_case(3, number, originals) for number in range(30)]
    assert again == [make_case(3, number, originals) for number in range(30)]
    assert again != [make_case(4, number, originals) for number in range(30)]
    assert len({case.name for case in again}) == 30


def test_every_damage_changes_a_file():
    data = np.random.default_rng(0).bytes(5000)
    for name, damage in DAMAGES.items():
        changed = [damage(np.random.default_rng(seed), data) for seed in range(5)]
        assert any(content != data for content in changed), name
        assert all(changed), name
