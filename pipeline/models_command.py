"""`laughter models`: list, fetch, verify and import models."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence

from common.errors import ModelError
from models.bundles.bundle import open_bundle, shipped_names, write_card
from models.constants import CLASSES
from models.networks.head_files import save_head
from pipeline.argument_types import local_folder

EPILOG = """examples:
  laughter models list
  laughter models fetch                                                  # once, 277 MB
  laughter models verify compact my_head/
  laughter models import 67top1acc.h5 --output 2017_head/"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser(
        "list",
        help="the bundles that ship, and whether VGGish's weights are here",
        epilog="example: laughter models list",
    )
    listing.set_defaults(run=_list)
    fetch = verbs.add_parser(
        "fetch",
        help="get Google's VGGish weights once, checked, into the cache",
        epilog="example: LAUGHTER_CACHE=/big/disk laughter models fetch",
    )
    fetch.set_defaults(run=_fetch)
    verify = verbs.add_parser(
        "verify",
        help="check checksums, and VGGish by its self-check",
        epilog="example: laughter models verify compact my_head/",
    )
    verify.add_argument("what", nargs="*", metavar="BUNDLE", help="names or folders (default: all that ship)")
    verify.set_defaults(run=_verify)
    importing = verbs.add_parser(
        "import",
        help="turn a Keras 1 model of the 2017 project into a head",
        epilog="example: laughter models import 67top1acc.h5 --output 2017_head/",
    )
    importing.add_argument("file", type=pathlib.Path, help="the .h5 file")
    importing.add_argument("--output", type=local_folder, required=True, help="folder of the new bundle")
    importing.add_argument("--name", help="of the head (default: the file's name)")
    importing.set_defaults(run=_import)


def _list(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from models.bundles import selection, vggish_files

    for name in shipped_names():
        print(selection.describe(name))
    cached = vggish_files.find_cached()
    where = f"in {cached.weights}" if cached else "not here; `laughter models fetch` gets them"
    print(f"VGGish weights: {where}")
    return 0


def _fetch(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from rich.progress import Progress

    from models.bundles import vggish_files

    try:
        with Progress() as bar:
            task = bar.add_task("VGGish weights", total=None)

            def show(name: str, done: int, total: int | None) -> None:
                bar.update(task, description=name, completed=done, total=total)

            files = vggish_files.fetch(progress=show)
            files.verify()
    except vggish_files.WeightsUnavailable as error:
        print(f"laughter: {error}", file=sys.stderr)
        return 1
    print(f"fetched and verified: {files.weights}")
    return 0


def _verify(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from models.bundles import vggish_files

    for what in arguments.what or shipped_names():
        bundle = open_bundle(what)
        print(f"{bundle.name} {bundle.version}: {', '.join(bundle.verify()) or 'a card only'}: as its card says")
    cached = vggish_files.find_cached()
    if cached:
        cached.verify()
        print(f"{cached.weights}: Google's checksum, and the self-check on a sine passes")
    return 0


def _import(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    from models.networks.keras1 import open_keras1

    head = open_keras1(arguments.file)
    if (arguments.output / "card.json").exists():
        raise ModelError(f"{arguments.output} holds a bundle already; name another folder with --output")
    arguments.output.mkdir(parents=True, exist_ok=True)
    save_head(head, arguments.output / "head.npz")
    card = {
        "name": arguments.name or arguments.file.stem,
        "version": "2017",
        "classes": list(CLASSES),
        "embedder": "vggish",
        "head": {"file": "head.npz", "padding": head.padding},
        "training_data": [{"source": "AudioSet's released embeddings", "licence": "CC BY 4.0"}],
        "measured": {},
        "limits": f"Imported from the Keras 1 file {arguments.file.name}; its thresholds are not tuned.",
    }
    write_card(arguments.output, json.loads(json.dumps(card)))
    print(f"imported {arguments.file} as a head: use it with --bundle vggish --head {arguments.output}")
    return 0
