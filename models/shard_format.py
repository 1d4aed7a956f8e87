"""The training shards: which columns they have, and how labels and frames are packed into them.

One row is one clip of up to ten embeddings, one a second. `embedding` and `targets` are of fixed size, so that
TensorFlow I/O reads them straight into tensors; `labels` says the same as `targets` to people and to DuckDB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.constants import EMBEDDING_SIZE, FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS

FRAMES = 10
"""Embeddings of a clip at most; shorter clips are padded with zeros at the end."""

LABELS = 527
"""AudioSet's classes; labels are indices below this."""

TARGET_BYTES = (LABELS + 7) // 8
CLIP_BYTES = FRAMES * EMBEDDING_SIZE
LAUGHTER_LABELS = tuple(range(FIRST_AUDIOSET_INDEX, FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)))

LAUGHTER_BYTE = FIRST_AUDIOSET_INDEX // 8
LAUGHTER_BITS = int(np.packbits([1] * len(LAUGHTER_KINDS) + [0] * (8 - len(LAUGHTER_KINDS)))[0])
"""Which byte of the packed targets holds the six kinds (they share one), and which of its bits."""

ROW_GROUP = 4096
"""Clips of a row group of Parquet, the unit of reading."""

MANIFEST = "manifest.json"
"""Name of the file beside the shards that lists them; it is written last."""


SCHEMA = pa.schema(
    [
        pa.field("video_id", pa.string(), nullable=False),
        pa.field("start_time_seconds", pa.float64(), nullable=False),
        pa.field("end_time_seconds", pa.float64(), nullable=False),
        pa.field("labels", pa.list_(pa.field("element", pa.int16(), nullable=False)), nullable=False),
        pa.field("n_frames", pa.int32(), nullable=False),
        pa.field("embedding", pa.binary(CLIP_BYTES), nullable=False),
        pa.field("targets", pa.binary(TARGET_BYTES), nullable=False),
    ]
)


def pack_targets(labels: npt.NDArray[np.integer[Any]], splits: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint8]:
    """Labels as bits.

    Args:
        labels: int [total], each in [0, LABELS): the labels of all clips, one clip after the other.
        splits: int [clips + 1]; clip i has labels[splits[i] : splits[i + 1]].

    Returns:
        uint8 [clips, TARGET_BYTES]; label number k is bit 7 - k % 8 of byte k // 8, as numpy.packbits packs.
    """
    bits = np.zeros((len(splits) - 1, LABELS), bool)
    bits[np.repeat(np.arange(len(splits) - 1), np.diff(splits)), labels] = True
    return np.packbits(bits, axis=1)


def unpack_targets(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The bits of `pack_targets`, uint8 [clips, LABELS] of 0 and 1."""
    return np.unpackbits(packed, axis=1, count=LABELS)


def class_targets(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What the head learns, uint8 [clips, 7] of 0 and 1: the six kinds, then none of them."""
    kinds = np.unpackbits(packed[:, LAUGHTER_BYTE : LAUGHTER_BYTE + 1], axis=1)[:, : len(LAUGHTER_KINDS)]
    return np.concatenate([kinds, 1 - kinds.max(axis=1, keepdims=True)], axis=1)
