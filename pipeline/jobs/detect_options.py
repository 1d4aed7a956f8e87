"""Options of `laughter detect`, checked and in order."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions

from common.errors import UsageError
from models.bundles.selection import ModelChoice, select_models
from models.events import Thresholds
from pipeline import engine_options
from pipeline.paths import absolute_path
from transforms.decode.settings import DecodeSettings
from transforms.embed.part_state import EmbedSettings
from transforms.tables.annotate_recordings import AnnotateSettings


@dataclasses.dataclass(frozen=True)
class DetectOptions:
    """Everything `laughter detect` was told, checked.

    Attributes:
        inputs: what to search for recordings.
        embed, annotate: settings of the two halves of the job.
        notes: sentences about the choice of models that the user should read.
        root: the archive's folder, or None.
        beam: options for the engine.
    """

    inputs: Sequence[str]
    embed: EmbedSettings
    annotate: AnnotateSettings
    notes: Sequence[str]
    root: str | None
    beam: PipelineOptions
    prune: bool = False
    dry_run: bool = False
    quiet: bool = False

    @property
    def is_local(self) -> bool:
        """Whether the job runs on this machine, where its progress can be watched."""
        return engine_options.is_local(self.beam)


def from_arguments(arguments: argparse.Namespace, beam_argv: Sequence[str]) -> DetectOptions:
    """Check the command line, ours and Beam's part of it, choose the models, and put all in order."""
    engine = engine_options.engine_options(beam_argv)
    models = select_models(
        bundle=arguments.bundle,
        embedder=arguments.embedder,
        head=arguments.head,
        precision=arguments.precision,
        distributed=not engine_options.is_local(engine),
    )
    return with_models(arguments, engine, models)


def with_models(arguments: argparse.Namespace, beam: PipelineOptions, models: ModelChoice) -> DetectOptions:
    """The same with models that are chosen already, and options that Beam has parsed."""
    output = absolute_path(arguments.output)
    store = absolute_path(arguments.store) if arguments.store else f"{output.rstrip('/')}/store"
    chosen = {
        "onset": arguments.onset,
        "offset": arguments.offset,
        "min_on_s": arguments.min_on,
        "min_off_s": arguments.min_off,
    }
    if arguments.onset is not None and arguments.offset is None:  # a card's offset above it would make no sense
        chosen["offset"] = min(models.head.thresholds.offset, arguments.onset)
    thresholds: Thresholds = dataclasses.replace(
        models.head.thresholds, **{name: value for name, value in chosen.items() if value is not None}
    )
    return DetectOptions(
        inputs=tuple(absolute_path(item) for item in arguments.inputs),
        embed=EmbedSettings(
            store=store,
            embedder=models.embedder,
            decode=_decode_settings(arguments),
            recompute=arguments.recompute,
            only_new=arguments.only == "new",
            threads=engine_options.threads_per_worker(beam),
            tracker=models.tracker,
        ),
        annotate=AnnotateSettings(store, output, models.head, thresholds, arguments.hop),
        notes=models.notes,
        root=absolute_path(arguments.root) if arguments.root else None,
        beam=beam,
        prune=arguments.prune,
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def _decode_settings(arguments: argparse.Namespace) -> DecodeSettings:
    try:
        return DecodeSettings(
            audio_stream=arguments.audio_stream,
            max_gap_s=arguments.max_gap,
            stall_timeout_s=arguments.stall_timeout,
            max_duration_s=arguments.max_duration * 3600,
            max_decode_s=arguments.max_decode_time * 3600,
            max_size_bytes=arguments.max_size * 1e9,
        )
    except ValueError as error:
        raise UsageError(f"{error}; see `laughter detect --help`") from error
