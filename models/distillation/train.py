"""The recipe of the `compact` bundle, from labelled clips and a teacher to a bundle folder with its card.

Steps: mix and score (data), fit the embedder, its PCA and the head (fit), choose thresholds on groups held out from
the `train` rows (thresholds), measure on the `evaluate` rows (measure, clip_report). The `evaluate` rows are never
trained on: how long events and pauses are is chosen on held-out mixtures, how high the threshold is on these rows.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.bundles.card import Card, WeightFile, write_card
from models.distillation.clip_report import seconds_probability
from models.distillation.data import kind_targets, make_data, read_files
from models.distillation.fit import batched, embed, fit_embedder, fit_head, fit_pca
from models.distillation.recipe import Settings
from models.distillation.thresholds import choose_thresholds
from models.events.segments import Thresholds
from models.networks.compact import EMBEDDER_FILE, HEAD_FILE, load_compact, save_compact
from models.networks.head_files import load_head, save_head
from models.sounds.manifest import LabelledClipRow, training_data

VERSION = "1.2"
THREADS = 2
"""Of every operation while fitting, on any machine: other numbers give other weights."""
LIMITS = (
    "A small model, made to work offline and in tests. It learned from a teacher's scores, not from ears: its kinds of "
    "laughter (giggle, snicker and so on) are the teacher's guesses and were not measured. What confuses it is in the "
    "table by label; speech over a laugh hides it (see the table of conditions). Most of its real laughs in training "
    "are from games, acted and short. Use `vggish` where it can be had."
)


def train_compact(
    rows: Sequence[LabelledClipRow],
    *,
    teacher: pathlib.Path,
    work: pathlib.Path,
    output: pathlib.Path,
    settings: Settings,
    processes: int = 1,
    report: Callable[[str], object] = print,
) -> pathlib.Path:
    """Make the bundle folder `output` and return the path of its card.

    With the same inputs, settings, software and processor family the weights come out the same.

    Raises:
        UsageError: an input is missing or not what it should be, or a package of the extra `train` is missing.
    """
    fit, check = make_data(
        rows,
        teacher=teacher,
        work=work,
        seed=settings.seed,
        programmes=settings.programmes,
        processes=processes,
        report=report,
    )
    output.mkdir(parents=True, exist_ok=True)
    _fit(fit, output, settings, report)
    held_out = _held_out(check, output)
    measured = {"recipe": dataclasses.asdict(settings), "held_out_mixtures": held_out}
    write_card(output, _card(rows, Thresholds(**held_out["thresholds"]), measured))
    return output / "card.json"


def _fit(
    files: Sequence[pathlib.Path], output: pathlib.Path, settings: Settings, report: Callable[[str], object]
) -> None:
    """Fit embedder, PCA and head, and save them."""
    scored = read_files(files)
    model = fit_embedder(scored, epochs=settings.epochs, seed=settings.seed, report=report)
    flat = scored.patches.reshape(-1, *scored.patches.shape[2:])
    pca = fit_pca(batched(lambda patches: model(patches, training=False))(flat))
    save_compact(model, pca, output / EMBEDDER_FILE)
    network, pca = load_compact(output / EMBEDDER_FILE)
    embeddings = embed(batched(network), pca, scored.patches)
    report(f"embeddings: {np.mean((embeddings == 0) | (embeddings == 255)):.1%} of values at a limit")
    epochs, seed = settings.head_epochs, settings.seed
    head = fit_head(embeddings, kind_targets(scored), epochs=epochs, seed=seed, report=report)
    save_head(head, output / HEAD_FILE)


def _held_out(files: Sequence[pathlib.Path], output: pathlib.Path) -> dict[str, Any]:
    """The thresholds chosen on held-out mixtures, and what they make of these."""
    scored, head = read_files(files), load_head(output / HEAD_FILE)
    network, pca = load_compact(output / EMBEDDER_FILE)
    embeddings = embed(batched(network), pca, scored.patches)
    return choose_thresholds(scored, np.stack([seconds_probability(head, programme) for programme in embeddings]))


def _card(rows: Sequence[LabelledClipRow], thresholds: Thresholds, measured: dict[str, Any]) -> Card:
    return Card(
        name="compact",
        version=VERSION,
        embedder="compact",
        embedder_weights=WeightFile(EMBEDDER_FILE),
        head=WeightFile(HEAD_FILE, padding="mask"),
        thresholds=thresholds,
        training_data=training_data(rows),
        limits=LIMITS,
        measured=measured,
    )
