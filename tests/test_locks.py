"""The locks: whole, of setup.py's bounds, with hashes and without addresses; and an environment of one checkout."""

import json
import os
import pathlib
import re
import subprocess
import sys
from unittest import mock

import pytest
import setuptools
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline import cli

HOME = pathlib.Path(cli.HOME)
VERSIONS = ("3.10", "3.11", "3.12")


def locked(*names):
    """The versions in these locks by the package's name."""
    text = "".join((HOME / "locks" / name).read_text() for name in names)
    return dict(re.findall(r"^(\S+)==(\S+)", text, re.MULTILINE))


def required():
    """What setup.py asks for: the requirements by the extra's name, "" for the core."""
    with mock.patch.object(setuptools, "setup") as setup:
        exec((HOME / "setup.py").read_text(), {"__name__": "setup"})
    arguments = setup.call_args.kwargs
    return {"": arguments["install_requires"], **arguments["extras_require"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("extra", ["", "dataflow", "test"])
def test_what_setup_asks_for_is_locked_within_its_bounds(version, extra):
    core, names = required()[""], [f"{version}/core.txt"]
    found = locked(*names, *([f"{version}/{extra}.txt"] if extra else []))
    for line in [*core, *(required()[extra] if extra else [])]:
        requirement = Requirement(line)
        assert found[canonicalize_name(requirement.name)] in requirement.specifier, "run locks/renew.sh"


def test_every_file_has_a_hash_and_none_an_address():
    files = [*(HOME / "locks").rglob("*.txt")]
    assert len(files) == 3 + 3 * len(VERSIONS)
    for file in files:
        text = file.read_text()
        assert "://" not in text, file
        assert "index" not in re.sub(r"^\S+==.*$|^#.*$", "", text, flags=re.MULTILINE), file
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert entry.startswith("#") or re.fullmatch(
                r"\S+==\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\\n)?)+", entry
            )


def test_a_set_of_versions_goes_for_all_locks_of_a_python():
    for version in VERSIONS:
        core, test, dataflow = (locked(f"{version}/{name}.txt") for name in ("core", "test", "dataflow"))
        assert not core.keys() & (test.keys() | dataflow.keys())
        assert dataflow.items() <= test.items()
        assert core["setuptools"] == locked("tools.txt")["setuptools"]
    assert len({locked(f"{version}/core.txt")["apache-beam"] for version in VERSIONS}) == 1


@pytest.fixture
def set_up(tmp_path):
    """Calls set_up of environment.sh, which only says what it would install, for an environment of `owner`."""
    venv = tmp_path / "a venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")

    def run(owner):
        if owner is not None:
            information = packages / "laughter-0.1.0.dist-info"
            information.mkdir(exist_ok=True)
            (information / "METADATA").write_text("Name: laughter\nVersion: 0.1.0\n")
            document = {"dir_info": {"editable": True}, "url": pathlib.Path(owner).as_uri()}
            (information / "direct_url.json").write_text(json.dumps(document))
        (packages / "pip.py").touch()
        script = f'. "{HOME}/environment.sh"; install() {{ echo "installs $*"; }}; set_up ""; echo ready'
        environment = os.environ | {"LAUGHTER_VENV": str(venv)}
        return subprocess.run(["bash", "-ec", script], capture_output=True, text=True, env=environment, check=False)

    return run


def test_an_environment_of_another_checkout_is_refused(set_up, tmp_path):
    other = tmp_path / "another (checkout)"
    other.mkdir()
    (other / "environment.sh").touch()
    done = set_up(other)
    assert done.returncode == 1
    assert f"is the virtual environment of the checkout {other}; name another" in done.stderr
    assert done.stdout == ""


def test_one_of_a_checkout_that_is_gone_is_taken_over_with_a_word(set_up, tmp_path):
    done = set_up(tmp_path / "gone")
    assert f"was set up for {tmp_path / 'gone'}, which is gone; it is set up for {HOME}" in done.stderr
    assert f"--editable {HOME}" in done.stdout


@pytest.mark.parametrize("owner", [HOME, None])
def test_its_own_and_a_new_one_are_set_up_once(set_up, owner):
    done = set_up(owner)
    assert done.returncode == 0, done.stderr
    locks = HOME / "locks"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    installs = re.findall(r"installs (.*)", done.stdout)
    assert installs[0] == f"--require-hashes --requirement {locks}/tools.txt"
    assert installs[1] == f"--require-hashes --no-build-isolation --requirement {locks}/{version}/core.txt"
    again = set_up(owner)
    assert (again.stdout, again.stderr) == ("ready\n", "")
