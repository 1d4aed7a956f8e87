"""The recipe of the `compact` bundle, from labelled clips and a teacher to a bundle folder with its card.

Steps: mix and score (data), fit the embedder, its PCA and the head (fit), choose thresholds on groups held out from
the `train` rows (thresholds), measure on the `evaluate` rows (measure, clip_report). The `evaluate` rows are never
trained on: how long events and pauses are is chosen on held-out mixtures, how high the threshold is on these rows.
"""

import argparse
import dataclasses
import pathlib
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models.bundles.bundle import write_card
from models.constants import CLASSES
from models.distillation.clip_report import seconds_probability
from models.distillation.data import kind_targets, make_data, read_files
from models.distillation.fit import batched, embed, fit_embedder, fit_head, fit_pca
from models.distillation.measure import measure_compact
from models.distillation.recipe import Settings
from models.distillation.teacher import load_teacher
from models.distillation.thresholds import choose_thresholds
from models.networks.compact import EMBEDDER_FILE, HEAD_FILE, load_compact, save_compact
from models.networks.head_files import load_head, save_head
from models.networks.threads import use_threads_per_call
from models.sounds.manifest import Row, read_manifest

VERSION = "1.2"
THREADS = 2
"""Of every operation while fitting, on any machine: other numbers give other weights."""
REPORT_COMMAND = "laughter train-compact --report-only --audio AUDIO... --teacher TEACHER.onnx --output BUNDLE"
LIMITS = (
    "A small model, made to work offline and in tests. It learned from a teacher's scores, not from ears: its kinds of "
    "laughter (giggle, snicker and so on) are the teacher's guesses and were not measured. What confuses it is in the "
    "table by label; speech over a laugh hides it (see the table of conditions). Most of its real laughs in training "
    "are from games, acted and short. Use `vggish` where it can be had."
)


def train_compact(
    rows: Sequence[Row],
    *,
    teacher: pathlib.Path,
    work: pathlib.Path,
    output: pathlib.Path,
    settings: Settings,
    processes: int = 1,
) -> pathlib.Path:
    """Make the bundle folder `output` and return the path of its card.

    With the same inputs, settings, software and processor family the weights come out the same.

    Raises:
        FileNotFoundError, ValueError: an input is missing or not what it should be, in one sentence.
        UsageError: a package of the extra `train` is missing.
    """
    fit, check = make_data(
        rows,
        teacher=teacher,
        work=work,
        seed=settings.seed,
        programmes=settings.programmes,
        processes=processes,
    )
    output.mkdir(parents=True, exist_ok=True)
    _fit(fit, output, settings)
    held_out = _held_out(check, output)
    card = _card(rows, held_out["thresholds"])
    card["measured"] = {"recipe": dataclasses.asdict(settings), "held_out_mixtures": held_out}
    write_card(output, card)
    return output / "card.json"


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line says; returns the exit status."""
    use_threads_per_call(THREADS)
    tf.config.experimental.enable_op_determinism()
    teacher = None if arguments.no_teacher else arguments.teacher
    try:
        if teacher is not None:
            load_teacher(teacher)
        rows = [row for folder in arguments.audio for row in read_manifest(folder)]
        if not arguments.report_only:
            _train(rows, arguments, teacher)
        measure_compact(rows, output=arguments.output, teacher=teacher, command=REPORT_COMMAND)
    except (OSError, ValueError) as error:
        print(f"train-compact: {error}", file=sys.stderr)
        return 1
    return 0


def _train(rows: Sequence[Row], arguments: argparse.Namespace, teacher: pathlib.Path | None) -> None:
    if teacher is None:
        raise ValueError("training needs a teacher: leave out --no-teacher, or add --report-only")
    train_compact(
        rows,
        teacher=teacher,
        work=arguments.work,
        output=arguments.output,
        settings=Settings(arguments.programmes, arguments.epochs, arguments.head_epochs, arguments.seed),
        processes=arguments.processes,
    )


def _fit(files: Sequence[pathlib.Path], output: pathlib.Path, settings: Settings) -> None:
    """Fit embedder, PCA and head, and save them."""
    scored = read_files(files)
    model = fit_embedder(scored, epochs=settings.epochs, seed=settings.seed)
    flat = scored.patches.reshape(-1, *scored.patches.shape[2:])
    pca = fit_pca(batched(lambda patches: model(patches, training=False))(flat))
    save_compact(model, pca, output / EMBEDDER_FILE)
    network, pca = load_compact(output / EMBEDDER_FILE)
    embeddings = embed(batched(network), pca, scored.patches)
    print(f"embeddings: {np.mean((embeddings == 0) | (embeddings == 255)):.1%} of values at a limit", flush=True)
    head = fit_head(embeddings, kind_targets(scored), epochs=settings.head_epochs, seed=settings.seed)
    save_head(head, output / HEAD_FILE)


def _held_out(files: Sequence[pathlib.Path], output: pathlib.Path) -> dict[str, Any]:
    """The thresholds chosen on held-out mixtures, and what they make of these."""
    scored, head = read_files(files), load_head(output / HEAD_FILE)
    network, pca = load_compact(output / EMBEDDER_FILE)
    embeddings = embed(batched(network), pca, scored.patches)
    return choose_thresholds(scored, np.stack([seconds_probability(head, programme) for programme in embeddings]))


def _card(rows: Sequence[Row], thresholds: dict[str, float]) -> dict[str, Any]:
    sources = Counter((row.source.split(":")[0], row.licence) for row in rows if row.use == "train")
    data: list[dict[str, Any]] = [
        {"source": source, "licence": licence, "clips": clips} for (source, licence), clips in sorted(sources.items())
    ]
    data.append({"source": "models/sounds/synthesis.py (synthetic)", "licence": "the project's own", "clips": None})
    return {
        "name": "compact",
        "version": VERSION,
        "classes": list(CLASSES),
        "embedder": "compact",
        "embedder_weights": {"file": EMBEDDER_FILE},
        "head": {"file": HEAD_FILE, "padding": "mask"},
        "thresholds": thresholds,
        "training_data": data,
        "limits": LIMITS,
    }
