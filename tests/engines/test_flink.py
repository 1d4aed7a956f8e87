"""A real Flink, of a job manager and two task managers: the same tables and shards as from the local runner."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

import imageio_ffmpeg
import psutil
import pytest

from tests.engines import jobs
from tests.engines.jobs import ENGINES, INSTALL, ROOT, need
from tests.helpers.archive import contents, rows

pytestmark = pytest.mark.engines

SCRIPT = ROOT / "tests" / "engines" / "flink.sh"


def flink(*arguments: object, path: str = "") -> subprocess.CompletedProcess[str]:
    """Call the script; in its processes ffmpeg sleeps where a file `slow` lies beside it, and has PATH begin so."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{path}{os.pathsep}{os.environ['PATH']}".lstrip(":")}
    return subprocess.run(
        [str(SCRIPT), *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=400
    )


def processes_of(folder: pathlib.Path) -> list[str]:
    """Those whose working folder it is, as of all that the script starts."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(folder):
                found.append(" ".join(process.cmdline())[:200])
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("flink")
    jobs.make_input(folder)
    return folder


@pytest.fixture(scope="module")
def cluster(folder):
    """The folder of a running Flink, in whose workers ffmpeg takes two seconds while a file `slow` is in it."""
    need(ENGINES / "flink", "Flink")
    if not shutil.which("java"):
        pytest.skip(f"java is not installed; {INSTALL}")
    place = folder / "cluster"
    place.mkdir()
    decoder = folder / "ffmpeg"
    decoder.write_text(f'#!/bin/sh\n[ -e {place}/slow ] && sleep 2\nexec "{imageio_ffmpeg.get_ffmpeg_exe()}" "$@"\n')
    decoder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGEIO_FFMPEG_EXE", str(decoder))
        started = flink("start", place)
    try:
        assert started.returncode == 0, started.stderr
        assert len(processes_of(place)) >= 6
        yield place
    finally:
        flink("stop", place)
    assert processes_of(place) == []
    assert not (place / "temporary").exists()


@pytest.fixture
def options(cluster) -> list[str]:
    return (cluster / "options").read_text().split()


def test_tables_are_the_local_runners(folder, loudness_bundle, options):
    jobs.check_detect(folder, loudness_bundle, *options)


def test_shards_are_the_local_runners(folder, options):
    jobs.check_shards(folder, *options)


def test_a_task_manager_killed_midway_loses_nothing_and_doubles_nothing(folder, cluster, loudness_bundle, options):
    expected = jobs.local_tables(folder, loudness_bundle)
    (cluster / "slow").touch()
    job = subprocess.Popen(
        jobs.detect(folder, loudness_bundle, "killed", *options),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 300
        while not list((folder / "killed" / "store").glob("*/*.parquet")):
            assert job.poll() is None, job.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(int((cluster / "taskmanager1.pid").read_text()), signal.SIGKILL)
        assert len(list((folder / "killed" / "store").glob("*/*.parquet"))) < 7, "the kill came too late to tell"
        (cluster / "slow").unlink()
        assert flink("taskmanager", cluster, 1).returncode == 0
        said = job.communicate(timeout=400)[0]
    finally:
        job.kill()
    assert job.returncode == 3, said
    assert "RESTARTING" in (cluster / "jobmanager.log").read_text()
    assert contents(folder / "killed") == expected
    assert len(rows(folder / "killed", "recordings")) == 7


def test_a_start_that_fails_says_why_and_leaves_nothing(tmp_path):
    need(ENGINES / "flink", "Flink")
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho no memory here\nexit 1\n")
    java.chmod(0o755)
    started = flink("start", tmp_path / "cluster", path=str(tmp_path))
    assert started.returncode == 1
    assert "did not come up" in started.stderr
    assert "no memory here" in started.stderr
    assert processes_of(tmp_path / "cluster") == []
