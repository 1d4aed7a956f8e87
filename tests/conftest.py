"""Fixtures that every test may use."""

import pathlib
from collections.abc import Callable

import pytest

from common import atomic_files
from models.networks.threads import use_one_thread_per_call
from tests.helpers.loudness import write_bundle

use_one_thread_per_call()  # as in every process of ours, before a test runs anything in TensorFlow

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The data folder beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the data folder ../shared is not beside this checkout")
    return SHARED


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the disk full for files in whose paths a text stands."""
    replace = atomic_files.os.replace

    def fill(text: str) -> None:
        def full(source: str, target: str) -> None:
            if text in str(target):
                raise OSError(28, "No space left on device")
            replace(source, target)

        monkeypatch.setattr(atomic_files.os, "replace", full)

    return fill


@pytest.fixture(scope="session")
def loudness_bundle(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder of a bundle that takes loud sound for giggles."""
    return write_bundle(tmp_path_factory.mktemp("loudness"))
