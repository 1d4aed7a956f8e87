"""An archive's own labels: a CSV of labelled segments and the embedding store, to clips."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from common.csv_files import read_csv
from common.errors import UsageError
from common.partitions import NULL_DATE, list_days
from common.storage import is_remote
from common.text import display_text, utf8_text
from models.constants import CLASSES, EMBEDDING_SIZE
from models.shard_format import FRAMES, LABELS, LAUGHTER_LABELS
from transforms.embed.recordings import names_of, parse_archive_name, recording_at
from transforms.embed.store import list_day, part_path, read_info, read_part
from transforms.shards.clips import ParsedClips, ShuffleSettings, count_laughter, split_by_shard, to_batch
from transforms.shards.issues import InputIssues

PartsByName = dict[str, list[tuple[str, str]]]

COLUMNS = ("recording", "start_s", "end_s", "label")

HALF = 0.5 - 1e-6
"""Of a second, as far as sums of times in floating point go."""


class LabelsError(UsageError):
    """A file of labels that cannot be used; the message names the file, the line and the cause."""


@dataclasses.dataclass(frozen=True)
class Label:
    """A labelled segment.

    Attributes:
        recording: id or path of the recording.
        start_s, end_s: from the recording's start.
        label: AudioSet's index; None says that there is no laughter.
    """

    recording: str
    start_s: float
    end_s: float
    label: int | None


def read_labels(path: str) -> list[Label]:
    """Read a CSV file (local or a URL) with the columns recording, start_s, end_s and label.

    A label is one of the seven classes by name (`none`: no laughter there), or an index of AudioSet's.

    Raises:
        LabelsError: the file is absent or not such a file.
    """
    rows = read_csv(path, COLUMNS, what="labels", error=LabelsError)
    return [_label(row, where) for row, where in rows]


def _label(row: Mapping[str, str | None], where: str) -> Label:
    name = (row["label"] or "").strip()
    label = dict(zip(CLASSES, (*LAUGHTER_LABELS, None), strict=True)).get(name, -1)
    if label == -1:
        if not name.isdigit() or int(name) >= LABELS:
            raise LabelsError(
                f"{where}: the label {name!r} is neither one of {', '.join(CLASSES)} nor an index of AudioSet's below "
                f"{LABELS}"
            )
        label = int(name)
    try:
        start_s, end_s = float(row["start_s"] or ""), float(row["end_s"] or "")
    except ValueError as error:
        raise LabelsError(f"{where}: start_s and end_s must be seconds, such as 12.5 ({error})") from error
    if not 0 <= start_s < end_s < math.inf:
        raise LabelsError(f"{where}: start_s {start_s:g} and end_s {end_s:g} are no stretch of time")
    return Label((row["recording"] or "").strip(), start_s, end_s, label)


def cut(labels: Sequence[Label], embeddings: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Segments of a recording, at most ten seconds each, in which the same labels hold.

    A second has a label where that covers half of it; a stretch that covers half of no second labels the one it covers
    most. Of seconds that laughter covers less, and that nothing else labels, none is said to be without laughter: they
    are in no clip.

    Args:
        labels: all labels of the recording.
        embeddings: uint8 [seconds, 128].

    Yields:
        (first second, end second, labels); `none` gives no label, and gives way where a kind is there too.
    """
    position = 0
    for held, run in itertools.groupby(_labels_of_seconds(labels, len(embeddings))):
        end = position + len(list(run))
        if held is not None:
            for first in range(position, end, FRAMES):
                yield first, min(end, first + FRAMES), tuple(sorted(held))
        position = end


def _labels_of_seconds(labels: Sequence[Label], seconds: int) -> list[set[int] | None]:
    """The labels of each second, as `cut` has it; empty where there is no laughter, None where nothing is said."""
    silent, covered = np.zeros(seconds), dict[int, npt.NDArray[np.float64]]()
    for label in labels:
        of_label = silent if label.label is None else covered.setdefault(label.label, np.zeros(seconds))
        touched = np.arange(math.floor(label.start_s), min(seconds, math.ceil(label.end_s)))
        if not len(touched):
            continue
        shares = np.minimum(label.end_s, touched + 1) - np.maximum(label.start_s, touched)
        of_label[touched] += shares
        if shares.max() < HALF:
            of_label[touched[shares.argmax()]] = 1
    told: list[set[int] | None] = []
    for second in range(seconds):
        touching = {name: shares[second] for name, shares in covered.items() if shares[second] > 0}
        held = {name for name, share in touching.items() if share >= HALF}
        told.append(held or (set() if silent[second] >= HALF and not touching else None))
    return told


def labelled_clips(recording_id: str, labels: Sequence[Label], embeddings: npt.NDArray[np.uint8]) -> ParsedClips:
    """The clips of a recording; see `cut`."""
    pieces = list(cut(labels, embeddings))
    padded = np.zeros((len(pieces), FRAMES, EMBEDDING_SIZE), np.uint8)
    for row, (first, end, _) in enumerate(pieces):
        padded[row, : end - first] = embeddings[first:end]
    return ParsedClips(
        ids=np.array([recording_id.encode()] * len(pieces), object),
        starts=np.array([first for first, _, _ in pieces], np.float64),
        ends=np.array([end for _, end, _ in pieces], np.float64),
        labels=np.array([label for _, _, held in pieces for label in held], np.int64),
        label_splits=np.cumsum([0, *(len(held) for _, _, held in pieces)]),
        n_frames=np.array([end - first for first, end, _ in pieces]),
        embedding=padded,
    )


def find_part(store: str, recording: str, by_name: Callable[[], PartsByName] | None = None) -> tuple[str, str] | None:
    """The id of a recording, named by its id, its file's name or its path, and the path of its part.

    None where there is none, or where several are called so. `by_name` gives what `parts_by_name` gives of the store;
    it is asked only where the name does not tell where the part is.
    """
    stem = os.path.splitext(os.path.basename(recording))[0]
    there = recording_at(recording if is_remote(recording) else os.path.abspath(recording), -1, "")
    guesses = [(name, parse_archive_name(name).get("start_utc", "")[:10] or NULL_DATE) for name in (recording, stem)]
    for name, date in dict.fromkeys((*guesses, (there.recording_id, there.date))):
        if not name or "/" in name:
            continue
        path = part_path(store, date, name)
        if read_info(path) is not None:
            return name, path
    called = (by_name() if by_name else parts_by_name(store)).get(
        unicodedata.normalize("NFC", utf8_text(recording)), []
    )
    return called[0] if len(called) == 1 else None


def parts_by_name(store: str) -> PartsByName:
    """The parts of the whole store, (id, path), by what people call their recordings."""
    found: PartsByName = {}
    for date in list_days(store):
        for part in list_day(store, date):
            info = read_info(part.path)
            for name in names_of(part.recording_id, info.recording.path) if info else ():
                found.setdefault(name, []).append((part.recording_id, part.path))
    return found


class _FindParts(beam.DoFn):
    """The labels of one name to ((id, part), label); names the store does not know to the output `findings`."""

    def __init__(self, store: str, strict: bool) -> None:
        self._store, self._strict = store, strict

    def setup(self) -> None:
        self._by_name = functools.cache(lambda: parts_by_name(self._store))

    def process(self, keyed: tuple[str, Iterable[Label]]) -> Iterator[Any]:
        recording, labels = keyed
        found = find_part(self._store, recording, self._by_name)
        if found is not None:
            yield from ((found, label) for label in labels)
            return
        issues = InputIssues(strict=self._strict)
        issues.add("unknown_recordings", f"{display_text(recording)} is not in the store {self._store}")
        yield beam.pvalue.TaggedOutput("findings", issues)


class _CutClips(beam.DoFn):
    """The labels of one recording to (shard, record batch), and what was met to the output `findings`."""

    def __init__(self, shuffling: ShuffleSettings, shards: int, strict: bool) -> None:
        self._shuffling, self._shards, self._strict = shuffling, shards, strict

    def process(self, keyed: tuple[tuple[str, str], Iterable[Label]]) -> Iterator[Any]:
        (recording_id, path), several = keyed
        labels, issues = list(several), InputIssues(strict=self._strict)
        embeddings, _ = read_part(path)
        for label in labels:
            if label.start_s >= len(embeddings):
                where = f"{display_text(label.recording)}: a label at {label.start_s:g} s"
                issues.add("labels_past_end", f"{where}, the recording has {len(embeddings)} s")
        clips = labelled_clips(recording_id, labels, embeddings)
        issues.count("recordings")
        issues.count("clips_read", len(clips))
        if len(clips):
            batch = to_batch(clips, self._shuffling)
            count_laughter(clips, issues)
            yield from split_by_shard(batch, self._shards)
        yield beam.pvalue.TaggedOutput("findings", issues)


class LabelledClips(NamedTuple):
    """What reading labels gives."""

    clips: beam.PCollection[tuple[int, bytes]]
    findings: beam.PCollection[InputIssues]


@dataclasses.dataclass(eq=False)
class ReadLabelled(beam.PTransform):
    """Paths of label files to keyed record batches, `clips`, and what was met, `findings`.

    Attributes:
        store: root of the embedding store.
        shuffling: order and sides.
        shards: how many.
        strict: fail at the first trouble.
    """

    store: str
    shuffling: ShuffleSettings
    shards: int
    strict: bool = False

    def expand(self, files: beam.PCollection[str]) -> LabelledClips:
        """Find each recording, whatever it is called, bring its labels together, cut its clips from the store."""
        parts = (
            files
            | "ReadLabels" >> beam.FlatMap(read_labels)
            | "KeyByName" >> beam.WithKeys(lambda label: label.recording).with_output_types(tuple[str, Label])
            | "GroupByName" >> beam.GroupByKey()
            | "FindParts" >> beam.ParDo(_FindParts(self.store, self.strict)).with_outputs("findings", main="parts")
        )
        cut = (
            parts.parts
            | "KeyByPart" >> beam.Map(lambda keyed: keyed).with_output_types(tuple[tuple[str, str], Label])
            | "GroupByPart" >> beam.GroupByKey()
            | "CutClips"
            >> beam.ParDo(_CutClips(self.shuffling, self.shards, self.strict)).with_outputs("findings", main="clips")
        )
        return LabelledClips(cut.clips, (parts.findings, cut.findings) | "Findings" >> beam.Flatten())
