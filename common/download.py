"""Fetching a file over HTTP: a quick decision whether the host answers, a checked file or nothing.

A download lands under a temporary name and is renamed once its checksum is right, so a file under its final name
is whole, and several processes may fetch the same file at the same time.
"""

import contextlib
import functools
import hashlib
import logging
import os
import pathlib
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 10.0
STALL_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 20

logger = logging.getLogger(__name__)

Progress = Callable[[int, int | None], object]
"""Called with a file's bytes so far, and its bytes in all where the server tells."""


class DownloadError(RuntimeError):
    """A file could not be fetched; the message is one sentence with its name, the host and the cause."""


class _Checksums(NamedTuple):
    """In hexadecimal."""

    md5: str
    sha256: str


class _Digests:
    """MD5 and SHA-256 in one pass."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def update(self, chunk: bytes) -> None:
        self._md5.update(chunk)
        self._sha256.update(chunk)

    def checksums(self) -> _Checksums:
        return _Checksums(self._md5.hexdigest(), self._sha256.hexdigest())


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: where it is, and its checksums in hexadecimal.

    Attributes:
        url: where it is.
        md5: what its publisher tells.
        sha256: what a file that was found right has; None until one was fetched, whose SHA-256 is then logged.
    """

    url: str
    md5: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The last part of the URL, also the file's name once it is here."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]

    def is_in(self, folder: pathlib.Path) -> bool:
        """Whether `folder` holds this very file; reads it whole the first time."""
        path = folder / self.name
        try:
            status = path.stat()
            return self._fault(_checksums(path, status.st_size, status.st_mtime_ns)) is None
        except OSError:
            return False

    def _fault(self, found: _Checksums) -> str | None:
        """What is wrong with a file of these checksums."""
        if found.md5 != self.md5:
            return f"what came has the MD5 {found.md5} instead of {self.md5}"
        if self.sha256 and found.sha256 != self.sha256:
            return f"what came has the SHA-256 {found.sha256} instead of {self.sha256}"
        return None


@functools.lru_cache(maxsize=16)
def _checksums(path: pathlib.Path, size_bytes: int, modified_ns: int) -> _Checksums:
    """Those of a file's content; size and time are there so that a changed file is read again."""
    digests = _Digests()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digests.update(chunk)
    return digests.checksums()


def download(
    file: RemoteFile,
    folder: pathlib.Path,
    *,
    progress: Progress | None = None,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    stall_timeout_s: float = STALL_TIMEOUT_S,
) -> pathlib.Path:
    """Fetches `file` into `folder`, which is made where it is absent.

    Args:
        file: what to fetch.
        folder: where to; a file of that name is replaced.
        progress: told about each megabyte.
        answer_timeout_s: give up when the host has not begun to answer after this long, whatever the reason
            (name not resolved, no route, a server that says nothing).
        stall_timeout_s: give up when a download that has begun brings nothing for this long.

    Returns:
        The path of the checked file.

    Raises:
        DownloadError: `folder` holds no part of the file then.
    """
    with _response(file, answer_timeout_s=answer_timeout_s, stall_timeout_s=stall_timeout_s) as response:
        _save(response, file, folder, progress)
    return folder / file.name


@contextlib.contextmanager
def _response(file: RemoteFile, *, answer_timeout_s: float, stall_timeout_s: float) -> Iterator[requests.Response]:
    """An open, successful HTTP response, closed at the end.

    The request runs in a thread of its own: resolving a name cannot be given a timeout, and each of a host's
    addresses is tried for the full connect timeout. A late answer is dropped with its thread.
    """
    results: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()
    timeouts = (min(CONNECT_TIMEOUT_S, answer_timeout_s), stall_timeout_s)
    threading.Thread(target=_ask, args=(results, file.url, timeouts), daemon=True).start()
    try:
        result = results.get(timeout=answer_timeout_s)
    except queue.Empty:
        raise _error(file, f"no answer within {answer_timeout_s:g} s") from None
    if isinstance(result, Exception):
        raise _error(file, _reason(result)) from result
    with result:
        if result.status_code != requests.codes.ok:
            raise _error(file, f"the server answered {result.status_code} {result.reason}")
        yield result


def _ask(results: "queue.SimpleQueue[requests.Response | Exception]", url: str, timeouts: tuple[float, float]) -> None:
    headers = {"Accept-Encoding": "identity"}  # so that Content-Length counts the file's bytes
    try:
        results.put(requests.get(url, stream=True, timeout=timeouts, headers=headers))
    except Exception as error:  # whatever it is, the waiting thread must hear of it
        results.put(error)


def _save(response: requests.Response, file: RemoteFile, folder: pathlib.Path, progress: Progress | None) -> None:
    """Writes the body to a temporary name, checks it and renames it; leaves nothing behind on failure."""
    partial = folder / f"{file.name}.{uuid.uuid4().hex}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = _copy(response, partial, progress)
        if fault := file._fault(found):
            raise _error(file, fault)
        os.replace(partial, folder / file.name)
        if file.sha256 is None:
            logger.warning("%s has the right MD5; its SHA-256, not known before, is %s", file.name, found.sha256)
    except requests.RequestException as error:
        raise _error(file, f"the download broke off: {_reason(error)}") from error
    except OSError as error:
        raise _error(file, f"{folder} cannot be written: {_reason(error)}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _copy(response: requests.Response, partial: pathlib.Path, progress: Progress | None) -> _Checksums:
    """Copies the body to a new file."""
    digests = _Digests()
    length = response.headers.get("Content-Length", "")
    total_bytes = int(length) if length.isdecimal() else None
    done_bytes = 0
    with partial.open("xb") as out:
        for chunk in response.iter_content(_CHUNK_BYTES):
            out.write(chunk)
            digests.update(chunk)
            done_bytes += len(chunk)
            if progress:
                progress(done_bytes, total_bytes)
    return digests.checksums()


def _error(file: RemoteFile, cause: str) -> DownloadError:
    return DownloadError(f"{file.name} could not be fetched from {urlsplit(file.url).netloc} ({cause})")


def _reason(error: BaseException) -> str:
    """The innermost cause: requests wraps "Connection refused" in four layers of its own."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
