"""The options of detect, shards and sample. Nothing heavy is imported: --help has to be quick."""

from __future__ import annotations

import argparse
import pathlib

from pipeline.paths import local_folder
from transforms.decode.settings import DecodeSettings

DETECT_EPILOG = """examples:
  laughter detect '/archive/2016-01-*/*.mp4' --output tables/
  laughter detect /archive --output tables/ --only new        # every night: what has come since
  laughter detect tonight.txt --output tables/ --dry-run      # say what would be done
  laughter detect 'gs://archive/2016/*.mp4' --output gs://tables --runner DataflowRunner --project ...

exit status: 0 all done, 2 bad usage, 3 some recordings failed (they are listed), 1 anything else."""


def add_detect_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = DETECT_EPILOG
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="file, folder, glob (** goes down), gs:// pattern, or a .txt of these",
    )
    where = parser.add_argument_group("where")
    where.add_argument("--output", default="tables", help="folder or URL of the tables (default: %(default)s)")
    where.add_argument("--store", help="folder or URL of the embedding store (default: OUTPUT/store)")
    where.add_argument("--root", help="the archive's folder: ids made from paths are relative to it")
    _add_model_arguments(parser.add_argument_group("models"))
    _add_event_arguments(parser.add_argument_group("events (defaults come from the cards of tracker and head)"))
    _add_decode_arguments(parser.add_argument_group("decoding"))
    what = parser.add_argument_group("what to do")
    what.add_argument("--only", choices=("all", "new"), default="all", help="new: leave alone whatever has been tried")
    what.add_argument("--recompute", action="store_true", help="decode and embed again what the store holds")
    what.add_argument("--prune", action="store_true", help="remove what the archive, where INPUT looks, has no longer")
    what.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    what.add_argument("--quiet", action="store_true", help="no progress, only the closing summary")
    what.add_argument("--debug", action="store_true", help="show tracebacks and the engine's log")


def _add_model_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--bundle", help="shipped name, folder or URL (default: vggish if it can be used, else compact)")
    group.add_argument("--embedder", help="vggish, compact, or a VGGish checkpoint (path or gs://), over the bundle's")
    group.add_argument("--head", help="folder or URL of a bundle whose head is used instead")
    group.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the VGGish network; auto takes bfloat16 where the processor is built for it and results agree",
    )


def _add_event_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--onset", type=float, metavar="P", help="probability at which an event begins, in (0, 1)")
    group.add_argument("--offset", type=float, metavar="P", help="probability below which it ends")
    group.add_argument("--peak", type=float, metavar="P", help="of the tracker: what an event has to reach somewhere")
    group.add_argument("--min-on", type=float, metavar="S", help="drop shorter events, seconds")
    group.add_argument("--min-off", type=float, metavar="S", help="close shorter pauses, seconds")
    group.add_argument("--hop", type=_whole_seconds, default=1, metavar="S", help="between windows, s (default: 1)")


def _add_decode_arguments(group: argparse._ArgumentGroup) -> None:
    defaults = DecodeSettings()
    group.add_argument("--audio-stream", type=int, default=0, metavar="N", help="Nth audio stream, from 0 (default: 0)")
    group.add_argument(
        "--max-gap",
        type=float,
        default=defaults.max_gap_s,
        metavar="S",
        help="longest jump of the times that is taken for missing sound, seconds (default: %(default)g)",
    )
    group.add_argument(
        "--stall-timeout",
        type=float,
        default=defaults.stall_timeout_s,
        metavar="S",
        help="give up a recording whose decoder gives nothing for so long, seconds (default: %(default)g)",
    )
    group.add_argument(
        "--max-duration",
        type=float,
        default=defaults.max_duration_s / 3600,
        metavar="H",
        help="cut longer recordings there, hours (default: %(default)g)",
    )
    group.add_argument(
        "--max-decode-time",
        type=float,
        default=defaults.max_decode_s / 3600,
        metavar="H",
        help="give up a recording on which the decoder takes longer, hours (default: %(default)g)",
    )
    group.add_argument(
        "--max-size",
        type=float,
        default=defaults.max_size_bytes / 1e9,
        metavar="GB",
        help="do not open larger files, gigabytes (default: %(default)g)",
    )


def _whole_seconds(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of seconds, at least 1, not {text}")
    return value


SHARDS_EPILOG = """examples:
  laughter shards --input 'gs://bucket/audioset_v1_embeddings/*/*.tfrecord' --output shards/
  laughter shards --input audioset_v1_embeddings/ --split bal_train --split eval --output shards/
  laughter shards --input audioset_v1_embeddings/ --negatives-per-laugh 20 --output few/
  laughter shards --store tables/store --labels-csv labels.csv --output own/   # columns recording,start_s,end_s,label

OUTPUT/train and OUTPUT/held_out hold the clips to fit and to choose on, OUTPUT/eval those of AudioSet's folder eval;
OUTPUT/manifest.json says what they hold and what was met in the input.
exit status: 0 all done, 2 bad usage, 3 something in the input could not be used (it is listed), 1 anything else."""


def add_shards_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = SHARDS_EPILOG
    source = parser.add_argument_group("from where")
    source.add_argument(
        "--input", nargs="+", action="extend", metavar="INPUT", help="TFRecord files, folders, globs, gs:// patterns"
    )
    source.add_argument(
        "--split",
        action="append",
        choices=("bal_train", "eval", "unbal_train"),
        help="only files below a folder of this name; may be given again (default: all)",
    )
    source.add_argument("--store", help="an embedding store, such as tables/store, instead of --input")
    source.add_argument("--labels-csv", metavar="CSV", help="CSV file of labelled stretches of the store's recordings")
    add = parser.add_argument
    add("--output", default="shards", help="folder or URL of the shards (default: %(default)s)")
    add("--shards", type=int, default=64, help="files a side (default: %(default)s)")
    add("--seed", type=int, default=0, help="of the order and of what is left out (default: %(default)s)")
    add("--held-out", type=float, default=0.1, help="share of the clips to choose on (default: %(default)s)")
    add(
        "--negatives-per-laugh",
        type=float,
        metavar="N",
        help="keep about N clips without laughter for each one with (default: all); the side eval stays whole",
    )
    add("--strict", action="store_true", help="fail at the first file or clip that cannot be used as it is")
    add("--dry-run", action="store_true", help="say what would be done, and do nothing")
    add("--quiet", action="store_true", help="no progress, only the closing summary")
    add("--debug", action="store_true", help="show tracebacks and the engine's log")


def add_sample_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = "Write a made broadcast (mp4 with video and sound) and a JSON file of the laughs in it."
    parser.epilog = "example: laughter sample --output sample/ && laughter detect sample/ --output tables/"
    parser.add_argument("--output", type=local_folder, default=pathlib.Path("sample"), help="folder (%(default)s)")
