"""Throughput of two local workers over that of one: python -m benchmarks.workers [--count 4]."""

from __future__ import annotations

import argparse
import pathlib
import tempfile

from benchmarks import job, made_media, made_models


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4, help="recordings (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=0.5, help="length of each (default: %(default)s)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        weights, pca = made_models.vggish_weights(folder, None)
        made_media.make_recordings(folder / "in", count=arguments.count, hours=arguments.hours)
        head = str(made_models.make_head(folder, weights, pca))
        task = {"inputs": [str(folder / "in")], "weights": weights, "pca": pca, "head": head}
        times = []
        for workers in (1, 2):
            output = str(folder / f"out{workers}")
            run = job.run_detect(task | {"output": output, "precision": arguments.precision, "workers": workers})
            times.append(run["work_s"])
            print(f"{workers} workers: start-up {run['start_s']:.1f} s, work {run['work_s']:.1f} s", flush=True)
        print(f"throughput, two workers over one: {times[0] / times[1]:.3f}")


if __name__ == "__main__":
    main()
