"""Shards of made clips: every kind of laughter raises bytes of its own, so that simple models can tell them apart."""

import hashlib
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from common.parquet_files import binary_column
from models.constants import CLASSES, LAUGHTER_KINDS, SIDES
from models.load_shards import ShardClips
from models.shard_format import LAUGHTER_LABELS, MANIFEST, SCHEMA, class_targets, pack_targets

MUSIC = 137


def made_clips(count: int, *, seed: int = 0, laugh_every: int = 4, kinds: int = len(LAUGHTER_KINDS)) -> ShardClips:
    """Clips of 1 to 10 frames; each `laugh_every`-th has one of the first `kinds` kinds, in turn."""
    rng = np.random.default_rng(seed)
    n_frames = rng.integers(1, 11, count, dtype=np.int32)
    embedding = rng.integers(60, 120, (count, 10, 128), dtype=np.uint8)
    labels = np.full(count, MUSIC)
    for number, clip in enumerate(range(0, count, laugh_every)):
        kind = number % kinds
        labels[clip] = LAUGHTER_LABELS[kind]
        embedding[clip, :, 20 * kind : 20 * kind + 20] += 60
    embedding[np.arange(10) >= n_frames[:, None]] = 0
    ids = np.array([f"clip{seed}_{number:05d}" for number in range(count)], object)
    return ShardClips(embedding, n_frames, pack_targets(labels, np.arange(count + 1)), ids, np.zeros(count))


def write(folder: pathlib.Path, sides: dict[str, ShardClips], **embedder: str) -> pathlib.Path:
    """Write a file a side, and the manifest; `embedder` is added to what it says of the embedder."""
    files = []
    for side, clips in sides.items():
        place = folder / side / "shard-00000-of-00001.parquet"
        (folder / side).mkdir(parents=True, exist_ok=True)
        columns = [
            pa.array(clips.video_ids, pa.string()),
            pa.array(clips.starts),
            pa.array(clips.starts + 10),
            pa.array([[]] * len(clips), SCHEMA.field("labels").type),
            pa.array(clips.n_frames),
            binary_column(clips.embedding.reshape(len(clips), -1)),
            binary_column(clips.targets),
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), place)
        checksum = hashlib.sha256(place.read_bytes()).hexdigest()
        files.append({"file": f"{side}/{place.name}", "clips": len(clips), "sha256": checksum})
    totals = {side: _totals(sides[side].targets) if side in sides else {"clips": 0, "classes": {}} for side in SIDES}
    document = {"files": files, "sides": totals, "embedder": {"embedder": "vggish", "space": "", **embedder}}
    (folder / MANIFEST).write_text(json.dumps(document))
    return folder


def _totals(targets: np.ndarray) -> dict[str, object]:
    """What the manifest says of a side."""
    counts = class_targets(targets).sum(axis=0, dtype=int).tolist()
    return {"clips": len(targets), "classes": dict(zip(CLASSES, counts, strict=True))}
