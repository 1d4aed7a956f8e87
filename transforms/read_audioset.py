"""AudioSet's released embeddings: TFRecord files of SequenceExamples to clips.

Sound files are read in groups, parsed by TensorFlow a thousand clips at a time. Where anything is amiss in a group, the
rest of it is read file by file, so that the trouble can be named and what is good kept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
import fsspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from models.postprocess import EMBEDDING_SIZE
from models.shard_format import FRAMES, LABELS
from transforms.clips import Clips, Placing, count_laughter, split_by_shard, to_batch
from transforms.findings import Findings
from transforms.match_files import match
from transforms.printable import printable

SPLITS = ("bal_train", "eval", "unbal_train")
"""AudioSet's splits, each a folder of the release."""

_CLIPS_PARSED_AT_ONCE = 1024
_CLIPS_A_BATCH = 16_384
_GROUPS = 64
_CONTEXT = {
    "video_id": tf.io.RaggedFeature(tf.string),
    "start_time_seconds": tf.io.RaggedFeature(tf.float32),
    "end_time_seconds": tf.io.RaggedFeature(tf.float32),
    "labels": tf.io.RaggedFeature(tf.int64),
}
_SEQUENCE = {"audio_embedding": tf.io.RaggedFeature(tf.string)}


@dataclasses.dataclass(frozen=True)
class ClipFile:
    """A file of clips: its path or URL, its size in bytes (-1 where unknown), and whether it is of AudioSet's eval."""

    path: str
    size_bytes: int
    evaluation: bool


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


def find_files(item: str, *, splits: Sequence[str] = ()) -> Iterator[ClipFile]:
    """The files of one input: a file, folder, glob, URL, pattern there, or `.txt` list of these.

    Args:
        item: the input.
        splits: where given, only files below a folder of one of these names.

    Raises:
        NothingFound: the input matches no file.
    """
    for path, size, _ in match(item, extensions=(".tfrecord", ".gz"), what="TFRecord file"):
        folders = path.split("/")[:-1]
        if not splits or set(splits) & set(folders):
            yield ClipFile(path, size, evaluation="eval" in folders)


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


def is_sound(parsed: Parsed) -> bool:
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


def sound_clips(parsed: Parsed) -> Clips:
    """The clips of a batch of which `is_sound` holds."""
    lengths = np.diff(parsed.frame_splits)
    embedding = np.zeros((parsed.clips, FRAMES, EMBEDDING_SIZE), np.uint8)
    embedding[np.arange(FRAMES) < lengths[:, None]] = parsed.frames
    starts, ends = (values.astype(np.float64) for values in (parsed.starts, parsed.ends))
    return Clips(parsed.ids, starts, ends, parsed.labels, parsed.label_splits, lengths, embedding)


def mend(parsed: Parsed, path: str, findings: Findings) -> Clips | None:
    """The clip of a batch of one record, as far as it can be used; None where not, with the reason in `findings`."""
    named = printable(parsed.ids[0]) if len(parsed.ids) == 1 else ""
    where = f"{printable(path)}, clip {named or 'without video_id'}"
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
            findings.trouble(name, where)
            return None
    if len(lengths) > FRAMES:
        findings.trouble("clips_cut", f"{where}, {len(lengths)} frames")
    known = parsed.labels[(parsed.labels >= 0) & (parsed.labels < LABELS)]
    if len(known) < len(parsed.labels):
        findings.trouble("unknown_labels", f"{where}, labels {', '.join(map(str, parsed.labels))}")
    kept = min(FRAMES, len(lengths))
    return sound_clips(
        parsed._replace(
            labels=known,
            label_splits=np.array([0, len(known)]),
            frames=parsed.frames[:kept],
            frame_splits=np.array([0, kept]),
        )
    )


def read_clips(files: Sequence[tuple[str, str]], findings: Findings) -> Iterator[Clips]:
    """The clips of `files`, each a (path for messages, path on local disk), in order, some thousand at a time.

    Troubles are counted in `findings`, and what is good is kept.
    """
    readable = [(path, local, kind) for path, local in files if (kind := _kind(path, local, findings)) is not None]
    done = 0
    with contextlib.suppress(tf.errors.OpError):
        for parsed in _parsed_quickly(readable):
            if not is_sound(parsed):
                break
            done += parsed.clips
            findings.count("clips_read", parsed.clips)
            yield sound_clips(parsed)
        else:
            return
    yield from _read_carefully(readable, findings, skip=done)


def _kind(path: str, local: str, findings: Findings) -> str | None:
    """How a file is compressed, "" or "GZIP"; None where there is nothing to read."""
    findings.count("files")
    try:
        with open(local, "rb") as file:
            start = file.read(2)
    except OSError as error:
        findings.trouble("unreadable_files", f"{printable(path)}: {error.strerror}")
        return None
    if not start:
        findings.trouble("empty_files", printable(path))
        return None
    if start == b"\x1f\x8b":  # as the length of a record this would be far beyond any clip
        findings.count("gzip_files")
        return "GZIP"
    return ""


def _parsed_quickly(files: Sequence[tuple[str, str, str]]) -> Iterator[Parsed]:
    """Batches of all files together, read in TensorFlow's own threads while the caller works on the last one."""
    for kind, run in itertools.groupby(files, key=lambda file: file[2]):
        records = tf.data.TFRecordDataset([local for _, local, _ in run], compression_type=kind)
        for batch in records.batch(_CLIPS_PARSED_AT_ONCE).prefetch(2):
            yield _parse_batch(batch)


def _parse_batch(serialized: Any) -> Parsed:
    return Parsed._make(column.numpy() for column in _traced_parse()(serialized))


def _read_carefully(files: Sequence[tuple[str, str, str]], findings: Findings, *, skip: int) -> Iterator[Clips]:
    """What `read_clips` gives after its first `skip` clips, file by file."""
    for path, local, kind in files:
        records = _records(path, local, kind, findings)
        skip -= sum(1 for _ in itertools.islice(records, skip))
        while some := list(itertools.islice(records, _CLIPS_PARSED_AT_ONCE)):
            findings.count("clips_read", len(some))
            parsed = _parsed(some)
            if parsed is not None and is_sound(parsed):
                yield sound_clips(parsed)
            else:
                yield from (clips for record in some if (clips := _one_clip(record, path, findings)) is not None)


def _parsed(records: Sequence[bytes]) -> Parsed | None:
    """The records, parsed; None where one of them is no clip."""
    try:
        return _parse_batch(tf.constant(records))
    except tf.errors.InvalidArgumentError:
        return None


def _one_clip(record: bytes, path: str, findings: Findings) -> Clips | None:
    parsed = _parsed([record])
    if parsed is None:
        findings.trouble("unreadable_clips", f"{printable(path)}: a record that is no SequenceExample of a clip")
        return None
    return sound_clips(parsed) if is_sound(parsed) else mend(parsed, path, findings)


def _records(path: str, local: str, kind: str, findings: Findings) -> Iterator[bytes]:
    """The records of a file up to its end, or to where it is damaged."""
    records = iter(tf.data.TFRecordDataset(local, compression_type=kind).as_numpy_iterator())
    while True:
        try:
            yield next(records)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            name = "truncated_files" if "truncated" in error.message else "damaged_files"
            findings.trouble(name, f"{printable(path)}: {printable(error.message.split('[[')[0].strip(), longest=120)}")
            return


@contextlib.contextmanager
def local_copies(files: Sequence[ClipFile]) -> Iterator[list[tuple[str, str]]]:
    """Each file's path and a local path to read; remote files are fetched together, and removed afterwards.

    One that cannot be fetched gets the local path of a file that does not exist.
    """
    remote = [file.path for file in files if "://" in file.path]
    with tempfile.TemporaryDirectory(prefix="laughter-") if remote else contextlib.nullcontext("") as folder:
        copies = {path: os.path.join(folder, f"{number}.tfrecord") for number, path in enumerate(remote)}
        if copies:
            filesystem, _ = fsspec.core.url_to_fs(remote[0])
            places = [filesystem._strip_protocol(path) for path in remote]
            filesystem.get(places, list(copies.values()), on_error="ignore")
        yield [(file.path, copies.get(file.path, file.path)) for file in files]


class _ReadGroup(beam.DoFn):
    """A group of files to (shard, record batch), and what was met in them to the output `findings`."""

    def __init__(self, placing: Placing, shards: int, strict: bool) -> None:
        self._placing, self._shards, self._strict = placing, shards, strict

    def process(self, keyed: tuple[tuple[bool, int], Iterable[ClipFile]]) -> Iterator[Any]:
        (evaluation, _), group = keyed
        files = sorted(set(group), key=lambda file: file.path)
        findings = Findings(strict=self._strict)
        with local_copies(files) as local:
            pending: list[pa.RecordBatch] = []
            for clips in read_clips(local, findings):
                pending.append(to_batch(clips, self._placing, evaluation=evaluation))
                if not evaluation:
                    count_laughter(clips, findings)
                if sum(map(len, pending)) >= _CLIPS_A_BATCH:
                    yield from self._split(pending)
            yield from self._split(pending)
        yield beam.pvalue.TaggedOutput("findings", findings)

    def _split(self, pending: list[pa.RecordBatch]) -> Iterator[tuple[int, bytes]]:
        if pending:
            joined = pa.concat_batches(pending)
            pending.clear()
            yield from split_by_shard(joined, self._shards)


@dataclasses.dataclass(eq=False)
class ReadAudioSet(beam.PTransform):
    """Inputs (paths, patterns) to keyed record batches, output `clips`, and what was met, output `findings`.

    Attributes:
        placing: order and sides.
        shards: how many.
        splits: only these of AudioSet's splits; all where empty.
        strict: fail at the first trouble.
    """

    placing: Placing
    shards: int
    splits: tuple[str, ...] = ()
    strict: bool = False

    def expand(self, inputs: beam.PCollection[str]) -> Any:
        """Find the files, group them, read each group."""
        return (
            inputs
            | "FindFiles" >> beam.FlatMap(find_files, splits=self.splits)
            | "KeyByGroup" >> beam.Map(_with_group).with_output_types(tuple[tuple[bool, int], ClipFile])
            | "GroupFiles" >> beam.GroupByKey()
            | "ReadGroup"
            >> beam.ParDo(_ReadGroup(self.placing, self.shards, self.strict)).with_outputs("findings", main="clips")
        )


def _with_group(file: ClipFile) -> tuple[tuple[bool, int], ClipFile]:
    return (file.evaluation, zlib.crc32(os.fsencode(file.path)) % _GROUPS), file
