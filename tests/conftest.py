"""Fixtures that every test may use."""

import pathlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder

import pytest

from common import atomic_files
from tests.helpers.transcript import Transcript

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared"
LEFT_OUT = "starts TensorFlow: left out by --quick"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out every test that starts TensorFlow")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Transcript())
    if config.getoption("--quick"):
        sys.meta_path.insert(0, LeaveTensorFlowOut())
        return
    from models.networks.threads import use_one_thread_per_call

    use_one_thread_per_call()  # as in every process of ours, before a test runs anything in TensorFlow


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        for item in items:
            if item.get_closest_marker("tensorflow"):
                item.add_marker(pytest.mark.skip(LEFT_OUT))


class LeaveTensorFlowOut(MetaPathFinder):
    """Skips the test, or the module of tests, that comes to import TensorFlow: no list has to be kept."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        if fullname in ("tensorflow", "tensorflow_io", "keras"):
            pytest.skip(LEFT_OUT, allow_module_level=True)


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
    from tests.helpers.loudness import write_bundle

    return write_bundle(tmp_path_factory.mktemp("loudness"))
