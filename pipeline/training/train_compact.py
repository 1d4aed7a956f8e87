"""`laughter train-compact`: the compact bundle made from labelled clips and a teacher, or measured again."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Sequence

import tensorflow as tf

from common.errors import UsageError
from models.distillation.measure import measure_compact
from models.distillation.recipe import Settings
from models.distillation.teacher import load_teacher
from models.distillation.train import THREADS, train_compact
from models.networks.compact import EMBEDDER_FILE
from models.networks.threads import use_threads_per_call
from models.sounds.manifest import read_manifest
from models.tracking.recipe import TrackerSettings
from models.tracking.train import train_tracker

REPORT_COMMAND = "laughter train-compact --report-only --audio AUDIO... --teacher TEACHER.onnx --output BUNDLE"


def check_arguments(arguments: argparse.Namespace) -> None:
    """Refuse what makes no sense, before anything is read.

    Raises:
        UsageError: a number is too small, or there is no teacher to learn from.
    """
    counts = ("programmes", "epochs", "head_epochs", "scenes", "tracker_epochs", "processes")
    for name, least in (*((count, 1) for count in counts), ("seed", 0)):
        if getattr(arguments, name) < least:
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}, not {getattr(arguments, name)}")
    if arguments.no_teacher and not arguments.report_only:
        raise UsageError("training needs a teacher: leave out --no-teacher, or add --report-only")


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status.

    Raises:
        UsageError: the teacher, the clips or the bundle are not there, or not what they should be.
    """
    check_arguments(arguments)
    use_threads_per_call(THREADS)
    tf.config.experimental.enable_op_determinism()
    teacher: pathlib.Path | None = None if arguments.no_teacher else arguments.teacher
    if teacher is not None:
        load_teacher(teacher)
    rows = [row for folder in arguments.audio for row in read_manifest(folder)]
    folders = {"teacher": arguments.teacher, "work": arguments.work, "output": arguments.output}
    if not (arguments.report_only or arguments.tracker_only):
        settings = Settings(arguments.programmes, arguments.epochs, arguments.head_epochs, arguments.seed)
        train_compact(rows, settings=settings, processes=arguments.processes, report=_report, **folders)
    if not arguments.report_only:
        _check_bundle(arguments.output)
        tracker = TrackerSettings(arguments.scenes, arguments.tracker_epochs, arguments.seed)
        train_tracker(rows, settings=tracker, processes=arguments.processes, report=_report, **folders)
    if arguments.tracker_only:
        return 0
    measure_compact(rows, output=arguments.output, teacher=teacher, command=REPORT_COMMAND, report=_report)
    return 0


def _check_bundle(folder: pathlib.Path) -> None:
    """Refuse a folder without the embedder that the tracker starts from."""
    if not (folder / EMBEDDER_FILE).is_file():
        raise UsageError(f"{folder} holds no {EMBEDDER_FILE}; leave out --tracker-only, which trains the bundle first")


def _report(sentence: str) -> None:
    print(sentence, flush=True)
