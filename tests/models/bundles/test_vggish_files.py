"""VGGish's files in the cache folder, over a real HTTP server, and the check that weights are Google's."""

import functools
import hashlib
import http.server
import pathlib
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from common.download import RemoteFile
from models.bundles import vggish_files
from models.bundles.vggish_files import RemoteFiles, VggishFiles
from tests.helpers.vggish_files import seeded_weights

CHECKPOINT, PCA = b"a checkpoint" * 1000, b"pca parameters"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture
def offered(tmp_path: pathlib.Path) -> Iterator[RemoteFiles]:
    """Two files on a server of this machine."""
    folder = tmp_path / "offered"
    folder.mkdir()
    (folder / "model.ckpt").write_bytes(CHECKPOINT)
    (folder / "pca.npz").write_bytes(PCA)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}/"
        md5s = [hashlib.md5(content, usedforsecurity=False).hexdigest() for content in (CHECKPOINT, PCA)]
        yield RemoteFiles(RemoteFile(base + "model.ckpt", md5s[0]), RemoteFile(base + "pca.npz", md5s[1]))
        server.shutdown()
        thread.join()


def test_files_are_fetched_once_then_located(offered: RemoteFiles, tmp_path: pathlib.Path) -> None:
    cache = tmp_path / "cache"
    told: list[str] = []
    assert vggish_files.find_cached(cache, files=offered) is None
    fetched = vggish_files.fetch(cache, files=offered, progress=lambda name, done, total: told.append(name))
    assert fetched == VggishFiles(str(cache / "model.ckpt"), str(cache / "pca.npz"))
    assert pathlib.Path(fetched.weights).read_bytes() == CHECKPOINT
    assert told == ["pca.npz", "model.ckpt"]
    assert vggish_files.find_cached(cache, files=offered) == fetched
    vggish_files.fetch(cache, files=offered, progress=lambda name, done, total: told.append(name))
    assert len(told) == 2  # nothing was fetched again


def test_a_damaged_file_is_not_used_and_is_fetched_anew(offered: RemoteFiles, tmp_path: pathlib.Path) -> None:
    fetched = vggish_files.fetch(tmp_path / "cache", files=offered)
    pathlib.Path(fetched.weights).write_bytes(CHECKPOINT[:100])
    assert vggish_files.find_cached(tmp_path / "cache", files=offered) is None
    vggish_files.fetch(tmp_path / "cache", files=offered)
    assert pathlib.Path(fetched.weights).read_bytes() == CHECKPOINT


def test_a_failure_says_what_to_do(offered: RemoteFiles, tmp_path: pathlib.Path) -> None:
    (tmp_path / "offered" / "model.ckpt").unlink()
    with pytest.raises(vggish_files.WeightsUnavailable) as error:
        vggish_files.fetch(tmp_path / "cache", files=offered)
    sentence = str(error.value)
    assert sentence.startswith("model.ckpt could not be fetched from 127.0.0.1:")
    assert "answered 404" in sentence
    assert f"put it into {tmp_path / 'cache'}, or use the compact bundle" in sentence
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["pca.npz"]


def test_the_cache_folder_may_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.delenv("LAUGHTER_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert vggish_files.cache_folder() == tmp_path / ".cache" / "laughter"
    monkeypatch.setenv("LAUGHTER_CACHE", str(tmp_path / "elsewhere"))
    assert vggish_files.cache_folder() == tmp_path / "elsewhere"
    assert vggish_files.find_cached() is None


def test_the_pca_file_is_known_by_its_checksums(shared: pathlib.Path) -> None:
    assert vggish_files.GOOGLE_FILES.pca.is_in(shared / "models")


def values(mean: float, std: float) -> np.ndarray:
    """[3, 128] numbers of exactly that mean and standard deviation."""
    return mean + std * np.where(np.arange(384) % 2, 1.0, -1.0).reshape(3, 128)


def test_the_self_check_passes_a_sine_within_ten_percent() -> None:
    heard: list[np.ndarray] = []

    def embed_raw(seconds: np.ndarray) -> np.ndarray:
        heard.append(seconds)
        return values(0.00071, 0.32)

    vggish_files.self_check(embed_raw, lambda raw: values(118.0, 96.0))
    spectrum = np.abs(np.fft.rfft(heard[0], axis=1))
    assert heard[0].shape == (3, 16000)
    assert heard[0].dtype == np.float32
    np.testing.assert_array_equal(np.argmax(spectrum, axis=1), 1000)
    np.testing.assert_allclose(spectrum.max(axis=1), 8000, rtol=1e-5)  # amplitude 1


@pytest.mark.parametrize(
    ("raw", "quantised", "wrong"),
    [
        ((0.00080, 0.343), (126.0, 89.3), "the raw ones of a 1 kHz sine have a mean of 0.0008 instead"),
        ((-0.00066, 0.343), (126.0, 89.3), "the raw ones of a 1 kHz sine have a mean"),
        ((0.00066, 0.38), (126.0, 89.3), "the raw ones of a 1 kHz sine have a std"),
        ((np.nan, 0.343), (126.0, 89.3), "the raw ones of a 1 kHz sine have a mean of nan"),
        ((0.00066, 0.343), (112.0, 89.3), "the quantised ones of a 1 kHz sine have a mean of 112"),
        ((0.00066, 0.343), (126.0, 80.0), "the quantised ones of a 1 kHz sine have a std of 80 instead"),
    ],
)
def test_the_self_check_names_what_is_wrong(
    raw: tuple[float, float], quantised: tuple[float, float], wrong: str
) -> None:
    with pytest.raises(ValueError, match=f"my.ckpt does not give VGGish's embeddings: {wrong}"):
        vggish_files.self_check(lambda seconds: values(*raw), lambda raw: values(*quantised), source="my.ckpt")


def test_random_weights_are_refused(tmp_path: pathlib.Path) -> None:
    np.savez(tmp_path / "random.npz", **seeded_weights())
    np.savez(tmp_path / "pca.npz", pca_eigen_vectors=np.eye(128), pca_means=np.zeros(128))
    with pytest.raises(ValueError, match=r"random\.npz does not give VGGish's embeddings: the raw ones .* mean"):
        VggishFiles(str(tmp_path / "random.npz"), str(tmp_path / "pca.npz")).verify()
    (tmp_path / "random.npz").unlink()  # 290 MB
