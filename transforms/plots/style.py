"""What all figures share: size, quiet axes, text that is never taken for a formula, and how they become a file."""

from __future__ import annotations

import io
import warnings
from typing import Any

from common.extras import require
from models.constants import LAUGHTER_KINDS

DPI = 120
_INK = "#1b1f24"
_MUTED = "#57606a"


def new_figure(width_in: float, height_in: float) -> Any:
    """A matplotlib Figure that needs no display."""
    module = require("matplotlib.figure", purpose="the plots", extra="plot")
    return module.Figure((width_in, height_in), layout="constrained", dpi=DPI)


def quiet(axes: Any, *, grid: str) -> None:
    """Only the axes' left and bottom lines, thin, and a grid of "x" or "y" behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#8c959f")
    axes.tick_params(colors=_MUTED, labelsize=9)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color="#e1e4e8", linewidth=0.8)


def title(axes: Any, text: str, note: str = "") -> None:
    """A title on the left, and a smaller line below it; names in it may hold any characters."""
    axes.set_title(
        text, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=20 if note else 8, parse_math=False
    )
    if note:
        axes.annotate(
            note,
            (0, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8.5,
            color=_MUTED,
            parse_math=False,
        )


def png(figure: Any) -> bytes:
    """The figure as a small PNG: 256 colours, the same bytes for the same figure."""
    image = require("PIL.Image", purpose="the plots", extra="plot")
    drawn, packed = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing"
        )  # of a script that the font has not: a box is drawn
        figure.savefig(drawn, format="png")
    image.open(drawn).convert("RGB").quantize(256, dither=image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


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
