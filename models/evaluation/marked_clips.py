"""How well 1 s windows, 10 s windows and both combined find laughter that was marked by hand within clips.

Frame F1 with the clip itself left out where its threshold is chosen: nothing is tuned on a clip it is measured on.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from common.csv_files import read_csv
from common.errors import UsageError
from models.constants import LONG_WINDOW_S, NONE, SHORT_WINDOW_S
from models.evaluation.ranking import Estimate, FloatArray, bootstrap_weights, estimate
from models.events.windows import Floats, laughter_probability, scores_per_second
from models.load_shards import ShardClips
from models.networks.head import Head

COLUMNS = ("video_id", "start_time_seconds", "end_time_seconds", "laugh_segments_rel_s")
SHORT, LONG, COMBINED = "1 s windows", "10 s windows", "combined"
FRAMES_PER_S = 10
MAX_THRESHOLDS = 1000
"""Tried at most: of more scores, so many quantiles, which a clip that is left out hardly moves."""
UNREACHED = 2.0
"""A threshold above every probability, by which nothing is found: taken where nothing is marked in any other clip."""
RIGHT, FOUND, MARKED = range(3)
"""Columns of counted frames: found and marked, found, marked."""

Counts = npt.NDArray[np.int64]
_SEGMENT = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


class MarkedClipsError(UsageError):
    """Marked clips that cannot be used; the message names the file, the line and the cause."""


@dataclasses.dataclass(frozen=True)
class MarkedClip:
    """A clip in which laughter was marked by hand.

    Attributes:
        video_id: of the recording.
        start_s, end_s: the clip, from the recording's start.
        segments: (start, end) of every laugh, in seconds from the clip's start; empty for a clip without any.
    """

    video_id: str
    start_s: float
    end_s: float
    segments: tuple[tuple[float, float], ...]


@dataclasses.dataclass(frozen=True)
class MarkedClipMetrics:
    """What `measure_marked_clips` measures.

    Attributes:
        clips: how many.
        frames, marked_frames: how many frames they have, and how many of those lie in a marked stretch.
        all_found_f1: frame F1 of calling every frame laughter, for comparison; None where nothing is marked.
        f1: frame F1 by method, over all clips, each by the threshold that is best on the others.
        thresholds: those, by method, in the order of the clips.
        gains: F1 of COMBINED less that of each other way; its interval is of the same resamples.
    """

    clips: int
    frames: int
    marked_frames: int
    all_found_f1: float | None
    f1: dict[str, Estimate]
    thresholds: dict[str, list[float]]
    gains: dict[str, Estimate]


def read_marked_clips(path: str) -> list[MarkedClip]:
    """Read a CSV file (local or a URL) with the columns COLUMNS; the last holds `a-b a-b ...`, or nothing.

    Raises:
        MarkedClipsError: the file is absent, empty or not such a file.
    """
    rows = read_csv(path, COLUMNS, what="marked clips", error=MarkedClipsError)
    spans = [(_marked_clip(row, where), where) for row, where in rows]
    if not spans:
        raise MarkedClipsError(f"{path} has no clips; give a file with a line a clip")
    _refuse_repeated(spans)
    return [span for span, _ in spans]


def _refuse_repeated(spans: Sequence[tuple[MarkedClip, str]]) -> None:
    seen: set[tuple[str, float]] = set()
    for span, where in spans:
        key = _key(span.video_id, span.start_s)
        if key in seen:
            raise MarkedClipsError(f"{where}: the clip {span.video_id} is there twice; keep one of them")
        seen.add(key)


def _key(video_id: str, start_s: float) -> tuple[str, float]:
    return video_id, round(float(start_s), 3)


def _marked_clip(row: Mapping[str, str | None], where: str) -> MarkedClip:
    name, start, end, marks = ((row[column] or "").strip() for column in COLUMNS)
    try:
        start_s, end_s = float(start), float(end)
    except ValueError as error:
        raise MarkedClipsError(f"{where}: the clip's start and end must be seconds, such as 30.0 ({error})") from error
    if not name or not 0 <= start_s < end_s < math.inf or round((end_s - start_s) * FRAMES_PER_S) < 1:
        raise MarkedClipsError(f"{where}: {name!r} from {start_s:g} to {end_s:g} s is no clip; correct the line")
    return MarkedClip(name, start_s, end_s, tuple(_segment(mark, end_s - start_s, where) for mark in marks.split()))


def _segment(mark: str, length_s: float, where: str) -> tuple[float, float]:
    parts = _SEGMENT.fullmatch(mark)
    if parts is None:
        raise MarkedClipsError(f"{where}: {mark!r} is no stretch of seconds; write it as 2.5-8.25")
    start, end = float(parts[1]), float(parts[2])
    if not start < end <= length_s + 0.001:
        raise MarkedClipsError(f"{where}: the stretch {mark} is empty or leaves the clip of {length_s:g} s; correct it")
    return start, end


def find_marked_clips(spans: Sequence[MarkedClip], clips: ShardClips) -> list[tuple[MarkedClip, npt.NDArray[np.uint8]]]:
    """The marked clips that are among `clips`, in their order, with their embeddings, uint8 [seconds, 128]."""
    wanted = np.flatnonzero(np.isin(clips.video_ids.astype(str), [span.video_id for span in spans]))
    rows = {_key(clips.video_ids[row], clips.starts[row]): row for row in wanted}
    places = [(span, rows.get(_key(span.video_id, span.start_s))) for span in spans]
    return [(span, clips.embedding[row, : clips.n_frames[row]]) for span, row in places if row is not None]


def probabilities(head: Head, embeddings: npt.NDArray[np.uint8]) -> dict[str, Floats]:
    """The probability of laughter in each second, by method, float32 [seconds], of embeddings uint8 [seconds, 128]."""
    seconds = len(embeddings)
    short = head.window_scores(embeddings, window_s=SHORT_WINDOW_S, hop_s=1)
    long = head.window_scores(embeddings, window_s=LONG_WINDOW_S, hop_s=1)
    return {
        SHORT: 1 - short[:, NONE],
        LONG: 1 - scores_per_second(long, seconds, window_s=LONG_WINDOW_S, hop_s=1)[:, NONE],
        COMBINED: laughter_probability(short, long, seconds),
    }


def marked_frames(span: MarkedClip) -> npt.NDArray[np.bool_]:
    """Whether the midpoint of each frame of 1 / FRAMES_PER_S s lies in a marked stretch, bool [frames]."""
    count = round((span.end_s - span.start_s) * FRAMES_PER_S)
    middle = (np.arange(count) + 0.5) / FRAMES_PER_S
    marked = np.zeros(count, bool)
    for start, end in span.segments:
        marked |= (middle >= start) & (middle < end)
    return marked


def thresholds_of(clips: Sequence[Floats]) -> FloatArray:
    """The thresholds to try, float64, rising: every score, for heads differ in how high theirs are, and UNREACHED."""
    scores = np.unique(np.concatenate(clips).astype(np.float64))
    if len(scores) > MAX_THRESHOLDS:
        scores = np.unique(np.quantile(scores, np.linspace(0, 1, MAX_THRESHOLDS), method="nearest"))
    return np.append(scores, UNREACHED)


def count_frames(probability: Floats, marked: npt.NDArray[np.bool_], thresholds: FloatArray) -> Counts:
    """Frames of one clip by threshold: int64 [thresholds, 3], columns RIGHT, FOUND, MARKED.

    Args:
        probability: [seconds]; second k covers [k, k + 1). In frames behind the last second nothing is found.
        marked: bool [frames].
        thresholds: float64 [thresholds].
    """
    frames = np.full(len(marked), -np.inf)
    known = probability.repeat(FRAMES_PER_S)[: len(marked)]
    frames[: len(known)] = known
    found = frames >= thresholds[:, None]
    counts = [(found & marked).sum(axis=1), found.sum(axis=1), np.full(len(found), marked.sum())]
    return np.stack(counts, axis=1).astype(np.int64)


def frame_f1(counts: npt.NDArray[np.integer]) -> FloatArray:
    """F1 in [0, 1] of counts [..., 3]; NaN where no frame is marked."""
    marked, both = counts[..., MARKED], counts[..., FOUND] + counts[..., MARKED]
    return np.divide(2.0 * counts[..., RIGHT], both, out=np.full(both.shape, np.nan), where=marked > 0)


def leave_one_out(clips: Sequence[Floats], marked: Sequence[npt.NDArray[np.bool_]]) -> tuple[FloatArray, Counts]:
    """Each clip by the threshold with the best F1 over all others; of equal ones the highest.

    Args:
        clips: the probability of laughter in each second of each clip.
        marked: bool [frames] a clip.

    Returns:
        The thresholds, float64 [clips], and the counts at them, int64 [clips, 3].
    """
    thresholds = thresholds_of(clips)
    counts = np.stack([count_frames(*pair, thresholds) for pair in zip(clips, marked, strict=True)])
    others = np.nan_to_num(frame_f1(counts.sum(axis=0) - counts))
    best = others.shape[1] - 1 - others[:, ::-1].argmax(axis=1)
    return thresholds[best], counts[np.arange(len(counts)), best]


def measure_marked_clips(
    methods: Mapping[str, Sequence[Floats]], marked: Sequence[npt.NDArray[np.bool_]], *, bootstraps: int, seed: int
) -> MarkedClipMetrics:
    """Measure the methods, COMBINED among them, on at least two clips.

    Args:
        methods: by name, the probability of laughter in each second of each clip.
        marked: bool [frames] a clip, as `marked_frames` gives them.
        bootstraps: resamples of the clips for the intervals; 0 leaves the intervals out.
        seed: of the resamples.
    """
    left_out = {name: leave_one_out(clips, marked) for name, clips in methods.items()}
    once = np.ones((1, len(marked)), np.int64)  # the clips as they are
    weights = np.concatenate([once, *bootstrap_weights(len(marked), count=bootstraps, seed=seed)])
    values = {name: frame_f1(weights @ counts) for name, (_, counts) in left_out.items()}
    others = [name for name in methods if name != COMBINED]
    gains = {name: values[COMBINED] - values[name] for name in others}
    total, laughs = sum(len(clip) for clip in marked), sum(int(clip.sum()) for clip in marked)
    return MarkedClipMetrics(
        clips=len(marked),
        frames=total,
        marked_frames=laughs,
        all_found_f1=2 * laughs / (total + laughs) if laughs else None,
        f1={name: estimate(float(value[0]), value[1:]) for name, value in values.items()},
        thresholds={name: thresholds.tolist() for name, (thresholds, _) in left_out.items()},
        gains={name: estimate(float(value[0]), value[1:]) for name, value in gains.items()},
    )


def measure_head(
    head: Head, found: Sequence[tuple[MarkedClip, npt.NDArray[np.uint8]]], *, bootstraps: int, seed: int
) -> MarkedClipMetrics:
    """Measure a head on at least two marked clips, as `find_marked_clips` gives them; see `measure_marked_clips`."""
    scored = [probabilities(head, embeddings) for _, embeddings in found]
    methods = {name: [clip[name] for clip in scored] for name in (SHORT, LONG, COMBINED)}
    return measure_marked_clips(methods, [marked_frames(span) for span, _ in found], bootstraps=bootstraps, seed=seed)
