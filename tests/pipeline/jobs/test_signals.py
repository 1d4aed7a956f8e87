"""However a run is ended, no decoder and no worker goes on without it, and it ends within seconds."""

import os
import signal
import subprocess
import sys
import time
import wave

import psutil
import pytest

from pipeline.cli import HOME

MINUTES = 90
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two recordings that take a while, of silence, which costs nothing to make."""
    folder = tmp_path_factory.mktemp("signals")
    for name in ("one", "two"):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 48000, 0, "NONE", ""))
            for _ in range(MINUTES):
                file.writeframes(bytes(48000 * 2 * 60))
    return folder


def decoders(archive):
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        if line and "ffmpeg" in line[0] and any(str(archive) in argument for argument in line):
            found.append(process)
    return found


def wait_until(happens, *, longest_s=PATIENCE_S):
    end = time.monotonic() + longest_s
    while not (found := happens()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("sent", "workers", "status"),
    [
        (signal.SIGHUP, 1, 130),
        (signal.SIGTERM, 2, 130),
        (signal.SIGKILL, 1, -9),
        (signal.SIGKILL, 2, -9),
    ],
)
def test_a_run_that_is_ended_leaves_nothing_running(archive, tmp_path, loudness_bundle, sent, workers, status):
    command = [sys.executable, "-m", "pipeline.cli", "detect", archive, "--bundle", loudness_bundle, "--quiet"]
    command += ["--output", tmp_path / "tables", "--direct_num_workers", workers]
    environment = os.environ | {"PYTHONPATH": str(HOME)}
    with subprocess.Popen(
        [*map(str, command)], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as run:
        try:
            assert wait_until(lambda: decoders(archive), longest_s=120)
            family = psutil.Process(run.pid).children(recursive=True)
            run.send_signal(sent)
            assert run.wait(PATIENCE_S) == status
        finally:
            run.kill()
    assert wait_until(lambda: not decoders(archive))
    assert wait_until(lambda: not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE])
