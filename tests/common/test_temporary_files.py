"""What a killed run left is swept by whatever writes there next; what somebody works on stays."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from common import temporary_files
from common.atomic_files import atomic_file, write_text

WRITER = """
import sys, time
from common.atomic_files import atomic_file
with atomic_file(sys.argv[1]) as temporary:
    open(temporary, "w").write("half")
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def anew():
    """As in a process that has written nothing yet."""
    temporary_files._sweep_once.cache_clear()


def writer(path):
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    return process


def names(folder):
    return sorted(os.listdir(folder))


def test_what_a_killed_run_left_goes_with_the_next_file(tmp_path):
    with writer(tmp_path / "a.txt") as process:
        process.send_signal(signal.SIGKILL)
    assert len(names(tmp_path)) == 2
    write_text(str(tmp_path / "b.txt"), "whole")
    assert names(tmp_path) == ["b.txt"]


def test_what_another_run_writes_stays(tmp_path):
    with writer(tmp_path / "a.txt") as process:
        write_text(str(tmp_path / "b.txt"), "whole")
        assert len(names(tmp_path)) == 3
        process.kill()


def test_what_this_run_writes_stays(tmp_path):
    with atomic_file(str(tmp_path / "a.txt")) as temporary:
        pathlib.Path(temporary).write_text("whole")
        temporary_files._sweep_once.cache_clear()
        write_text(str(tmp_path / "b.txt"), "whole")
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_a_file_is_synced_before_it_has_its_name(tmp_path, monkeypatch):
    """Else a power cut may leave the name with nothing behind it."""
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda *paths: (done.append("name"), replace(*paths)))
    write_text(str(tmp_path / "a.txt"), "whole")
    assert done == ["sync", "name", "sync"]
