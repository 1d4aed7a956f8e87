"""What reading the packets of a transport stream adds to ffmpeg's decoding: python -m benchmarks.transport [FILE].

Processor time of ffmpeg alone on the file, as other containers are decoded, against our reader and the ffmpeg that it
feeds; medians of five alternating runs. Without FILE a broadcast of ten minutes is made (250 MB, MPEG-2 video, MP2).
"""

from __future__ import annotations

import argparse
import pathlib
import resource
import statistics
import subprocess
import tempfile
from collections.abc import Callable

from benchmarks.made_media import make_broadcast
from transforms.decode.ffmpeg_command import FACTS, decode_command, decode_piped_command, ffmpeg_executable
from transforms.decode.settings import DecodeSettings
from transforms.transport.sound import SoundFeed, plan_sound

RUNS = 5


def processor_s(work: Callable[[], None]) -> float:
    """Processor time that some work takes, here and in the processes it starts, seconds."""

    def used() -> float:
        usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before = used()
    work()
    return used() - before


def decode_alone(path: str) -> None:
    """Let ffmpeg read the file itself."""
    command = decode_command(path, DecodeSettings(), executable=ffmpeg_executable())
    subprocess.run(_unheard(command), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def decode_fed(path: str) -> None:
    """Read the file and feed ffmpeg its sound."""
    plan = plan_sound(path, 0)
    if plan is None:
        raise SystemExit(f"{path} is no transport stream with sound")
    feed, command = SoundFeed(plan, DecodeSettings().max_gap_s), decode_piped_command(executable=ffmpeg_executable())
    while feed.next_epoch():
        process = subprocess.Popen(
            _unheard(command), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert process.stdin is not None
        for chunk in feed.chunks():
            process.stdin.write(chunk)
        process.stdin.close()
        process.wait()


def _unheard(command: list[str]) -> list[str]:
    return ["pipe:2" if argument == FACTS else argument for argument in command]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", help="a transport stream (default: one is made)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or str(make_broadcast(pathlib.Path(folder) / "made.ts", minutes=10))
        size_mb = pathlib.Path(path).stat().st_size / 1e6
        runs = [(processor_s(lambda: decode_alone(path)), processor_s(lambda: decode_fed(path))) for _ in range(RUNS)]
    alone, fed = (statistics.median(times) for times in zip(*runs, strict=True))
    print(f"{size_mb:.0f} MB, medians of {RUNS} alternating runs, core-seconds:")
    print(f"  ffmpeg alone on the file     {alone:.2f}")
    print(f"  our reader and ffmpeg        {fed:.2f}")
    print(f"  ratio                        {fed / alone:.2f}")


if __name__ == "__main__":
    main()
