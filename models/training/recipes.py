"""How heads are trained: our own recipe, and the two of the 2017 project."""

from __future__ import annotations

import dataclasses

from models.networks.keras_head import HeadShape
from models.shard_format import FRAMES, LABELS


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a head is trained.

    Attributes:
        shape: of each member; its `auxiliary` outputs, if any, learn all of AudioSet's classes.
        optimizer: "adamw", "adam" or "sgd".
        learning_rate: the highest; it rises for 200 steps and falls along a cosine where `cosine`, else it stays.
        weight_decay: of AdamW.
        epochs: passes over the clips, or, where `balanced`, over as many clips drawn.
        batch: clips a step.
        mixup: parameter of the beta distribution by which pairs of equally long clips are mixed; 0 for none.
        shorten: share of batches cut to a random stretch of 1 to 9 seconds, so that short windows are known too.
        interleave: share of clips whose seconds are interleaved with those of another clip of the same length.
        disorder: put the seconds of every clip in a random order, so that the network does not learn clips by heart.
        stop_early: stop when the held-out clips gain no more, and take the best epoch; else go on to the end, which is
            better where the rate falls and few held-out clips have laughter.
        balanced: draw as many clips with laughter as without, as the 2017 project's data had.
        members: networks trained from different seeds and joined to one head.
    """

    shape: HeadShape
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    cosine: bool = True
    weight_decay: float = 0.01
    epochs: int = 10
    batch: int = 128
    mixup: float = 0.0
    shorten: float = 0.0
    interleave: float = 0.0
    disorder: bool = False
    stop_early: bool = True
    balanced: bool = False
    members: int = 1


_SHAPE_2017 = HeadShape(
    units=128,
    normalise_out=False,
    dropout_in=0.5,
    dropout_out=0.0,
    activation="relu",
    recurrent_activation="hard_sigmoid",
    padding="zeros_before",
    steps=FRAMES,
)

RECIPES = {
    "hybrid": Recipe(
        HeadShape(
            units=64,
            dropout_in=0.2,
            attention=4,
            dropout_states=0.2,
            dropout_out=0.5,
            none_by="all",
            pooled="states_and_statistics",
            auxiliary=LABELS,
            steps=FRAMES,
        ),
        epochs=48,
        mixup=1.0,
        shorten=0.5,
        interleave=0.5,
        disorder=True,
        stop_early=False,
        members=6,
    ),
    "2017-adam": Recipe(
        _SHAPE_2017, optimizer="adam", learning_rate=1e-3, cosine=False, epochs=5, batch=32, balanced=True
    ),
    "2017-sgd": Recipe(
        dataclasses.replace(_SHAPE_2017, bidirectional=False),
        optimizer="sgd",
        learning_rate=1e-2,
        cosine=False,
        epochs=20,
        batch=32,
        balanced=True,
    ),
}
"""The recipes by name; those of 2017 as the settings in their Keras files say."""
