"""Closed standard streams, readers that go away and full disks lose neither the work nor its exit status."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.helpers.media import beeps
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows

ONE = "2016-01-01_0000_US_CNN_One"
FULL = pathlib.Path("/dev/full")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams") / "tables"
    write_tables(folder, [recording_row(ONE)], [event_row(ONE, 3, 9)])
    write_windows(folder, recording_row(ONE), [0.1] * 60)
    return folder


def run(command, redirection, *, folder):
    """The command as a shell runs it; its exit status and what it said on standard error."""
    line = f'"$@" {redirection}'
    arguments = [sys.executable, "-m", "pipeline.cli", *map(str, command)]
    environment = os.environ | {"PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[2])}
    bash = ["bash", "-o", "pipefail", "-c", line, "bash", *arguments]
    done = subprocess.run(bash, cwd=folder, capture_output=True, check=False, env=environment)
    return done.returncode, done.stderr.decode()


def commands(tables, output):
    return [
        ["--help"],
        ["models", "list"],
        ["query", tables, "--sql", "SELECT * FROM range(300000)", "--format", "csv"],
        ["query", tables, "longest-laughs"],
        ["export", tables, "--format", "csv", "--output", output, "--quiet"],
        ["report", tables, "--media", "none", "--output", output, "--quiet"],
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("redirection", ["| head -c 1", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_stream_that_is_not_there_is_plain_success(tables, tmp_path, number, redirection):
    status, said = run(commands(tables, tmp_path / "out")[number], redirection, folder=tmp_path)
    assert (status, said) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("number", range(1, 6))
def test_output_onto_a_full_disk_is_one_sentence(tables, tmp_path, number):
    status, said = run(commands(tables, tmp_path / "out")[number], "> /dev/full", folder=tmp_path)
    assert status == 1
    assert said == "laughter: standard output cannot be written (No space left on device); see to where it goes\n"


@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "expected"), [(f"{ONE}.wav", 0), ("bad.wav", 3)])
def test_detect_keeps_its_exit_status_when_nobody_reads_its_summary(tmp_path, name, expected):
    (tmp_path / "archive").mkdir()
    beeps(tmp_path / "archive" / f"{ONE}.wav", [1], duration_s=3)
    if expected:
        (tmp_path / "archive" / name).write_text("no sound")
    command = ["detect", tmp_path / "archive", "--bundle", "compact", "--output", tmp_path / "tables", "--quiet"]
    status, said = run(command, "| head -c 1", folder=tmp_path)
    assert (status, "Traceback" in said) == (expected, False)
    assert list((tmp_path / "tables" / "recordings").glob("*/recordings.parquet"))
