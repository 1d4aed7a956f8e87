"""Cross-validation of a recipe on the training clips, by which recipes are chosen: AudioSet's eval stays untouched.

Clips that share a frame (uploads of the same sound, silence) are kept in one fold. Without that, folds leak: they
promised an average precision of 0.51 where eval gave 0.42.

    python -m benchmarks.folds --shards shards/ --epochs 24 --members 2
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.constants import CLASSES
from models.evaluation.baselines import take
from models.evaluation.clip_metrics import measure
from models.load_shards import ShardClips, load_clips
from models.networks.head import join_heads
from models.shard_format import class_targets
from models.training.fit import Batch, TrainableHead
from models.training.recipes import RECIPES, Recipe


def main() -> None:
    """Print average precision and AUC of detection, and the mean average precision of the kinds, all folds together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", required=True)
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="hybrid")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--members", type=int, default=2, help="networks a fold (default: 2)")
    parser.add_argument("--folds", type=int, default=4, help="(default: 4)")
    arguments = parser.parse_args()

    from models.networks.threads import use_one_thread_per_call

    use_one_thread_per_call()
    recipe = RECIPES[arguments.recipe]
    recipe = dataclasses.replace(recipe, epochs=arguments.epochs or recipe.epochs, members=arguments.members)
    clips = load_clips(arguments.shards, "train", "held_out")
    fold = grouped(clips) % arguments.folds
    scores = np.empty((len(clips), len(CLASSES)), np.float32)
    for number in range(arguments.folds):
        scores[fold == number] = _scores(recipe, take(clips, fold != number), take(clips, fold == number))
        print(f"fold {number + 1} of {arguments.folds} done", flush=True)
    found = measure(scores, class_targets(clips.targets), bootstraps=0)
    detection = f"AP {found.detection_ap.value:.3f}, AUC {found.detection_auc.value:.4f}"
    print(f"{detection}, mean AP of the kinds {found.mean_class_ap.value:.3f}")


def grouped(clips: ShardClips) -> npt.NDArray[np.int64]:
    """A number for each clip, int64 [clips], the same for clips that share a frame; mixed by a fixed shuffle."""
    parent = np.arange(len(clips))

    def root(clip: int) -> int:
        while parent[clip] != clip:
            clip = parent[clip]
        return clip

    first: dict[bytes, int] = {}
    for clip in range(len(clips)):
        for frame in clips.embedding[clip, : clips.n_frames[clip]]:
            parent[root(clip)] = root(first.setdefault(frame.tobytes(), clip))
    return np.random.default_rng(0).permutation(len(clips))[[root(clip) for clip in range(len(clips))]]


def _scores(recipe: Recipe, train: ShardClips, test: ShardClips) -> npt.NDArray[np.float32]:
    heads = []
    for seed in range(recipe.members):
        network = TrainableHead(recipe, seed=seed, clips=len(train))
        for epoch in range(recipe.epochs):
            network.epoch(_batches(train, recipe, np.random.default_rng([seed, epoch])), epoch)
        heads.append(network.head())
    return join_heads(heads).sequence_scores(test.embedding, test.n_frames)


def _batches(clips: ShardClips, recipe: Recipe, rng: np.random.Generator) -> Iterator[Batch]:
    order = rng.permutation(len(clips))
    for start in range(0, len(order), recipe.batch):
        rows = order[start : start + recipe.batch]
        yield clips.embedding[rows], clips.n_frames[rows], clips.targets[rows]


if __name__ == "__main__":
    main()
