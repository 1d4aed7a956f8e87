"""Downloads over a real HTTP server on this machine: a checked file, or one sentence and nothing on disk."""

import contextlib
import dataclasses
import hashlib
import http.server
import pathlib
import socket
import threading
from collections.abc import Iterator

import pytest

from common import download

CONTENT = bytes(range(256)) * 12_000  # 3 MB: several chunks


class Handler(http.server.BaseHTTPRequestHandler):
    """What the server does depends on the folder that is asked for."""

    def do_HEAD(self) -> None:
        known = self.path in ("/whole/file.bin", "/moved/file.bin")
        self.send_response(200 if known else 404)
        self.end_headers()

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/whole/file.bin")
            return self.end_headers()
        if kind not in ("whole", "cut", "stalled", "unmeasured"):
            return self.send_error(404)
        self.send_response(200)
        if kind != "unmeasured":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if kind in ("whole", "unmeasured") else CONTENT[:2_000_000])
        if kind == "stalled":
            self.server.stop_stalling.wait(30)
        return None

    def log_message(self, *arguments: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.stop_stalling = threading.Event()
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.stop_stalling.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def silent_host() -> Iterator[str]:
    """Connections are accepted by the system; nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed_host() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def remote(url: str, content: bytes = CONTENT) -> download.RemoteFile:
    return download.RemoteFile(url, hashlib.md5(content, usedforsecurity=False).hexdigest())


@pytest.mark.parametrize("kind", ["whole", "moved", "unmeasured"])
def test_a_good_file_arrives_whole(server: str, tmp_path: pathlib.Path, kind: str) -> None:
    told: list[tuple[int, int | None]] = []
    folder = tmp_path / "made" / "when absent"
    file = remote(f"{server}/{kind}/file.bin?key=value")
    path = download.download(file, folder, progress=lambda *state: told.append(state))
    assert path == folder / "file.bin"
    assert path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]
    total = None if kind == "unmeasured" else len(CONTENT)
    assert told[-1] == (len(CONTENT), total)
    assert len(told) > 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert file.is_in(folder)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("cut", "broke off: .*2000000 bytes read"), ("stalled", "broke off: .*timed out"), ("gone", "answered 404")],
)
def test_a_failed_download_leaves_nothing(server: str, tmp_path: pathlib.Path, kind: str, cause: str) -> None:
    file = remote(f"{server}/{kind}/file.bin")
    with pytest.raises(download.DownloadError, match=rf"file\.bin could not be fetched from 127.*{cause}"):
        download.download(file, tmp_path, stall_timeout_s=0.3)
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_refused_and_the_old_one_kept(server: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"what was here before")
    with pytest.raises(download.DownloadError, match=r"file\.bin .*what came has the MD5 [0-9a-f]{32} instead of"):
        download.download(remote(f"{server}/whole/file.bin", b"something else"), tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"what was here before"]


def test_a_sha256_is_told_until_it_is_known_and_then_asked_for(
    server: str, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = remote(f"{server}/whole/file.bin")
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    download.download(file, tmp_path)
    assert f"file.bin has the right MD5; its SHA-256, not known before, is {sha256}" in caplog.text
    caplog.clear()
    download.download(dataclasses.replace(file, sha256=sha256), tmp_path)
    assert caplog.text == ""
    other = dataclasses.replace(file, sha256="0" * 64)
    with pytest.raises(download.DownloadError, match=f"what came has the SHA-256 {sha256} instead of 0000"):
        download.download(other, tmp_path / "elsewhere")
    assert file.is_in(tmp_path)
    assert not other.is_in(tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_interrupted_download_leaves_nothing(server: str, tmp_path: pathlib.Path) -> None:
    def interrupt(done_bytes: int, total_bytes: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.download(remote(f"{server}/whole/file.bin"), tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_is_one_sentence(closed_host: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(download.DownloadError, match=r"127\.0\.0\.1:\d+ \(Connection refused\)"):
        download.download(remote(f"{closed_host}/file.bin"), tmp_path)


def test_a_silent_host_is_given_up(silent_host: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(download.DownloadError, match=r"no answer within 0\.3 s"):
        download.download(remote(f"{silent_host}/file.bin"), tmp_path, answer_timeout_s=0.3)


def test_a_folder_that_cannot_be_written_is_named(server: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(download.DownloadError, match=r"cache cannot be written: File exists"):
        download.download(remote(f"{server}/whole/file.bin"), tmp_path / "cache")


def test_a_file_that_changes_is_looked_at_again(tmp_path: pathlib.Path) -> None:
    file = remote("http://127.0.0.1/file.bin", b"right")
    assert not file.is_in(tmp_path)
    (tmp_path / "file.bin").write_bytes(b"right")
    assert file.is_in(tmp_path)
    with contextlib.suppress(FileNotFoundError):
        (tmp_path / "file.bin").unlink()
    assert not file.is_in(tmp_path)
    (tmp_path / "file.bin").write_bytes(b"other one")
    assert not file.is_in(tmp_path)
