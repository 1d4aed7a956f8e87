"""How near the whole job comes to what it cannot avoid.

    python -m benchmarks.speed                       # ten recordings of one hour, three times, both precisions
    python -m benchmarks.speed --count 2 --hours 0.25 --repeat 1 --precision bfloat16

The bound is the bare VGGish forward on the same number of patches, at the best batch size and way of threading, in
the same precision and run, plus the processor time of a bare ffmpeg decode divided by the cores.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import imageio_ffmpeg

from benchmarks import job, made_media, made_models

WAYS = ((32, 1), (64, 1), (128, 1), (64, 0), (128, 0))
"""(batch size, threads a call); 0 threads a call lets TensorFlow split each call over all cores."""


def decode_cpu_s(path: pathlib.Path) -> float:
    """Processor seconds of a bare ffmpeg decode of `path` to 16 kHz mono."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path)]
    subprocess.run([*command, "-ac", "1", "-ar", "16000", "-f", "s16le", "-y", "/dev/null"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_rate(weights: str, precision: str, batch: int, threads: int) -> float:
    """Patches a second of the bare forward, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bare_vggish", weights, precision, str(batch), str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def measure(arguments: argparse.Namespace, folder: pathlib.Path, precision: str) -> None:
    """Print the ratio of each repeat and their median."""
    cores = len(os.sched_getaffinity(0))
    paths = made_media.make_recordings(folder / "recordings", count=arguments.count, hours=arguments.hours)
    weights, pca = made_models.vggish_weights(folder, arguments.weights)
    head = made_models.make_head(folder, weights, pca)
    task = {"inputs": [str(folder / "recordings")], "weights": weights, "pca": pca, "head": str(head)}
    audio_s = round(arguments.hours * 6) * made_media.LOOP_S * arguments.count
    ratios = []
    for number in range(arguments.repeat):
        rates = {way: bare_rate(weights, precision, *way) for way in WAYS}
        best = max(rates, key=lambda way: rates[way])
        decode_s = decode_cpu_s(paths[0]) * arguments.count / cores
        with tempfile.TemporaryDirectory(dir=folder) as output:
            ours = job.run_detect(task | {"output": output, "precision": precision})
        bound_s = audio_s / rates[best] + decode_s
        ratios.append(ours["work_s"] / bound_s)
        print(
            f"{precision} {number + 1}: start-up {ours['start_s']:.1f} s; work {ours['work_s']:.1f} s for "
            f"{audio_s / 3600:.2f} h ({audio_s / ours['work_s']:.0f} x realtime); unavoidable {bound_s:.1f} s = "
            f"forward {audio_s / rates[best]:.1f} s (batch {best[0]}, {rates[best]:.0f} patches/s) "
            f"+ decode {decode_s:.1f} s; ratio {ratios[-1]:.3f}",
            flush=True,
        )
    print(f"{precision}: median ratio {statistics.median(ratios):.3f}", flush=True)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="recordings (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=1.0, help="length of each (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="default: both")
    parser.add_argument("--weights", help="genuine VGGish weights (default: seeded ones, which cost the same)")
    parser.add_argument("--work", type=pathlib.Path, help="folder to keep what is made (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.work or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for precision in [arguments.precision] if arguments.precision else ["float32", "bfloat16"]:
            measure(arguments, folder, precision)


if __name__ == "__main__":
    main()
