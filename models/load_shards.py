"""Training shards into memory: as a tf.data stream for training, or whole as numpy arrays.

The stream reads Parquet by TensorFlow I/O. The shards are shuffled already, so each epoch only takes the row groups of
all files in another order and permutes each: a row-level shuffle buffer would halve the rate.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from common import storage
from common.errors import UsageError
from common.parquet_files import binary_values
from models.constants import EMBEDDING_SIZE, SIDES
from models.embedding_space import EmbeddingSpace
from models.shard_format import CLIP_BYTES, FRAMES, MANIFEST, ROW_GROUP, TARGET_BYTES


class ShardsError(UsageError):
    """Shards that cannot be used; the message names the folder and says what to do."""


@dataclasses.dataclass(frozen=True, eq=False)
class ShardClips:
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
        with storage.open_file(place, "r", encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as error:
        raise ShardsError(
            f"{place} cannot be read ({error}); give a folder that `laughter shards` wrote to its end"
        ) from error
    return dict(document)


def embedding_space_of(folder: str | os.PathLike[str]) -> EmbeddingSpace:
    """Whose embeddings the shards in `folder` (local or a URL) hold, by their manifest.

    Raises:
        ShardsError: there is no manifest, or it does not tell.
    """
    try:
        return EmbeddingSpace.from_document(read_manifest(folder).get("embedder"))
    except ShardsError:
        raise
    except ValueError as error:
        raise ShardsError(
            f"the manifest of {os.fspath(folder)} does not tell the embedder; make the shards again"
        ) from error


class ShardListed(NamedTuple):
    """A shard as the manifest lists it: where it lies, its checksum, and how many clips it holds."""

    path: str
    sha256: str
    clips: int


def shard_files(folder: str | os.PathLike[str], side: str) -> list[ShardListed]:
    """The files of one side, in order, by the manifest: whatever else lies there is not looked at.

    Raises:
        ShardsError: the side is unknown or holds no clips.
    """
    if side not in SIDES:
        raise ShardsError(f"there is no side {side!r}, only {', '.join(SIDES)}")
    root = os.fspath(folder).rstrip("/")
    listed = [file for file in read_manifest(folder)["files"] if file["file"].startswith(f"{side}/")]
    if not listed:
        raise ShardsError(f"the shards in {root} have no clips on the side {side}; make them with other options")
    return [ShardListed(f"{root}/{file['file']}", file["sha256"], file["clips"]) for file in listed]


@contextlib.contextmanager
def local_shards(folder: str, *sides: str) -> Iterator[str]:
    """A folder on local disk with the shards of `folder` (local or a URL); a copy goes when the block ends.

    TensorFlow I/O reads each file many times over, and would ask for credentials in a way of its own.

    Raises:
        ShardsError: a file is not the one that the manifest lists, or a side holds no clips.
        StorageError: the storage does not answer.
    """
    if not storage.is_remote(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="laughter-") as copy:
        storage.download_to(f"{folder.rstrip('/')}/{MANIFEST}", os.path.join(copy, MANIFEST))
        for there, here in ((file, os.path.join(copy, side)) for side in sides for file in shard_files(folder, side)):
            os.makedirs(here, exist_ok=True)
            try:
                with storage.local_copy(there.path, sha256=there.sha256) as local:
                    shutil.move(local, here)
            except (OSError, ValueError) as error:
                raise ShardsError(f"{there.path} is not the shard that the manifest lists; make them again") from error
        yield copy


def load_clips(folder: str | os.PathLike[str], *sides: str, at_most: int | None = None) -> ShardClips:
    """The clips of the sides, in the order of the shards; 1.4 kB of memory each.

    Args:
        folder: of the shards.
        sides: which parts.
        at_most: only the first so many; as the shards are shuffled, a random sample.

    Raises:
        ShardsError: a side holds no clips, or a file is absent, damaged or not the one that the manifest lists.
    """
    files = [file for side in sides for file in shard_files(folder, side)]
    total = sum(file.clips for file in files)
    total = total if at_most is None else min(total, at_most)
    arrays = ShardClips(
        np.empty((total, FRAMES, EMBEDDING_SIZE), np.uint8),
        np.empty(total, np.int32),
        np.empty((total, TARGET_BYTES), np.uint8),
        np.empty(total, object),
        np.empty(total, np.float64),
    )
    position = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as beside:
            for file in files:
                if position < total:
                    checked = beside.submit(_check, file)  # it takes less time than reading, in another thread
                    try:
                        position = _fill(arrays, file, position)
                    finally:
                        checked.result()
    except (OSError, ValueError) as error:
        raise ShardsError(f"a shard in {os.fspath(folder)} cannot be read ({error}); make the shards again") from error
    return arrays


def _check(file: ShardListed) -> None:
    """Refuse a local file that is not the one that the manifest lists; those on object storage are as they come.

    Raises:
        ShardsError: it is another, or damaged.
        OSError: it cannot be read.
    """
    if not storage.is_remote(file.path):
        state = os.stat(file.path)
        if _checksum(file.path, state.st_size, state.st_mtime_ns) != file.sha256:
            raise ShardsError(
                f"{file.path} is not the shard that the manifest lists, or damaged; make the shards again"
            )


@functools.lru_cache(maxsize=1 << 16)
def _checksum(path: str, size: int, modified_ns: int) -> str:
    """Of a file in this state, read once a process: training reads it once an epoch."""
    return storage.sha256_of(path)


def _fill(arrays: ShardClips, file: ShardListed, position: int) -> int:
    columns = ["embedding", "n_frames", "targets", "video_id", "start_time_seconds"]
    with storage.open_file(file.path) as opened:
        parquet = pq.ParquetFile(opened)
        if parquet.metadata.num_rows != file.clips:
            raise ValueError(f"{file.path} holds {parquet.metadata.num_rows} clips, not the {file.clips} it should")
        for batch in parquet.iter_batches(batch_size=1 << 16, columns=columns):
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
        ShardsError: a side holds no clips, or a file is absent, damaged or not the one that the manifest lists.
    """
    import tensorflow as tf

    files = [file for side in sides for file in shard_files(folder, side)]
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as several:
            list(several.map(_check, files))
    except OSError as error:
        raise ShardsError(f"a shard in {os.fspath(folder)} cannot be read ({error}); make the shards again") from error
    groups = [
        (file.path, file.sha256, file.clips, start) for file in files for start in range(0, file.clips, ROW_GROUP)
    ]
    order = np.arange(len(groups)) if seed is None else np.random.default_rng(seed).permutation(len(groups))
    columns = tuple(np.array(column) for column in zip(*(groups[number] for number in order), strict=True))

    def read(number: Any, path: Any, sha256: Any, clips: Any, start: Any) -> tuple[Any, Any, Any]:
        stop = tf.minimum(start + ROW_GROUP, clips)

        def column(name: str, dtype: Any) -> Any:
            return _read_column(path, sha256, name, dtype, clips=clips, start=start, stop=stop)

        embedding = tf.io.decode_raw(column("embedding", tf.string), tf.uint8, fixed_length=CLIP_BYTES)
        targets = tf.io.decode_raw(column("targets", tf.string), tf.uint8, fixed_length=TARGET_BYTES)
        rows = tf.range(stop - start)
        if seed is not None:
            # by the row group's number, not its path: shards give the same epochs wherever they lie
            rows = tf.random.experimental.stateless_shuffle(rows, tf.stack([seed, number]))
        clips_read = tf.reshape(tf.gather(embedding, rows), [-1, FRAMES, EMBEDDING_SIZE])
        return clips_read, tf.gather(column("n_frames", tf.int32), rows), tf.gather(targets, rows)

    read_groups = tf.data.Dataset.from_tensor_slices((order, *columns)).map(read, num_parallel_calls=2)
    return read_groups.rebatch(batch).prefetch(4)


def _read_column(path: Any, sha256: Any, name: str, dtype: Any, *, clips: Any, start: Any, stop: Any) -> Any:
    """Rows [start, stop) of a column, by the kernel under `tensorflow_io.IODataset.from_parquet`.

    That dataset itself takes every row of a column apart to put batches together again, which is most of its time.
    The kernel keeps each file open under the name `shared`, hence the checksum in it: shards may be made anew.
    """
    from tensorflow_io.python.ops import core_ops

    return core_ops.io_parquet_readable_read(
        input=path,
        shared=path + sha256,
        component=name,
        shape=clips[None],
        start=start,
        stop=stop,
        dtype=dtype,
        container="shards",
    )
