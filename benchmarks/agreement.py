"""How far bfloat16 is from float32, and how far it may be: python -m benchmarks.agreement [--weights PATH].

Prints the mean absolute difference of quantised values (of 255) and the F1 of the events found in bfloat16 against
those found in float32, then the same for float32 embeddings with noise of growing size: the bound in
models/bundles/precision.py is chosen where F1 is still at least 0.99.
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile

import numpy as np

from benchmarks import made_media, made_models
from models.bundles.bundle import EmbedderSpec, open_bundle
from models.bundles.precision import MAX_DIFFERENCE
from models.events.segments import Thresholds, hysteresis
from models.events.windows import laughter_probability
from models.networks.head import Head

Stretches = list[tuple[int, int]]


def events(embeddings: np.ndarray, head: Head, thresholds: Thresholds) -> Stretches:
    """The events, [start, end) in seconds."""
    when, what = (head.window_scores(embeddings, window_s=length, hop_s=1) for length in (1, 10))
    return hysteresis(laughter_probability(when, what, len(embeddings)), thresholds)


def f1(found: Stretches, truth: Stretches) -> float:
    """F1 of events, [0, 1]: one is right where start and end both lie within a second of those of a true one."""
    right = sum(any(abs(start - other) <= 1 and abs(end - last) <= 1 for other, last in truth) for start, end in found)
    return 2 * right / max(1, len(found) + len(truth))


def main() -> None:
    """Measure on made sound and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="genuine VGGish weights (default: seeded ones)")
    parser.add_argument("--seconds", type=int, default=7200, help="of made sound (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        weights, pca = made_models.vggish_weights(pathlib.Path(temporary), arguments.weights)
        head = open_bundle(made_models.make_head(pathlib.Path(temporary), weights, pca)).head()
        pcm, truth = made_media.made_sound(arguments.seconds, seed=3)
        exact, fast = (
            EmbedderSpec("vggish", weights, pca, precision, "", "").load().embed(pcm)
            for precision in ("float32", "bfloat16")
        )
        made = hysteresis(truth.astype(float), head.thresholds)
        report(exact, fast, made, head.load(), head.thresholds)


def report(exact: np.ndarray, fast: np.ndarray, made: Stretches, head: Head, thresholds: Thresholds) -> None:
    """Print one line for bfloat16 and one for each size of noise."""
    base = events(exact, head, thresholds)
    print(f"float32 finds the {len(made)} made laughs with F1 {f1(base, made):.3f} ({len(base)} events)")
    rng = np.random.default_rng(0)
    others = {"bfloat16": fast} | {
        f"float32 with noise of {size:g}": np.clip(np.rint(exact + rng.normal(0, size, exact.shape)), 0, 255).astype(
            np.uint8
        )
        for size in (1, 2, 4, 8, 16)
    }
    for name, embeddings in others.items():
        difference = np.abs(embeddings.astype(int) - exact).mean()
        agreement = f1(events(embeddings, head, thresholds), base)
        print(f"{name}: mean absolute difference {difference:.3f} of 255, F1 of events against float32 {agreement:.4f}")
    print(f"the bound on the mean absolute difference is {MAX_DIFFERENCE}")


if __name__ == "__main__":
    main()
