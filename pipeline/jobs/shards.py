"""The second job: AudioSet's embeddings, or an archive's own labels, to training shards."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common import storage
from common.errors import LaughterError, UsageError
from common.listing import list_folder
from common.text import display_text, utf8_text
from models.constants import SIDES
from models.embedding_space import RELEASED
from models.load_shards import read_manifest
from models.shard_format import MANIFEST
from pipeline import engine_options, progress
from pipeline.console import hours_and_minutes, say
from pipeline.paths import absolute_path
from transforms.embed.embedder_note import read_space
from transforms.shards.clips import ShuffleSettings
from transforms.shards.issues import ISSUES
from transforms.shards.manifest import write_manifest
from transforms.shards.read_audioset import ReadAudioSet, find_files
from transforms.shards.read_labelled import ReadLabelled, read_labels
from transforms.shards.shuffle import ShardSettings, ShuffleIntoShards

LOCAL_GROUPINGS = 16
"""Groupings of the shuffle: the local runner holds several copies of what one grouping holds."""

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


@dataclasses.dataclass(frozen=True)
class ShardsOptions:
    """Everything `laughter shards` was told, checked.

    Attributes:
        inputs: where to find TFRecord files; empty where `labels` is given.
        splits: only these of AudioSet's; all where empty.
        store, labels: an embedding store and a CSV of labels, instead of `inputs`.
        shuffling: order and sides.
        settings: how the shards are written.
        beam: options for the engine.
    """

    inputs: tuple[str, ...]
    splits: tuple[str, ...]
    store: str | None
    labels: str | None
    shuffling: ShuffleSettings
    settings: ShardSettings
    beam: PipelineOptions
    dry_run: bool = False
    quiet: bool = False


def main(arguments: argparse.Namespace, beam_argv: Sequence[str]) -> int:
    """Run the command, with Beam's options; returns its exit status."""
    return run(from_arguments(arguments, beam_argv))


def from_arguments(arguments: argparse.Namespace, beam_argv: Sequence[str]) -> ShardsOptions:
    """Check the command line and put it in order."""
    if bool(arguments.input) == bool(arguments.labels_csv) or bool(arguments.labels_csv) != bool(arguments.store):
        raise UsageError("give either --input, or --store with --labels-csv; see `laughter shards --help`")
    if arguments.labels_csv and arguments.split:
        raise UsageError("--split is for AudioSet's files; leave it out with --labels-csv")
    if arguments.shards < 1 or not 0 <= arguments.held_out < 1 or arguments.seed < 0:
        raise UsageError("--shards must be at least 1, --held-out in [0, 1), --seed at least 0")
    if arguments.negatives_per_laugh is not None and not arguments.negatives_per_laugh >= 0:
        raise UsageError("--negatives-per-laugh must not be negative")
    return ShardsOptions(
        inputs=tuple(absolute_path(item) for item in arguments.input or ()),
        splits=tuple(arguments.split or ()),
        store=absolute_path(arguments.store) if arguments.store else None,
        labels=absolute_path(arguments.labels_csv) if arguments.labels_csv else None,
        shuffling=ShuffleSettings(arguments.seed, arguments.held_out),
        settings=ShardSettings(
            absolute_path(arguments.output),
            arguments.shards,
            arguments.seed,
            arguments.negatives_per_laugh,
            arguments.strict,
        ),
        beam=engine_options.engine_options(beam_argv),
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def build(pipeline: beam.Pipeline, options: ShardsOptions) -> None:
    """The graph. What flows is groups of files, then record batches of clips; never single clips."""
    settings = options.settings
    groupings = LOCAL_GROUPINGS if engine_options.is_local(options.beam) else 1
    source = [options.labels] if options.labels else list(options.inputs)
    read: Any = ReadAudioSet(options.shuffling, settings.shards, options.splits, settings.strict)
    if options.labels:
        read = ReadLabelled(str(options.store), options.shuffling, settings.shards, settings.strict)
    clips = pipeline | "Inputs" >> beam.Create(source) | type(read).__name__ >> read
    shards = clips.clips | "ShuffleIntoShards" >> ShuffleIntoShards(settings, clips.findings, groupings)
    found = (clips.findings, shards.findings) | "Findings" >> beam.Flatten()
    _ = (
        pipeline
        | "Once" >> beam.Create([None])
        | "WriteManifest"
        >> beam.Map(
            write_manifest,
            beam.pvalue.AsList(shards.files),
            beam.pvalue.AsList(found),
            settings=settings,
            facts=facts(options),
        )
    )


def facts(options: ShardsOptions) -> dict[str, Any]:
    """What the manifest says of the shards' origin."""
    source: dict[str, Any]
    if options.labels:
        space = read_space(str(options.store))
        if space is None:
            raise UsageError(f"{options.store} is no embedding store; give the folder `store` below detect's --output")
        source = {"labels": utf8_text(options.labels), "store": utf8_text(str(options.store))}
        return {"embedder": space.to_document(), "source": source}
    inputs = [utf8_text(item) for item in options.inputs]
    source = {"inputs": inputs, "splits": list(options.splits), "held_out": options.shuffling.held_out}
    return {"embedder": RELEASED.to_document(), "source": source}


def run(options: ShardsOptions) -> int:
    """Run the job, say how it goes and what came of it.

    Returns:
        The exit status: 0, or 3 where something in the input could not be used.

    Raises:
        NothingFound, LabelsError: there is nothing to work on.
    """
    if not options.quiet or options.dry_run:
        _show_plan(options)
    if options.dry_run:
        print("nothing was done (--dry-run)")
        return 0
    began = time.monotonic()
    remove(options.settings.output, [MANIFEST])
    watched = engine_options.is_local(options.beam) and not options.quiet
    with progress.watching(ShardWatcher(options)) if watched else contextlib.nullcontext():
        run_engine(options)
    document = read_manifest(options.settings.output)
    keep = {file["file"] for file in document["files"]}
    remove(options.settings.output, [name for name in written(options.settings.output) if name not in keep])
    _show(document, options, time.monotonic() - began)
    if not keep:
        raise LaughterError("the input holds no clip that can be used; the troubles are listed above")
    return 3 if document["troubles"] else 0


def run_engine(options: ShardsOptions) -> None:
    """Run the graph to its end, without a word."""
    keep_freed_memory()
    pipeline = beam.Pipeline(options=options.beam)
    build(pipeline, options)
    pipeline.run().wait_until_finish()


def keep_freed_memory() -> None:
    """Have freed memory stay in the process for the next batch: getting it anew from the system took half of the run.

    The runner copies each batch several times. So no piece gets a mapping of its own, nothing is given back, and Arrow
    allocates from the same heap.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def written(output: str) -> list[str]:
    """The shards that lie below `output`, by the names that manifests use."""
    found = []
    for side in SIDES:
        found += [f"{side}/{entry.name}" for entry in list_folder(f"{output.rstrip('/')}/{side}") if is_shard(entry)]
    return sorted(found)


def is_shard(entry: storage.Entry) -> bool:
    """Whether a file is called as shards are."""
    return entry.name.startswith("shard-") and entry.name.endswith(".parquet")


def remove(output: str, names: Sequence[str]) -> None:
    """Remove files below `output` that an earlier run left, where they are there."""
    for name in names:
        storage.remove_file(f"{output.rstrip('/')}/{name}")


class ShardWatcher:
    """Counts the shards that a run has written: reading and shuffling come first, then files."""

    total: int

    def __init__(self, options: ShardsOptions) -> None:
        """Note what lies there now, so that only files written from now on count."""
        self.total, self.done = options.settings.shards, 0
        self._folder = f"{options.settings.output.rstrip('/')}/train"
        self._before = {entry.name: entry.version for entry in list_folder(self._folder)}

    def refresh(self) -> None:
        """Update the counts."""
        with contextlib.suppress(OSError, storage.StorageError):
            found = [entry for entry in list_folder(self._folder) if is_shard(entry)]
            self.done = sum(self._before.get(entry.name) != entry.version for entry in found)

    def describe(self) -> str:
        """One line."""
        if not self.done:
            return "reading and shuffling clips"
        return f"{self.done} of {self.total} shards written"


def _show_plan(options: ShardsOptions) -> None:
    settings = options.settings
    if options.labels:
        labels = read_labels(options.labels)
        what = f"{len(labels)} labels of {len({label.recording for label in labels})} recordings"
    else:
        found = {file for item in options.inputs for file in find_files(item, splits=options.splits)}
        for folder in sorted(file.path for file in found if file.unlisted):
            say(f"the folder {display_text(folder)} cannot be listed; what it holds is left out")
        files = {file for file in found if not file.unlisted}
        size_gb = sum(max(0, file.size_bytes) for file in files) / 1e9
        what = f"{len(files)} files ({size_gb:.3f} GB), {sum(file.evaluation for file in files)} of AudioSet's eval"
        if not files:
            raise UsageError(f"no file lies below a folder {' or '.join(options.splits)}; leave out --split?")
    say(f"{what}, to {settings.shards} shards a side in {settings.output}")


def _show(document: dict[str, Any], options: ShardsOptions, wall_s: float) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table(title="laughter shards", show_header=False)
    for side, totals in document["sides"].items():
        kinds = ", ".join(f"{count} {name}" for name, count in totals["classes"].items())
        table.add_row(side, f"{totals['clips']} clips" + (f": {kinds}" if kinds else ""))
    table.add_row("read", ", ".join(f"{count} {name}" for name, count in document["read"].items()))
    for name, count in document["troubles"].items():
        table.add_row(name, f"{count} {ISSUES[name]}")
    table.add_row("time", hours_and_minutes(wall_s))
    table.add_row("shards", f"{len(document['files'])} files in {escape(display_text(options.settings.output))}")
    console.print(table)
    for name, examples in document["examples"].items():
        for example in examples:
            console.print(f"  {name}: {display_text(example)}", markup=False)
        if document["troubles"][name] > len(examples):
            console.print(f"  {name}: and {document['troubles'][name] - len(examples)} more", markup=False)
