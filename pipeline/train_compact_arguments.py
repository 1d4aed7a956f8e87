"""What `laughter train-compact` can be told."""

from __future__ import annotations

import argparse
import pathlib

from models.distillation.recipe import Settings
from pipeline.argument_types import local_folder

EPILOG = """examples:
  laughter train-compact --audio clips/ debian/ --teacher efficientat_mn04_as.onnx --output my_compact/
  laughter train-compact --report-only --audio clips/ debian/ --teacher efficientat_mn04_as.onnx --output my_compact/

It needs packages: pip install -e '.[train]'
Within two hours on two cores with the defaults. exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = "Make the compact bundle from labelled clips and a teacher, or measure it again."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add, settings = parser.add_argument, Settings()
    add("--audio", type=pathlib.Path, nargs="+", required=True, help="folders of clips, a manifest.csv in each")
    add(
        "--teacher",
        type=pathlib.Path,
        default="efficientat_mn04_as.onnx",
        help="an AudioSet tagger in ONNX, 32 kHz (default: %(default)s)",
    )
    add("--no-teacher", action="store_true", help="report without the teacher's own measures")
    add("--output", type=local_folder, required=True, help="bundle folder to write, or to measure")
    add(
        "--work",
        type=pathlib.Path,
        default="compact_work",
        help="folder for mixtures; kept, so that a rerun goes on (default: %(default)s)",
    )
    for name, default, what in (
        ("--programmes", settings.programmes, "mixtures of 10 s to fit on"),
        ("--epochs", settings.epochs, "passes over the mixtures for the embedder"),
        ("--head-epochs", settings.head_epochs, "passes for the head"),
        ("--processes", 2, "that mix and score at a time"),
        ("--seed", settings.seed, "decides everything drawn"),
    ):
        add(name, type=int, default=default, help=f"{what} (default: %(default)s)")
    add("--report-only", action="store_true", help="do not train: measure the bundle in OUTPUT")
