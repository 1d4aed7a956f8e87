"""Options of `laughter detect`, checked and in order."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

from common.errors import UsageError
from models.bundles.selection import ModelChoice, select_models
from models.events.segments import Thresholds, TrackThresholds
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
    windows, track = _thresholds(arguments, models)
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
        annotate=AnnotateSettings(store, output, models.head, windows, arguments.hop, track),
        notes=models.notes,
        root=absolute_path(arguments.root) if arguments.root else None,
        beam=beam,
        prune=arguments.prune,
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def _thresholds(arguments: argparse.Namespace, models: ModelChoice) -> tuple[Thresholds, TrackThresholds | None]:
    """Those of the windows and of the tracks: the cards', but for what the user chose, which holds for both."""
    named = {"onset": "onset", "offset": "offset", "min_on": "min_on_s", "min_off": "min_off_s"}
    chosen = {field: getattr(arguments, name) for name, field in named.items() if getattr(arguments, name) is not None}
    windows = _with_chosen(models.head.thresholds, chosen)
    if models.tracker is None:
        if arguments.peak is not None:
            raise UsageError("--peak is of the tracker, and these models have none; leave it out")
        return windows, None
    if arguments.peak is not None:
        chosen["peak"] = arguments.peak
    return windows, _with_chosen(models.tracker.thresholds, chosen)


_Thresholds = TypeVar("_Thresholds", Thresholds, TrackThresholds)


def _with_chosen(card: _Thresholds, chosen: Mapping[str, float]) -> _Thresholds:
    """The card's thresholds but for those chosen, to which the card's own offset and peak give way."""
    onset = chosen.get("onset", card.onset)
    adapted = {"offset": min(card.offset, onset)}
    if isinstance(card, TrackThresholds):
        adapted["peak"] = max(card.peak, onset)
    return dataclasses.replace(card, **{**adapted, **chosen})


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
