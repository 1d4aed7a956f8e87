"""Training shards into memory: as a tf.data stream for training, or whole as numpy arrays.

The stream reads Parquet by TensorFlow I/O. The shards are shuffled already, so each epoch only takes files and
batches in another order and permutes each batch: a row-level shuffle buffer would halve the rate.
"""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

import fsspec
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from models.errors import UsageError
from models.postprocess import EMBEDDING_SIZE
from models.shard_format import CLIP_BYTES, FRAMES, MANIFEST, SIDES, TARGET_BYTES, binary_values

_SHUFFLED_BATCHES = 16


class ShardsError(UsageError):
    """Shards that cannot be used; the message names the folder and says what to do."""


@dataclasses.dataclass(frozen=True, eq=False)
class ClipArrays:
    """Clips as arrays.

    Attributes:
        embedding: uint8 [clips, 10, 128], zero behind the last frame.
        n_frames: int32 [clips].
        targets: uint8 [clips, 66], bits as `shard_format.pack_targets` packs them.
        video_ids: object [clips] of str.
        starts: float64 [clips], start_time_seconds.
    """

    embedding: npt.NDArray[np.uint8]
    n_frames: npt.NDArray[np.int32]
    targets: npt.NDArray[np.uint8]
    video_ids: npt.NDArray[np.object_]
    starts: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """How many clips."""
        return len(self.n_frames)


def read_manifest(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest of the shards in `folder` (local or a URL).

    Raises:
        ShardsError: there is none, or it cannot be read.
    """
    place = f"{os.fspath(folder).rstrip('/')}/{MANIFEST}"
    try:
        with fsspec.open(place, "r", encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as error:
        raise ShardsError(
            f"{place} cannot be read ({error}); give a folder that `laughter shards` wrote to its end"
        ) from error
    return dict(document)


def shard_files(folder: str | os.PathLike[str], side: str) -> list[str]:
    """The files of one side, in order, by the manifest: whatever else lies there is not looked at.

    Raises:
        ShardsError: the side is unknown or holds no clips.
    """
    if side not in SIDES:
        raise ShardsError(f"there is no side {side!r}, only {', '.join(SIDES)}")
    root = os.fspath(folder).rstrip("/")
    files = [f"{root}/{file['file']}" for file in read_manifest(folder)["files"] if file["file"].startswith(f"{side}/")]
    if not files:
        raise ShardsError(f"the shards in {root} have no clips on the side {side}; make them with other options")
    return files


def load_clips(folder: str | os.PathLike[str], *sides: str, at_most: int | None = None) -> ClipArrays:
    """The clips of the sides, in the order of the shards; 1.4 kB of memory each.

    Args:
        folder: of the shards.
        sides: which parts.
        at_most: only the first so many; as the shards are shuffled, a random sample.

    Raises:
        ShardsError: a side holds no clips, or a file is absent or damaged.
    """
    files = [file for side in sides for file in shard_files(folder, side)]
    try:
        total = sum(_rows(file) for file in files)
        total = total if at_most is None else min(total, at_most)
        arrays = ClipArrays(
            np.empty((total, FRAMES, EMBEDDING_SIZE), np.uint8),
            np.empty(total, np.int32),
            np.empty((total, TARGET_BYTES), np.uint8),
            np.empty(total, object),
            np.empty(total, np.float64),
        )
        position = 0
        for file in files:
            if position == total:
                break
            position = _fill(arrays, file, position)
    except (OSError, ValueError) as error:
        raise ShardsError(f"a shard in {os.fspath(folder)} cannot be read ({error}); make the shards again") from error
    return arrays


def _rows(file: str) -> int:
    with fsspec.open(file, "rb") as opened:
        return int(pq.ParquetFile(opened).metadata.num_rows)


def _fill(arrays: ClipArrays, file: str, position: int) -> int:
    columns = ["embedding", "n_frames", "targets", "video_id", "start_time_seconds"]
    with fsspec.open(file, "rb") as opened:
        for batch in pq.ParquetFile(opened).iter_batches(batch_size=1 << 16, columns=columns):
            batch = batch.slice(0, len(arrays) - position)
            rows = slice(position, position + len(batch))
            arrays.embedding[rows] = binary_values(batch["embedding"]).reshape(-1, FRAMES, EMBEDDING_SIZE)
            arrays.targets[rows] = binary_values(batch["targets"])
            arrays.n_frames[rows] = batch["n_frames"].to_numpy()
            arrays.video_ids[rows] = batch["video_id"].to_numpy(zero_copy_only=False)
            arrays.starts[rows] = batch["start_time_seconds"].to_numpy()
            position += len(batch)
    return position


def stream(folder: str | os.PathLike[str], *sides: str, batch: int, seed: int | None) -> Any:
    """One epoch of the sides' clips as a tf.data.Dataset.

    Args:
        folder: of the shards.
        sides: which parts.
        batch: clips a batch; the last one may be smaller.
        seed: of this epoch's order; None for the order of the shards.

    Returns:
        Dataset of (embedding uint8 [B, 10, 128], n_frames int32 [B], targets uint8 [B, 66]).

    Raises:
        ShardsError: a side holds no clips.
    """
    import tensorflow as tf
    import tensorflow_io as tfio

    files = [file for side in sides for file in shard_files(folder, side)]
    if seed is not None:
        files = [files[number] for number in np.random.default_rng(seed).permutation(len(files))]
    columns = {
        "embedding": tf.TensorSpec([], tf.string),
        "n_frames": tf.TensorSpec([], tf.int32),
        "targets": tf.TensorSpec([], tf.string),
    }  # named one by one: the reader crashes on columns of lists

    def decoded(row: dict[str, Any]) -> tuple[Any, Any, Any]:
        count = tf.shape(row["n_frames"])[0]
        order = (
            tf.range(count)
            if seed is None
            else tf.random.experimental.stateless_shuffle(
                tf.range(count), tf.stack([seed, tf.strings.to_hash_bucket_fast(row["targets"][0], 1 << 30)])
            )
        )
        bits = tf.io.decode_raw(tf.gather(row["targets"], order), tf.uint8, fixed_length=TARGET_BYTES)
        clips = tf.io.decode_raw(tf.gather(row["embedding"], order), tf.uint8, fixed_length=CLIP_BYTES)
        return tf.reshape(clips, [-1, FRAMES, EMBEDDING_SIZE]), tf.gather(row["n_frames"], order), bits

    dataset = tf.data.Dataset.from_tensor_slices(files)
    dataset = dataset.flat_map(lambda file: tfio.IODataset.from_parquet(file, columns=columns)).batch(batch)
    if seed is not None:
        dataset = dataset.shuffle(_SHUFFLED_BATCHES, seed=seed, reshuffle_each_iteration=False)
    return dataset.map(decoded, num_parallel_calls=2).prefetch(4)
