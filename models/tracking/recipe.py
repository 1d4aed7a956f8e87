"""Settings of the tracker's recipe; apart from it, for the parser reads the defaults here."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class TrackerSettings:
    """How much to make and how long to fit."""

    scenes: int = 3600
    epochs: int = 12
    seed: int = 7
