"""Which weight the 1 s windows deserve against the 10 s windows, where it is known when people laugh.

VGGish embeds every second alone, so a stretch of a laughing clip can be put into another clip exactly. The clips are of
the side held_out, which no network learned from; the hand-marked spans stay untouched for the final measure.

    python -m benchmarks.combination --shards shards/ --head models/bundles/vggish

Of the compact bundle: scenes mixed of the clips that its recipe holds out, whose truth the mixer knows.

    python -m benchmarks.combination --audio AUDIO --clips 1000
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile

import numpy as np
import numpy.typing as npt

from models.bundles.selection import select_models
from models.constants import LONG_WINDOW_S, NONE, SHORT_WINDOW_S
from models.distillation.data import synthetic_clips
from models.events.windows import WINDOWS_S, geometric_mean, scores_per_second
from models.load_shards import ShardClips, load_clips
from models.networks.head import Head
from models.shard_format import FRAMES, class_targets
from models.sounds.labelled_clips import cache_decoded, load_decoded, split
from models.sounds.manifest import read_manifest
from models.sounds.scenes import SCENE_S, Palette, mix_scene
from models.training.train import both_windows
from transforms.tables.classify_windows import classify_windows

MAX_CLIP_S = 6
WEIGHTS = np.arange(0, 1.05, 0.1)


def main() -> None:
    """Print the best frame F1 for each weight."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards")
    parser.add_argument("--head", help="a head that was trained on the side train of the same shards")
    parser.add_argument("--audio", type=pathlib.Path, help="folder of labelled clips, for compact")
    parser.add_argument("--clips", type=int, default=2000, help="to make (default: 2000)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    if arguments.audio:
        sharp, wide, truth = mixed(arguments.audio, arguments.clips, seed=arguments.seed)
    elif arguments.shards and arguments.head:
        from pipeline.training.evaluate_heads import open_head

        clips, truth = spliced(load_clips(arguments.shards, "held_out"), arguments.clips, seed=arguments.seed)
        sharp, wide = each_second(open_head(arguments.head).weights, clips)
    else:
        parser.error("give --shards and --head, or --audio")
    print("weight of the 1 s windows, best frame F1")
    for weight in WEIGHTS:
        print(f"{weight:.1f}  {best_f1(geometric_mean(sharp, wide, weight), truth):.3f}")


def spliced(clips: ShardClips, count: int, *, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Clips without laughter, 1 to 6 seconds of each replaced by as many of a clip with.

    Returns:
        uint8 [count, 10, 128], and bool [count, 10]: the seconds that were put in.
    """
    rng = np.random.default_rng(seed)
    none = class_targets(clips.targets)[:, NONE].astype(bool)
    whole = clips.n_frames == FRAMES
    laughs, rest = np.flatnonzero(~none & whole), np.flatnonzero(none & whole)
    made = clips.embedding[rng.choice(rest, count)].copy()
    truth = np.zeros((count, FRAMES), bool)
    for row, laugh in enumerate(rng.choice(laughs, count)):
        length = rng.integers(1, MAX_CLIP_S + 1)
        start, source = rng.integers(0, FRAMES - length + 1, 2)
        made[row, start : start + length] = clips.embedding[laugh, source : source + length]
        truth[row, start : start + length] = True
    return made, truth


def mixed(audio: pathlib.Path, count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, npt.NDArray[np.bool_]]:
    """Scenes of held-out clips, and what the compact bundle says of each of their seconds.

    Returns:
        float32 [count, 12] of the 1 s and of the 10 s windows, and bool [count, 12]: people laugh for half of it.
    """
    chosen = select_models(bundle="compact")
    embedder, head = chosen.embedder.load(), chosen.head.load()
    with tempfile.TemporaryDirectory(prefix="laughter-") as work:
        held_out = load_decoded(cache_decoded(split(read_manifest(audio))[1], pathlib.Path(work)))
    rng = np.random.default_rng(seed)
    palette = Palette([*held_out, *synthetic_clips(np.random.default_rng([seed, 0]), count=40)])
    said: dict[int, list[np.ndarray]] = {length: [] for length in WINDOWS_S}
    truth = []
    for _ in range(count):
        scene = mix_scene(rng, palette)
        pcm = np.round(scene.samples.clip(-1, 1) * 32767).astype(np.int16).reshape(SCENE_S, -1)
        scores = classify_windows(embedder.embed(pcm), head)
        for length, values in scores.by_length.items():
            of_seconds = scores_per_second(values, SCENE_S, window_s=length, hop_s=1)
            said[length].append(1 - of_seconds[:, NONE])
        truth.append(scene.truth[:, 0].reshape(SCENE_S, -1).mean(axis=1) >= 0.5)
    return np.stack(said[SHORT_WINDOW_S]), np.stack(said[LONG_WINDOW_S]), np.stack(truth)


def each_second(head: Head, clips: npt.NDArray[np.uint8]) -> tuple[np.ndarray, np.ndarray]:
    """What 1 s windows and 10 s windows say of each second of each clip, float32 [clips, 10] each."""
    when, what = both_windows(head, clips, np.full(len(clips), FRAMES))
    spread = [scores_per_second(scores, FRAMES, window_s=LONG_WINDOW_S, hop_s=1)[:, NONE] for scores in what]
    return 1 - when[:, :, NONE], 1 - np.stack(spread)


def best_f1(probability: np.ndarray, truth: npt.NDArray[np.bool_]) -> float:
    """The best F1 over all thresholds."""
    order = np.argsort(-probability, axis=None, kind="stable")
    right = np.cumsum(truth.ravel()[order])
    return float(np.max(2 * right / (np.arange(1, len(right) + 1) + truth.sum())))


if __name__ == "__main__":
    main()
