"""Plots of `laughter score`, as matplotlib figures that need no display."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.evaluation.event_metrics import EventMetrics
from models.evaluation.threshold_curves import MAX_FALSE_ALARMS, Curves
from models.events.windows import ANY
from transforms.plots.style import new_figure


def precision_recall_plot(curves: Curves, events: EventMetrics, *, collar_s: float) -> Any:
    """Precision over recall of any laughter, over all thresholds, and a dot where the events are.

    Returns:
        A matplotlib Figure, as the other plot.
    """
    figure, axes = _plot("recall", "precision", "Any laughter, over all thresholds")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01))
    seconds, whole = "tab:blue", "tab:orange"
    axes.plot(curves.second_recall, curves.second_precision, color=seconds, label=f"seconds: AP {curves.second_ap:.3f}")
    label = f"events, collar {collar_s:g} s: best F1 {curves.best_event_f1:.3f}"
    axes.plot(curves.event_recall, curves.event_precision, color=whole, label=label)
    _dot(axes, events.frame_recall, events.frame_precision, seconds, "the events, by seconds")
    _dot(axes, events.event_recall, events.event_precision, whole, "the events, as events")
    axes.legend(loc="lower left", fontsize=8)
    return figure


def false_alarms_plot(curves: Mapping[str, Curves], events: Mapping[str, EventMetrics]) -> Any:
    """Share of laughs reached over false alarms an hour, a line a class, and a dot where its events are."""
    figure, axes = _plot("false alarms an hour", "share of laughs reached", "Over all thresholds")
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set(xlim=(0, MAX_FALSE_ALARMS), ylim=(0, 1.01))
    for number, (name, one) in enumerate(curves.items()):
        style = {"color": f"C{number}", "linewidth": 2.0 if name == ANY else 1.0}
        label = f"{name}: PSDS {one.psds_lenient:.3f}"
        axes.step(one.false_alarms_per_hour, one.reached, where="post", label=label, **style)
        _dot(axes, events[name].false_alarms_per_hour, events[name].reached, f"C{number}", None)
    axes.legend(loc="lower right", fontsize=8)
    return figure


def _plot(x: str, y: str, title: str) -> tuple[Any, Any]:
    figure = new_figure(6.5, 5)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, title=title)
    axes.grid(alpha=0.3)
    return figure, axes


def _dot(axes: Any, x: float | None, y: float | None, colour: str, label: str | None) -> None:
    if x is not None and y is not None:
        axes.plot([x], [y], "o", color=colour, markeredgecolor="black", label=label, clip_on=False)
