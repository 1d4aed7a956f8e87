"""Peak memory of a long recording over that of a short one: python -m benchmarks.memory [--hours 8]."""

from __future__ import annotations

import argparse
import pathlib
import tempfile

from benchmarks import job, made_media, made_models


def main() -> None:
    """Measure both in processes of their own and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0, help="length of the long one (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        weights, pca = made_models.vggish_weights(folder, None)
        task = {
            "weights": weights,
            "pca": pca,
            "head": str(made_models.make_head(folder, weights, pca)),
            "precision": "bfloat16",
        }
        peaks = []
        for name, hours in (("short", 1 / 6), ("long", arguments.hours)):
            made_media.make_recordings(folder / name, count=1, hours=hours)
            run = job.run_detect(task | {"inputs": [str(folder / name)], "output": str(folder / f"{name}-out")})
            peaks.append(run["peak_mb"])
            print(f"{hours:.2f} h: peak {run['peak_mb']:.0f} MB, ffmpeg {run['children_mb']:.0f} MB", flush=True)
        print(f"peak memory, {arguments.hours:g} h over 10 min: {peaks[1] / peaks[0]:.3f}")


if __name__ == "__main__":
    main()
