"""One run over thousands of short recordings and one of a day: python -m benchmarks.load [--count 2000] [--hours 24].

Prints memory, descriptors, threads and child processes of the run in each tenth of its time, and the ratio of
memory late in the run to memory early in it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import psutil

from benchmarks import made_media

TENTHS = 10


@dataclasses.dataclass(frozen=True)
class Sample:
    """What the run had at a moment: seconds since its start, MB, and counts."""

    time_s: float
    memory_mb: float
    descriptors: int
    threads: int
    children: int


def watch(run: subprocess.Popen[bytes], *, every_s: float = 0.5) -> list[Sample]:
    """Samples of the process until it ends."""
    process, began, samples = psutil.Process(run.pid), time.monotonic(), []
    while run.poll() is None:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info().rss / 1e6
            counts = process.num_fds(), process.num_threads(), len(process.children())
            samples.append(Sample(time.monotonic() - began, memory, *counts))
        time.sleep(every_s)
    return samples


def main() -> None:
    """Make the archive, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="short recordings (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=24.0, help="length of the long one (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        archive = folder / "archive"
        made_media.make_recordings(archive, count=1, hours=arguments.hours)
        made_media.make_short_recordings(archive, count=arguments.count, seconds=arguments.seconds)
        command = [sys.executable, "-m", "pipeline.cli", "detect", str(archive), "--output", str(folder / "tables")]
        with subprocess.Popen([*command, "--bundle", "compact"]) as run:
            samples = watch(run)
        if run.returncode:
            raise SystemExit(f"the run ended with {run.returncode}")
    whole_s = samples[-1].time_s
    tenths = [[s for s in samples if int(TENTHS * s.time_s / (whole_s + 1e-9)) == tenth] for tenth in range(TENTHS)]
    for tenth, some in enumerate(tenths):
        most = [max(getattr(sample, name) for sample in some) for name in ("descriptors", "threads", "children")]
        memory = statistics.median(sample.memory_mb for sample in some)
        print(
            f"tenth {tenth + 1}: {memory:.0f} MB; at most {most[0]} descriptors, {most[1]} threads, {most[2]} children"
        )
    early, late = (statistics.median(s.memory_mb for s in tenths[tenth]) for tenth in (2, TENTHS - 1))
    print(f"{arguments.count} recordings and one of {arguments.hours:g} h in {whole_s:.0f} s")
    print(f"memory of the last tenth over that of the third: {late / early:.3f}")


if __name__ == "__main__":
    main()
