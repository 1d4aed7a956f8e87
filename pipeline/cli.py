"""The command `laughter`: one parser, one subcommand a job."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import logging
import pathlib
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command's help loads neither the engine nor TensorFlow
    from pipeline.detect_options import DetectOptions

HOME = pathlib.Path(__file__).resolve().parents[1]


def check_home() -> None:
    """Refuse to run with another distribution's package of the name `transforms`, `models` or `common`."""
    for name in ("transforms", "models", "common"):
        spec = importlib.util.find_spec(name)
        found = pathlib.Path(spec.origin).resolve().parents[1] if spec and spec.origin else None
        if found != HOME:
            raise SystemExit(
                f"laughter: the package {name} is taken from {found}, not from {HOME}; install laughter in a virtual "
                "environment of its own, or start it from another folder"
            )


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command. It imports nothing heavy, so that --help is quick."""
    from pipeline import (
        collect_audio,
        completion,
        detect_arguments,
        evaluate_arguments,
        export_arguments,
        models_command,
        plot_arguments,
        query_arguments,
        report_arguments,
        sample,
        score_arguments,
        shards_arguments,
        train_arguments,
        train_compact_arguments,
    )

    parser = argparse.ArgumentParser(
        prog="laughter", description="Find laughter in broadcast recordings.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, sentence, declared, run in (
        ("detect", "recordings in, tables of laughter out", detect_arguments, _detect),
        ("export", "tables to files for ELAN, Praat, Audacity, Red Hen", export_arguments, _export),
        ("query", "questions to the tables, by DuckDB", query_arguments, _query),
        ("score", "events against what annotators marked", score_arguments, _score),
        ("report", "tables to pages that show, play and correct", report_arguments, _report),
        ("shards", "AudioSet's embeddings to training shards", shards_arguments, _shards),
        ("train", "train a head on shards", train_arguments, _train),
        ("evaluate", "measure heads and baselines on shards", evaluate_arguments, _evaluate),
        ("train-compact", "train the compact bundle's embedder and head", train_compact_arguments, _train_compact),
        ("completion", "completion of this command for a shell", completion, completion.run),
    ):
        command = commands.add_parser(name, help=sentence, allow_abbrev=False)
        declared.add_arguments(command)
        command.set_defaults(run=run)
    plot_arguments.add_arguments(commands.add_parser("plot", help="maps of clips, timelines, laughter of an archive"))
    models_command.add_arguments(commands.add_parser("models", help="list, fetch, verify and import models"))
    sample.add_arguments(commands.add_parser("sample", help="make a sample broadcast"))
    collect_audio.add_arguments(
        commands.add_parser("collect-audio", help="collect sounds to train the compact bundle on", allow_abbrev=False)
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    check_home()
    argv = list(sys.argv[1:] if argv is None else argv)
    with contextlib.suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill cleans up as Ctrl-C does
    return guarded(lambda: _run(argv), debug="--debug" in argv)


def guarded(work: Callable[[], int], *, debug: bool) -> int:
    """The exit status that `work` gives; what it raises becomes a sentence and a status, or a trace with `debug`."""
    from common.errors import LaughterError
    from common.redaction import without_secrets

    _quieten(debug)
    try:
        return work()
    except LaughterError as error:
        print(f"laughter: {without_secrets(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return _stopped()
    except Exception as error:
        if "KeyboardInterrupt" in str(error):  # so the engine passes on what stopped a worker
            return _stopped()
        if debug:
            print(without_secrets(traceback.format_exc()), file=sys.stderr)
            return 1
        print(f"laughter: {without_secrets(_last_sentence(error))} (--debug shows more)", file=sys.stderr)
        return 1


def _stopped() -> int:
    print("laughter: stopped; run the same command again to go on from here", file=sys.stderr)
    return 130


class _Discreet(logging.Formatter):
    """Formats log records, the engine's too, without the secrets of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        from common.redaction import without_secrets  # once check_home has looked where it is

        return without_secrets(super().format(record))


def _quieten(debug: bool) -> None:
    """Keep the libraries' chatter from the user, who asked for none of it."""
    # The engine logs the trace of what it then raises; one sentence at the end says it better.
    logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Discreet("laughter: %(message)s"))
    for ours in ("transforms", "models", "common"):
        logging.getLogger(ours).setLevel(logging.WARNING)
    if not debug:
        warnings.filterwarnings("ignore", category=FutureWarning)


def _run(argv: list[str]) -> int:
    beams: list[str] = []
    serving = False
    if argv[:1] in (["detect"], ["shards"]) and not {"-h", "--help"} & set(argv):
        from pipeline import engine_options

        argv, beams = engine_options.split(argv)
        serving = engine_options.starts_server(engine_options.engine_options(beams))
    arguments = build_parser().parse_args(argv)
    from common.temporary_files import scratch_folder

    with contextlib.nullcontext() if serving else scratch_folder():  # an engine's server would miss its files in there
        return int(arguments.run(arguments, beams))


def _detect(arguments: argparse.Namespace, beams: Sequence[str]) -> int:
    from pipeline import detect

    return detect.run(detect_options_of(arguments, beams))


def detect_options_of(arguments: argparse.Namespace, beams: Sequence[str]) -> DetectOptions:
    """What `laughter detect` was told, by its own arguments and Beam's, with the models chosen."""
    from models.bundles import selection
    from pipeline import detect_options, engine_options

    engine = engine_options.engine_options(beams)
    models = selection.choose(
        bundle=arguments.bundle,
        embedder=arguments.embedder,
        head=arguments.head,
        precision=arguments.precision,
        distributed=not engine_options.is_local(engine),
    )
    return detect_options.from_arguments(arguments, engine, models)


def _shards(arguments: argparse.Namespace, beams: Sequence[str]) -> int:
    from pipeline import shards

    return shards.run(shards.from_arguments(arguments, beams))


def _train(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import train

    return train.run(arguments)


def _train_compact(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from models.distillation import train

    return train.run(arguments)


def _evaluate(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import evaluate

    return evaluate.run(evaluate.from_arguments(arguments))


def _export(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import export

    return export.run(export.from_arguments(arguments))


def _query(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import query

    return query.run(query.from_arguments(arguments))


def _score(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import score

    return score.run(score.from_arguments(arguments))


def _report(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from pipeline import report

    return report.run(report.from_arguments(arguments))


def _last_sentence(error: Exception) -> str:
    """What went wrong, without the trace that the engine wraps around a worker's exception."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith((" ", "Traceback"))]
    named = re.compile(r"(?:\w+\.)+[A-Z]\w*: ")  # the exception's class, where the engine passes on no more than text
    return named.sub("", lines[-1], count=1) if lines else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
