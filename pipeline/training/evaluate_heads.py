"""The heads that `laughter evaluate` measures: bundles' heads, and the Keras files of the 2017 project."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from common.errors import ModelError, UsageError
from models.bundles.bundle import Bundle, open_bundle
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
        embedder: whose embeddings it reads.
        space: what tells the weights of that embedder, "" where the card does not.
        threshold: a clip counts as laughter where its detection score reaches this.
        weights: the head itself.
    """

    name: str
    source: str
    embedder: str
    space: str
    threshold: float
    weights: Head


def open_heads(sources: Sequence[str], *, embedder: str, required: bool) -> list[HeadUnderTest]:
    """Open what the user named; where that is nothing, the shipped head for the shards' embedder, if there is one.

    Args:
        sources: bundles' names, bundles' folders, .h5 files; one named twice counts once.
        embedder: whose embeddings the shards hold.
        required: whether having no head at all is an error.

    Raises:
        BundleError: one cannot be used.
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
    return HeadUnderTest(name, source, "vggish", "", DEFAULT_THRESHOLD, weights)


def _of_bundle(source: str, bundle: Bundle) -> HeadUnderTest:
    spec = bundle.head()
    threshold = bundle.card.get("clip_threshold", DEFAULT_THRESHOLD)
    if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise ModelError(f"the card of {source} has the clip_threshold {threshold!r}, which is no number in [0, 1]")
    return HeadUnderTest(spec.name, source, spec.embedder, spec.embedder_weights, float(threshold), spec.load())


def check_fit(head: HeadUnderTest, embedder: Mapping[str, str], shards: str) -> None:
    """Refuse a head that was trained on other embeddings than those of the shards.

    Raises:
        UsageError: it was, as far as its card and the manifest tell.
    """
    if head.embedder != embedder["embedder"]:
        raise UsageError(
            f"the head {head.name} reads embeddings of {head.embedder}, and {shards} holds those of "
            f"{embedder['embedder']}; give another --head or other --shards"
        )
    if head.space and embedder["space"] and head.space != embedder["space"]:
        raise UsageError(
            f"the head {head.name} reads embeddings of other {head.embedder} weights than those of {shards}; "
            "give another --head or other --shards"
        )
