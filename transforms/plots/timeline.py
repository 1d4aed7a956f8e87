"""A recording's timeline as a figure: what its events are made of, and the events as bands by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import LAUGHTER_KINDS
from transforms.plots.style import CURVE_COLOUR, KIND_COLOURS, kind_name, new_figure, quiet, title

COLUMNS = 1000
"""Across the plot; longer recordings get the highest probability of several seconds a column."""

MIN_BAR_SHARE = 1 / 400
"""Of the plot's width, of an event's bar, so that a short laugh of a long recording is seen."""

TICK_STEPS_S = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)
"""Between the marks of the time axis."""


def timeline_plot(
    probability: npt.NDArray[np.float32],
    events: Sequence[tuple[float, float, str]],
    *,
    hz: int = 1,
    length_s: float,
    thresholds: Mapping[str, float],
    heading: str,
    note: str,
) -> Any:
    """Draw a timeline.

    Args:
        probability: of any laughter, [n].
        events: (start_s, end_s, kind) each.
        hz: values of it a second.
        length_s: of the recording.
        thresholds: by name, with which the events were found: onset, offset, and peak of tracks.
        heading, note: title, and a line below it.

    Returns:
        A matplotlib Figure.
    """
    kinds = [kind for kind in LAUGHTER_KINDS if any(event[2] == kind for event in events)]
    lanes = 0.22 * max(1, len(kinds))
    figure = new_figure(9, 2.7 + lanes)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, lanes))
    _draw_probability(above, probability, hz, thresholds)
    title(above, heading, note)
    for start_s, end_s, kind in events:
        above.axvspan(start_s, end_s, color=KIND_COLOURS[kind], alpha=0.22, linewidth=0)
    _draw_lanes(below, events, kinds, narrowest_s=length_s * MIN_BAR_SHARE)
    step_s = next((step for step in TICK_STEPS_S if length_s / step <= 12), 24 * 3600)
    marks = np.arange(0, length_s + 1e-6, step_s)
    below.set_xticks(marks, [_clock(mark, hours=length_s >= 3600) for mark in marks])
    below.set_xlim(0, length_s)
    below.set_xlabel("time in the recording", fontsize=9)
    return figure


def _draw_probability(
    axes: Any, probability: npt.NDArray[np.float32], hz: int, thresholds: Mapping[str, float]
) -> None:
    span = max(1, -(-len(probability) // COLUMNS))
    starts = np.arange(0, len(probability), span)
    highest = np.maximum.reduceat(probability, starts) if len(probability) else probability
    edges = np.append(starts, len(probability)) / hz
    axes.stairs(highest, edges, fill=True, color=CURVE_COLOUR, alpha=0.25)
    axes.stairs(highest, edges, color=CURVE_COLOUR, linewidth=1.0, baseline=None)
    for (name, value), style in zip(thresholds.items(), ("-", "--", ":"), strict=False):
        axes.axhline(value, color="#b3123f", linestyle=style, linewidth=0.9, label=f"{name} {value:g}")
    if thresholds:
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(thresholds),
            fontsize=8.5,
            frameon=False,
            borderaxespad=0.2,
        )
    quiet(axes, grid="y")
    axes.set_ylim(0, 1)
    axes.set_yticks((0, 0.5, 1))
    axes.set_ylabel("laughter" if span == 1 else f"laughter,\nhighest of {span / hz:g} s", fontsize=9)


def _draw_lanes(
    axes: Any, events: Sequence[tuple[float, float, str]], kinds: Sequence[str], *, narrowest_s: float
) -> None:
    for lane, kind in enumerate(kinds):
        bars = [
            (start_s, max(end_s - start_s, narrowest_s)) for start_s, end_s, event_kind in events if event_kind == kind
        ]
        axes.broken_barh(bars, (lane - 0.4, 0.8), color=KIND_COLOURS[kind], linewidth=0)
    names = [f"{kind_name(kind)} ({sum(event[2] == kind for event in events):,})" for kind in kinds]
    quiet(axes, grid="x")
    axes.set_yticks(range(len(kinds)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(1, len(kinds)) - 0.5, -0.5)
    if not kinds:
        axes.text(0.5, 0.5, "no events", transform=axes.transAxes, ha="center", va="center", fontsize=9)


def _clock(seconds: float, *, hours: bool) -> str:
    whole = round(seconds)
    if hours:
        return f"{whole // 3600}:{whole % 3600 // 60:02}" + (f":{whole % 60:02}" if whole % 60 else "")
    return f"{whole // 60}:{whole % 60:02}"
