"""The workers' container file: linted, and of the versions that the rest of the project names."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HOME = pathlib.Path(__file__).resolve().parents[2]
CONTAINERFILE = HOME / "Containerfile"


@pytest.fixture
def hadolint():
    found = shutil.which("hadolint", path=pathlib.Path(sys.executable).parent) or shutil.which("hadolint")
    if not found:
        pytest.skip("hadolint is not installed; it comes with pip install -e '.[test]'")
    return lambda path: subprocess.run([found, path], capture_output=True, text=True, check=False)


def test_the_linter_has_nothing_to_say(hadolint, tmp_path):
    done = hadolint(CONTAINERFILE)
    assert (done.returncode, done.stdout) == (0, "")
    (tmp_path / "Containerfile").write_text(CONTAINERFILE.read_text() + "RUN cd /opt && sudo pip install laughter\n")
    assert "DL3004" in hadolint(tmp_path / "Containerfile").stdout  # so it does look


def test_its_versions_are_those_of_the_project():
    text = CONTAINERFILE.read_text()
    beam = re.search(r"^apache-beam==(\S*)", (HOME / "locks" / "3.11" / "core.txt").read_text(), re.MULTILINE)[1]
    version = re.search(r'version="(.*)"', (HOME / "setup.py").read_text())[1]
    assert re.search(r"^ARG BEAM=(.*)$", text, re.MULTILINE)[1] == beam
    assert set(re.findall(r"laughter-([0-9.]*)\.tar", text)) == {version}
    assert f"laughter:{version}" in text
    assert "apt-get" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
