"""One epoch of training on a small and on a large set of shards: time a clip, and peak memory of each process.

python -m benchmarks.shards --work /var/tmp/release && python -m benchmarks.training --work /var/tmp/release
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time

from benchmarks.made_release import CLIPS, FILES, make_release

SMALL = 22_160 / CLIPS
"""The balanced set's share of the release."""


def main() -> None:
    """Run the benchmark on what `benchmarks.shards` made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="as given to benchmarks.shards")
    parser.add_argument("--scale", type=float, default=1.0, help="as given to benchmarks.shards")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _train(arguments.child)
        return
    small = _small_shards(arguments.work)
    large = arguments.work / f"release-{round(CLIPS * arguments.scale)}-shards"
    found = [_measured(shards) for shards in (small, large)]
    for run in found:
        each = run["epoch_s"] / run["clips"]
        peak = f"peak {run['peak_mb']:.0f} MB"
        print(f"{run['clips']:.0f} clips: {run['epoch_s']:.1f} s, {each * 1e6:.0f} us a clip, {peak}")
    times, peaks = (found[1][key] / found[0][key] for key in ("epoch_s", "peak_mb"))
    print(
        f"{found[1]['clips'] / found[0]['clips']:.1f} times the clips: {times:.1f} times the time, memory {peaks:.2f}"
    )


def _small_shards(work: pathlib.Path) -> pathlib.Path:
    from pipeline import cli

    folder, shards = work / "small", work / "small-shards"
    make_release(folder, clips=round(CLIPS * SMALL), files=round(FILES * SMALL))
    if cli.main(["shards", "--input", str(folder), "--output", str(shards), "--quiet"]) not in (0, 3):
        raise SystemExit(1)
    return shards


def _measured(shards: pathlib.Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.training", "--work", "unused", "--child", str(shards)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _train(shards: str) -> None:
    """One epoch of one network in this process; prints its seconds, tracing included, and peak memory."""
    from models.load_shards import read_manifest
    from models.networks.threads import use_one_thread_per_call
    from models.training.recipes import RECIPES

    use_one_thread_per_call()
    from models.training.fit import TrainableHead, batches

    recipe = RECIPES["hybrid"]
    clips = read_manifest(shards)["sides"]["train"]["clips"]
    network = TrainableHead(recipe, seed=0, clips=clips)
    began = time.monotonic()
    network.epoch(batches(shards, recipe, seed=0), 0)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"clips": clips, "epoch_s": time.monotonic() - began, "peak_mb": usage.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
