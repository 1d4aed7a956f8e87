"""The tables that `laughter score` prints."""

from __future__ import annotations

from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from common.text import display_text
from models.evaluation.event_metrics import Counts, measure_counts
from models.evaluation.threshold_curves import Curves
from models.events.windows import ANY
from pipeline.console import console

RECORDINGS_SHOWN = 20
"""The rest is in score.json."""


def show(
    recordings: Mapping[str, Mapping[str, Counts]],
    total: Mapping[str, Counts],
    curves: Mapping[str, Curves],
    *,
    collar_s: float,
) -> None:
    """Print a row a recording and a row a class, and below them what over all thresholds is measured."""
    out = console()
    table = _table("any laughter, by recording")
    for name in sorted(recordings)[:RECORDINGS_SHOWN]:
        table.add_row(escape(display_text(name)), *_cells(recordings[name][ANY]))
    out.print(table)
    if len(recordings) > RECORDINGS_SHOWN:
        out.print(f"and {len(recordings) - RECORDINGS_SHOWN} more recordings; --output writes all")
    table = _table(f"in total, {len(recordings)} recordings")
    for name, counts in total.items():
        if counts.laughs or counts.events or name == ANY:
            table.add_row(name, *_cells(counts))
    out.print(table)
    out.print(
        f"Frame: of seconds. Event: matched one to one, starts and ends within {collar_s:g} s, or the ends' share of "
        "the laugh's length. Reached: laughs of which events cover a tenth; false alarms: events of which less than a "
        "tenth is marked. Errors: mean distance of matched events' starts and ends, in brackets their mean difference.",
        markup=False,
    )
    if curves:
        out.print(_curve_table(curves))


def say(trouble: str) -> None:
    """Print a sentence, on one line however long."""
    console().print(trouble, markup=False, soft_wrap=True)


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("", overflow="fold", max_width=44)
    for heading in (
        "hours",
        "laughs",
        "events",
        "frame\nP / R / F1",
        "event\nP / R / F1",
        "reached",
        "false al.\nan hour",
        "onset\nerror, s",
        "offset\nerror, s",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(counts: Counts) -> list[str]:
    measured = measure_counts(counts)
    frame = (measured.frame_precision, measured.frame_recall, measured.frame_f1)
    event = (measured.event_precision, measured.event_recall, measured.event_f1)
    return [
        f"{measured.hours:.2f}",
        str(measured.laughs),
        str(measured.events),
        " ".join(map(_number, frame)),
        " ".join(map(_number, event)),
        _number(measured.reached),
        _number(measured.false_alarms_per_hour),
        _error(measured.onset_error_s, measured.onset_bias_s),
        _error(measured.offset_error_s, measured.offset_bias_s),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _error(value: float | None, bias: float | None) -> str:
    return "-" if value is None or bias is None else f"{value:.2f}\n({bias:+.2f})"


def _curve_table(curves: Mapping[str, Curves]) -> Table:
    table = Table(title="over all thresholds", title_justify="left")
    for heading in ("", "PSDS, tolerance 0.7", "PSDS, tolerance 0.1", "AP of seconds", "best event F1", "at threshold"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, one in curves.items():
        values = (one.psds_strict, one.psds_lenient, one.second_ap, one.best_event_f1, one.best_threshold)
        table.add_row(name, *("-" if value is None else f"{value:.3f}" for value in values))
    return table
