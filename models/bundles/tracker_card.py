"""The tracker beside a bundle: tracker.npz and a card of its own, tracker.json, so that it changes no embeddings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from common import storage
from common.atomic_files import write_text
from common.errors import ModelError
from models.events.segments import TrackThresholds

TRACKER_FILE, TRACKER_CARD = "tracker.npz", "tracker.json"


@dataclasses.dataclass(frozen=True)
class TrackerCard:
    """What the card says.

    Attributes:
        version: of the tracker.
        sha256: of its weights; "" until the card is written.
        thresholds: how its track of laughter becomes events.
        training_data: sources with their licences.
        limits: what people should know.
        measured: what was measured, by where.
    """

    version: str
    thresholds: TrackThresholds
    training_data: Sequence[Mapping[str, Any]]
    limits: str
    measured: Mapping[str, Any]
    sha256: str = ""


def write_tracker_card(folder: str | os.PathLike[str], card: TrackerCard) -> TrackerCard:
    """Write the card beside the weights, with their checksum; returns it as written."""
    place = pathlib.Path(folder)
    checksum = storage.sha256_of(place / TRACKER_FILE)
    card = dataclasses.replace(card, sha256=checksum)
    text = json.dumps(dataclasses.asdict(card), indent=2, ensure_ascii=False) + "\n"
    write_text(str(place / TRACKER_CARD), text)
    return card


def read_tracker_card(folder: str) -> TrackerCard:
    """The card in a folder or at a URL, its weights' checksum verified.

    Raises:
        ModelError: there is none, it is no tracker's card, or the weights are absent or damaged.
    """
    place = f"{folder}/{TRACKER_CARD}"
    try:
        with storage.open_file(place) as file:
            document = json.loads(file.read())
        numbers = document["thresholds"].values()
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in numbers):
            raise ValueError("a threshold is no number")
        card = TrackerCard(**{**document, "thresholds": TrackThresholds(**document["thresholds"])})
        with storage.open_file(f"{folder}/{TRACKER_FILE}") as file:
            checksum = hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} lacks {TRACKER_CARD} or {TRACKER_FILE}; get the bundle again, or train one"
        ) from error
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise ModelError(f"{place} is no tracker's card ({error}); get the bundle again") from error
    if checksum != card.sha256:
        raise ModelError(f"{folder}/{TRACKER_FILE} is damaged: its checksum is not the one on its card; get it again")
    return card
