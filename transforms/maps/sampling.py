"""A sample in which rare kinds of laughter are not drowned, in memory that does not grow with what is offered."""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Mapping
from typing import Generic, TypeVar

from models.constants import LAUGHTER_KINDS

T = TypeVar("T")


def stable_hash(seed: int, name: str) -> int:
    """A number in [0, 2**64) that depends on the seed and the name alone, on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def fair_shares(counts: Mapping[str, int], total: int) -> dict[str, int]:
    """How many to take of each group, `total` in all at most: as evenly as the groups' sizes let one."""
    shares: dict[str, int] = {}
    ascending = sorted(counts, key=lambda name: (counts[name], name))
    for position, name in enumerate(ascending):
        shares[name] = min(counts[name], (total - sum(shares.values())) // (len(ascending) - position))
    return shares


class BalancedSample(Generic[T]):
    """Half laughter, its kinds as evenly as there are enough of each, and half of the rest.

    Each item comes with a key; of a group those of the lowest keys are taken, so the sample does not depend on the
    order in which items are offered.
    """

    def __init__(self, size: int) -> None:
        """Take `size` items at most."""
        self._size = size
        self._kept: dict[str, list[tuple[int, T]]] = collections.defaultdict(list)
        self.offered: collections.Counter[str] = collections.Counter()

    def add(self, group: str, key: int, item: T) -> None:
        """One more item of the group; a kind of laughter, or anything else for the rest."""
        self.offered[group] += 1
        kept = self._kept[group]
        kept.append((key, item))
        if len(kept) > 4 * self._size:  # sorted now and then, which costs less than a heap
            kept.sort(key=lambda one: one[0])
            del kept[self._size :]

    def sample(self) -> list[tuple[str, T]]:
        """The sample, by group and key."""
        shares: dict[str, int] = {}
        for laughs, half in ((True, self._size // 2), (False, self._size - self._size // 2)):
            counts = {name: count for name, count in self.offered.items() if (name in LAUGHTER_KINDS) == laughs}
            shares |= fair_shares(counts, half)
        return [
            (group, item)
            for group in sorted(self._kept)
            for _, item in sorted(self._kept[group], key=lambda one: one[0])[: shares[group]]
        ]
