"""A worker's start-up as on Dataflow: Beam's own start-up program installs the staged package and runs the pipeline.

It takes some minutes and 4 GB: TensorFlow is installed twice, onto what Beam's image has.
"""

import os
import re
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from pipeline.cli import HOME
from pipeline.dataflow.package import build
from tests.engines import dataflow_workers as workers
from tests.helpers.media import beeps

pytestmark = pytest.mark.engines

NAME = "2016-01-01_0000_US_CNN_One"


@pytest.fixture(scope="module")
def boot_and_list(tmp_path_factory):
    return workers.build_boot(tmp_path_factory.mktemp("boot"))


@pytest.fixture(scope="module")
def image(tmp_path_factory, boot_and_list):
    """What Beam's image has; tests may install onto it."""
    return workers.make_image(tmp_path_factory.mktemp("image") / "base", boot_and_list[1])


@pytest.fixture(scope="module")
def container(image):
    """A copy of it, made before anything is installed onto it, for the Containerfile."""
    copy = image.with_name("container")
    shutil.copytree(image, copy, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build(HOME, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "archive").mkdir()
    beeps(tmp_path / "archive" / f"{NAME}.wav", [3, 9], duration_s=30)
    return tmp_path / "archive"


def detect(archive, output, *arguments):
    """Run the job from the checkout."""
    command = [sys.executable, "-m", "pipeline.cli", "detect", archive, "--output", output, "--bundle", "compact"]
    environment = os.environ | {"PYTHONPATH": str(HOME)}
    command += ["--precision", "float32", *arguments]
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, env=environment, cwd=archive
    )


def windows(output):
    return pq.read_table(output / "windows" / "date=2016-01-01" / "windows.parquet").to_pylist()


def on_a_worker(archive, tmp_path, image, boot, *arguments):
    """Run the job on a worker in `image`, compare what it finds with what this machine finds; the worker's log."""
    with workers.worker_pool(image, boot, tmp_path) as address:
        portable = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=EXTERNAL")
        done = detect(archive, tmp_path / "worker", *portable, f"--environment_config={address}", "--debug", *arguments)
    assert done.returncode == 0, done.stderr[-5000:] + (tmp_path / "pool.log").read_text()[-3000:]
    here = detect(archive, tmp_path / "here")
    assert here.returncode == 0, here.stderr
    assert len(windows(tmp_path / "here")) == 60
    assert windows(tmp_path / "worker") == windows(tmp_path / "here")
    return done.stderr + (tmp_path / "pool.log").read_text()


def test_the_staged_package_is_installed_and_the_worker_runs_the_job(
    container, image, package, boot_and_list, archive, tmp_path
):
    said = on_a_worker(archive, tmp_path, image, boot_and_list[0], f"--extra_package={package}")
    assert re.search(rf"Downloaded: .*/{package.name} ", said)
    assert f"{image}/lib" in said  # where the worker's code was taken from
    program = "import transforms, imageio_ffmpeg; print(transforms.__file__, imageio_ffmpeg.get_ffmpeg_exe())"
    places = workers.run(image / "bin" / "python", "-c", program, cwd=tmp_path, env=workers.environment(image))
    assert all(place.startswith(str(image)) for place in places.split())


def test_the_containerfile_makes_an_image_whose_workers_install_nothing(
    container, package, boot_and_list, archive, tmp_path
):
    context = tmp_path / "context"
    context.mkdir()
    for line in workers.containerfile():
        instruction, _, rest = line.partition(" ")
        if instruction == "COPY":
            *sources, _ = rest.split()
            for source in (name.replace("${PYTHON}", workers.PYTHON) for name in sources):
                shutil.copy(package if source.startswith("dist/") else HOME / source, context)
        if instruction == "RUN":
            workers.run("bash", "-ec", rest, cwd=context, env=workers.environment(container) | {"EXTRAS": ""})
    said = on_a_worker(archive, tmp_path, container, boot_and_list[0], "--sdk_location=container")
    assert f"{container}/lib" in said
    assert "Downloaded: " in said
    assert not re.search(rf"Downloaded: .*/{package.name} ", said)
