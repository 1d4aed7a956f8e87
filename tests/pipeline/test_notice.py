"""The licence, and the notice of whose work the weights learned from: true, and in what is installed."""

import pathlib
import shutil
import subprocess
import sys
import zipfile

from models.bundles.bundle import open_bundle
from pipeline import cli, notice

HOME = pathlib.Path(cli.HOME)


def test_the_notice_is_that_of_the_cards():
    text = (HOME / "NOTICE").read_text(encoding="utf-8")
    assert text == notice.text(), "run python -m pipeline.notice > NOTICE"
    for bundle in ("compact", "vggish"):
        for data in open_bundle(bundle).card.training_data:
            assert f"- {data['source']}: {data['licence']}" in text


def test_both_are_in_the_wheel(tmp_path):
    for name in ("pipeline", "transforms", "models", "common"):
        shutil.copytree(HOME / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "MANIFEST.in", "LICENSE", "NOTICE"):
        shutil.copy(HOME / name, tmp_path)
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {pathlib.PurePosixPath(name).name: archive.read(name) for name in archive.namelist()}
    for name in ("LICENSE", "NOTICE"):
        assert held[name] == (HOME / name).read_bytes()
    assert b"License: MIT" in held["METADATA"] or b"License-Expression: MIT" in held["METADATA"]
