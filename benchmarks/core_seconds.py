"""Seconds of audio that a second of one core gets through, and the bytes that an hour of audio leaves behind.

    python -m benchmarks.core_seconds                    # compact, and VGGish in both precisions

Processor time is counted, not the clock, and the difference between a long and a short recording is taken: so neither
starting up nor other work on the machine counts (but for the caches that it takes away).
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile
from typing import Any

from benchmarks import job, made_media, made_models
from models.bundles.bundle import open_bundle

WAYS = ("compact", "float32", "bfloat16")


def measure(way: str, folder: pathlib.Path, hours: tuple[float, float]) -> None:
    """Print what `way` needs an hour of audio."""
    task: dict[str, Any] = {"head": str(open_bundle("compact" if way == "compact" else "vggish").folder)}
    if way != "compact":
        weights, pca = made_models.vggish_weights(folder, None)
        task |= {"weights": weights, "pca": pca, "precision": way}
    runs, sizes = [], []
    for length in hours:
        recordings = folder / f"in{length}"
        made_media.make_recordings(recordings, count=1, hours=length)
        output = folder / f"{way}{length}"
        runs.append(job.run_detect(task | {"inputs": [str(recordings)], "output": str(output)}))
        sizes.append({name: _bytes(output / name) for name in ("store", "annotations", "windows", "events")})
    more_h = hours[1] - hours[0]
    cpu_s = (runs[1]["cpu_s"] - runs[0]["cpu_s"]) / more_h
    grown = {name: round((sizes[1][name] - sizes[0][name]) / more_h / 1000) for name in sizes[0]}
    print(
        f"{way}: {3600 / cpu_s:.0f} s of audio a core-second ({cpu_s:.0f} core-seconds an hour of audio); an hour of "
        f"audio leaves, in kB: {', '.join(f'{name} {size}' for name, size in grown.items())}; peak memory "
        f"{runs[1]['peak_mb']:.0f} MB",
        flush=True,
    )


def _bytes(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", choices=WAYS, action="append", help="default: all")
    parser.add_argument(
        "--hours",
        type=float,
        nargs=2,
        default=(0.5, 1.5),
        help="of the short and the long recording (default: 0.5 1.5)",
    )
    arguments = parser.parse_args()
    for way in arguments.way or WAYS:
        with tempfile.TemporaryDirectory() as temporary:
            measure(way, pathlib.Path(temporary), tuple(arguments.hours))


if __name__ == "__main__":
    main()
