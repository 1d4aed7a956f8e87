"""The card of a bundle, card.json: what it is, what it was trained on, what was measured; read and written here."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from common import storage
from common.atomic_files import write_text
from common.errors import ModelError
from models.constants import CLASSES
from models.embedding_space import EmbeddingSpace
from models.events.segments import Thresholds

CARD_NAME = "card.json"

EMBEDDERS = ("vggish", "compact", "placeholder")


@dataclasses.dataclass(frozen=True)
class WeightFile:
    """A file of weights beside the card.

    Attributes:
        file: its name.
        sha256: of its content; "" until the card is written.
        padding: of a head, as `Head` has it; None of an embedder.
    """

    file: str
    sha256: str = ""
    padding: str | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WeightFile:
        """What `to_document` gave; what another version said besides is left out, TypeError where something lacks."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: document[name] for name in names if name in document})

    def to_document(self) -> dict[str, str]:
        """As JSON holds it."""
        padding = {} if self.padding is None else {"padding": self.padding}
        return {"file": self.file, **padding, "sha256": self.sha256}


@dataclasses.dataclass(frozen=True)
class Card:
    """What a card says; what it does not say is None.

    Attributes:
        name, version: of the bundle.
        embedder: whose embeddings the head reads, or which embedder it holds: one of EMBEDDERS.
        embedder_weights, head: the files of weights that it holds.
        space: what tells the weights that made the embeddings the head was trained on, "" for those AudioSet released.
        thresholds: how probabilities become events.
        clip_threshold: from which a whole clip counts as laughter.
        training_data: sources with their licences.
        limits: what people should know.
        recipe: how the head was trained.
        measured: what was measured, by where.
        others: what else the card says, kept as it is.
    """

    name: str
    version: str
    embedder: str
    embedder_weights: WeightFile | None = None
    space: str | None = None
    head: WeightFile | None = None
    thresholds: Thresholds | None = None
    clip_threshold: float | None = None
    training_data: Sequence[Mapping[str, Any]] | None = None
    limits: str | None = None
    recipe: Mapping[str, Any] | None = None
    measured: Mapping[str, Any] | None = None
    others: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def embedding_space(self) -> EmbeddingSpace:
        """What the head reads: embeddings of the embedder in this very bundle, or of the space that the card names."""
        weights_id = self.embedder_weights.sha256 if self.embedder_weights else self.space or ""
        return EmbeddingSpace(self.embedder, weights_id)

    def with_measured(self, measured: Mapping[str, Any]) -> Card:
        """The same with more measured, in place of what was measured under the same names."""
        return dataclasses.replace(self, measured={**(self.measured or {}), **measured})

    def to_document(self) -> dict[str, Any]:
        """As JSON holds it."""
        document: dict[str, Any] = {"name": self.name, "version": self.version, "classes": list(CLASSES)}
        for field in dataclasses.fields(self)[2:-1]:
            value = getattr(self, field.name)
            if isinstance(value, WeightFile):
                document[field.name] = value.to_document()
            elif isinstance(value, Thresholds):
                document[field.name] = dataclasses.asdict(value)
            elif value is not None:
                document[field.name] = value
        return {**document, **self.others}

    @classmethod
    def from_document(cls, document: Any, place: str) -> Card:
        """What a card.json holds; `place` names it in messages.

        Raises:
            ModelError: it is no bundle's card, or says what cannot be.
        """
        if not isinstance(document, dict) or not {"name", "version", "classes", "embedder"} <= document.keys():
            raise ModelError(f"{place} lacks a name, a version, classes or an embedder; it is no bundle's card")
        if tuple(document["classes"]) != CLASSES:
            raise ModelError(f"{place} lists other classes than {', '.join(CLASSES)}, in that order")
        if document["embedder"] not in EMBEDDERS:
            raise ModelError(f"{place} names the embedder {document['embedder']!r}, not one of {', '.join(EMBEDDERS)}")
        fields = {field.name for field in dataclasses.fields(cls)} - {"others"}
        known = {name: value for name, value in document.items() if name in fields}
        others = {name: value for name, value in document.items() if name not in {*fields, "classes"}}
        try:
            for name in ("embedder_weights", "head"):
                known[name] = WeightFile.from_document(known[name]) if known.get(name) else None
            if known["head"] and known["head"].padding is None:
                raise TypeError("the head has no padding")
            known["thresholds"] = Thresholds(**known["thresholds"]) if "thresholds" in known else None
        except TypeError as error:
            raise ModelError(f"{place} does not say what a card should ({error}); get the bundle again") from error
        card = cls(**{**known, "name": str(known["name"]), "version": str(known["version"])}, others=others)
        if card.clip_threshold is not None and not _is_share(card.clip_threshold):
            raise ModelError(f"{place} has the clip_threshold {card.clip_threshold!r}, which is no number in [0, 1]")
        return card


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def write_card(folder: str | os.PathLike[str], card: Card) -> Card:
    """Write `card` to the bundle at the local `folder`, with the checksums of the weight files that it names.

    Returns:
        The card as it was written.
    """
    place = pathlib.Path(folder)

    def with_checksum(weights: WeightFile | None) -> WeightFile | None:
        if weights is None:
            return None
        checksum = storage.sha256_of(place / weights.file)
        return dataclasses.replace(weights, sha256=checksum)

    card = dataclasses.replace(
        card, embedder_weights=with_checksum(card.embedder_weights), head=with_checksum(card.head)
    )
    text = json.dumps(card.to_document(), indent=2, ensure_ascii=False) + "\n"
    write_text(str(place / CARD_NAME), text)
    return card
