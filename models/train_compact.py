"""The recipe of the `compact` bundle, from labelled clips and a teacher to a bundle folder with its card.

Steps: mix and score (models.compact_data), fit the embedder, its PCA and the head (models.fit_compact), choose
thresholds on groups held out from the `train` rows, measure on the `evaluate` rows (models.compact_report).
The `evaluate` rows are never trained on and nothing is chosen on them.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models import runtime
from models.bundle import write_card
from models.classes import CLASSES
from models.compact import load_compact, save_compact
from models.compact_data import Row, kind_targets, make_data, read_files, read_manifest
from models.compact_report import (
    ARCHIVE_SHARE,
    ClipReport,
    choose_thresholds,
    clip_report,
    clip_score,
    inside_events,
    second_truth,
    seconds_probability,
    teacher_score,
)
from models.compact_settings import Settings
from models.fit_compact import batched, embed, fit_embedder, fit_head, fit_pca
from models.hybrid_head import load_head
from models.teacher import Teacher, load_teacher

EMBEDDER_FILE, HEAD_FILE, CARD_FILE = "embedder.npz", "head.npz", "card.json"
VERSION = "1.0"
REPORT_COMMAND = "laughter train-compact --report-only --audio AUDIO --teacher TEACHER.onnx --output BUNDLE"
LIMITS = (
    "A small model, made to work offline and in tests: it knows few real laughs (see training_data) and many "
    "synthetic ones, and learned the rest from a teacher's scores. It heard almost no natural running speech in "
    "training and takes some for laughter, as it does some sighs, panting, coughs and cries. Laughs of one sound, "
    "or under loud speech or music, are missed. Its kinds of laughter (giggle, snicker and so on) are the "
    "teacher's guesses and were not measured. Two trainings by this recipe, on other software settings, came out with "
    "clip AUCs of 0.90 and 0.93 on the evaluate clips: expect such differences. Use `vggish` where it can be had."
)


def train_compact(
    *,
    audio: pathlib.Path,
    manifest: pathlib.Path,
    teacher: Teacher,
    work: pathlib.Path,
    output: pathlib.Path,
    settings: Settings,
) -> pathlib.Path:
    """Make the bundle folder `output` and return the path of its card.

    With the same inputs, settings, software and processor family the weights come out the same.

    Raises:
        FileNotFoundError, ValueError: an input is missing or not what it should be, in one sentence.
        ImportError: a package of the extra `train` is missing.
    """
    rows = read_manifest(manifest)
    fit, check = make_data(
        audio=audio,
        manifest=manifest,
        teacher=teacher,
        work=work,
        seed=settings.seed,
        programmes=settings.programmes,
    )
    output.mkdir(parents=True, exist_ok=True)
    _fit(fit, output, settings)
    thresholds, held_out = _held_out(check, output)
    card = _card(rows, thresholds)
    card["measured"] = {"recipe": dataclasses.asdict(settings), "held_out_mixtures": held_out}
    write_card(output, card)
    return output / CARD_FILE


def report(
    *,
    audio: pathlib.Path,
    manifest: pathlib.Path,
    output: pathlib.Path,
    teacher: Teacher | None,
    command: str,
    bootstraps: int = 1000,
) -> dict[str, Any]:
    """Measure a bundle on the manifest's `evaluate` rows, print the table and write it into the card.

    With a teacher its own measures on the same rows stand beside them, as a yardstick.
    """
    card = json.loads((output / CARD_FILE).read_text(encoding="utf-8"))
    rows = [row for row in read_manifest(manifest) if row.use == "evaluate"]
    score = clip_score(*load_compact(output / EMBEDDER_FILE), load_head(output / HEAD_FILE))
    onset = card["thresholds"]["onset"]
    found = clip_report(score, audio, rows, threshold=onset, bootstraps=bootstraps)
    measured = {"command": command, "evaluate_clips": _rounded(found)}
    if teacher is not None:
        found = clip_report(teacher_score(teacher), audio, rows, threshold=0.15, bootstraps=bootstraps)
        yardstick = _rounded(found)
        measured["teacher_on_evaluate_clips"] = {k: v for k, v in yardstick.items() if k != "by_label"}
    card["measured"] = {**card.get("measured", {}), **measured}
    write_card(output, card)
    print(json.dumps(card["measured"], indent=1))
    return measured


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line says; returns the exit status."""
    runtime.use_one_thread_per_call()
    tf.config.experimental.enable_op_determinism()
    try:
        teacher = None if arguments.no_teacher else load_teacher(arguments.teacher)
        if not arguments.report_only:
            _train(arguments, teacher)
        report(
            audio=arguments.audio,
            manifest=arguments.manifest or arguments.audio / "manifest.csv",
            output=arguments.output,
            teacher=teacher,
            command=REPORT_COMMAND,
        )
    except (OSError, ValueError, ImportError) as error:
        print(f"train-compact: {error}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: argparse.Namespace, teacher: Teacher | None) -> None:
    if teacher is None:
        raise ValueError("training needs a teacher: leave out --no-teacher, or add --report-only")
    train_compact(
        audio=arguments.audio,
        manifest=arguments.manifest or arguments.audio / "manifest.csv",
        teacher=teacher,
        work=arguments.work,
        output=arguments.output,
        settings=Settings(arguments.programmes, arguments.epochs, arguments.head_epochs, arguments.seed),
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
    head.save(output / HEAD_FILE)


def _held_out(files: Sequence[pathlib.Path], output: pathlib.Path) -> tuple[dict[str, float], dict[str, float]]:
    """The thresholds chosen on held-out mixtures, and how the seconds of these come out."""
    scored, head = read_files(files), load_head(output / HEAD_FILE)
    network, pca = load_compact(output / EMBEDDER_FILE)
    embeddings = embed(batched(network), pca, scored.patches)
    flat = embeddings.reshape(-1, embeddings.shape[-1])
    probability = seconds_probability(head, flat).reshape(embeddings.shape[:2])
    thresholds = choose_thresholds(scored, probability)
    f05 = thresholds.pop("f05")
    laughing, known = second_truth(scored)
    inside = inside_events(probability, **thresholds) & known
    right = float(np.sum(inside & laughing))
    measured = {
        f"seconds_f0.5_at_{ARCHIVE_SHARE:.0%}_laughter": f05,
        "seconds_precision": round(right / max(1, inside.sum()), 3),
        "seconds_recall": round(right / max(1, laughing.sum()), 3),
        "seconds_with_laughter": int(laughing.sum()),
        "seconds_without": int((known & ~laughing).sum()),
    }
    return {**thresholds, "min_on_s": 1.0, "min_off_s": 1.0}, measured


def _card(rows: Sequence[Row], thresholds: dict[str, float]) -> dict[str, Any]:
    sources = Counter((row.source.split(":")[0], row.licence) for row in rows if row.use == "train")
    data: list[dict[str, Any]] = [
        {"source": source, "licence": licence, "clips": clips} for (source, licence), clips in sorted(sources.items())
    ]
    data.append({"source": "models/sounds.py (synthetic)", "licence": "the project's own", "clips": None})
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


def _rounded(measured: ClipReport) -> dict[str, Any]:
    values = dataclasses.asdict(measured)
    for name in ("auc", "average_precision"):
        values[name] = round(values[name], 3)
        values[f"{name}_interval"] = [round(value, 3) for value in values[f"{name}_interval"]]
    return values
