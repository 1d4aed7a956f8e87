"""Clips on their way to the shards: Arrow record batches, with each clip's place among all and its side.

Place and side come from hashes of what names the clip, so that they depend neither on the order of files nor on
who read them: sorting by place is the global shuffle, and a clip never changes sides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from common.parquet_files import binary_column
from models.constants import SIDES
from models.shard_format import SCHEMA, class_targets, pack_targets
from transforms.shards.issues import InputIssues

CLIP_SCHEMA = pa.schema(
    [
        *(field for field in SCHEMA if field.name != "targets"),
        pa.field("place", pa.int64(), nullable=False),
        pa.field("side", pa.int8(), nullable=False),
    ]
)
"""The columns of a shard but for the targets, which the labels tell; the place in the shuffle; the side in SIDES."""

_PLACES = 2**62
_GRAIN = 1_000_000


@dataclasses.dataclass(frozen=True)
class ShuffleSettings:
    """How clips are spread.

    Attributes:
        seed: another seed, another order.
        held_out: share of the clips, in [0, 1), that goes to the side held_out. By video_id alone: the clips of one
            recording stay together, and a larger share holds all that a smaller one holds.
    """

    seed: int = 0
    held_out: float = 0.1


@dataclasses.dataclass(frozen=True)
class ParsedClips:
    """Clips as arrays.

    Attributes:
        ids: object [n] of bytes, UTF-8.
        starts, ends: float64 [n], seconds.
        labels, label_splits: int [total] and [n + 1]: clip i has labels[label_splits[i] : label_splits[i + 1]].
        n_frames: int [n], 1 to 10.
        embedding: uint8 [n, 10, 128], zero behind the last frame.
    """

    ids: npt.NDArray[np.object_]
    starts: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    labels: npt.NDArray[np.integer[Any]]
    label_splits: npt.NDArray[np.integer[Any]]
    n_frames: npt.NDArray[np.integer[Any]]
    embedding: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """How many they are."""
        return len(self.ids)


def to_batch(clips: ParsedClips, shuffling: ShuffleSettings, *, evaluation: bool = False) -> pa.RecordBatch:
    """The clips as one record batch of CLIP_SCHEMA; `evaluation` puts them all on the side eval."""
    places = clip_hash(clips.ids, clips.starts, seed=shuffling.seed, buckets=_PLACES)
    held_out = tf.strings.to_hash_bucket_fast(clips.ids, _GRAIN).numpy() < round(shuffling.held_out * _GRAIN)
    sides = np.full(len(clips), SIDES.index("eval")) if evaluation else held_out
    labels = pa.ListArray.from_arrays(
        pa.array(clips.label_splits, pa.int32()), pa.array(clips.labels, pa.int16()), type=SCHEMA.field("labels").type
    )
    columns = [
        pa.array(clips.ids, pa.string()),
        pa.array(clips.starts, pa.float64()),
        pa.array(clips.ends, pa.float64()),
        labels,
        pa.array(clips.n_frames, pa.int32()),
        binary_column(clips.embedding.reshape(len(clips), -1)),
        pa.array(places),
        pa.array(sides.astype(np.int8)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CLIP_SCHEMA)


def with_targets(clips: pa.Table) -> pa.Table:
    """The clips with the column `targets`, by their labels."""
    labels = clips["labels"].combine_chunks()
    packed = pack_targets(labels.flatten().to_numpy(), labels.offsets.to_numpy() - labels.offsets[0].as_py())
    return clips.append_column(SCHEMA.field("targets"), binary_column(packed))


def count_laughter(clips: ParsedClips, issues: InputIssues) -> None:
    """Count clips with and without laughter, by which the sampling of those without is set."""
    without = int(class_targets(pack_targets(clips.labels, clips.label_splits))[:, -1].sum())
    issues.count("clips_with_laughter", len(clips) - without)
    issues.count("clips_without_laughter", without)


def clip_hash(
    ids: npt.NDArray[np.object_], starts: npt.NDArray[np.float64], *, seed: int, buckets: int, purpose: int = 0
) -> npt.NDArray[np.int64]:
    """A number in [0, buckets) for each clip, int64 [n], from its name and start alone (SipHash).

    Args:
        ids: object [n] of bytes.
        starts: float64 [n], seconds.
        seed: of the job.
        buckets: how many numbers.
        purpose: numbers drawn for different ends are independent.
    """
    names = tf.strings.join([ids, tf.strings.as_string(starts)], separator="|")
    return np.asarray(tf.strings.to_hash_bucket_strong(names, buckets, key=[seed, purpose]).numpy())


def split_by_shard(batch: pa.RecordBatch, shards: int) -> Iterator[tuple[int, bytes]]:
    """The clips of each shard, as (shard, an Arrow IPC message)."""
    shard = np.asarray(batch["place"]) % shards
    order = np.argsort(shard, kind="stable")
    ordered = batch.take(pa.array(order))
    edges = np.searchsorted(shard[order], np.arange(shards + 1))
    for number, (begin, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        if begin < end:
            yield number, to_bytes(ordered.slice(begin, end - begin))


def to_bytes(batch: pa.RecordBatch) -> bytes:
    """A record batch of CLIP_SCHEMA as an Arrow IPC message."""
    return batch.serialize().to_pybytes()


def from_bytes(data: bytes) -> pa.RecordBatch:
    """What `to_bytes` was given."""
    return pa.ipc.read_record_batch(pa.py_buffer(data), CLIP_SCHEMA)
