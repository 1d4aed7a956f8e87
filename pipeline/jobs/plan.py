"""What a run would do: which recordings it would embed, and which the store holds already."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Sequence

from common.text import display_text
from models.events.segments import Thresholds, TrackThresholds
from pipeline.console import hours_and_minutes, say
from pipeline.jobs.detect_options import DetectOptions
from transforms.embed import find_recordings
from transforms.embed.part_state import part_state
from transforms.embed.recordings import Recording
from transforms.embed.store import PartInfo
from transforms.embed.walk import Findings
from transforms.tables import write_tables
from transforms.tables.prune import DeletedRecording, find_deleted

MAX_LOOKUPS_AT_ONCE = 16
"""Parts: on object storage each takes some round trips."""

MAX_SAID = 10
"""Messages of one kind."""


@dataclasses.dataclass
class Plan:
    """The work of a run.

    Attributes:
        recordings: all that the inputs name, of those of one id the first by path.
        reused: those whose part in the store is used.
        pending: those to decode and embed (on another machine: those it will look at).
        doubles: recordings of one id, by path, for each id that several have.
        gone: recordings whose rows are to be removed, for the archive has them no longer.
        findings: what the search passed over, and what it may not list.
        anew: of those to decode whose part is in the store, why: how many, and of how many seconds of sound.
        waiting: those whose part is used although older rules of decoding may have got it wrong.
        untracked: those whose part is used although no tracker heard them.
    """

    recordings: list[Recording]
    reused: list[Recording]
    pending: list[Recording]
    doubles: list[tuple[Recording, ...]] = dataclasses.field(default_factory=list)
    gone: list[DeletedRecording] = dataclasses.field(default_factory=list)
    findings: Findings = dataclasses.field(default_factory=Findings)
    anew: dict[str, tuple[int, float]] = dataclasses.field(default_factory=dict)
    waiting: int = 0
    untracked: int = 0


def make(options: DetectOptions, findings: Findings) -> Plan:
    """Search the inputs and look into the store; NothingFound where an input matches nothing."""
    by_id: dict[str, tuple[Recording, ...]] = {}
    for recording in find_recordings.find(options.inputs, root=options.root, findings=findings):
        before = by_id.get(recording.recording_id, ())
        by_id[recording.recording_id] = find_recordings.by_path((*before, recording))
    gone = list(find_deleted(options.annotate.output, options.inputs, by_id.keys())) if options.prune else []
    doubles = [candidates for candidates in by_id.values() if len(candidates) > 1]
    plan = Plan([candidates[0] for candidates in by_id.values()], [], [], doubles, gone, findings)
    for candidates in doubles[:MAX_SAID]:
        names = " and ".join(recording.label for recording in candidates)
        say(f"{names} have the same id: the first that can be read is taken; rename one of them to keep both")
    for folder in findings.unlisted[:MAX_SAID]:
        say(f"the folder {folder} cannot be listed; what it holds is left out: see to its permissions, then run again")
    if not (options.is_local or options.dry_run):
        # looking at every part of a store from here would keep the workers of another machine waiting
        plan.pending.extend(plan.recordings)
        return plan
    with concurrent.futures.ThreadPoolExecutor(MAX_LOOKUPS_AT_ONCE) as pool:
        found = pool.map(lambda candidates: part_state(candidates, options.embed), by_id.values())
        for recording, state in zip(plan.recordings, found, strict=True):
            (plan.pending if state.why else plan.reused).append(recording)
            plan.waiting += state.waits
            plan.untracked += options.embed.tracker is not None and not state.why and _is_untracked(state.info)
            if state.why and state.info:
                count, audio_s = plan.anew.get(state.why, (0, 0.0))
                plan.anew[state.why] = count + 1, audio_s + state.info.audio_s
    if plan.untracked:
        say(
            f"{plan.untracked} recordings in the store were embedded without a tracker: their events begin and end on "
            "whole seconds; run on them with --recompute to have them found to a tenth of a second"
        )
    if plan.waiting:
        say(
            f"{plan.waiting} transport streams in the store were decoded by older rules, and their times may be wrong; "
            "run without --only new to have them decoded anew"
        )
    return plan


def _is_untracked(info: PartInfo | None) -> bool:
    return info is not None and info.seconds > 0 and not info.tracker_fingerprint


def passed_over(findings: Findings) -> str:
    """What a search passed over, by kind, the most frequent first; "" where that is nothing."""
    return ", ".join(f"{count} {kind}" for kind, count in findings.passed_over.most_common())


def show(plan: Plan, options: DetectOptions) -> None:
    """Print what would be done."""
    size_gb = sum(max(0, recording.size_bytes) for recording in plan.pending) / 1e9
    dates = {*write_tables.stale_days(options.annotate), *(recording.date for recording in plan.pending)}
    dates |= {recording.date for recording in plan.gone}
    more = sum(len(candidates) - 1 for candidates in plan.doubles)
    print(f"{len(plan.recordings)} recordings found, and {more} of an id that another has")
    if others := passed_over(plan.findings):
        print(f"passed over: {others}")
    print(f"{len(plan.reused)} are in the store {display_text(options.embed.store)} already")
    print(f"{len(plan.pending)} would be decoded and embedded ({size_gb:.3f} GB) with {options.embed.embedder.label}")
    for why, (count, audio_s) in sorted(plan.anew.items()):
        print(f"  {count} of them anew ({hours_and_minutes(audio_s)} of sound): {why}")
    _print_some([recording.path for recording in plan.pending])
    if options.prune:
        print(f"{len(plan.gone)} are in the archive no longer, and their rows would be removed")
        _print_some([recording.path for recording in plan.gone])
    head = options.annotate.head.label
    print(f"then classified by the head {head}")
    print(f"events to whole seconds, by the head: {_levels(options.annotate.thresholds)}")
    if options.annotate.track:
        print(f"events to tenths, where a tracker heard the recording: {_levels(options.annotate.track)}")
    print(f"tables of days that would be written in {display_text(options.annotate.output)}: {len(dates)}")
    print("nothing was done (--dry-run)")


def _levels(thresholds: Thresholds | TrackThresholds) -> str:
    values = dataclasses.asdict(thresholds).items()
    return ", ".join(f"{name.removesuffix('_s').replace('_', '-')} {value:g}" for name, value in values)


def _print_some(paths: Sequence[str]) -> None:
    for path in paths[:20]:
        print(f"  {display_text(path)}")
    if len(paths) > 20:
        print(f"  and {len(paths) - 20} more")
