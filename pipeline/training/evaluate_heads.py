"""The heads that `laughter evaluate` measures: bundles' heads, and the Keras files of the 2017 project."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from common.errors import UsageError
from models.bundles.bundle import Bundle, open_bundle
from models.embedding_space import RELEASED, EmbeddingSpace
from models.networks.head import Head
from models.networks.keras1 import open_keras1

DEFAULT = "vggish"
DEFAULT_THRESHOLD = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class HeadUnderTest:
    """A head to measure.

    Attributes:
        name: unlike that of any other head of the run.
        source: what it is made from, as the user gave it.
        space: whose embeddings it reads.
        threshold: a clip counts as laughter where its detection score reaches this.
        weights: the head itself.
    """

    name: str
    source: str
    space: EmbeddingSpace
    threshold: float
    weights: Head


def open_heads(sources: Sequence[str], *, embedder: str, required: bool) -> list[HeadUnderTest]:
    """Open what the user named; where that is nothing, the shipped head for the shards' embedder, if there is one.

    Args:
        sources: bundles' names, bundles' folders, .h5 files; one named twice counts once.
        embedder: whose embeddings the shards hold.
        required: whether having no head at all is an error.

    Raises:
        ModelError: one cannot be used.
        UsageError: there is none, but one is required.
    """
    if not sources:
        if required and embedder != DEFAULT:
            raise UsageError(f"the shards hold embeddings of {embedder}; name a head for them with --head")
        return [_of_bundle(DEFAULT, open_bundle(DEFAULT))] if embedder == DEFAULT else []
    heads: list[HeadUnderTest] = []
    for source in dict.fromkeys(sources):
        head = open_head(source)
        taken = head.name in (other.name for other in heads)
        heads.append(dataclasses.replace(head, name=f"{head.name} ({source})") if taken else head)
    return heads


def open_head(source: str) -> HeadUnderTest:
    """One head, by its bundle's name or folder, or by its .h5 file."""
    return _of_keras1(source) if source.lower().endswith(".h5") else _of_bundle(source, open_bundle(source))


def _of_keras1(source: str) -> HeadUnderTest:
    weights = open_keras1(source)
    name = source.replace("\\", "/").rsplit("/", 1)[-1][: -len(".h5")]
    return HeadUnderTest(name, source, RELEASED, DEFAULT_THRESHOLD, weights)


def _of_bundle(source: str, bundle: Bundle) -> HeadUnderTest:
    spec = bundle.head()
    told = bundle.card.clip_threshold
    threshold = DEFAULT_THRESHOLD if told is None else float(told)
    return HeadUnderTest(spec.name, source, spec.space, threshold, spec.load())
