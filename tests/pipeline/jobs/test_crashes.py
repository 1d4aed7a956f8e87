"""Runs that are killed, and disks that are full or may not be written."""

import contextlib
import re
import subprocess

import pytest

from tests.helpers.archive import contents, make_recording, rows, states
from tests.stress.crashes import kill_at_random


@pytest.mark.tensorflow
def test_killed_runs_go_on_as_if_nothing_had_been(tmp_path):
    assert kill_at_random(tmp_path / "runs", kills=12, seed=0) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own in memory, and a function that gives it another size or makes it read-only."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, text=True, check=False
        )
        return done.returncode == 0

    try:
        mounted = mount("size=256k")
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a disk of its own can be mounted by the superuser only")
    yield place, lambda options: mount(f"remount,{options}")
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_stops_the_run_and_nothing_is_lost(archive, detect, small_disk, capsys):
    for number in range(4, 9):
        make_recording(archive / f"2016-01-01_0{number}00_US_CNN_More.wav", seconds=600, seed=number)
    clean = contents(detect(archive, output="clean"))
    disk, change = small_disk
    output = detect(archive, output="disk/tables", status=1)
    said = capsys.readouterr().err
    assert re.search(r"cannot be written \(.*No space left on device", said)
    assert not list(disk.rglob("*.tmp"))
    done = states(output / "store")
    assert 1 < len(done) < len(clean)
    assert change("size=64m")
    detect(archive, output="disk/tables")
    assert contents(output) == clean
    after = states(output / "store")
    assert all(after[path] == state for path, state in done.items())


def test_a_disk_that_fills_while_tables_are_written_loses_nothing(archive, detect, small_disk, capsys):
    clean = contents(detect(archive, output="clean"))
    disk, change = small_disk
    assert change("size=1m")
    output = detect(archive / "2016-01-01*", output="disk/tables")
    assert change("size=" + str(sum(path.stat().st_blocks * 512 for path in disk.rglob("*")) + 4096))
    before = rows(output, "recordings")
    detect(archive, "--onset", "0.3", output="disk/tables", status=1)
    assert re.search(r"cannot be written \(.*No space left on device", capsys.readouterr().err)
    assert rows(output, "recordings") == before
    assert change("size=64m")
    detect(archive, output="disk/tables")
    assert contents(output) == clean


def test_an_output_that_may_not_be_written_is_one_sentence(archive, detect, small_disk, capsys):
    _, change = small_disk
    assert change("size=64m")
    output = detect(archive, output="disk/tables")
    assert change("ro")
    detect(archive, output="disk/tables")  # there is nothing to write
    before = states(output)
    make_recording(archive / "2016-01-03_0000_US_CNN_Four.wav")
    detect(archive, output="disk/tables", status=1)
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(r"cannot be written \(.*Read-only file system", said)
    assert states(output) == before
