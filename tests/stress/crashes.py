"""Kills runs of `laughter detect` at random moments, starts them again, and says what is not as promised.

The ordinary tests kill a dozen times; the long run is `python -m tests.stress.crashes --kills 100`.
"""

import argparse
import multiprocessing
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import imageio_ffmpeg
import psutil

from tests.helpers.archive import contents, make_recording
from tests.helpers.loudness import write_bundle

RECORDINGS = 8

_FFMPEG = """#!/bin/sh
# Notes a decoding of what the store holds already, and takes its time, so that kills hit it.
for argument in "$@"; do
    case "$argument" in file:*) name=$(basename "$argument" .wav); esac
done
part="$STORE/date=$(echo "$name" | cut -c1-10)/$name.parquet"
[ -e "$part" ] && echo "$name" >> "$AGAIN"
sleep 0.1
exec "{ffmpeg}" "$@"
"""


class Runs:
    """Runs over one archive, in processes that have everything imported when they start."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Make the archive, the bundle and a decoder that keeps watch in `folder`."""
        self.folder, self.archive = folder, folder / "archive"
        self.archive.mkdir(parents=True)
        for number in range(RECORDINGS):
            make_recording(
                self.archive / f"2016-01-0{number % 3 + 1}_0{number}00_US_CNN_A.wav", seconds=12, seed=number
            )
        (folder / "bundle").mkdir()
        self.bundle = write_bundle(folder / "bundle")
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.decoder = folder / "ffmpeg"
        self.decoder.write_text(_FFMPEG.format(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe()))
        self.decoder.chmod(0o755)
        self._server = multiprocessing.get_context("forkserver")
        self._server.set_forkserver_preload(["pipeline.cli", "pipeline.jobs.detect", "models.networks.embedder"])

    def start(self, output: str) -> Any:
        """A run that writes to `output`, as a process."""
        settings = {
            "TMPDIR": str(self.temporary),
            "IMAGEIO_FFMPEG_EXE": str(self.decoder),
            "STORE": str(self.folder / output / "store"),
            "AGAIN": str(self.folder / output) + ".again",
        }
        command = ["detect", str(self.archive), "--output", str(self.folder / output), "--bundle", str(self.bundle)]
        process = self._server.Process(target=_run, args=([*command, "--quiet"], settings))
        process.start()
        return process

    def wrong_after(self, output: str, clean: dict) -> list[str]:
        """What is not as promised once a run on `output` ended well."""
        wrong = [f"{output}: the exit of the last run"] if clean != contents(self.folder / output) else []
        again = pathlib.Path(f"{self.folder / output}.again")
        if again.exists():
            wrong.append(f"{output}: decoded although the store had it: {again.read_text().split()}")
        left = [*(self.folder / output).rglob(".*"), *self.temporary.iterdir()]
        return wrong + [f"{path} was left" for path in left]


def _run(command: list[str], settings: dict[str, str]) -> None:
    os.environ.update(settings)
    tempfile.tempdir = None
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    from pipeline import cli

    sys.exit(cli.main(command))


def kill_at_random(folder: pathlib.Path, *, kills: int, seed: int) -> list[str]:
    """Kill runs; whenever one comes to its end before that, look at what it made, and begin from nothing.

    Returns:
        What is wrong, one sentence each.
    """
    runs, chance = Runs(folder), random.Random(seed)
    for output in ("warm-up", "clean"):  # the first one waits for the imports
        began = time.monotonic()
        undisturbed = runs.start(output)
        undisturbed.join()
        whole_s = time.monotonic() - began
    clean, wrong = contents(folder / "clean"), runs.wrong_after("clean", contents(folder / "clean"))
    if undisturbed.exitcode or len(clean) != RECORDINGS + 9:
        return [f"the undisturbed run ended with {undisturbed.exitcode} and {len(clean)} files"]
    killed, round_ = 0, 0
    while killed < kills:
        run = runs.start(f"output-{round_}")
        run.join(timeout=chance.uniform(0, whole_s))
        if run.is_alive():
            os.kill(run.pid, signal.SIGKILL)
            killed += 1
            print(f"killed {killed} of {kills}, in round {round_}", flush=True)
        run.join()
        if run.exitcode == 0:
            wrong += runs.wrong_after(f"output-{round_}", clean)
            round_ += 1
        elif run.exitcode != -signal.SIGKILL:
            wrong.append(f"a run ended by itself with {run.exitcode}")
    last = runs.start(f"output-{round_}")
    last.join()
    wrong += runs.wrong_after(f"output-{round_}", clean)
    return wrong + _decoders_left(runs.archive)


def _decoders_left(archive: pathlib.Path) -> list[str]:
    """Processes of ours that a kill left behind, once they had a moment to notice."""
    for _ in range(50):
        commands = ((process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
        left = [process for process, words in commands if any(word.startswith(f"file:{archive}") for word in words)]
        if not left:
            return []
        time.sleep(0.1)
    return [f"{process} was left" for process in left]


def main(argv: Sequence[str] | None = None) -> int:
    """The long run; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="crashes-") as folder:
        wrong = kill_at_random(pathlib.Path(folder) / "runs", kills=arguments.kills, seed=arguments.seed)
    print("\n".join(wrong) or f"{arguments.kills} kills, nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
