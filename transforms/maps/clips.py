"""Clips for a map of embeddings: of training shards, or of an archive's events and what lies between them."""

from __future__ import annotations

import collections
import dataclasses
import math
import re
import urllib.parse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from common.text import display_text
from models.constants import CLASSES, LAUGHTER_KINDS, SIDES
from models.load_shards import embedding_space_of, load_clips, read_manifest
from models.shard_format import class_targets
from transforms.embed.store import part_path, read_part
from transforms.maps.sampling import BalancedSample, stable_hash
from transforms.tables.media import media_path
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents, TableError, read_day, validate

NO_LAUGHTER = CLASSES[-1]
UNKNOWN = "unknown"
"""Groups of clips beside the six kinds: known to hold none of them, or nobody has said."""

SEGMENT_S = 10
"""Length of the segments between events that stand for the rest of an archive."""

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")

OnDone = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class MapClip:
    """A point of a map.

    Attributes:
        name: for people.
        group: one of the six kinds, NO_LAUGHTER or UNKNOWN.
        label: what is known of it, for people.
        media: path or URL of its audio or video file; None for none.
        start_s, end_s: where in the file; None for its end.
        link: web page where it can be watched; None for none.
    """

    name: str
    group: str
    label: str
    media: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    link: str | None = None


@dataclasses.dataclass(eq=False)
class MapClips:
    """The clips of a map.

    Attributes:
        source: one line on where they come from.
        clips: n of them.
        features: float32 [n, d].
        offered: how many there were to choose from, by group.
        troubles: a sentence each on what could not be used.
    """

    source: str
    clips: Sequence[MapClip]
    features: npt.NDArray[np.float32]
    offered: collections.Counter[str]
    troubles: list[str]


def clips_of_shards(folder: str, sides: Sequence[str], *, size: int, seed: int) -> MapClips:
    """A sample of the clips of training shards: the mean of each one's embeddings.

    Args:
        folder: that `laughter shards` wrote.
        sides: of the shards; all that hold clips where empty.
        size: clips at most.
        seed: of the sample.

    Raises:
        ShardsError: the shards cannot be read, or a side holds no clips.
    """
    manifest = read_manifest(folder)
    sides = sides or [side for side in SIDES if manifest["sides"][side]["clips"]]
    arrays = load_clips(folder, *sides)
    kinds = class_targets(arrays.targets)[:, : len(LAUGHTER_KINDS)].astype(bool)
    sample: BalancedSample[int] = BalancedSample(size)
    for number, (video_id, start) in enumerate(zip(arrays.video_ids, arrays.starts, strict=True)):
        sample.add(_most_specific(kinds[number]), stable_hash(seed, f"{video_id}:{start:g}"), number)
    chosen = sample.sample()
    rows = [number for _, number in chosen]
    # frames behind the last are zeros
    features = arrays.embedding[rows].sum(axis=1, dtype=np.float32) / arrays.n_frames[rows, None]
    clips = [
        _video_clip(arrays.video_ids[number], float(arrays.starts[number]), group, kinds[number])
        for group, number in chosen
    ]
    embedder = embedding_space_of(folder).name
    source = f"mean {embedder} embeddings of clips of training shards ({', '.join(sides)})"
    return MapClips(source, clips, features.astype(np.float32), sample.offered, [])


def _most_specific(kinds: npt.NDArray[np.bool_]) -> str:
    """The clip's group: plain laughter only where no other kind is told."""
    told = np.flatnonzero(kinds)
    return NO_LAUGHTER if not len(told) else LAUGHTER_KINDS[told[1] if told[0] == 0 and len(told) > 1 else told[0]]


def _video_clip(video_id: str, start_s: float, group: str, kinds: npt.NDArray[np.bool_]) -> MapClip:
    label = ", ".join(LAUGHTER_KINDS[kind] for kind in np.flatnonzero(kinds))
    link = None
    if _VIDEO_ID.fullmatch(video_id):
        query = urllib.parse.urlencode({"v": video_id, "t": f"{math.floor(start_s)}s"})
        link = f"https://www.youtube.com/watch?{query}"
    return MapClip(f"{video_id} at {start_s:g} s", group, label, start_s=start_s, link=link)


class _Segment(NamedTuple):
    """Seconds [start_s, end_s) of a recording of the day `date`."""

    date: str
    recording_id: str
    media: str | None
    start_s: float
    end_s: float


def clips_of_tables(
    tables: str, store: str, days: Sequence[str], *, media: str | None, size: int, seed: int, on_done: OnDone
) -> MapClips:
    """A sample of an archive: the mean of the embeddings of events, and of segments of 10 s that no event touches.

    Args:
        tables: folder or URL that `laughter detect` wrote.
        store: the embedding store they were made from.
        days: of the tables.
        media: where the recordings lie, see `media_path`.
        size: clips at most.
        seed: of the sample.
        on_done: told how many days of how many are read.
    """
    troubles: list[str] = []
    sample: BalancedSample[_Segment] = BalancedSample(size)
    for number, date in enumerate(days):
        on_done(number, len(days))
        try:
            for annotated in read_day(tables, date):
                try:
                    _offer(annotated, date, media_path(annotated.recording, media), sample, seed)
                except InvalidRecording as error:
                    troubles.append(str(error))
        except TableError as error:
            troubles.append(str(error))
    chosen = sample.sample()
    means = _means(store, [segment for _, segment in chosen], troubles)
    clips = [_segment_clip(segment, group) for (group, segment), mean in zip(chosen, means, strict=True) if len(mean)]
    features = np.array([mean for mean in means if len(mean)], np.float32)
    source = f"mean embeddings of events and of stretches of {SEGMENT_S} s between them"
    return MapClips(source, clips, features, sample.offered, troubles)


def _offer(
    annotated: RecordingWithEvents, date: str, media: str | None, sample: BalancedSample[_Segment], seed: int
) -> None:
    if annotated.failed:
        return
    validate(annotated)
    recording_id = annotated.recording_id
    free = np.ones(int((annotated.recording["audio_s"] or 0.0) // SEGMENT_S), bool)
    for event in annotated.events:
        start_s, end_s = event["start_s"], event["end_s"]
        free[int(start_s // SEGMENT_S) : math.ceil(end_s / SEGMENT_S)] = False
        segment = _Segment(date, recording_id, media, start_s, end_s)
        sample.add(event["kind"], stable_hash(seed, f"{recording_id}:{start_s:g}:{event['kind']}"), segment)
    keys = np.random.default_rng(stable_hash(seed, recording_id)).integers(0, 2**64, len(free), np.uint64)
    for number in np.flatnonzero(free).tolist():
        start_s = float(number * SEGMENT_S)
        segment = _Segment(date, recording_id, media, start_s, start_s + SEGMENT_S)
        sample.add(NO_LAUGHTER, int(keys[number]), segment)


def _means(store: str, segments: Sequence[_Segment], troubles: list[str]) -> list[npt.NDArray[np.float64]]:
    """The mean embedding of each segment, each part read once; empty where the store does not have it."""
    means = [np.empty(0)] * len(segments)
    parts: dict[tuple[str, str], list[int]] = collections.defaultdict(list)
    for number, one in enumerate(segments):
        parts[one.date, one.recording_id].append(number)
    for part, numbers in parts.items():
        path = part_path(store, *part)
        try:
            embeddings, _ = read_part(path)
        except (OSError, ValueError, KeyError) as error:
            troubles.append(
                f"{display_text(path)} cannot be read ({display_text(str(error), longest=200)}); run laughter detect "
                "again on the recording, or give --store"
            )
            continue
        for number in numbers:
            one = segments[number]
            rows = embeddings[math.floor(one.start_s) : math.ceil(one.end_s)]
            if len(rows):
                means[number] = rows.mean(axis=0)
            else:
                troubles.append(f"{display_text(path)} ends before {one.start_s:g} s; run laughter detect again")
    return means


def _segment_clip(segment: _Segment, group: str) -> MapClip:
    name = f"{segment.recording_id} at {segment.start_s:g} s"
    label = "" if group == NO_LAUGHTER else f"{group}, {segment.end_s - segment.start_s:g} s"
    return MapClip(name, group, label, segment.media, segment.start_s, segment.end_s)
