"""Trains a head on shards: its members, thresholds chosen on held-out clips, and a bundle folder with its card."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from models.bundles.card import Card, WeightFile, write_card
from models.embedding_space import RELEASED
from models.events.segments import Thresholds
from models.events.windows import laughter_probability
from models.load_shards import ShardClips, embedding_space_of, load_clips, read_manifest
from models.networks.head import Head, join_heads
from models.networks.head_files import save_head
from models.shard_format import class_targets
from models.training.fit import HELD_OUT_CLIPS, Epoch, fit
from models.training.recipes import Recipe

LIMITS = (
    "Trained on AudioSet's released embeddings. Those that the public VGGish checkpoint computes from audio are close, "
    "not identical, so on recordings it does a little worse than measured here, and its thresholds may want another "
    "choice. AudioSet labels clips of ten seconds as a whole: when a laugh begins and ends was never taught. Some "
    "clips of AudioSet's eval are copies of training clips under other names, which flatters every measure."
)
HEAD_FILE = "head.npz"

CLIP_BETA = 1.0
EVENT_BETA = 0.5
"""Weights of recall against precision by which thresholds are chosen: events should rather be right than many."""


def train_head(
    shards: str,
    output: pathlib.Path,
    recipe: Recipe,
    *,
    name: str,
    recipe_name: str,
    seed: int,
    patience: int,
    report: Callable[[Epoch], None],
) -> pathlib.Path:
    """Train on the side train of `shards`, choose on the side held_out, and write the bundle folder `output`.

    Checkpoints lie in `output`/checkpoints until the end: after a kill the same call goes on from them.

    Returns:
        The path of the card.

    Raises:
        ShardsError: the shards cannot be read or lack a side.
        TrainingError: the checkpoints are of another recipe or seed, or the loss is no number any more.
    """
    held_out = load_clips(shards, "held_out", at_most=HELD_OUT_CLIPS)
    kept = output / "checkpoints"
    kept.mkdir(parents=True, exist_ok=True)
    members = [
        fit(
            shards,
            recipe,
            member=member,
            seed=seed * 100 + member,  # so that other seeds share no network
            checkpoint=kept / f"member{member}",
            patience=patience,
            report=report,
        )
        for member in range(recipe.members)
    ]
    head = join_heads(members)
    save_head(head, output / HEAD_FILE)
    card = _card(name, shards, recipe, recipe_name, seed, head, held_out)
    write_card(output, card)
    for file in kept.iterdir():
        file.unlink()
    kept.rmdir()
    return output / "card.json"


def _card(
    name: str,
    shards: str,
    recipe: Recipe,
    recipe_name: str,
    seed: int,
    head: Head,
    held_out: ShardClips,
) -> Card:
    thresholds, measured = choose_thresholds(head, held_out)
    clip_threshold = measured.pop("clip_threshold")
    space = embedding_space_of(shards)
    released = space == RELEASED
    train = read_manifest(shards)["sides"]["train"]
    source: dict[str, Any] = {
        "source": "AudioSet's released embeddings" if released else "the archive's own labels and embeddings",
        "licence": "CC BY 4.0" if released else "the archive's own",
        "clips": train["clips"],
        "with_laughter": train["clips"] - train["classes"].get("none", 0),
    }
    return Card(
        name=name,
        version="1.0",
        embedder=space.name,
        space=space.weights_id,
        head=WeightFile(HEAD_FILE, padding=head.padding),
        thresholds=thresholds,
        clip_threshold=clip_threshold,
        training_data=[source],
        limits=LIMITS if released else "Trained on the archive's own labels.",
        recipe={"name": recipe_name, "seed": seed, **json.loads(json.dumps(dataclasses.asdict(recipe)))},
        measured={"held_out": measured},
    )


def choose_thresholds(head: Head, clips: ShardClips) -> tuple[Thresholds, dict[str, Any]]:
    """Thresholds for events and for whole clips, chosen on held-out clips.

    The onset is the threshold of a clip's highest probability a second with the best F0.5 (a clip counts as found
    where an event would begin in it), the offset seven tenths of it; a whole clip's threshold has the best F1.

    Args:
        head: the head.
        clips: of which at least one has laughter, or the default thresholds come back.

    Returns:
        The card's thresholds, and what was measured, `clip_threshold` among it.
    """
    laughs = class_targets(clips.targets)[:, -1] == 0
    whole = 1 - head.sequence_scores(clips.embedding, clips.n_frames)[:, -1]
    highest = highest_probability(head, clips)
    clip_threshold, f1 = best_threshold(whole, laughs, beta=CLIP_BETA)
    onset, f05 = best_threshold(highest, laughs, beta=EVENT_BETA)
    measured = {
        "clips": len(clips),
        "with_laughter": int(laughs.sum()),
        "clip_threshold": round(clip_threshold, 3),
        "clip_f1": round(f1, 3),
        "event_f0.5": round(f05, 3),
    }
    return Thresholds(round(onset, 3), round(0.7 * onset, 3), min_on_s=1.0, min_off_s=1.0), measured


def highest_probability(head: Head, clips: ShardClips) -> np.ndarray:
    """The highest probability a second of each clip, float32 [clips], each taken as a recording of its own."""
    when, what = both_windows(head, clips.embedding, clips.n_frames)
    highest = np.zeros(len(clips), np.float32)
    for row, seconds in enumerate(clips.n_frames):
        highest[row] = laughter_probability(when[row, :seconds], what[row, :seconds], int(seconds)).max()
    return highest


def both_windows(head: Head, embedding: np.ndarray, n_frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the 1 s and of the 10 s window from each second of each clip, as of a recording of its own.

    Args:
        head: the head.
        embedding: uint8 [n, 10, 128].
        n_frames: int [n]; the scores from seconds behind a clip's end mean nothing.

    Returns:
        Two arrays, float32 [n, 10, 7].
    """
    count, steps, size = embedding.shape
    when = head.sequence_scores(embedding.reshape(-1, 1, size), np.ones(count * steps, np.int64))
    what = [
        head.sequence_scores(np.roll(embedding, -start, axis=1), np.maximum(1, n_frames - start))
        for start in range(steps)
    ]
    return when.reshape(count, steps, -1), np.stack(what, axis=1)


def best_threshold(scores: np.ndarray, truth: np.ndarray, *, beta: float) -> tuple[float, float]:
    """The threshold in [0.01, 0.99] with the best F-beta, and that value; 0.5 and 0 where nothing true is found.

    Args:
        scores: float [n] in [0, 1].
        truth: bool [n].
        beta: weight of recall against precision.
    """
    best = (0.0, 0.5)
    for threshold in np.arange(0.01, 1.0, 0.01):
        found = scores >= threshold
        right = float(np.sum(found & truth))
        value = (1 + beta**2) * right / max(1e-9, beta**2 * truth.sum() + found.sum())
        if value:
            best = max(best, (value, float(threshold)))
    return best[1], best[0]
