"""`laughter evaluate`: heads and baselines on the same clips, as a table, as JSON and as plots."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import LaughterError, UsageError
from common.extras import require
from common.storage import is_remote
from common.text import display_text
from models.bundles.bundle import open_bundle
from models.bundles.card import write_card
from models.embedding_space import check_compatible
from models.evaluation.baselines import score_baselines, take
from models.evaluation.clip_metrics import Metrics, measure
from models.load_shards import ShardClips, embedding_space_of, load_clips
from models.networks.threads import use_one_thread_per_call
from models.shard_format import class_targets
from pipeline import outputs
from pipeline.console import say
from pipeline.paths import absolute_path
from pipeline.training import evaluate_spans
from pipeline.training.evaluate_heads import HeadUnderTest, open_heads
from pipeline.training.evaluate_table import show
from transforms.plots import evaluation

PLOTS = ("precision_recall.png", "reliability.png", "confusion.png")


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Everything `laughter evaluate` was told, checked.

    Attributes:
        shards, side: whose clips to measure on.
        heads: names, folders and files of heads.
        train_shards: whose side train the baselines learn from; None for no baselines.
        threshold: of the detection score, for all models; None for what each card says.
        output: folder or URL of the report.
        bootstraps, seed: of the intervals.
        spans: file of clips in which laughter was marked by hand; None for none.
        note_on_cards: write what was measured onto the heads' cards too.
    """

    shards: str
    side: str
    heads: tuple[str, ...]
    train_shards: str | None
    threshold: float | None
    output: str
    bootstraps: int
    seed: int
    quiet: bool = False
    note_on_cards: bool = False
    spans: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluated:
    """A model with its scores, float32 [clips, 7], and what was measured of them."""

    name: str
    source: str
    scores: npt.NDArray[np.floating[Any]]
    metrics: Metrics


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> EvaluateOptions:
    """Check the command line and put it in order."""
    if arguments.threshold is not None and not 0 <= arguments.threshold <= 1:
        raise UsageError(f"--threshold must be in [0, 1], not {arguments.threshold:g}")
    if arguments.bootstraps < 0 or arguments.seed < 0:
        raise UsageError("--bootstraps and --seed must not be negative")
    if arguments.train_shards and not arguments.baselines:
        raise UsageError("--train-shards is for the baselines; add --baselines or leave it out")
    shards, train = absolute_path(arguments.shards), absolute_path(arguments.train_shards or arguments.shards)
    if arguments.baselines and arguments.side == "train" and train == shards:
        raise UsageError(
            "--baselines learn from the side train and cannot be measured on it; take another --side or --train-shards"
        )
    if arguments.note_on_cards and any(map(is_remote, arguments.head or ())):
        raise UsageError("--note-on-cards writes to heads on this machine's disk only; leave it out for a URL")
    return EvaluateOptions(
        shards=shards,
        side=arguments.side,
        heads=tuple(arguments.head or ()),
        train_shards=train if arguments.baselines else None,
        threshold=arguments.threshold,
        output=absolute_path(arguments.output).rstrip("/"),
        bootstraps=arguments.bootstraps,
        seed=arguments.seed,
        quiet=arguments.quiet,
        note_on_cards=arguments.note_on_cards,
        spans=absolute_path(arguments.spans) if arguments.spans else None,
    )


def run(options: EvaluateOptions) -> int:
    """Measure, show the table, write the report.

    Returns:
        The exit status, 0.

    Raises:
        LaughterError: shards, a head or a package cannot be used.
    """
    _require_packages(options)
    use_one_thread_per_call()
    space = embedding_space_of(options.shards)
    heads = open_heads(options.heads, embedder=space.name, required=options.train_shards is None)
    spans = evaluate_spans.read(options.spans, heads)
    for head in heads:
        remedy = "give another --head or other --shards"
        check_compatible(head.name, head.space, space, place=options.shards, remedy=remedy)
    clips = load_clips(options.shards, options.side)
    side = f"the side {options.side} of {options.shards}"
    marked = evaluate_spans.find(str(options.spans), spans, clips, side) if spans else None
    targets = class_targets(clips.targets)
    models = [*_evaluate_heads(heads, clips, targets, options), *_evaluate_baselines(clips, targets, options)]
    show(
        [(model.name, model.metrics) for model in models],
        title=f"laughter evaluate: {side}",
        bootstraps=options.bootstraps,
    )
    write_report(models, targets, options, _on_spans(heads, marked, options) if marked else None)
    if options.note_on_cards:
        for head, model in zip(heads, models, strict=False):
            note_on_card(head.source, f"{space.name}_shards_{options.side}", model.metrics)
    print(f"written to {display_text(str(options.output))}: evaluation.json, {', '.join(PLOTS)}")
    return 0


def note_on_card(source: str, name: str, metrics: Metrics) -> None:
    """Write what was measured of a bundle's head onto its card, under `measured`; a Keras file has no card."""
    if source.endswith(".h5"):
        return
    bundle = open_bundle(source)
    whole = {key: getattr(metrics, key) for key in ("detection_ap", "detection_auc", "mean_class_ap", "top1", "f1")}
    noted: dict[str, Any] = {"clips": metrics.clips, "with_laughter": metrics.laughs, "threshold": metrics.threshold}
    noted |= {key: [_rounded(part) for part in dataclasses.astuple(value)] for key, value in whole.items()}
    noted["class_ap"] = {kind: _rounded(value.value) for kind, value in metrics.class_ap.items()}
    write_card(bundle.folder, bundle.card.with_measured({name: noted}))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _require_packages(options: EvaluateOptions) -> None:
    """Miss a package before anything is computed, not after."""
    require("matplotlib", purpose="the plots")
    if options.train_shards:
        require("sklearn", purpose="the baselines")


def _evaluate_heads(
    heads: list[HeadUnderTest], clips: ShardClips, targets: npt.NDArray[np.uint8], options: EvaluateOptions
) -> Iterator[Evaluated]:
    for head in heads:
        _say(options, f"head {head.name}")
        scores = head.weights.sequence_scores(clips.embedding, clips.n_frames)
        threshold = head.threshold if options.threshold is None else options.threshold
        yield _measured(head.name, head.source, scores, targets, threshold, options)


def _on_spans(
    heads: list[HeadUnderTest], marked: evaluate_spans.MarkedClipsFound, options: EvaluateOptions
) -> dict[str, Any]:
    """Measure the heads on marked clips, show that table; returns what evaluation.json says of it."""
    bootstraps, seed = options.bootstraps, options.seed
    measured = evaluate_spans.measure(heads, marked, bootstraps=bootstraps, seed=seed, quiet=options.quiet)
    evaluate_spans.show(measured, marked, bootstraps=bootstraps)
    return evaluate_spans.document(measured, marked)


def _evaluate_baselines(
    clips: ShardClips, targets: npt.NDArray[np.uint8], options: EvaluateOptions
) -> Iterator[Evaluated]:
    if options.train_shards is None:
        return
    _say(options, "baselines")
    threshold = 0.5 if options.threshold is None else options.threshold
    for name, scores in score_baselines(training_clips(clips, options), clips, seed=options.seed):
        _say(options, f"baseline {name}")
        yield _measured(name, "scikit-learn", scores, targets, threshold, options)


def training_clips(clips: ShardClips, options: EvaluateOptions) -> ShardClips:
    """What the baselines learn from: the side train, without clips of recordings that are measured on.

    Raises:
        UsageError: those shards hold embeddings of another embedder.
    """
    folder = str(options.train_shards)
    if embedding_space_of(folder) != embedding_space_of(options.shards):
        raise UsageError(f"{folder} holds embeddings of another embedder than {options.shards}; make both with one")
    train = load_clips(folder, "train")
    shared = np.isin(train.video_ids.astype(str), clips.video_ids.astype(str))
    if shared.any():
        _say(options, f"{shared.sum()} training clips of recordings on the side {options.side} are left out")
    return take(train, ~shared) if shared.any() else train


def _measured(
    name: str,
    source: str,
    scores: npt.NDArray[np.floating[Any]],
    targets: npt.NDArray[np.uint8],
    threshold: float,
    options: EvaluateOptions,
) -> Evaluated:
    try:
        metrics = measure(scores, targets, threshold=threshold, bootstraps=options.bootstraps, seed=options.seed)
    except ValueError as error:
        raise LaughterError(f"the scores of {name} cannot be measured ({error}); leave it out") from error
    return Evaluated(name, source, scores, metrics)


def _say(options: EvaluateOptions, sentence: str) -> None:
    if not options.quiet:
        say(sentence)


def write_report(
    models: list[Evaluated], targets: npt.NDArray[np.uint8], options: EvaluateOptions, spans: dict[str, Any] | None
) -> None:
    """Write evaluation.json, `spans` in it, and the plots to the output folder."""
    metrics = {model.name: model.metrics for model in models}
    figures = (
        evaluation.precision_recall_plot({model.name: model.scores for model in models}, targets, metrics),
        evaluation.reliability_plot(metrics),
        evaluation.confusion_plot(metrics),
    )
    told = document(models, options) | {"spans": spans}
    outputs.write_report(options.output, "evaluation.json", told, dict(zip(PLOTS, figures, strict=True)))


def document(models: list[Evaluated], options: EvaluateOptions) -> dict[str, Any]:
    """What evaluation.json says: on what was measured, and `dataclasses.asdict` of each model's metrics."""
    return {
        "shards": options.shards,
        "side": options.side,
        "train_shards": options.train_shards,
        "bootstraps": options.bootstraps,
        "interval": 0.95,
        "seed": options.seed,
        "models": [
            {"name": model.name, "source": model.source, **dataclasses.asdict(model.metrics)} for model in models
        ],
    }
