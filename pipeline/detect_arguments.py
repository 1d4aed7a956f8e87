"""What `laughter detect` can be told."""

from __future__ import annotations

import argparse

from transforms.decode.settings import DecodeSettings

EPILOG = """examples:
  laughter detect '/archive/2016-01-*/*.mp4' --output tables/
  laughter detect /archive --output tables/ --only new        # every night: what has come since
  laughter detect tonight.txt --output tables/ --dry-run      # say what would be done
  laughter detect 'gs://archive/2016/*.mp4' --output gs://tables --runner DataflowRunner --project ...

exit status: 0 all done, 2 bad usage, 3 some recordings failed (they are listed), 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
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
    _add_event_arguments(parser.add_argument_group("events (defaults come from the head's card)"))
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
        help="a longer hole in the sound ends the recording as partial, seconds (default: %(default)g)",
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
