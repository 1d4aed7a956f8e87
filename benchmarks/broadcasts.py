"""How exactly laughs are found in an hour of broadcasts that nothing was trained on: python -m benchmarks.broadcasts.

    python -m benchmarks.broadcasts --collect BEDS                     # music and noise, out of Debian packages
    python -m benchmarks.broadcasts --audio AUDIO --beds BEDS [--teacher TAGGER.onnx]

Prints, for whole seconds as before the tracker, for the tracker, and for the tagger at the threshold that is best here:
frame F1, onset F1 at 0.2 and 0.5 s, the median error of starts, the share of laughs half covered, by length and by
company, and false alarms an hour by what sounded there; with 95 % intervals over speakers. Laughs of audiences, crowds
and applause are left out: there are none of free use beside those that were trained on.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.made_broadcasts import RESERVED, SCENE_S, SHORT_S, Broadcast, Laugh, MadeScene, Sounds, make_broadcasts
from common.runs import runs_of
from models.bundles.bundle import open_bundle
from models.bundles.selection import select_models
from models.bundles.tracker_card import TRACKER_FILE, read_tracker_card
from models.constants import FIRST_AUDIOSET_INDEX, SAMPLE_RATE_HZ
from models.distillation.data import score_with_teacher
from models.distillation.teacher import load_teacher
from models.evaluation.event_metrics import match_starts, seconds_in
from models.events.find import Tracked, find_events
from models.networks.tracker import Tracker
from models.sounds.labelled_clips import read_audio
from models.sounds.manifest import read_manifest
from transforms.decode.decode import decode_seconds
from transforms.tables.classify_windows import classify_windows

Events = list[tuple[float, float]]
System = Callable[[Broadcast], Events]

TIMES = 1000
"""Samples of the bootstrap over speakers."""


@dataclasses.dataclass
class Tally:
    """What is counted of one scene."""

    marked_s: float = 0.0
    found_s: float = 0.0
    both_s: float = 0.0
    laughs: int = 0
    events: int = 0
    onsets: dict[float, int] = dataclasses.field(default_factory=collections.Counter)
    errors_s: list[float] = dataclasses.field(default_factory=list)
    half: dict[str, int] = dataclasses.field(default_factory=collections.Counter)
    of: dict[str, int] = dataclasses.field(default_factory=collections.Counter)
    false_alarms: dict[str, int] = dataclasses.field(default_factory=collections.Counter)


def count_scene(scene: MadeScene, begin_s: float, events: Events) -> Tally:
    """Hold the events of a scene against its laughs."""
    end_s = begin_s + SCENE_S
    marked = np.array([(one.start_s, one.end_s) for one in scene.laughs]).reshape(-1, 2)
    own = [one for one in events if begin_s <= (one[0] + one[1]) / 2 < end_s]
    cut = np.array([(max(a, begin_s), min(b, end_s)) for a, b in events if a < end_s and b > begin_s]).reshape(-1, 2)
    inside = seconds_in(marked, cut)
    tally = Tally(
        float((marked[:, 1] - marked[:, 0]).sum()),
        float((cut[:, 1] - cut[:, 0]).sum()),
        float(inside.sum()),
        len(marked),
        len(own),
    )
    for collar_s in (0.2, 0.5):
        pairs = match_starts(marked[:, 0].tolist(), [start for start, _ in own], collar_s)
        tally.onsets[collar_s] = len(pairs)
    tally.errors_s = [abs(own[two][0] - float(marked[one, 0])) for one, two in pairs]
    for laugh, seconds in zip(scene.laughs, inside, strict=True):
        for name in ("all", _length(laugh), laugh.company):
            tally.of[name] += 1
            tally.half[name] += bool(seconds >= 0.5 * (laugh.end_s - laugh.start_s))
    if len(own):
        hit = seconds_in(np.array(own), marked) if len(marked) else np.zeros(len(own))
        missed = int((hit < 0.1 * (np.array(own)[:, 1] - np.array(own)[:, 0])).sum())
        tally.false_alarms[scene.kind] += missed
    return tally


def measures(tallies: Sequence[Tally], hours: float) -> dict[str, float]:
    """The figures of some scenes together."""

    def total(get: Callable[[Tally], float]) -> float:
        return float(sum(map(get, tallies)))

    found = {
        "frame P": total(lambda t: t.both_s) / max(1e-9, total(lambda t: t.found_s)),
        "frame R": total(lambda t: t.both_s) / max(1e-9, total(lambda t: t.marked_s)),
        "frame F1": 2 * total(lambda t: t.both_s) / max(1e-9, total(lambda t: t.found_s + t.marked_s)),
    }
    for collar in (0.2, 0.5):
        found[f"onset F1 {collar} s"] = (
            2 * total(lambda t, c=collar: t.onsets[c]) / max(1, total(lambda t: t.laughs + t.events))  # type: ignore[misc]
        )
    errors = [error for tally in tallies for error in tally.errors_s]
    found["median start error, s"] = float(np.median(errors)) if errors else float("nan")
    for name in ("all", "short", "middling", "long", "alone", "talk"):
        of = total(lambda t, n=name: t.of[n])  # type: ignore[misc]
        found[f"half covered, {name}"] = total(lambda t, n=name: t.half[n]) / of if of else float("nan")  # type: ignore[misc]
    for kind in sorted({kind for tally in tallies for kind in tally.false_alarms}):
        found[f"false alarms/h, {kind}"] = total(lambda t, k=kind: t.false_alarms[k]) / hours  # type: ignore[misc]
    found["false alarms/h"] = total(lambda t: sum(t.false_alarms.values())) / hours
    return found


def interval(tallies: Sequence[Tally], speakers: Sequence[str], name: str, hours: float) -> tuple[float, float]:
    """The 95 % interval of a figure, scenes drawn anew by their speakers."""
    rng = np.random.default_rng(0)
    by_speaker = collections.defaultdict(list)
    for tally, speaker in zip(tallies, speakers, strict=True):
        by_speaker[speaker].append(tally)
    groups = list(by_speaker.values())
    drawn = []
    for _ in range(TIMES):
        some = [tally for index in rng.integers(len(groups), size=len(groups)) for tally in groups[index]]
        drawn.append(measures(some, hours * len(some) / len(tallies)).get(name, 0.0))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def report(name: str, broadcasts: Sequence[Broadcast], find: System) -> dict[str, float]:
    """Find, count and print."""
    tallies, speakers = [], []
    for one in broadcasts:
        events = find(one)
        for number, scene in enumerate(one.scenes):
            tallies.append(count_scene(scene, number * SCENE_S, events))
            speakers.append(scene.speaker)
    hours = len(tallies) * SCENE_S / 3600
    found = measures(tallies, hours)
    print(f"\n{name}")
    for key, value in found.items():
        bounds = ""
        if key in ("frame F1", "onset F1 0.2 s", "onset F1 0.5 s", "half covered, all", "false alarms/h"):
            bounds = " ({:.3f} to {:.3f})".format(*interval(tallies, speakers, key, hours))
        print(f"  {key:28s} {value:.3f}{bounds}")
    return found


def tagger(path: pathlib.Path, broadcasts: Sequence[Broadcast]) -> System:
    """The tagger's seconds of laughter at the threshold that gives the best frame F1 on these very broadcasts."""
    teacher, scores = load_teacher(path), {}
    for one in broadcasts:
        samples = read_audio(one.path, rate_hz=SAMPLE_RATE_HZ)
        seconds = len(samples) // SAMPLE_RATE_HZ
        padded = np.pad(samples[: seconds * SAMPLE_RATE_HZ], SAMPLE_RATE_HZ)
        parts = [
            score_with_teacher(teacher, padded[at * SAMPLE_RATE_HZ : (min(seconds, at + 60) + 2) * SAMPLE_RATE_HZ])
            for at in range(0, seconds, 60)
        ]
        kinds = slice(FIRST_AUDIOSET_INDEX, FIRST_AUDIOSET_INDEX + 6)
        scores[one.path] = np.concatenate(parts)[:, kinds].max(axis=1)

    def events(values: npt.NDArray[np.float32], threshold: float) -> Events:
        return [(float(start), float(end)) for start, end in runs_of(values >= threshold)]

    def f1(threshold: float) -> float:
        tallies = [
            count_scene(scene, number * SCENE_S, events(scores[one.path], threshold))
            for one in broadcasts
            for number, scene in enumerate(one.scenes)
        ]
        return measures(tallies, 1.0)["frame F1"]

    best = max((step / 50 for step in range(1, 50)), key=f1)
    return lambda one: events(scores[one.path], best)


def systems(bundle: str, broadcasts: Sequence[Broadcast]) -> dict[str, System]:
    """The bundle's head on whole seconds, and its tracker, each at the thresholds of its card."""
    chosen = select_models(bundle=bundle)
    folder = open_bundle(bundle).folder
    embedder, head = chosen.embedder.load(), chosen.head.load()
    tracker, card = Tracker(f"{folder}/{TRACKER_FILE}"), read_tracker_card(folder)
    whole, tenths = {}, {}
    for one in broadcasts:
        pcm = np.concatenate(list(decode_seconds(one.path)))
        scores = classify_windows(embedder.embed(pcm), head)
        found = find_events(one.path.stem, float(len(pcm)), scores, chosen.head.thresholds)
        whole[one.path] = [(event.start_s, event.end_s) for event in found]
        tracked = Tracked(tracker.track(pcm), card.thresholds)
        found = find_events(one.path.stem, float(len(pcm)), scores, chosen.head.thresholds, tracked)
        tenths[one.path] = [(event.start_s, event.end_s) for event in found]
    return {
        "whole seconds, the head on windows": lambda one: whole[one.path],
        f"the tracker {card.version}": lambda one: tenths[one.path],
    }


def sounds_of(audio: pathlib.Path, beds: pathlib.Path) -> Sounds:
    """The clips that nothing is trained on."""
    rows = [row for row in read_manifest(audio) if row.use == "evaluate"]
    return Sounds([*rows, *read_manifest(beds)])


def _length(laugh: Laugh) -> str:
    seconds = laugh.end_s - laugh.start_s
    return "short" if seconds < SHORT_S else "middling" if seconds < 4 else "long"


def main() -> None:
    """Make the broadcasts, measure each system, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=pathlib.Path, help="folder of labelled clips, whose evaluate rows are used")
    parser.add_argument("--beds", type=pathlib.Path, help="folder that --collect made")
    parser.add_argument("--collect", type=pathlib.Path, metavar="BEDS", help="fetch music and noise, and do no more")
    parser.add_argument("--bundle", default="compact", help="name or folder (default: %(default)s)")
    parser.add_argument("--teacher", type=pathlib.Path, help="the tagger's ONNX file, to compare with")
    parser.add_argument("--gain", type=float, default=0.0, metavar="DB", help="how much louder all of it is")
    arguments = parser.parse_args()
    if arguments.collect:
        from transforms.collect.collect import collect

        collect(RESERVED, arguments.collect)
        return
    if not arguments.audio or not arguments.beds:
        parser.error("--audio and --beds are needed; --collect BEDS makes the second")
    with tempfile.TemporaryDirectory(prefix="laughter-") as folder:
        broadcasts = make_broadcasts(
            sounds_of(arguments.audio, arguments.beds), pathlib.Path(folder), gain_db=arguments.gain
        )
        laughs = [laugh for one in broadcasts for scene in one.scenes for laugh in scene.laughs]
        lengths = collections.Counter(map(_length, laughs))
        print(f"{len(laughs)} laughs of {len({one.speaker for one in laughs})} speakers: {dict(lengths)}")
        for name, find in systems(arguments.bundle, broadcasts).items():
            report(name, broadcasts, find)
        if arguments.teacher:
            report("the tagger at its best threshold", broadcasts, tagger(arguments.teacher, broadcasts))


if __name__ == "__main__":
    main()
