"""What the recipe of the `compact` bundle can be told; the recipe itself is in models.train_compact."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much to make and how long to fit."""

    programmes: int = 3600
    epochs: int = 6
    head_epochs: int = 6
    seed: int = 7
