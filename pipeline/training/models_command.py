"""`laughter models`: list, fetch, verify and import models."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from common.errors import ModelError
from models.bundles.bundle import open_bundle, shipped_names
from models.bundles.card import CARD_NAME, Card, WeightFile, write_card
from models.networks.head_files import save_head


def list_models(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    """`laughter models list`; returns the exit status."""
    from models.bundles import selection, vggish_files

    for name in shipped_names():
        print(selection.summary_line(name))
    cached = vggish_files.find_cached()
    where = f"in {cached.weights}" if cached else "not here; `laughter models fetch` gets them"
    print(f"VGGish weights: {where}")
    return 0


def fetch_weights(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    """`laughter models fetch`; returns the exit status.

    Raises:
        WeightsUnavailable: the weights cannot be fetched.
    """
    from rich.progress import Progress

    from models.bundles import vggish_files

    with Progress() as bar:
        task = bar.add_task("VGGish weights", total=None)

        def show(name: str, done: int, total: int | None) -> None:
            bar.update(task, description=name, completed=done, total=total)

        files = vggish_files.fetch(progress=show)
        files.verify()
    print(f"fetched and verified: {files.weights}")
    return 0


def verify_models(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    """`laughter models verify`; returns the exit status.

    Raises:
        ModelError: a bundle is absent or not as its card says.
    """
    from models.bundles import vggish_files

    for what in arguments.what or shipped_names():
        bundle = open_bundle(what)
        print(
            f"{bundle.card.name} {bundle.card.version}: {', '.join(bundle.verify()) or 'a card only'}: as its card says"
        )
    cached = vggish_files.find_cached()
    if cached:
        cached.verify()
        print(f"{cached.weights}: Google's checksum, and the self-check on a sine passes")
    return 0


def import_head(arguments: argparse.Namespace, _: Sequence[str]) -> int:
    """`laughter models import`; returns the exit status.

    Raises:
        ModelError: the file is no such model, or the output holds a bundle.
    """
    from models.networks.keras1 import open_keras1

    head = open_keras1(arguments.file)
    if (arguments.output / CARD_NAME).exists():
        raise ModelError(f"{arguments.output} holds a bundle already; name another folder with --output")
    arguments.output.mkdir(parents=True, exist_ok=True)
    save_head(head, arguments.output / "head.npz")
    card = Card(
        name=arguments.name or arguments.file.stem,
        version="2017",
        embedder="vggish",
        head=WeightFile("head.npz", padding=head.padding),
        training_data=[{"source": "AudioSet's released embeddings", "licence": "CC BY 4.0"}],
        limits=f"Imported from the Keras 1 file {arguments.file.name}; its thresholds are not tuned.",
        measured={},
    )
    write_card(arguments.output, card)
    print(f"imported {arguments.file} as a head: use it with --bundle vggish --head {arguments.output}")
    return 0
