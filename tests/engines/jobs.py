"""Both jobs on small made input, as their users start them: on Beam's local runner, and on the engine under test."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.helpers import tfrecords
from tests.helpers.archive import contents, make_recording

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENGINES = pathlib.Path(os.environ.get("LAUGHTER_ENGINES", ROOT / ".engines"))
INSTALL = "tests/engines/install.sh installs it"


def make_input(folder: pathlib.Path) -> None:
    """Recordings of two days, one of them damaged, and a small release of AudioSet's."""
    (folder / "archive").mkdir()
    for number in range(6):
        name = f"2016-01-0{1 + number % 2}_0{number}00_US_CNN_Show.wav"
        make_recording(folder / "archive" / name, loud=((5 + number, 8 + number),), seed=number)
    (folder / "archive" / "2016-01-02_0900_US_CNN_Bad.mp4").write_bytes(b"no recording")
    (folder / "list.txt").write_text("archive\n")  # what it says is told from the folder of the command
    tfrecords.make_split(folder / "release" / "bal_train", clips=50, files=7, seed=1)
    tfrecords.make_split(folder / "release" / "eval", clips=8, files=3, seed=3)


def command(*arguments: object) -> list[str]:
    """The command line of `laughter`."""
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def detect(folder: pathlib.Path, bundle: pathlib.Path, output: str, *options: str) -> list[str]:
    """The command line of `laughter detect` on the made archive."""
    return command("detect", "list.txt", "--output", output, "--bundle", bundle, "--quiet", *options)


def run(folder: pathlib.Path, line: list[str], *, status: int) -> str:
    """Run a command line in the folder, with paths relative to it; returns what it said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    assert "Traceback" not in said
    return said


def local_tables(folder: pathlib.Path, bundle: pathlib.Path) -> dict[pathlib.Path, bytes]:
    """What the local runner makes of the archive; each of the other engines' has to be equal."""
    if not (folder / "local").exists():
        run(folder, detect(folder, bundle, "local"), status=3)
    return contents(folder / "local")


def check_detect(folder: pathlib.Path, bundle: pathlib.Path, *options: str) -> None:
    """The engine's store and tables are the local runner's, and a second run finds nothing to do."""
    expected = local_tables(folder, bundle)
    assert len(expected) == 7 + 2 * 3
    said = run(folder, detect(folder, bundle, "tables", *options), status=3)
    assert "7 (6 done, 1 failed" in said
    assert contents(folder / "tables") == expected


def check_shards(folder: pathlib.Path, *options: str) -> None:
    """The engine's shards and manifest are the local runner's."""
    shards = ("shards", "--input", "release", "--shards", 4, "--quiet")
    run(folder, command(*shards, "--output", "local_shards"), status=0)
    run(folder, command(*shards, "--output", "shards", *options), status=0)
    found, expected = (files(folder / name) for name in ("shards", "local_shards"))
    assert len(expected) > 4
    assert found == expected


def files(folder: pathlib.Path) -> dict[pathlib.Path, bytes]:
    """Every file below the folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def need(path: pathlib.Path, what: str) -> None:
    """Skip the test where the engine is not installed."""
    if not path.exists():
        pytest.skip(f"{what} is not at {path}; {INSTALL}")
