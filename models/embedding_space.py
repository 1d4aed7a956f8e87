"""Whose embeddings some are: a head reads those of one embedder only; on others it says nonsense without a warning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from common.errors import ModelError


@dataclasses.dataclass(frozen=True)
class EmbeddingSpace:
    """The embedder, and what tells its weights whatever the precision.

    Attributes:
        name: of the embedder, such as vggish.
        weights_id: SHA-256 of its weights and PCA; "" where they are not known, as of AudioSet's released embeddings.
    """

    name: str
    weights_id: str = ""

    def to_document(self) -> dict[str, str]:
        """As stores and manifests of shards note it."""
        return {"embedder": self.name, "space": self.weights_id}

    @classmethod
    def from_document(cls, document: Any) -> EmbeddingSpace:
        """What `to_document` gave.

        Raises:
            ValueError: it is no such note.
        """
        if not isinstance(document, Mapping) or not {"embedder", "space"} <= document.keys():
            raise ValueError("it does not tell the embedder")
        return cls(str(document["embedder"]), str(document["space"]))


RELEASED = EmbeddingSpace("vggish")
"""Of the embeddings that AudioSet was released with."""


def check_compatible(head: str, needed: EmbeddingSpace, given: EmbeddingSpace, *, place: str, remedy: str) -> None:
    """Refuse a head that was trained on other embeddings than it would be given.

    Args:
        head: its name.
        needed, given: what it was trained on, and what it would read; weights that are not known fit.
        place: of the embeddings, such as "this run".
        remedy: what to do.

    Raises:
        ModelError: they are of another embedder, or of other weights.
    """
    if needed.name != given.name:
        raise ModelError(
            f"the head {head} was trained on embeddings of {needed.name}, not of {given.name} as those of {place} are; "
            f"{remedy}"
        )
    if needed.weights_id and given.weights_id and needed.weights_id != given.weights_id:
        raise ModelError(
            f"the head {head} was trained on embeddings of other {needed.name} weights than those of {place}; {remedy}"
        )
