"""Samples of clips: fair to rare kinds, and the same whatever the order."""

import collections
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.maps.sampling import BalancedSample, fair_shares, stable_hash


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), max_size=7), st.integers(0, 100))
def test_shares_are_as_even_as_the_groups_let_them_be(counts, total):
    shares = fair_shares(counts, total)
    assert sum(shares.values()) == min(total, sum(counts.values()))
    assert all(0 <= shares[name] <= counts[name] for name in counts)
    not_whole = [shares[name] for name in counts if shares[name] < counts[name]]
    assert not not_whole or max(shares.values()) - min(not_whole) <= 1


def sample(items, size):
    one = BalancedSample(size)
    for group, name in items:
        one.add(group, stable_hash(3, name), name)
    return one.sample(), one.offered


def test_half_is_laughter_and_its_kinds_are_even():
    items = [("laughter", f"l{i}") for i in range(500)] + [("snicker", f"s{i}") for i in range(7)]
    items += [("none", f"n{i}") for i in range(3000)]
    chosen, offered = sample(items, 100)
    assert collections.Counter(group for group, _ in chosen) == {"laughter": 43, "snicker": 7, "none": 50}
    assert offered == {"laughter": 500, "snicker": 7, "none": 3000}


def test_the_order_of_what_is_offered_does_not_matter():
    items = [(group, f"{group}{i}") for group in ("giggle", "none") for i in range(700)]
    chosen, _ = sample(items, 20)  # buffers are cut many times
    for seed in range(3):
        random.Random(seed).shuffle(items)
        assert sample(items, 20)[0] == chosen


def test_another_seed_gives_another_order():
    assert stable_hash(0, "x") != stable_hash(1, "x")
    assert stable_hash(0, "\udcff") == stable_hash(0, "\udcff") == pytest.approx(stable_hash(0, "\udcff"))
