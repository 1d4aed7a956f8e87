"""Settings of the recipe of the `compact` bundle; apart from it, for the parser reads the defaults here."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much to make and how long to fit."""

    programmes: int = 12000
    epochs: int = 8
    head_epochs: int = 4
    seed: int = 7
