"""The parser of the whole command: every command by name, the function that declares its options, the one that runs it.

Who runs a command is named by a string, resolved once it is chosen, so that --help loads neither Beam nor TensorFlow.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from pipeline.analysis.arguments import (
    add_export_arguments,
    add_query_arguments,
    add_report_arguments,
    add_score_arguments,
)
from pipeline.analysis.plot_arguments import add_plot_arguments
from pipeline.jobs.arguments import add_detect_arguments, add_sample_arguments, add_shards_arguments
from pipeline.training.arguments import (
    add_collect_audio_arguments,
    add_evaluate_arguments,
    add_models_arguments,
    add_train_arguments,
    add_train_compact_arguments,
)

SHELLS = ("bash", "zsh", "fish")

COMPLETION_EPILOG = """examples:
  eval "$(laughter completion bash)"                                                 # in ~/.bashrc
  laughter completion zsh > ~/.zfunc/_laughter                                       # a folder of $fpath
  laughter completion fish > ~/.config/fish/completions/laughter.fish"""


def add_completion_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `laughter completion`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = COMPLETION_EPILOG
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


class Command(NamedTuple):
    """A command: its name, what it does, who declares its options, and MODULE:FUNCTION of (arguments, Beam's options).

    Where `run` is None, `add_arguments` declares commands below it, each with a `run` of its own.
    """

    name: str
    sentence: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: str | None


COMMANDS = (
    Command("detect", "recordings in, tables of laughter out", add_detect_arguments, "pipeline.jobs.detect:main"),
    Command(
        "export",
        "tables to files for ELAN, Praat, Audacity, Red Hen",
        add_export_arguments,
        "pipeline.analysis.export:main",
    ),
    Command("query", "questions to the tables, by DuckDB", add_query_arguments, "pipeline.analysis.query:main"),
    Command("score", "events against what annotators marked", add_score_arguments, "pipeline.analysis.score:main"),
    Command(
        "report", "tables to pages that show, play and correct", add_report_arguments, "pipeline.analysis.report:main"
    ),
    Command("shards", "AudioSet's embeddings to training shards", add_shards_arguments, "pipeline.jobs.shards:main"),
    Command("train", "train a head on shards", add_train_arguments, "pipeline.training.train:main"),
    Command(
        "evaluate", "measure heads and baselines on shards", add_evaluate_arguments, "pipeline.training.evaluate:main"
    ),
    Command(
        "train-compact",
        "train the compact bundle's embedder and head",
        add_train_compact_arguments,
        "pipeline.training.train_compact:main",
    ),
    Command(
        "completion", "completion of this command for a shell", add_completion_arguments, "pipeline.completion:main"
    ),
    Command("plot", "maps of clips, timelines, laughter of an archive", add_plot_arguments, None),
    Command("models", "list, fetch, verify and import models", add_models_arguments, None),
    Command("sample", "make a sample broadcast", add_sample_arguments, "pipeline.jobs.sample:main"),
    Command(
        "collect-audio",
        "collect sounds to train the compact bundle on",
        add_collect_audio_arguments,
        "pipeline.training.collect_audio:main",
    ),
)


def build_parser() -> argparse.ArgumentParser:
    """The parser; what it parsed has MODULE:FUNCTION of the command that was chosen in `run`."""
    parser = argparse.ArgumentParser(
        prog="laughter", description="Find laughter in broadcast recordings.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        below = commands.add_parser(command.name, help=command.sentence, allow_abbrev=False)
        command.add_arguments(below)
        if command.run is not None:
            below.set_defaults(run=command.run)
    return parser
