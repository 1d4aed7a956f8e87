"""Tables of a made archive, as large as wanted: recordings and events by day, streamed, no windows."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import numpy as np
import pyarrow as pa

from common.atomic_files import write_text
from common.parquet_files import atomic_parquet
from models.constants import BESIDE, LAUGHTER_KINDS
from transforms.tables.schemas import EVENTS, RECORDINGS, table_path

EVENTS_PER_RECORDING = 25
RECORDINGS_PER_DAY = 200
NETWORKS = ("BBC", "CNN", "FOX", "KABC", "MSNBC", "NRK", "RTP", "ZDF")
SHOWS = 12
"""Of each network; the last one has no laughter."""

FAILED = 0.01
"""Share of the recordings."""

FIRST_DAY = dt.date(2012, 1, 1)
MODELS = {"embedder": "made", "head": "made", "bundle_version": "made 1"}


def make_tables(folder: pathlib.Path | str, *, events: int, seed: int = 0) -> None:
    """Write about `events` events of one-hour recordings under `folder`, a day at a time; kept where it is done."""
    folder = pathlib.Path(folder)
    days = max(1, round(events / EVENTS_PER_RECORDING / RECORDINGS_PER_DAY))
    note = json.dumps({"days": days, "seed": seed})
    done = folder / "made.json"
    if done.is_file() and done.read_text(encoding="utf-8") == note:
        return
    for number in range(days):
        write_day(folder, FIRST_DAY + dt.timedelta(days=number), np.random.default_rng((seed, number)))
    write_text(str(done), note)


def write_day(folder: pathlib.Path, date: dt.date, rng: np.random.Generator) -> None:
    """Write the recordings and events of one day."""
    starts = np.sort(rng.choice(24 * 60, RECORDINGS_PER_DAY, replace=True))
    networks, shows = rng.integers(len(NETWORKS), size=len(starts)), rng.integers(SHOWS, size=len(starts))
    midnight = np.datetime64(date, "us")
    begins = midnight + starts.astype("timedelta64[m]")
    names = sorted(
        f"{str(begin)[:10]}_{str(begin)[11:13]}{str(begin)[14:16]}_US_{NETWORKS[network]}_Show_{show}_{number}"
        for number, (begin, network, show) in enumerate(zip(begins, networks, shows, strict=True))
    )
    failed = rng.random(len(names)) < FAILED
    recordings = _recordings(names, failed)
    quiet = np.array([f"_Show_{SHOWS - 1}_" in name for name in names]) | failed
    mean = EVENTS_PER_RECORDING * SHOWS / (SHOWS - 1) / (1 - FAILED)
    counts = np.where(quiet, 0, rng.poisson(mean, len(names)))
    for table, rows, schema in (
        ("events", _events(names, recordings["start_utc"].to_numpy(), counts, rng), EVENTS),
        ("recordings", recordings, RECORDINGS),
    ):
        with atomic_parquet(table_path(str(folder), table, date.isoformat()), schema) as writer:
            writer.write(rows)


def _recordings(names: list[str], failed: np.ndarray) -> pa.Table:
    parts = [name.split("_") for name in names]
    starts = np.array([f"{part[0]}T{part[1][:2]}:{part[1][2:]}" for part in parts], "datetime64[us]")
    rows = len(names)
    columns: dict[str, object] = {
        "recording_id": names,
        "path": [f"/archive/{name}.mp4" for name in names],
        "file_name": [f"{name}.mp4" for name in names],
        "size_bytes": np.full(rows, 300_000_000),
        "modified": starts,
        "duration_s": np.full(rows, 3600.0),
        "audio_s": np.where(failed, 0.0, 3600.0),
        "silence_filled_s": np.zeros(rows),
        "peak_dbfs": np.full(rows, -1.0),
        "mean_dbfs": np.full(rows, -22.0),
        "start_utc": starts,
        "country": ["US"] * rows,
        "network": [part[3] for part in parts],
        "title": [f"Show {part[5]}" for part in parts],
        "codec": ["aac"] * rows,
        "sample_rate_hz": np.full(rows, 48_000),
        "channels": np.full(rows, 2),
        "status": np.where(failed, "failed", "done").tolist(),
        "stage": pa.array(["decode" if bad else None for bad in failed], pa.string()),
        "error": pa.array(["it holds no sound" if bad else None for bad in failed], pa.string()),
        **{name: [value] * rows for name, value in MODELS.items()},
        "seconds_per_second": np.where(failed, 0.0, 1.0),
    }
    return _table(columns, RECORDINGS)


def _events(names: list[str], begins: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> pa.Table:
    owner = np.repeat(np.arange(len(names)), counts)
    total = len(owner)
    order = np.lexsort((starts := rng.integers(0, 3590, total), owner))
    starts = starts[order].astype(float)
    ends = starts + rng.geometric(0.3, total)
    began = np.asarray(begins, "datetime64[us]")[owner]
    kinds = rng.choice(len(LAUGHTER_KINDS), total, p=(0.6, 0.05, 0.1, 0.05, 0.1, 0.1))
    highest = rng.random(total).astype(np.float32)
    columns: dict[str, object] = {
        "event_id": [f"{number:032x}" for number in rng.integers(1 << 62, size=total).tolist()],
        "recording_id": pa.array(names).take(pa.array(owner)),
        "start_s": starts,
        "end_s": ends,
        "start_utc": began + (starts * 1e6).astype("timedelta64[us]"),
        "end_utc": began + (ends * 1e6).astype("timedelta64[us]"),
        "kind": pa.array(LAUGHTER_KINDS).take(pa.array(kinds)),
        "score_max": highest,
        "score_mean": highest / 2,
        **{kind: rng.random(total).astype(np.float32) for kind in (*LAUGHTER_KINDS, *BESIDE)},
        **{name: pa.repeat(value, total) for name, value in MODELS.items()},
    }
    return _table(columns, EVENTS)


def _table(columns: dict[str, object], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array(columns[field.name]).cast(field.type) for field in schema], schema=schema)
