"""An archive of three made recordings, and a run over it with a bundle that takes loud sound for giggles."""

import pytest

from pipeline import cli
from tests.helpers.archive import NAMES, make_recording


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        make_recording(folder / f"{name}.wav", loud=((5 + number, 8 + number),), seed=number)
    return folder


@pytest.fixture
def detect(tmp_path, loudness_bundle):
    def run(*arguments, output="tables", status=0):
        command = ["detect", *map(str, arguments), "--output", str(tmp_path / output)]
        assert cli.main([*command, "--bundle", str(loudness_bundle), "--quiet"]) == status
        return tmp_path / output

    return run
