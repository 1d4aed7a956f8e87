"""The options of train, train-compact, evaluate, models and collect-audio. Nothing heavy: --help has to be quick."""

from __future__ import annotations

import argparse
import pathlib

from models.distillation.recipe import Settings
from models.tracking.recipe import TrackerSettings
from pipeline.paths import local_folder

TRAIN_EPILOG = """examples:
  laughter train --shards shards/ --output my_head/
  laughter train --shards shards/ --recipe 2017-adam --output as_in_2017/
  laughter detect '/archive/*.mp4' --bundle vggish --head my_head/ --output tables/

Fits on the shards' side train and chooses on their side held_out. Stopped or killed, the same command goes on from the
last epoch. `tensorboard --logdir my_head/logs` shows the curves."""


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = TRAIN_EPILOG
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


TRAIN_COMPACT_EPILOG = """examples:
  laughter train-compact --audio clips/ debian/ --teacher efficientat_mn04_as.onnx --output my_compact/
  laughter train-compact --tracker-only --audio clips/ debian/ --teacher efficientat_mn04_as.onnx --output my_compact/
  laughter train-compact --report-only --audio clips/ debian/ --teacher efficientat_mn04_as.onnx --output my_compact/

It needs packages: pip install -e '.[train]'
Within three hours on two cores with the defaults. exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_train_compact_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Make the compact bundle and its tracker from labelled clips and a teacher, or measure the bundle again. "
        "Own marks do not train the tracker yet."
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = TRAIN_COMPACT_EPILOG
    add, settings, tracker = parser.add_argument, Settings(), TrackerSettings()
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
        ("--scenes", tracker.scenes, "mixtures of 12 s to fit the tracker on"),
        ("--tracker-epochs", tracker.epochs, "passes over the scenes for the tracker"),
        ("--processes", 2, "that mix and score at a time"),
        ("--seed", settings.seed, "decides everything drawn"),
    ):
        add(name, type=int, default=default, help=f"{what} (default: %(default)s)")
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--tracker-only", action="store_true", help="train the tracker alone, of the bundle in OUTPUT")
    parts.add_argument("--report-only", action="store_true", help="do not train: measure the bundle in OUTPUT")


EVALUATE_EPILOG = """examples:
  laughter evaluate --shards shards/ --head vggish
  laughter evaluate --shards shards/ --head trained/ --head 2017/67top1acc.h5 --baselines --output report/
  laughter evaluate --shards own/ --side held_out --head trained/ --threshold 0.7
  laughter evaluate --shards shards/ --head trained/ --spans laugh_spans.csv

OUTPUT/evaluation.json holds all that was measured, beside precision_recall.png, reliability.png and confusion.png.
exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EVALUATE_EPILOG
    add = parser.add_argument
    add("--shards", required=True, metavar="SHARDS", help="folder or URL that `laughter shards` wrote")
    add(
        "--side",
        choices=("eval", "held_out", "train"),
        default="eval",
        help="which of its clips to measure on (default: %(default)s)",
    )
    add(
        "--head",
        action="append",
        metavar="HEAD",
        help="a shipped bundle's name, a bundle's folder, or a .h5 file of 2017; may be given again (default: vggish, "
        "where the shards are its)",
    )
    add("--baselines", action="store_true", help="fit simple models on the side train, and measure them too")
    add("--train-shards", metavar="SHARDS", help="whose side train the baselines learn from (default: --shards)")
    add(
        "--threshold",
        type=float,
        help="detection score from which a clip counts as laughter, for all models (default: each card's "
        "clip_threshold, else 0.5)",
    )
    add(
        "--spans",
        metavar="CSV",
        help="file or URL of clips in which laughter was marked by hand; measures how well 1 s windows, 10 s windows "
        "and both combined find it. Columns: video_id, start_time_seconds, end_time_seconds, laugh_segments_rel_s "
        "(`a-b a-b ...`, in seconds from the clip's start)",
    )
    add("--output", default="report", help="folder or URL of the report (default: %(default)s)")
    add("--bootstraps", type=int, default=1000, help="resamples for the intervals, 0 for none (default: %(default)s)")
    add("--seed", type=int, default=0, help="of resamples and of the baselines' samples (default: %(default)s)")
    add("--note-on-cards", action="store_true", help="write what was measured onto the heads' cards too")
    add("--quiet", action="store_true", help="no progress, only the table")
    add("--debug", action="store_true", help="show tracebacks")


COLLECT_AUDIO_EPILOG = """examples:
  laughter collect-audio --output audio_debian/ --dry-run
  laughter collect-audio --output audio_debian/ --downloads packages/
  laughter collect-audio --output audio_debian/ --only flite --only monsterz-data

Needs Debian 12 (bookworm), or a container of it, with `apt-get update` done. Nothing is installed, and root is not
needed. Stopped or killed, the same command goes on from the last package."""


def add_collect_audio_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = COLLECT_AUDIO_EPILOG
    add = parser.add_argument
    add("--output", required=True, type=local_folder, metavar="FOLDER", help="of the clips and their manifest.csv")
    add("--downloads", type=pathlib.Path, metavar="FOLDER", help="keep the packages there (default: removed once used)")
    add("--only", action="append", metavar="NAME", help="this package or synthesiser alone; may be given again")
    add("--dry-run", action="store_true", help="list what would be fetched, and do nothing")
    add("--quiet", action="store_true", help="no progress, only the closing summary")
    add("--debug", action="store_true", help="show tracebacks")


MODELS_EPILOG = """examples:
  laughter models list
  laughter models fetch                                                  # once, 277 MB
  laughter models verify compact my_head/
  laughter models import 67top1acc.h5 --output 2017_head/"""


def add_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MODELS_EPILOG
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser(
        "list",
        help="the bundles that ship, and whether VGGish's weights are here",
        epilog="example: laughter models list",
    )
    listing.set_defaults(run="pipeline.training.models_command:list_models")
    fetch = verbs.add_parser(
        "fetch",
        help="get Google's VGGish weights once, checked, into the cache",
        epilog="example: LAUGHTER_CACHE=/big/disk laughter models fetch",
    )
    fetch.set_defaults(run="pipeline.training.models_command:fetch_weights")
    verify = verbs.add_parser(
        "verify",
        help="check checksums, and VGGish by its self-check",
        epilog="example: laughter models verify compact my_head/",
    )
    verify.add_argument("what", nargs="*", metavar="BUNDLE", help="names or folders (default: all that ship)")
    verify.set_defaults(run="pipeline.training.models_command:verify_models")
    importing = verbs.add_parser(
        "import",
        help="turn a Keras 1 model of the 2017 project into a head",
        epilog="example: laughter models import 67top1acc.h5 --output 2017_head/",
    )
    importing.add_argument("file", type=pathlib.Path, help="the .h5 file")
    importing.add_argument("--output", type=local_folder, required=True, help="folder of the new bundle")
    importing.add_argument("--name", help="of the head (default: the file's name)")
    importing.set_defaults(run="pipeline.training.models_command:import_head")
