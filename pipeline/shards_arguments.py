"""What `laughter shards` can be told."""

from __future__ import annotations

import argparse

EPILOG = """examples:
  laughter shards --input 'gs://bucket/audioset_v1_embeddings/*/*.tfrecord' --output shards/
  laughter shards --input audioset_v1_embeddings/ --split bal_train --split eval --output shards/
  laughter shards --input audioset_v1_embeddings/ --negatives-per-laugh 20 --output few/
  laughter shards --store tables/store --labels-csv labels.csv --output own/   # columns recording,start_s,end_s,label

OUTPUT/train and OUTPUT/held_out hold the clips to fit and to choose on, OUTPUT/eval those of AudioSet's folder eval;
OUTPUT/manifest.json says what they hold and what was met in the input.
exit status: 0 all done, 2 bad usage, 3 something in the input could not be used (it is listed), 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
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
