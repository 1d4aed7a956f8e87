"""The main job: recordings in, tables of laughter out."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import time
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.runners.runner import PipelineResult

from common import temporary_files
from common.errors import LaughterError
from common.storage import is_remote
from pipeline import progress
from pipeline.console import say
from pipeline.jobs import plan, summary
from pipeline.jobs.detect_options import DetectOptions, from_arguments
from pipeline.jobs.detect_progress import PartWatcher
from transforms import run_metrics
from transforms.embed.embed_recordings import EmbedRecordings
from transforms.embed.embedder_note import check_embedder
from transforms.embed.find_recordings import FindRecordings, recordings_named
from transforms.embed.walk import Findings
from transforms.tables import prune
from transforms.tables.annotate_recordings import AnnotateRecordings
from transforms.tables.write_tables import ListStaleDays, WriteTables

MORE_PASSES = 2


def main(arguments: argparse.Namespace, beam_argv: Sequence[str]) -> int:
    """Run the command, with Beam's options; returns its exit status."""
    return run(from_arguments(arguments, beam_argv))


def build(pipeline: beam.Pipeline, options: DetectOptions) -> None:
    """The graph. What flows is names of files; embeddings, windows and events go through the store."""
    (
        pipeline
        | "Inputs" >> beam.Create(list(options.inputs))
        | "FindRecordings" >> FindRecordings(root=options.root, folder=os.getcwd())
        | "EmbedRecordings" >> EmbedRecordings(options.embed)
        | "ListStaleDays" >> ListStaleDays(options.annotate)
        | "AnnotateRecordings" >> AnnotateRecordings(options.annotate)
        | "WriteTables" >> WriteTables(options.annotate)
    )


def run(options: DetectOptions) -> int:
    """Run the job, say how it goes and what came of it.

    Returns:
        The exit status: 0; 3 where recordings failed or folders may not be listed; 1 where one that was found has no
        row.

    Raises:
        NothingFound: an input matches no recording.
        EmbedderMismatch: the store holds another embedder's embeddings.
        StoreError: the store cannot be written.
    """
    for note in options.notes:
        say(note)
    findings = Findings()
    options = dataclasses.replace(options, inputs=recordings_named(options.inputs, findings))
    work = plan.make(options, findings)
    embedder = options.embed.embedder
    check_embedder(options.embed.store, embedder.space, embedder.fingerprint, note=not options.dry_run)
    if options.dry_run:
        plan.show(work, options)
        return 3 if findings.unlisted else 0
    if work.gone:
        say(f"{len(work.gone)} recordings are in the archive no longer; their rows are removed (--prune)")
        prune.remove(work.gone, options.annotate)
    for folder in {options.embed.store, options.annotate.output}:
        if not is_remote(folder):
            temporary_files.sweep(folder)
    began = time.time()
    watched = options.is_local and not options.quiet
    if watched and not work.pending:
        say("nothing to embed; classifying what changed in the store, and writing tables")
        watched = False
    with progress.watching(PartWatcher(work, options.embed)) if watched else contextlib.nullcontext():
        result = run_passes(options)
    report = summary.collect(work, options)
    summary.show(report, findings, wall_s=time.time() - began, load_s=start_s(result, began), options=options)
    if report.missing:
        return 1
    return 3 if report.failed or findings.unlisted else 0


def run_passes(options: DetectOptions) -> PipelineResult:
    """Run the graph, and again where a pass found damage in the store or another run at work on it.

    Returns:
        The first pass's result.

    Raises:
        LaughterError: the other run goes on changing what this one works on.
    """
    first = run_engine(options)
    told = run_metrics.read(first)
    options = dataclasses.replace(options, embed=dataclasses.replace(options.embed, recompute=False))
    for _ in range(MORE_PASSES):
        if told.get("parts_damaged"):
            say("parts of the store were damaged; embedding their recordings again")
        elif told.get("days_changed_meanwhile"):
            say("another run changed the same store or tables meanwhile; writing the days it changed")
        else:
            break
        told = run_metrics.read(run_engine(options))
    if days := told.get("days_changed_meanwhile"):
        raise LaughterError(
            f"{days} days of {options.annotate.output} could not be written, for another run keeps changing them; run "
            "again when it has ended"
        )
    return first


def run_engine(options: DetectOptions) -> PipelineResult:
    """Run the graph to its end, without a word."""
    pipeline = beam.Pipeline(options=options.beam)
    build(pipeline, options)
    result = pipeline.run()
    result.wait_until_finish()
    return result


def start_s(result: PipelineResult, began: float) -> float:
    """Seconds from `began` (as time.time() gives it) until the last worker had its embedder; 0 if none loaded any."""
    with contextlib.suppress(Exception):  # not every engine reports metrics
        return max(0.0, run_metrics.read(result)["worker_ready_ms"].max / 1000 - began)
    return 0.0
