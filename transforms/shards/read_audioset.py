"""AudioSet's released embeddings: TFRecord files of SequenceExamples to clips.

Sound files are read in groups, parsed by TensorFlow a thousand clips at a time. Where anything is amiss in a group, the
rest of it is read file by file, so that the trouble can be named and what is good kept.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import dataclasses
import itertools
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf

from common import storage
from common.text import display_text
from transforms.embed.inputs import expand_input
from transforms.embed.walk import Findings
from transforms.shards.audioset_records import Parsed, is_valid, parse_batch, repair_clip, valid_clips
from transforms.shards.clips import ParsedClips, ShuffleSettings, count_laughter, split_by_shard, to_batch
from transforms.shards.issues import InputIssues

_CLIPS_PARSED_AT_ONCE = 1024
_CLIPS_PER_BATCH = 16_384
_GROUPS = 64
_FETCHED_AT_ONCE = 16


@dataclasses.dataclass(frozen=True)
class ClipFile:
    """A file of clips: its path or URL, its size in bytes (-1 where unknown), and whether it is of AudioSet's eval.

    One that is `unlisted` stands for a folder that may not be listed, whatever it holds.
    """

    path: str
    size_bytes: int
    evaluation: bool
    unlisted: bool = False


def find_files(item: str, *, splits: Sequence[str] = ()) -> Iterator[ClipFile]:
    """The files of one input: a file, folder, glob, URL, pattern there, or `.txt` list of these.

    Args:
        item: the input.
        splits: where given, only files in a folder of one of these names.

    Raises:
        NothingFound: the input matches no file.
    """
    findings = Findings()
    for path, size, _ in expand_input(item, extensions=(".tfrecord", ".gz"), what="TFRecord file", findings=findings):
        own = path.rpartition("/")[0].rpartition("/")[2]  # what lies above it may be called anything
        if not splits or own in splits:
            yield ClipFile(path, size, evaluation=own == "eval")
    for folder in findings.unlisted:
        yield ClipFile(folder, 0, evaluation=False, unlisted=True)


def read_clips(files: Sequence[tuple[str, str]], issues: InputIssues) -> Iterator[ParsedClips]:
    """The clips of `files`, each a (path for messages, path on local disk), in order, some thousand at a time.

    Troubles are counted in `issues`, and what is good is kept.
    """
    readable = [(path, local, kind) for path, local in files if (kind := _kind(path, local, issues)) is not None]
    done = 0
    with contextlib.suppress(tf.errors.OpError):
        for parsed in _parsed_quickly(readable):
            if not is_valid(parsed):
                break
            done += parsed.clips
            issues.count("clips_read", parsed.clips)
            yield valid_clips(parsed)
        else:
            return
    yield from _read_carefully(readable, issues, skip=done)


def _kind(path: str, local: str, issues: InputIssues) -> str | None:
    """How a file is compressed, "" or "GZIP"; None where there is nothing to read."""
    issues.count("files")
    try:
        storage.refuse_irregular(local)
        with open(local, "rb") as file:
            start = file.read(2)
    except OSError as error:
        issues.add("unreadable_files", f"{display_text(path)}: {error.strerror}")
        return None
    if not start:
        issues.add("empty_files", display_text(path))
        return None
    if start == b"\x1f\x8b":  # as the length of a record this would be far beyond any clip
        issues.count("gzip_files")
        return "GZIP"
    return ""


def _parsed_quickly(files: Sequence[tuple[str, str, str]]) -> Iterator[Parsed]:
    """Batches of all files together, read and parsed in other threads while the caller works on the last one."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as parser:
        for kind, run in itertools.groupby(files, key=lambda file: file[2]):
            records = tf.data.TFRecordDataset([local for _, local, _ in run], compression_type=kind)
            batches = iter(records.batch(_CLIPS_PARSED_AT_ONCE).prefetch(2))
            ahead = collections.deque(parser.submit(parse_batch, batch) for batch in itertools.islice(batches, 2))
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(parser.submit(parse_batch, batch) for batch in itertools.islice(batches, 1))


def _read_carefully(files: Sequence[tuple[str, str, str]], issues: InputIssues, *, skip: int) -> Iterator[ParsedClips]:
    """What `read_clips` gives after its first `skip` clips, file by file."""
    for path, local, kind in files:
        records = _records(path, local, kind, issues)
        skip -= sum(1 for _ in itertools.islice(records, skip))
        while some := list(itertools.islice(records, _CLIPS_PARSED_AT_ONCE)):
            issues.count("clips_read", len(some))
            parsed = _parsed(some)
            if parsed is not None and is_valid(parsed):
                yield valid_clips(parsed)
            else:
                yield from (clips for record in some if (clips := _one_clip(record, path, issues)) is not None)


def _parsed(records: Sequence[bytes]) -> Parsed | None:
    """The records, parsed; None where one of them is no clip."""
    try:
        return parse_batch(tf.constant(records))
    except tf.errors.InvalidArgumentError:
        return None


def _one_clip(record: bytes, path: str, issues: InputIssues) -> ParsedClips | None:
    parsed = _parsed([record])
    if parsed is None:
        issues.add("unreadable_clips", f"{display_text(path)}: a record that is no SequenceExample of a clip")
        return None
    return valid_clips(parsed) if is_valid(parsed) else repair_clip(parsed, path, issues)


def _records(path: str, local: str, kind: str, issues: InputIssues) -> Iterator[bytes]:
    """The records of a file up to its end, or to where it is damaged."""
    records = iter(tf.data.TFRecordDataset(local, compression_type=kind).as_numpy_iterator())
    while True:
        try:
            yield next(records)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            name = "truncated_files" if "truncated" in error.message else "damaged_files"
            issues.add(name, f"{display_text(path)}: {display_text(error.message.split('[[')[0].strip(), longest=120)}")
            return


@contextlib.contextmanager
def local_copies(files: Sequence[ClipFile], issues: InputIssues) -> Iterator[list[tuple[str, str]]]:
    """Each file's path and a local path to read; remote files are fetched together, and removed afterwards.

    One that cannot be fetched is left out, and counted in `issues`.
    """
    remote = [file.path for file in files if storage.is_remote(file.path)]
    with tempfile.TemporaryDirectory(prefix="laughter-") if remote else contextlib.nullcontext("") as folder:
        copies = {path: os.path.join(folder, f"{number}.tfrecord") for number, path in enumerate(remote)}
        with concurrent.futures.ThreadPoolExecutor(max_workers=_FETCHED_AT_ONCE) as fetchers:
            failures = dict(zip(remote, fetchers.map(_failure, remote, copies.values()), strict=True))
        for path, failure in failures.items():
            if failure is not None:
                issues.count("files")
                issues.add("unreadable_files", f"{display_text(path)}: {failure}")
        yield [(file.path, copies.get(file.path, file.path)) for file in files if failures.get(file.path) is None]


def _failure(path: str, local: str) -> str | None:
    """Fetch a file; why that failed, None where it did not."""
    try:
        storage.download_to(path, local)
    except (storage.StorageError, OSError) as error:
        return storage.error_reason(error)
    return None


class _ReadGroup(beam.DoFn):
    """A group of files to (shard, record batch), and what was met in them to the output `findings`."""

    def __init__(self, shuffling: ShuffleSettings, shards: int, strict: bool) -> None:
        self._shuffling, self._shards, self._strict = shuffling, shards, strict

    def process(self, keyed: tuple[tuple[bool, int], Iterable[ClipFile]]) -> Iterator[Any]:
        (evaluation, _), group = keyed
        found = sorted(set(group), key=lambda file: file.path)
        files = [file for file in found if not file.unlisted]
        issues = InputIssues(strict=self._strict)
        for folder in (file.path for file in found if file.unlisted):
            issues.add("unlisted_folders", f"{display_text(folder)}: see to its permissions, then run again")
        with local_copies(files, issues) as local:
            pending: list[pa.RecordBatch] = []
            for clips in read_clips(local, issues):
                pending.append(to_batch(clips, self._shuffling, evaluation=evaluation))
                if not evaluation:
                    count_laughter(clips, issues)
                if sum(map(len, pending)) >= _CLIPS_PER_BATCH:
                    yield from self._split(pending)
            yield from self._split(pending)
        yield beam.pvalue.TaggedOutput("findings", issues)

    def _split(self, pending: list[pa.RecordBatch]) -> Iterator[tuple[int, bytes]]:
        if pending:
            joined = pa.concat_batches(pending)
            pending.clear()
            yield from split_by_shard(joined, self._shards)


@dataclasses.dataclass(eq=False)
class ReadAudioSet(beam.PTransform):
    """Inputs (paths, patterns) to keyed record batches, output `clips`, and what was met, output `findings`.

    Attributes:
        shuffling: order and sides.
        shards: how many.
        splits: only these of AudioSet's splits; all where empty.
        strict: fail at the first trouble.
    """

    shuffling: ShuffleSettings
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
            >> beam.ParDo(_ReadGroup(self.shuffling, self.shards, self.strict)).with_outputs("findings", main="clips")
        )


def _with_group(file: ClipFile) -> tuple[tuple[bool, int], ClipFile]:
    return (file.evaluation, zlib.crc32(os.fsencode(file.path)) % _GROUPS), file
