"""A map of clips as a figure: a point a clip, coloured and shaped by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.plots.style import KIND_COLOURS, KIND_MARKERS, REST_COLOUR, kind_name, new_figure, quiet, title


def map_plot(
    coordinates: npt.NDArray[np.float32], groups: Sequence[str], names: Mapping[str, str], *, heading: str, note: str
) -> Any:
    """Draw a map.

    Args:
        coordinates: [n, 2], as `transforms.maps.projection.project` gives them.
        groups: n, a kind of laughter or another.
        names: of all groups, in the legend's order; the first are drawn first, so put rare ones last.
        heading, note: title, and a line below it.

    Returns:
        A matplotlib Figure.
    """
    figure = new_figure(7.6, 0.6 + 2.9 * max(0.8, float(np.ptp(coordinates[:, 1]))))  # maps are 2 wide
    axes = figure.add_subplot()
    of = np.asarray(groups, object)
    for group, name in names.items():
        points = coordinates[of == group]
        if len(points):
            label = f"{name} ({len(points):,})"
            axes.scatter(points[:, 0], points[:, 1], label=label, **_style(group))
    quiet(axes, grid="both")
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    title(axes, heading, note)
    handles, labels = axes.get_legend_handles_labels()
    style = {"fontsize": 9, "frameon": False, "handletextpad": 0.2, "markerscale": 1.3}
    figure.legend(handles[::-1], labels[::-1], loc="outside right upper", **style)
    return figure


def group_name(group: str) -> str:
    """A group for people."""
    return {"none": "no laughter", "unknown": "not known"}.get(group, kind_name(group))


def _style(group: str) -> dict[str, Any]:
    if group in KIND_COLOURS:
        style = {"color": KIND_COLOURS[group], "edgecolors": "white", "linewidths": 0.3}
        return {**style, "marker": KIND_MARKERS[group], "s": 38 if KIND_MARKERS[group] == "P" else 26}
    if group == "unknown":
        return {"color": REST_COLOUR, "marker": "x", "s": 16, "linewidths": 0.8}
    return {"color": REST_COLOUR, "marker": "o", "s": 9, "linewidths": 0, "alpha": 0.8}
