"""What `laughter evaluate --spans` adds: heads on clips in which laughter was marked by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.table import Table

from models.evaluation.marked_clips import (
    COMBINED,
    FRAMES_PER_S,
    MarkedClip,
    MarkedClipMetrics,
    MarkedClipsError,
    find_marked_clips,
    measure_head,
    read_marked_clips,
)
from models.load_shards import ShardClips
from pipeline.console import console, say
from pipeline.training.evaluate_heads import HeadUnderTest
from pipeline.training.evaluate_table import with_interval


@dataclasses.dataclass(frozen=True, eq=False)
class MarkedClipsFound:
    """The marked clips of the file `place`: those found, with embeddings uint8 [seconds, 128], and how many were not.

    Attributes:
        place: path or URL of the file.
        found: the clips that the shards have.
        absent: how many of the file's clips they lack.
    """

    place: str
    found: list[tuple[MarkedClip, npt.NDArray[np.uint8]]]
    absent: int


def read(place: str | None, heads: Sequence[HeadUnderTest]) -> list[MarkedClip]:
    """The marked clips of the file `place`, to measure `heads` on; none where there is no such file.

    Raises:
        MarkedClipsError: it cannot be used, or there is no head.
    """
    if place is None:
        return []
    if not heads:
        raise MarkedClipsError("--spans is for heads, and there is none; name one with --head or leave --spans out")
    return read_marked_clips(place)


def find(place: str, spans: Sequence[MarkedClip], clips: ShardClips, where: str) -> MarkedClipsFound:
    """Find the marked clips of the file `place` among `clips`; `where` says in words what those are.

    Raises:
        MarkedClipsError: fewer than two are there, too few to leave one out.
    """
    found = find_marked_clips(spans, clips)
    if len(found) < 2:
        number = "only one" if found else "none"
        raise MarkedClipsError(f"{number} of the clips of {place} is on {where}; give another --side or other --shards")
    return MarkedClipsFound(place, found, len(spans) - len(found))


def measure(
    heads: Sequence[HeadUnderTest], marked: MarkedClipsFound, *, bootstraps: int, seed: int, quiet: bool
) -> list[tuple[str, MarkedClipMetrics]]:
    """What was measured of each head, by its name."""
    measured = []
    for head in heads:
        if not quiet:
            say(f"head {head.name} on {len(marked.found)} marked clips")
        measured.append((head.name, measure_head(head.weights, marked.found, bootstraps=bootstraps, seed=seed)))
    return measured


def show(measured: Sequence[tuple[str, MarkedClipMetrics]], marked: MarkedClipsFound, *, bootstraps: int) -> None:
    """Print a row a head and way, and below the table what its numbers mean."""
    first, out = measured[0][1], console()
    absent = f"; {marked.absent} more are absent from these shards" if marked.absent else ""
    share = first.marked_frames / first.frames
    out.print(f"\nmarked by hand, {marked.place}: {first.clips} clips, {share:.0%} laughter{absent}", markup=False)
    out.print(build(measured))
    all_found = "-" if first.all_found_f1 is None else f"{first.all_found_f1:.3f}"
    intervals = f" Intervals: 95 % of {bootstraps} bootstrap resamples of the clips." if bootstraps else ""
    out.print(
        f"Frame F1: of frames of {1 / FRAMES_PER_S:g} s, each clip by the threshold that is best on all others; to "
        f"call every frame laughter has {all_found}. Gain: combined less this way.{intervals}",
        markup=False,
    )


def build(measured: Sequence[tuple[str, MarkedClipMetrics]]) -> Table:
    """The table itself."""
    table = Table()
    table.add_column("model", overflow="fold", max_width=28)
    table.add_column("windows", no_wrap=True)
    for heading in ("frame F1", "gain", "thresholds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, metrics in measured:
        for way, f1 in metrics.f1.items():
            gain = "" if way == COMBINED else with_interval(metrics.gains[way], sign="+")
            low, high = min(metrics.thresholds[way]), max(metrics.thresholds[way])
            table.add_row(name.replace("[", "\\["), way, with_interval(f1), gain, f"{low:.2g} to {high:.2g}")
    return table


def document(measured: Sequence[tuple[str, MarkedClipMetrics]], marked: MarkedClipsFound) -> dict[str, Any]:
    """What evaluation.json says under "spans"."""
    return {
        "file": marked.place,
        "clips": [{"video_id": span.video_id, "start_time_seconds": span.start_s} for span, _ in marked.found],
        "absent": marked.absent,
        "frames_per_s": FRAMES_PER_S,
        "models": [{"name": name, **dataclasses.asdict(metrics)} for name, metrics in measured],
    }
