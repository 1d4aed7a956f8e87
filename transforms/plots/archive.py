"""Laughter of an archive by hour of the day, network or month, as figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from transforms.plots.style import KIND_COLOURS, REST_COLOUR, new_figure, quiet, title

MIN_COLUMNS = 8
"""There is room for so many, lest one be as wide as the plot."""

_LAUGHTER = KIND_COLOURS["laughter"]


class LaughterRate(NamedTuple):
    """One bar: its name, hours of audio, laughs in them, and minutes of laughter per hour of audio."""

    name: str
    hours: float
    laughs: int
    minutes_per_hour: float


def columns_plot(shares: Sequence[LaughterRate], *, names: Sequence[str], heading: str, note: str, below: str) -> Any:
    """Columns side by side: laughter above, hours of audio that it was found in below.

    Args:
        shares: of those names that have audio.
        names: all, in order.
        heading, note: title, and a line below it.
        below: what the names are.

    Returns:
        A matplotlib Figure.
    """
    at = {name: position for position, name in enumerate(names)}
    places = [at[share.name] for share in shares]
    figure = new_figure(8, 4.2)
    laughter, audio = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    laughter.bar(places, [share.minutes_per_hour for share in shares], 0.8, color=_LAUGHTER)
    audio.bar(places, [share.hours for share in shares], 0.8, color=REST_COLOUR)
    laughter.set_ylabel("minutes of laughter\nper hour of audio", fontsize=9)
    audio.set_ylabel("hours\nof audio", fontsize=9)
    audio.set_xlabel(below, fontsize=9)
    every = math.ceil(len(names) / 24)
    shown = range(0, len(names), every)
    many = len(shown) > 12 and len(names[0]) > 3
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if many else {}
    audio.set_xticks(shown, [names[position] for position in shown], parse_math=False, **slanted)
    beside = max(0.0, (MIN_COLUMNS - len(names)) / 2)
    audio.set_xlim(-0.6 - beside, len(names) - 0.4 + beside)
    for axes in (laughter, audio):
        quiet(axes, grid="y")
    title(laughter, heading, note)
    return figure


def bars_plot(shares: Sequence[LaughterRate], *, heading: str, note: str) -> Any:
    """Bars one below the other, in the order given, with the hours of audio beside each.

    Returns:
        A matplotlib Figure.
    """
    figure = new_figure(8, 1.3 + 0.27 * max(3, len(shares)))
    axes = figure.add_subplot()
    bars = axes.barh(range(len(shares)), [share.minutes_per_hour for share in shares], 0.75, color=_LAUGHTER)
    axes.bar_label(
        bars,
        [f" {share.minutes_per_hour:.2f} in {share.hours:,.0f} h" for share in shares],
        fontsize=8.5,
        color="#57606a",
    )
    axes.set_yticks(range(len(shares)), [share.name for share in shares], parse_math=False)
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("minutes of laughter per hour of audio", fontsize=9)
    quiet(axes, grid="x")
    title(axes, heading, note)
    return figure
