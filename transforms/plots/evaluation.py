"""Plots of an evaluation, as matplotlib figures that need no display."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from common.extras import require
from models.constants import CLASSES, NONE
from models.evaluation.clip_metrics import Metrics, Scores, Targets, detection_scores
from models.evaluation.ranking import precision_recall
from transforms.plots.style import new_figure

_SHORT = tuple(name.split("_")[0] for name in CLASSES)
_COLUMNS = 4
_NAME_WIDTH = 40
_MIN_CLIPS_PER_BIN = 10


def precision_recall_plot(scores: Mapping[str, Scores], targets: Targets, metrics: Mapping[str, Metrics]) -> Any:
    """Precision over recall of detection, a line a model.

    Args:
        scores: of each model, float [n, 7].
        targets: uint8 [n, 7].
        metrics: of the same models, for the legend.

    Returns:
        A matplotlib Figure, as the other plots.
    """
    figure, axes = _square_plot("recall", "precision", "Detection of any laughter")
    laughs = targets[:, NONE] == 0
    for name, values in scores.items():
        curve = precision_recall(detection_scores(values), laughs)
        area = metrics[name].detection_ap.value
        if curve is not None and area is not None:
            axes.plot(curve[1], curve[0], label=f"{_wrapped(name)}: {area:.3f}", linewidth=1.2)
    axes.axhline(laughs.mean(), color="grey", linestyle=":", label=f"by chance: {laughs.mean():.3f}")
    _legend(figure, "average precision")
    return figure


def reliability_plot(metrics: Mapping[str, Metrics]) -> Any:
    """The share of clips with laughter over the detection score, a line a model; calibrated scores lie diagonal.

    Bins of fewer than _FEW clips are left out, for their shares say little.
    """
    figure, axes = _square_plot("mean detection score of the bin", "share of clips with laughter", "Reliability")
    axes.plot((0, 1), (0, 1), color="grey", linestyle=":")
    for name, measured in metrics.items():
        bins = [part for part in measured.reliability if part.clips >= _MIN_CLIPS_PER_BIN]
        label = f"{_wrapped(name)}: {measured.calibration_error:.3f}"
        share = [part.share_with_laughter for part in bins]
        axes.plot([part.mean_score for part in bins], share, marker="o", markersize=3, linewidth=1.2, label=label)
    _legend(figure, "calibration error")
    return figure


def confusion_plot(metrics: Mapping[str, Metrics]) -> Any:
    """A confusion matrix a model: the share of each true class that each class is taken for, in per cent."""
    columns = min(_COLUMNS, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    figure = _figure(3.6 * columns + 0.4, 3.6 * rows + 0.4)
    for number, (name, measured) in enumerate(metrics.items()):
        axes = figure.add_subplot(rows, columns, number + 1)
        axes.set_title(_wrapped(name), fontsize=8)
        axes.set_xlabel("highest score", fontsize=7)
        axes.set_ylabel("truth", fontsize=7)
        _matrix(axes, np.array(measured.confusion))
    return figure


def _matrix(axes: Any, counts: npt.NDArray[np.float64]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(CLASSES)), _SHORT, rotation=90, fontsize=7)
    axes.set_yticks(range(len(CLASSES)), _SHORT, fontsize=7)
    for (row, column), share in np.ndenumerate(shares):
        if totals[row]:
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=6, color=colour)


def _square_plot(x: str, y: str, title: str) -> tuple[Any, Any]:
    figure = _figure(9, 6)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, title=title, xlim=(0, 1), ylim=(0, 1.01), aspect="equal")
    axes.set_prop_cycle(color=require("matplotlib", purpose="the plots").colormaps["tab20"].colors)
    axes.grid(alpha=0.3)
    return figure, axes


def _figure(width: float, height: float) -> Any:
    figure = new_figure(width, height)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    return figure


def _legend(figure: Any, title: str) -> None:
    figure.legend(loc="outside right upper", fontsize=8, title=title)


def _wrapped(name: str) -> str:
    """The name on several lines, broken at spaces and underscores."""
    lines = textwrap.wrap(name.replace("_", "_ "), _NAME_WIDTH)
    return "\n".join(line.replace("_ ", "_") for line in lines)
