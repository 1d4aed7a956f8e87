"""Tables of made scores, whose events are those that the pipeline finds in them."""

import dataclasses
import math

import numpy as np

from common.parquet_files import atomic_parquet
from models.constants import CLASSES, LAUGHTER_KINDS, TRACK_HZ, TRACKS
from models.events.find import Tracked, find_events
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import WINDOWS_S, WindowScores, laughter_probability
from tests.helpers.store import part_info
from tests.helpers.tables import MODELS, recording_row, write_table
from transforms.embed.recordings import Recording
from transforms.pages.report import seconds_data, thresholds_data, tracks_data
from transforms.tables.schemas import (
    EVENTS,
    RECORDINGS,
    WINDOWS,
    ModelNames,
    event_document,
    event_rows,
    table_path,
    window_rows,
)

THRESHOLDS = Thresholds(onset=0.6, offset=0.45, min_on_s=2, min_off_s=2)


def random_scores(seconds, *, seed=0, hop_s=1, steady=0.9) -> WindowScores:
    """Scores that wander, as laughter comes and goes; the steadier, the longer the laughs."""
    rng = np.random.default_rng(seed)
    windows = math.ceil(seconds / hop_s)
    by_length = {}
    wander = np.zeros(windows)
    noise = rng.standard_normal(windows)
    for number in range(1, windows):
        wander[number] = steady * wander[number - 1] + noise[number]
    for length in WINDOWS_S:
        logits = 2.2 * wander * math.sqrt(1 - steady**2) - 1.6 + 0.4 * rng.standard_normal(windows)
        kinds = rng.random((windows, 6)) * [1, 0.5, 0.9, 0.7, 0.8, 0.9]
        laughter = 1 / (1 + np.exp(-logits))
        values = np.concatenate([kinds * laughter[:, None], 1 - laughter[:, None]], axis=1)
        by_length[length] = values.astype(np.float32)
    assert by_length[1].shape == (windows, len(CLASSES))
    return WindowScores(seconds, hop_s, by_length)


TRACK_THRESHOLDS = TrackThresholds(onset=0.5, offset=0.35, peak=0.7, min_on_s=0.2, min_off_s=0.3)


def random_tracks(seconds, *, seed=0, steady=0.9):
    """Tracks that wander as scores do, uint8 [seconds, 10, 5]."""
    rng = np.random.default_rng(seed)
    slots = seconds * TRACK_HZ
    noise = rng.standard_normal((slots, len(TRACKS)))
    wander = np.zeros((slots, len(TRACKS)))
    for slot in range(1, slots):
        wander[slot] = steady * wander[slot - 1] + noise[slot]
    values = 1 / (1 + np.exp(-(3 * wander * math.sqrt(1 - steady**2) - 1.6)))
    return np.rint(255 * values).astype(np.uint8).reshape(seconds, TRACK_HZ, len(TRACKS))


def write_scored(folder, scored, thresholds=THRESHOLDS, *, tracked=None, failed=(), **changes):
    """Write the three tables of one day as `laughter detect` does.

    Args:
        folder: of the tables.
        scored: for each id (of one day), its WindowScores.
        thresholds: to find the events with.
        tracked: for some of the ids, what was tracked, uint8 [seconds, 10, 5]; thresholds are TRACK_THRESHOLDS.
        failed: ids of recordings that failed.
        changes: for each row of the recordings table.
    """
    recordings, events, hop_s = [], [], 1
    models = ModelNames(MODELS["embedder"], MODELS["head"], MODELS["bundle_version"])
    date = None
    windows = []
    for name in sorted([*scored, *failed]):
        row = recording_row(name)
        date = str(row["start_utc"].date()) if row["start_utc"] else "__HIVE_DEFAULT_PARTITION__"
        if name in failed:
            recordings.append({**row, "status": "failed", "audio_s": 0.0, "error": f"{name} is no recording; check it"})
            continue
        scores = scored[name]
        audio_s = max(0.0, scores.seconds - 0.4)
        recordings.append({**row, "duration_s": audio_s, "audio_s": audio_s, **changes})
        start = row["start_utc"].isoformat() if row["start_utc"] else None
        info = part_info(Recording(name, row["path"], 1, "", start), audio_s=audio_s)
        tracks = (tracked or {}).get(name)
        both = None if tracks is None else Tracked(tracks, TRACK_THRESHOLDS)
        events += event_rows(info, event_document(find_events(name, audio_s, scores, thresholds, both)), models)
        windows.append(window_rows(info, scores, models, tracks))
        hop_s = scores.hop_s
    write_table(folder, "recordings", date, recordings, RECORDINGS)
    with atomic_parquet(table_path(str(folder), "windows", date), WINDOWS) as writer:
        for table in windows:
            writer.write(table)
    track = dataclasses.asdict(TRACK_THRESHOLDS) if tracked else None
    document = {"thresholds": dataclasses.asdict(thresholds), "hop_s": hop_s, "track": track}
    write_table(folder, "events", date, events, EVENTS, document)


def random_cases(count, *, seed=0):
    """Scores, thresholds and audio_s of many small recordings, some of whose thresholds are scores that occur."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        hop_s = int(rng.choice([1, 1, 1, 2, 3, 12]))
        seconds = int(rng.choice([1, 7, 40, 400, 1500])) + number % 9
        scores = random_scores(seconds, seed=seed + number, hop_s=hop_s, steady=rng.choice([0.0, 0.8, 0.99]))
        probability = laughter_probability(scores.by_length[1], scores.by_length[10], seconds, hop_s=hop_s)
        levels = rng.choice(probability, 2) if number % 2 else rng.random(2) ** rng.choice([1, 4])
        offset, onset = np.sort(np.clip(levels.astype(float), 1e-6, 1 - 1e-6)).tolist()
        gaps = rng.choice([0, 1, 2, 2.5, 7], 2).tolist()
        audio_s = seconds - float(rng.choice([0, 0.4, 0.875]))
        if number % 3:
            yield scores, Thresholds(onset, offset, *gaps), audio_s, None
            continue
        tracks = random_tracks(seconds, seed=seed + number, steady=rng.choice([0.0, 0.8, 0.99]))
        if number % 9 == 0:
            tracks[:, :, 0] = 255  # one event from start to end
        peak = min(max(onset, float(rng.choice([onset, tracks[0, 0, 0] / 255, (1 + onset) / 2]))), 1 - 1e-6)
        gaps = (np.array(gaps) * rng.random(2)).tolist()
        yield scores, Thresholds(), audio_s, Tracked(tracks, TrackThresholds(onset, offset, peak, *gaps))


def as_page(scores, thresholds, audio_s, tracked=None):
    """What the page's findEvents is given, but for the decoding of base64."""
    settings = thresholds_data(tracked.thresholds if tracked else thresholds)
    tracks = tracks_data(tracked, audio_s) if tracked else None
    return {**seconds_data(scores), "audioS": audio_s, "tracks": tracks, "thresholds": settings}


def as_found(scores, thresholds, audio_s, tracked=None):
    """What the page's findEvents is to give: what the pipeline finds."""
    return [
        {
            "start": event.start_s,
            "end": event.end_s,
            "kind": LAUGHTER_KINDS.index(event.kind),
            "max": event.score_max,
            "mean": event.score_mean,
            "kinds": list(event.kinds),
            "beside": event.beside and list(event.beside),
        }
        for event in find_events("any", audio_s, scores, thresholds, tracked)
    ]


FIND_ALL = """
const floats = (text) => new Float32Array(decodeBase64(text).buffer);
const found = cases.map((one) => {
  const tracks = one.tracks === null ? null : byteRows(decodeBase64(one.tracks), 5);
  const scores = { probability: floats(one.probability), kinds: floats(one.kinds), audioS: one.audioS, tracks };
  return findEvents(scoresOf(scores), one.thresholds);
});
"""
"""JavaScript: from `cases`, a list of what as_page gives, to `found`."""
