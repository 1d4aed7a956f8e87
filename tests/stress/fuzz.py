"""Runs `laughter detect` over damaged recordings and says what is not as promised.

The ordinary tests do 300 cases; the long run is `python -m tests.stress.fuzz --cases 5000`.
"""

import argparse
import collections
import multiprocessing
import os
import pathlib
import queue
import shutil
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from pipeline import cli
from tests.helpers.archive import contents, make_recording, rows
from tests.helpers.damaged_media import make_case, make_originals
from tests.helpers.loudness import write_bundle
from tests.helpers.open_resources import belongings

Outcome = tuple[list[str], collections.Counter]
"""What is wrong, one sentence each, and the recordings by status."""

HEALTHY = tuple(f"2016-01-01_0{number}00_US_CNN_Healthy" for number in range(3))
MAX_CASE_S = 4
"""On average; most take a tenth of a second."""


def left() -> tuple[int, int, list[str]]:
    """Descriptors, child processes, and files in the folder of temporary files, of this process."""
    descriptors, children, _ = belongings()
    return len(descriptors), len(children), sorted(os.listdir(tempfile.gettempdir()))


def run_batch(folder: pathlib.Path, *, seed: int, numbers: Sequence[int]) -> Outcome:
    """Run over the cases and three healthy recordings.

    Returns:
        What is wrong, one sentence each, and the recordings by status.
    """
    tempfile.tempdir = os.environ["TMPDIR"] = str(_new(folder / "temporary"))  # where others leave nothing
    archive, bundle = folder / "archive", write_bundle(_new(folder / "bundle"))
    originals = make_originals(folder / "originals")
    _new(archive)
    for number, name in enumerate(HEALTHY):
        make_recording(archive / f"{name}.wav", seconds=12, loud=((3, 6),), seed=number)
    clean = _detect(archive, folder / "clean", bundle)[1]
    for number in numbers:
        case = make_case(seed, number, originals)
        (archive / case.name).write_bytes(case.content)
    before = left()
    status, dirty = _detect(archive, folder / "dirty", bundle)
    wrong = [] if status in (0, 3) else [f"the exit status is {status}"]
    if left() != before:
        wrong.append(f"descriptors, processes, temporary files: {left()} after {before}")
    wrong += [f"{name} is another file" for name, content in clean.items() if dirty.get(name) != content]
    wrong += [f"{path} was left" for path in (folder / "dirty").rglob(".*")]
    table = {row["path"]: row for row in rows(folder / "dirty", "recordings")}
    for path in sorted(archive.iterdir()):
        wrong += _wrong_row(str(path), table.get(str(path)))
    return wrong, collections.Counter(row["status"] for row in table.values())


def run_batch_in_time(
    folder: pathlib.Path, *, seed: int, numbers: Sequence[int]
) -> tuple[list[str], collections.Counter]:
    """As run_batch, in a process of its own, for a crash or a hang must end here too."""
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    run = spawn.Process(target=_put_batch, args=(folder, seed, numbers, results))
    run.start()
    try:
        return results.get(timeout=60 + MAX_CASE_S * len(numbers))
    except queue.Empty:
        return [f"cases {numbers[0]} to {numbers[-1]} of seed {seed} crashed or hung"], collections.Counter()
    finally:
        run.kill()
        run.join()


def _put_batch(folder: pathlib.Path, seed: int, numbers: Sequence[int], results: Any) -> None:
    results.put(run_batch(folder, seed=seed, numbers=numbers))


def _wrong_row(path: str, row: dict | None) -> list[str]:
    if row is None:
        return [f"{path} has no row"]
    if row["status"] not in ("done", "partial", "failed"):
        return [f"{path} has the status {row['status']}"]
    if row["status"] != "done" and (path not in row["error"] or "\n" in row["error"]):
        return [f"{path} is {row['status']}, and the reason given is {row['error']!r}"]
    if (row["status"] == "failed") != (row["audio_s"] == 0):
        return [f"{path} is {row['status']} with {row['audio_s']} s of sound"]
    return []


def _detect(archive: pathlib.Path, output: pathlib.Path, bundle: pathlib.Path) -> tuple[int, dict]:
    command = ["detect", str(archive), "--output", str(output), "--bundle", str(bundle), "--quiet"]
    status = cli.main([*command, "--max-duration", "0.2", "--stall-timeout", "20"])
    # the null partition's tables hold the cases
    return status, {name: content for name, content in contents(output).items() if "2016-01-01" in str(name)}


def _new(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(parents=True)
    return folder


def main(argv: Sequence[str] | None = None) -> int:
    """The long run; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    arguments = parser.parse_args(argv)
    total: collections.Counter = collections.Counter()
    failed, parent = 0, tempfile.gettempdir()
    numbers = range(arguments.first, arguments.first + arguments.cases)
    for start in range(0, len(numbers), 250):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-", dir=parent))
        wrong, statuses = run_batch_in_time(folder, seed=arguments.seed, numbers=numbers[start : start + 250])
        total += statuses
        failed += bool(wrong)
        for sentence in wrong:
            print(sentence)
        if wrong:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
        print(f"{min(start + 250, len(numbers))} of {len(numbers)} cases: {dict(total)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
