"""Colours and markers of the kinds in plots: told apart by people of any colour vision, and without colour too."""

from models.classes import LAUGHTER_KINDS

KIND_COLOURS = dict(
    zip(LAUGHTER_KINDS, ("#0072b2", "#b8437f", "#c8500a", "#00805c", "#9a6a00", "#6b48b8"), strict=True)
)
"""Of at least 4 to 1 against white."""

KIND_MARKERS = dict(zip(LAUGHTER_KINDS, ("o", "^", "s", "D", "P", "v"), strict=True))
"""As matplotlib calls them."""

REST_COLOUR = "#a3abb3"
CURVE_COLOUR = "#32506e"


def kind_name(kind: str) -> str:
    """A kind as people write it: belly_laugh is belly laugh."""
    return kind.replace("_", " ")
