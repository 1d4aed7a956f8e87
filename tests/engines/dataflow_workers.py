"""Dataflow's workers without Dataflow: Beam's image as an environment, and its start-up program, on this machine.

The start-up program (`boot`) and the list of what is in Beam's image come from Beam's Go module; the image's operating
system is this machine's. `boot` installs what is staged, with pip, and starts the SDK worker, as it does on Dataflow.
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

from pipeline.cli import HOME
from tests.helpers.open_resources import free_port

BEAM_IN_GO = "v2.73.0"
"""The Go module of the SDK; the proxy has none of the pinned 2.72.0. What boot does has not changed between them."""

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def pinned(name):
    """The version that the lock names."""
    return re.search(rf"^{name}==(\S*)", (HOME / "locks" / PYTHON / "core.txt").read_text(), re.MULTILINE)[1]


def run(*command, **options):
    """Run a command to its end; AssertionError with its last words where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]} {done.stderr[-3000:]}"
    return done.stdout


def build_boot(folder):
    """The start-up program of Beam's image, and the list of the Python packages there."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        pytest.skip("Go, which builds the start-up program of Beam's image, is not installed")
    module = "github.com/apache/beam/sdks/v2"
    run(go, "mod", "init", "boot", cwd=folder)
    run(go, "get", f"{module}/python/container@{BEAM_IN_GO}", cwd=folder)
    run(go, "build", "-o", "boot", f"{module}/python/container", cwd=folder)
    source = run(go, "list", "-f", "{{.Dir}}", f"{module}/python/container", cwd=folder).strip()
    return folder / "boot", pathlib.Path(source, f"py{PYTHON.replace('.', '')}", "base_image_requirements.txt")


def make_image(folder, requirements):
    """An environment with what Beam's image has: its packages, and the SDK; the folder of its programs."""
    run(sys.executable, "-m", "venv", folder)
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--upgrade", "pip", "setuptools", "wheel")
    run(*pip, "--no-deps", "-r", requirements)
    run(*pip, "--no-deps", f"apache-beam=={pinned('apache-beam')}")
    return folder


def containerfile():
    """The Containerfile's instructions, without comments, lines that go on joined."""
    text = (HOME / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def environment(image):
    """That of a process in the image: its programs first, nothing of the checkout."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PIP_INDEX_URL", "TMPDIR") if name in os.environ}
    path = f"{image / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return kept | {"PATH": path, "RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@contextlib.contextmanager
def worker_pool(image, boot, folder):
    """The address of a pool that starts workers in `image` by `boot`."""
    program = folder / "boot_here"
    program.write_text(f'#!/bin/sh\nexec {boot} --semi_persist_dir={folder / "semi"} "$@"\n')
    program.chmod(0o755)
    port = free_port()
    command = [image / "bin" / "python", "-m", "apache_beam.runners.worker.worker_pool_main"]
    command += [f"--service_port={port}", f"--container_executable={program}"]
    with open(folder / "pool.log", "wb") as log:
        pool = subprocess.Popen([*map(str, command)], cwd=folder, env=environment(image), stdout=log, stderr=log)
    try:
        _wait_for(port, pool)
        yield f"localhost:{port}"
    finally:
        pool.terminate()
        pool.wait(30)


def _wait_for(port, pool):
    end = time.monotonic() + 120
    while pool.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the worker pool did not start")
