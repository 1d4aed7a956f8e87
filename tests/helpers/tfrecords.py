"""TFRecord files of clips as AudioSet released them, made for tests, whole and broken."""

import gzip
import pathlib

import numpy as np
import tensorflow as tf


def clip(
    video_id: str | bytes | None = "abc",
    *,
    frames: int | list[bytes] = 10,
    labels: list[int] | None = None,
    start_s: float | None = 30.0,
    seed: int = 0,
) -> bytes:
    """One serialized SequenceExample; a field given as None is left out, `labels` of None is [0]."""
    example = tf.train.SequenceExample()
    context = example.context.feature
    if video_id is not None:
        context["video_id"].bytes_list.value.append(video_id if isinstance(video_id, bytes) else video_id.encode())
    if start_s is not None:
        context["start_time_seconds"].float_list.value.append(start_s)
        context["end_time_seconds"].float_list.value.append(start_s + 10)
    if labels is None:
        labels = [0]
    if labels:
        context["labels"].int64_list.value.extend(labels)
    listed = example.feature_lists.feature_list["audio_embedding"].feature
    if isinstance(frames, int):
        frames = [row.tobytes() for row in made_frames(video_id, frames, seed)]
    for frame in frames:
        listed.add().bytes_list.value.append(frame)
    return example.SerializeToString()


def made_frames(video_id: object, count: int, seed: int = 0) -> np.ndarray:
    """The frames that `clip` puts under that name, uint8 [count, 128]."""
    rng = np.random.default_rng([seed, *str(video_id).encode()])
    return rng.integers(0, 256, (count, 128)).astype(np.uint8)


def write(path: pathlib.Path, records: list[bytes], *, gzipped: bool = False) -> pathlib.Path:
    """Write the records to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    if gzipped:
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    return path


def make_split(folder: pathlib.Path, *, clips: int, files: int, seed: int = 0, laugh_every: int = 5) -> list[str]:
    """Files of clips named by `seed` and number, every so many with a kind of laughter; returns the names."""
    names = [f"{seed}-{number:05d}" for number in range(clips)]
    for file in range(files):
        records = [
            clip(name, labels=[16 + number % 6] if number % laugh_every == 0 else [100], frames=1 + number % 10)
            for number, name in enumerate(names)
            if number % files == file
        ]
        write(folder / f"{'-' if file == 0 else ''}{file:02d}.tfrecord", records)
    return names
