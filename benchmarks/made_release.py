"""A release of AudioSet's shape, made on the spot: TFRecord files of SequenceExamples with random embeddings."""

from __future__ import annotations

import pathlib

import numpy as np
import tensorflow as tf

CLIPS, FILES = 2_084_320, 12_228
"""Of the real release."""

_LAUGHTER_SHARE = 0.007
_CHARACTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8)


def make_release(folder: pathlib.Path, *, clips: int = CLIPS, files: int = FILES, seed: int = 1) -> list[str]:
    """Write the files, 1 to 700 clips each, unless they are there; returns their paths.

    Values have the distribution of quantised, whitened embeddings: a bell around the middle, cut at 0 and 255.
    """
    made = folder / "complete"
    paths = [str(folder / "unbal_train" / f"{number:05d}.tfrecord") for number in range(files)]
    if not made.exists():
        (folder / "unbal_train").mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        for path, count in zip(paths, _sizes(rng, clips, files), strict=True):
            _write(path, count, rng)
        made.touch()
    return paths


def _sizes(rng: np.random.Generator, clips: int, files: int) -> list[int]:
    """Clips of each file, 1 to 700, `clips` in all."""
    shares = rng.gamma(2.0, size=files)
    sizes = np.clip(np.round(shares / shares.sum() * clips), 1, 700).astype(int)
    while (missing := clips - int(sizes.sum())) != 0:
        step = np.sign(missing)
        able = np.flatnonzero((sizes < 700) if step > 0 else (sizes > 1))
        sizes[rng.choice(able, min(abs(missing), len(able)), replace=False)] += step
    return [int(size) for size in sizes]


def _write(path: str, count: int, rng: np.random.Generator) -> None:
    values = 128 + 70 * rng.standard_normal((count, 10, 128), np.float32)
    frames = np.clip(values, 0, 255).astype(np.uint8)
    lengths = np.where(rng.random(count) < 0.95, 10, rng.integers(1, 11, count))
    names = _CHARACTERS[rng.integers(0, 64, (count, 11))]
    laughs = rng.random(count) < _LAUGHTER_SHARE
    with tf.io.TFRecordWriter(path) as writer:
        for clip in range(count):
            labels = rng.integers(30, 527, rng.integers(1, 4)).tolist() + ([16] if laughs[clip] else [])
            writer.write(record(names[clip].tobytes(), 30.0, labels, frames[clip, : lengths[clip]]))


def record(video_id: bytes, start_s: float, labels: list[int], frames: np.ndarray) -> bytes:
    """One clip as the release has it; `frames` is uint8 [n, 128]."""
    example = tf.train.SequenceExample()
    context = example.context.feature
    context["video_id"].bytes_list.value.append(video_id)
    context["start_time_seconds"].float_list.value.append(start_s)
    context["end_time_seconds"].float_list.value.append(start_s + 10)
    context["labels"].int64_list.value.extend(labels)
    listed = example.feature_lists.feature_list["audio_embedding"].feature
    for frame in frames:
        listed.add().bytes_list.value.append(frame.tobytes())
    return bytes(example.SerializeToString())
