"""The closing summary of a run, read back from the tables it wrote."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common.parquet_files import open_parquet
from common.text import display_text
from pipeline.console import hours_and_minutes
from pipeline.jobs.detect_options import DetectOptions
from pipeline.jobs.plan import Plan, passed_over
from transforms.embed.recordings import Recording
from transforms.embed.walk import Findings
from transforms.tables.schemas import table_path

LISTED = 20
"""Failed recordings that are listed one by one."""


@dataclasses.dataclass
class Report:
    """What came of a run's recordings.

    Attributes:
        statuses: recordings by status.
        reused: recordings that the store held already.
        audio_s: of sound, seconds, silence in holes included.
        embedded_audio_s: of that, what this run decoded.
        events, laughing_s: events found and their time, seconds.
        kinds: events by kind.
        failed, partial: (path, sentence) of each that this run tried.
        failed_before: those that failed in an earlier run and were not tried.
        missing: paths of recordings that were found and have no row.
    """

    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    reused: int = 0
    audio_s: float = 0.0
    embedded_audio_s: float = 0.0
    events: int = 0
    laughing_s: float = 0.0
    kinds: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    failed: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    partial: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    failed_before: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    missing: list[str] = dataclasses.field(default_factory=list)


def collect(work: Plan, options: DetectOptions) -> Report:
    """Count what the tables say of the run's recordings."""
    report = Report(reused=len(work.reused))
    reused = {recording.recording_id for recording in work.reused}
    days: dict[str, dict[str, Recording]] = {}
    for recording in work.recordings:
        days.setdefault(recording.date, {})[recording.recording_id] = recording
    for date, wanted in sorted(days.items()):
        ids = set(wanted)
        for row in _rows(options, "recordings", date, ids, ["audio_s", "status", "stage", "path", "error"]):
            _count_recording(report, row, untried=row["recording_id"] in reused and row["stage"] != "store")
            wanted.pop(row["recording_id"], None)
        report.missing += [recording.label for recording in wanted.values()]
        _count_events(report, _rows(options, "events", date, ids, ["start_s", "end_s", "kind"]))
    return report


def _rows(options: DetectOptions, table: str, date: str, ids: set[str], columns: list[str]) -> Iterator[dict[str, Any]]:
    with contextlib.ExitStack() as stack:
        try:
            parquet = stack.enter_context(open_parquet(table_path(options.annotate.output, table, date)))
        except FileNotFoundError:
            return
        for batch in parquet.iter_batches(columns=["recording_id", *columns]):
            yield from (row for row in batch.to_pylist() if row["recording_id"] in ids)


def _count_recording(report: Report, row: dict[str, Any], *, untried: bool) -> None:
    report.statuses[row["status"]] += 1
    report.audio_s += row["audio_s"] or 0.0
    if not untried:
        report.embedded_audio_s += row["audio_s"] or 0.0
    lists = {"failed": report.failed, "partial": report.partial}
    if row["status"] == "failed" and untried:
        report.failed_before.append((row["path"], row["error"]))
    elif row["status"] in lists:
        lists[row["status"]].append((row["path"], row["error"]))


def _count_events(report: Report, rows: Iterator[dict[str, Any]]) -> None:
    for row in rows:
        report.events += 1
        report.laughing_s += row["end_s"] - row["start_s"]
        report.kinds[row["kind"]] += 1


def causes(failures: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """The failures' sentences without the files' names, the commonest first."""
    counted = collections.Counter(sentence.replace(display_text(path), "FILE") for path, sentence in failures)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def show(report: Report, findings: Findings, *, wall_s: float, load_s: float, options: DetectOptions) -> None:
    """Print the summary table and list the recordings that failed."""
    console = Console(soft_wrap=True, highlight=False)
    table = Table(title="laughter detect", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rate = report.embedded_audio_s / max(1e-9, wall_s - load_s)
    speed = f"; {rate:.0f} x realtime after that" if rate else ""
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(report.statuses.items()))
    rows = {
        "recordings": f"{sum(report.statuses.values())} ({statuses}; {report.reused} were in the store already)",
        "audio": hours_and_minutes(report.audio_s),
        "events": f"{report.events}" + "".join(f", {count} {kind}" for kind, count in report.kinds.most_common()),
        "laughing time": hours_and_minutes(report.laughing_s),
        "time": f"{hours_and_minutes(wall_s)}, of it starting up {load_s:.1f} s{speed}",
        "models": f"{options.embed.embedder.label}, head {options.annotate.head.label}",
        "tables": display_text(options.annotate.output),
    }
    if others := passed_over(findings):
        rows["passed over"] = others
    for name, value in rows.items():
        table.add_row(name, escape(value))
    for cause, count in causes(report.failed + report.partial)[:LISTED]:
        table.add_row(f"{count} with", escape(cause))
    console.print(table)
    _list("failed", report.failed, console)
    _list("failed in an earlier run and not tried again", report.failed_before, console)
    _list("partial, kept up to the damage", report.partial, console)
    _list("folders that may not be listed", [(folder, "") for folder in findings.unlisted], console)
    _list("without a row, though they were found: run again", [(path, "") for path in report.missing], console)


def _list(word: str, recordings: Sequence[tuple[str, str]], console: Console) -> None:
    if not recordings:
        return
    console.print(f"{len(recordings)} {word}:", markup=False)
    for path, sentence in recordings[:LISTED]:
        name = display_text(path)
        console.print(
            f"  {sentence}" if name in sentence else f"  {name}{': ' * bool(sentence)}{sentence}", markup=False
        )
    if len(recordings) > LISTED:
        console.print(f"  and {len(recordings) - LISTED} more: see status and error in the recordings table")
