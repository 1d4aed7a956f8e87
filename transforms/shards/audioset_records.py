"""One batch of AudioSet's records: parsed by TensorFlow, checked, and turned into clips, or mended one by one."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from common.text import display_text
from models.constants import EMBEDDING_SIZE
from models.shard_format import FRAMES, LABELS
from transforms.shards.clips import ParsedClips
from transforms.shards.issues import InputIssues

_CONTEXT = {
    "video_id": tf.io.RaggedFeature(tf.string),
    "start_time_seconds": tf.io.RaggedFeature(tf.float32),
    "end_time_seconds": tf.io.RaggedFeature(tf.float32),
    "labels": tf.io.RaggedFeature(tf.int64),
}
_SEQUENCE = {"audio_embedding": tf.io.RaggedFeature(tf.string)}


class Parsed(NamedTuple):
    """A batch of records as TensorFlow parsed it, ragged columns as values and row splits.

    `frames` uint8 [values, 128] are cut or padded to 128 bytes; `frame_bytes` [values] tells their true length.
    `value_splits` [frames + 1] tells the values of each frame (one, where all is well), `frame_splits` [clips + 1] the
    frames of each clip.
    """

    ids: Any
    id_splits: Any
    starts: Any
    start_splits: Any
    ends: Any
    end_splits: Any
    labels: Any
    label_splits: Any
    frames: Any
    frame_bytes: Any
    value_splits: Any
    frame_splits: Any

    @property
    def clips(self) -> int:
        """How many clips."""
        return len(self.frame_splits) - 1


@functools.cache
def _traced_parse() -> Any:
    """`parse` as one TensorFlow function: tracing it anew for each group would cost more than reading the group."""
    return tf.function(parse, input_signature=[tf.TensorSpec([None], tf.string)]).get_concrete_function()


def parse(serialized: Any) -> Parsed:
    """Parse a batch of serialized SequenceExamples, in a graph or eagerly.

    Args:
        serialized: string tensor [n].

    Raises:
        tf.errors.InvalidArgumentError: one of them is no SequenceExample, or has a field of another type.
    """
    context, sequence, _ = tf.io.parse_sequence_example(serialized, _CONTEXT, _SEQUENCE)
    frames = sequence["audio_embedding"]
    columns = [part for name in _CONTEXT for part in (context[name].values, context[name].row_splits)]
    bytes_each = tf.strings.length(frames.flat_values)
    values = tf.io.decode_raw(frames.flat_values, tf.uint8, fixed_length=EMBEDDING_SIZE)
    return Parsed._make([*columns, values, bytes_each, frames.values.row_splits, frames.row_splits])


def is_valid(parsed: Parsed) -> bool:
    """Whether every clip has its fields, and up to ten frames of 128 bytes."""
    lengths = np.diff(parsed.frame_splits)
    return bool(
        np.all(np.diff(parsed.id_splits) == 1)
        and np.all(np.diff(parsed.start_splits) == 1)
        and np.all(np.diff(parsed.end_splits) == 1)
        and np.all(np.diff(parsed.label_splits) > 0)
        and np.all(np.diff(parsed.value_splits) == 1)
        and np.all(parsed.frame_bytes == EMBEDDING_SIZE)
        and np.all((lengths > 0) & (lengths <= FRAMES))
        and np.all((parsed.labels >= 0) & (parsed.labels < LABELS))
        and np.all(tf.strings.length(parsed.ids) > 0)
        and _are_utf8(parsed.ids)
    )


def _are_utf8(texts: npt.NDArray[np.object_]) -> bool:
    try:
        pa.array(texts, pa.string()).validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return False
    return True


def valid_clips(parsed: Parsed) -> ParsedClips:
    """The clips of a batch of which `is_valid` holds."""
    lengths = np.diff(parsed.frame_splits)
    embedding = np.zeros((parsed.clips, FRAMES, EMBEDDING_SIZE), np.uint8)
    embedding[np.arange(FRAMES) < lengths[:, None]] = parsed.frames
    starts, ends = (values.astype(np.float64) for values in (parsed.starts, parsed.ends))
    return ParsedClips(parsed.ids, starts, ends, parsed.labels, parsed.label_splits, lengths, embedding)


def repair_clip(parsed: Parsed, path: str, issues: InputIssues) -> ParsedClips | None:
    """The clip of a batch of one record, as far as it can be used; None where not, with the reason in `issues`."""
    named = display_text(parsed.ids[0]) if len(parsed.ids) == 1 else ""
    where = f"{display_text(path)}, clip {named or 'without video_id'}"
    lengths = np.diff(parsed.value_splits)
    reasons = {
        "clips_without_id": not named or not _are_utf8(parsed.ids),
        "clips_without_times": len(parsed.starts) != 1 or len(parsed.ends) != 1,
        "clips_without_labels": not len(parsed.labels),
        "clips_without_frames": not len(lengths),
        "clips_of_bad_frames": bool(np.any(lengths != 1) or np.any(parsed.frame_bytes != EMBEDDING_SIZE)),
    }
    for name, applies in reasons.items():
        if applies:
            issues.add(name, where)
            return None
    if len(lengths) > FRAMES:
        issues.add("clips_cut", f"{where}, {len(lengths)} frames")
    known = parsed.labels[(parsed.labels >= 0) & (parsed.labels < LABELS)]
    if len(known) < len(parsed.labels):
        issues.add("unknown_labels", f"{where}, labels {', '.join(map(str, parsed.labels))}")
    kept = min(FRAMES, len(lengths))
    return valid_clips(
        parsed._replace(
            labels=known,
            label_splits=np.array([0, len(known)]),
            frames=parsed.frames[:kept],
            frame_splits=np.array([0, kept]),
        )
    )


def parse_batch(serialized: Any) -> Parsed:
    """Parse a string tensor [n] of serialized SequenceExamples to numpy arrays.

    Raises:
        tf.errors.InvalidArgumentError: one of them is no SequenceExample, or has a field of another type.
    """
    return Parsed._make(column.numpy() for column in _traced_parse()(serialized))
