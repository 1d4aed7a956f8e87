"""What the recipe of the `compact` bundle can be told; the recipe itself is in models.distillation.train."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much to make and how long to fit."""

    programmes: int = 12000
    epochs: int = 8
    head_epochs: int = 4
    seed: int = 7
