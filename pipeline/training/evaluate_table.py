"""The table that `laughter evaluate` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from models.constants import LAUGHTER_KINDS
from models.evaluation.clip_metrics import Metrics
from models.evaluation.ranking import Estimate
from pipeline.console import console


def show(models: Sequence[tuple[str, Metrics]], *, title: str, bootstraps: int) -> None:
    """Print a row a model: (name, what was measured of it), and below the table what its numbers mean."""
    first, out = models[0][1], console()
    out.print(f"{title}: {first.clips} clips, {first.laughs} with laughter", markup=False)
    out.print(build(models))
    intervals = f"Intervals: 95 % of {bootstraps} bootstrap resamples of the clips. " if bootstraps else ""
    out.print(
        f"AP: average precision; of the kinds, each against all other clips, their numbers in brackets. {intervals}"
        "Top-1: on as many clips without laughter as with. F1: of detection, at the threshold in brackets.",
        markup=False,
    )


def build(models: Sequence[tuple[str, Metrics]]) -> Table:
    """The table itself."""
    table = Table()
    table.add_column("model", overflow="fold", max_width=28)
    numbers = models[0][1].class_clips
    kinds = [f"{kind.split('_')[0]}\n({numbers[kind]})" for kind in LAUGHTER_KINDS]
    for heading in ("detection\nAP", "detection\nAUC", "mean\nAP", *kinds, "top-1", "F1"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, metrics in models:
        table.add_row(
            name.replace("[", "\\["),
            with_interval(metrics.detection_ap),
            with_interval(metrics.detection_auc),
            number(metrics.mean_class_ap),
            *(number(metrics.class_ap[kind]) for kind in LAUGHTER_KINDS),
            number(metrics.top1),
            f"{number(metrics.f1)}\n({metrics.threshold:.2f})",
        )
    return table


def number(measured: Estimate, *, sign: str = "") -> str:
    """A measure to three digits, or a dash; `sign` is "+" where a gain should show one."""
    return "-" if measured.value is None else f"{measured.value:{sign}.3f}"


def with_interval(measured: Estimate, *, sign: str = "") -> str:
    """A measure, and below it its interval where it has one."""
    if measured.low is None or measured.high is None:
        return number(measured, sign=sign)
    return f"{number(measured, sign=sign)}\n{measured.low:{sign}.2f} to {measured.high:{sign}.2f}"
