"""What a run would do: which recordings it would embed, and which the store holds already."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Sequence

from common.text import display_text
from pipeline.console import say
from pipeline.jobs.detect_options import DetectOptions
from transforms.embed import find_recordings
from transforms.embed.embed_recordings import reusable_part
from transforms.embed.recordings import Recording
from transforms.tables import write_tables
from transforms.tables.prune import DeletedRecording, find_deleted

MAX_LOOKUPS_AT_ONCE = 16
"""Parts: on object storage each takes some round trips."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The work of a run.

    Attributes:
        recordings: all that the inputs name, one for each id.
        reused: those whose part in the store is used.
        pending: those to decode and embed (on another machine: those it will look at).
        doubles: paths left out because a recording before them has their id.
        gone: recordings whose rows are to be removed, for the archive has them no longer.
    """

    recordings: list[Recording]
    reused: list[Recording]
    pending: list[Recording]
    doubles: list[str]
    gone: list[DeletedRecording]


def make(options: DetectOptions) -> Plan:
    """Search the inputs and look into the store; NothingFound where an input matches nothing."""
    by_id: dict[str, Recording] = {}
    doubles: set[str] = set()
    for recording in find_recordings.find(options.inputs, root=options.root):
        kept = find_recordings.first_of([recording, by_id.get(recording.recording_id, recording)])
        other = by_id.get(recording.recording_id)
        if other and other.path != recording.path:
            doubles.add(max(recording.path, other.path))
        by_id[recording.recording_id] = kept
    gone = list(find_deleted(options.annotate.output, options.inputs, by_id.keys())) if options.prune else []
    plan = Plan(list(by_id.values()), [], [], sorted(doubles), gone)
    for path in plan.doubles[:10]:
        say(f"{display_text(path)} is left out: another recording has the same id; rename one of them to keep both")
    if not (options.is_local or options.dry_run):
        # looking at every part of a store from here would keep the workers of another machine waiting
        plan.pending.extend(plan.recordings)
        return plan
    with concurrent.futures.ThreadPoolExecutor(MAX_LOOKUPS_AT_ONCE) as pool:
        found = pool.map(lambda recording: reusable_part(recording, options.embed) is not None, plan.recordings)
        for recording, is_usable in zip(plan.recordings, found, strict=True):
            (plan.reused if is_usable else plan.pending).append(recording)
    return plan


def show(plan: Plan, options: DetectOptions) -> None:
    """Print what would be done."""
    size_gb = sum(max(0, recording.size_bytes) for recording in plan.pending) / 1e9
    dates = {*write_tables.stale_days(options.annotate), *(recording.date for recording in plan.pending)}
    dates |= {recording.date for recording in plan.gone}
    thresholds = options.annotate.thresholds
    print(f"{len(plan.recordings)} recordings found, {len(plan.doubles)} left out for having another's id")
    print(f"{len(plan.reused)} are in the store {options.embed.store} already")
    print(f"{len(plan.pending)} would be decoded and embedded ({size_gb:.3f} GB) with {options.embed.embedder.label}")
    _print_some([recording.path for recording in plan.pending])
    if options.prune:
        print(f"{len(plan.gone)} are in the archive no longer, and their rows would be removed")
        _print_some([recording.path for recording in plan.gone])
    head = options.annotate.head.label
    print(f"then classified by the head {head}, onset {thresholds.onset:g}, offset {thresholds.offset:g}")
    print(f"tables of days that would be written in {options.annotate.output}: {len(dates)}")
    print("nothing was done (--dry-run)")


def _print_some(paths: Sequence[str]) -> None:
    for path in paths[:20]:
        print(f"  {display_text(path)}")
    if len(paths) > 20:
        print(f"  and {len(paths) - 20} more")
