"""What `laughter train` can be told."""

from __future__ import annotations

import argparse

from pipeline.argument_types import local_folder

EPILOG = """examples:
  laughter train --shards shards/ --output my_head/
  laughter train --shards shards/ --recipe 2017-adam --output as_in_2017/
  laughter detect '/archive/*.mp4' --bundle vggish --head my_head/ --output tables/

Fits on the shards' side train and chooses on their side held_out. Stopped or killed, the same command goes on from the
last epoch. `tensorboard --logdir my_head/logs` shows the curves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("--shards", required=True, metavar="FOLDER", help="what `laughter shards` wrote (folder or URL)")
    add("--output", required=True, type=local_folder, help="folder of the head: card.json and head.npz")
    add("--name", help="of the head, on its card (default: the folder's name)")
    add("--recipe", default="hybrid", choices=("hybrid", "2017-adam", "2017-sgd"), help="default: %(default)s")
    add("--epochs", type=int, help="passes over the clips (default: the recipe's)")
    add("--members", type=int, help="networks joined to the head (default: the recipe's)")
    add("--units", type=int, help="LSTM units of each network and direction (default: the recipe's)")
    add("--patience", type=int, default=4, help="stop recipes of 2017 after so many epochs without gain (%(default)s)")
    add("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    add("--dry-run", action="store_true", help="say what would be done, and do nothing")
    add("--quiet", action="store_true", help="no progress, only the closing summary")
    add("--debug", action="store_true", help="show tracebacks")
