"""ShuffleIntoShards: record batches of clips become sorted Parquet shards, one a side and number.

Beam brings the clips of one shard together; sorting each shard by the clips' places makes the whole a random order
that depends on the clips and the seed alone, and so do the bytes of every file.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from common.atomic_files import atomic_file
from common.parquet_files import binary_values
from common.text import display_text
from models.constants import CLASSES, SIDES
from models.shard_format import ROW_GROUP, SCHEMA, class_targets, unpack_targets
from transforms.shards.clips import clip_hash, from_bytes, to_bytes, with_targets
from transforms.shards.issues import InputIssues, merge_issues

_COMPRESSION = {field.name: "zstd" for field in SCHEMA} | dict.fromkeys(("embedding", "targets", "n_frames"), "none")
"""What training reads is not compressed: that would save a tenth of the space and read ten times slower."""

_GRAIN = 1_000_000
_DRAW = 1
"""Purpose of the numbers that decide which clips without laughter are kept."""


@dataclasses.dataclass(frozen=True)
class ShardSettings:
    """How the shards are written.

    Attributes:
        output: folder or URL.
        shards: how many a side.
        seed: of the shuffle.
        negatives_per_laugh: keep about this many clips without laughter for each one with; None keeps all.
        strict: fail at clips met twice.
    """

    output: str
    shards: int = 64
    seed: int = 0
    negatives_per_laugh: float | None = None
    strict: bool = False


@dataclasses.dataclass(frozen=True)
class ShardFile:
    """What a shard holds, for the manifest: numbers of clips, by class, by label and by number of frames."""

    file: str
    side: str
    clips: int
    bytes: int
    sha256: str
    classes: dict[str, int]
    labels: list[int]
    frames: list[int]


def shard_name(side: str, number: int, shards: int) -> str:
    """The path of a shard below the output folder."""
    return f"{side}/shard-{number:05d}-of-{shards:05d}.parquet"


def shuffled_rows(clips: pa.Table, issues: InputIssues) -> npt.NDArray[np.int64]:
    """The rows of one shard's clips in the order of their places, each clip once.

    Of two clips of one name and start, the one of the later side (eval before the others) is kept, then that of more
    frames, then the first by content: never the one that happened to come first.
    """
    descending = ("side", "n_frames")
    keys = ("place", "video_id", "start_time_seconds", *descending, "end_time_seconds", "targets", "embedding")
    order = pc.sort_indices(clips, [(key, "descending" if key in descending else "ascending") for key in keys])
    rows = order.to_numpy().astype(np.int64)
    again = np.diff(clips["place"].to_numpy()[rows], prepend=-1) == 0
    for index in np.flatnonzero(again):  # two names may share a place, if hardly ever
        one, two = (_name(clips, int(row)) for row in rows[index - 1 : index + 1])
        again[index] = one == two
        if one == two:
            issues.add("duplicate_clips", f"{display_text(two[0])} at {two[1]:g} s")
    return rows[~again]


def _name(clips: pa.Table, row: int) -> tuple[str, float]:
    return clips["video_id"][row].as_py(), clips["start_time_seconds"][row].as_py()


def write_shard(number: int, batches: Iterable[bytes], settings: ShardSettings, issues: InputIssues) -> list[ShardFile]:
    """Write the clips of one shard, a file a side that has any.

    Args:
        number: of the shard.
        batches: its clips as `clips.to_bytes` gives them.
        settings: where and how.
        issues: counts the clips met twice.
    """
    clips = with_targets(pa.Table.from_batches([from_bytes(batch) for batch in batches]).combine_chunks())
    rows = shuffled_rows(clips, issues)
    sides, clips = clips["side"].to_numpy()[rows], clips.select(SCHEMA.names)
    written = []
    for index, side in enumerate(SIDES):
        chosen = rows[sides == index]
        if len(chosen):
            name = shard_name(side, number, settings.shards)
            written.append(_write(name, side, clips.take(pa.array(chosen)), settings.output))
    return written


def _write(file: str, side: str, clips: pa.Table, output: str) -> ShardFile:
    with atomic_file(f"{output.rstrip('/')}/{file}") as temporary:
        with pq.ParquetWriter(
            temporary, SCHEMA, compression=_COMPRESSION, use_dictionary=["labels"], write_page_checksum=True
        ) as writer:
            for start in range(0, len(clips), ROW_GROUP):
                writer.write_table(clips.slice(start, ROW_GROUP))
        with open(temporary, "rb") as whole:
            checksum, size = hashlib.sha256(whole.read()).hexdigest(), whole.tell()
    packed = binary_values(clips["targets"])
    counts = class_targets(packed).sum(axis=0)
    return ShardFile(
        file=file,
        side=side,
        clips=len(clips),
        bytes=size,
        sha256=checksum,
        classes={name: int(count) for name, count in zip(CLASSES, counts, strict=True)},
        labels=unpack_targets(packed).sum(axis=0, dtype=np.int64).tolist(),
        frames=np.bincount(clips["n_frames"].to_numpy(), minlength=11).tolist(),
    )


def drop_negatives(
    keyed: tuple[int, bytes], found: InputIssues, settings: ShardSettings
) -> Iterator[tuple[int, bytes]]:
    """Leave out clips without laughter, until about `negatives_per_laugh` are left for each one with.

    Which ones go depends on each clip's name and start alone. The side eval is left whole.
    """
    number, data = keyed
    clips = pa.Table.from_batches([from_bytes(data)])
    none = class_targets(binary_values(with_targets(clips)["targets"]))[:, -1].astype(bool)
    ids, starts = clips["video_id"].to_numpy(), clips["start_time_seconds"].to_numpy()
    draws = clip_hash(ids, starts, seed=settings.seed, buckets=_GRAIN, purpose=_DRAW)
    evaluation = clips["side"].to_numpy() == SIDES.index("eval")
    kept = clips.filter(pa.array(~none | evaluation | (draws < negative_keep_rate(found, settings) * _GRAIN)))
    if len(kept):
        yield number, to_bytes(kept.combine_chunks().to_batches()[0])


def negative_keep_rate(found: InputIssues, settings: ShardSettings) -> float:
    """The share, in [0, 1], of the clips without laughter that is kept."""
    if settings.negatives_per_laugh is None:
        return 1.0
    wanted = settings.negatives_per_laugh * found.counts["clips_with_laughter"]
    return min(1.0, wanted / max(1, found.counts["clips_without_laughter"]))


class _WriteShard(beam.DoFn):
    """One shard to its files, and the clips met twice to the output `findings`."""

    def __init__(self, settings: ShardSettings) -> None:
        self._settings = settings

    def process(self, keyed: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        number, batches = keyed
        issues = InputIssues(strict=self._settings.strict)
        yield from write_shard(number, batches, self._settings, issues)
        yield beam.pvalue.TaggedOutput("findings", issues)


class WrittenShards(NamedTuple):
    """What writing shards gives."""

    files: beam.PCollection[ShardFile]
    findings: beam.PCollection[InputIssues]


@dataclasses.dataclass(eq=False)
class ShuffleIntoShards(beam.PTransform):
    """(shard, record batch) to ShardFile, output `files`, and what was met, output `findings`.

    Attributes:
        settings: where and how.
        found: what reading met, a collection of Findings.
        groupings: that the clips are spread over, which changes no byte of the shards.
    """

    settings: ShardSettings
    found: beam.PCollection[InputIssues]
    groupings: int = 1

    def expand(self, clips: beam.PCollection[tuple[int, bytes]]) -> WrittenShards:
        """Thin if wanted, bring each shard's clips together, write them."""
        if self.settings.negatives_per_laugh is not None:
            total = beam.pvalue.AsSingleton(self.found | "MergeFindings" >> beam.CombineGlobally(merge_issues))
            clips = clips | "Thin" >> beam.FlatMap(
                drop_negatives, found=total, settings=self.settings
            ).with_output_types(tuple[int, bytes])
        parts = clips | "Part" >> beam.Partition(lambda keyed, parts: keyed[0] % parts, self.groupings)
        written = [self._write(number, part) for number, part in enumerate(parts)]
        return WrittenShards(
            [one.files for one in written] | "Files" >> beam.Flatten(),
            [one.findings for one in written] | "Findings" >> beam.Flatten(),
        )

    def _write(self, number: int, part: beam.PCollection[tuple[int, bytes]]) -> Any:
        return (
            part
            | f"GroupByShard{number}" >> beam.GroupByKey()
            | f"WriteShard{number}" >> beam.ParDo(_WriteShard(self.settings)).with_outputs("findings", main="files")
        )
