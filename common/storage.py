"""Files by path or URL: local disk, Google Cloud Storage (gs://) and whatever else fsspec knows.

This module and `listing` alone talk to fsspec. Nothing that it gives keeps listings, for other workers write
to the same folders; every request has an end; and a storage that does not answer raises StorageError, never an OSError
or ValueError, which elsewhere mean that a file is absent or damaged.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

import fsspec
import google_crc32c

from common.errors import LaughterError, UsageError
from common.redaction import redact

CONNECT_TIMEOUT_S = 30.0
SILENCE_TIMEOUT_S = 60.0
"""For a storage to send the next bytes of what it is sending; the whole may take as long as it takes."""

BLOCK_BYTES = 32 * 2**20
"""Fetched by one request."""

_CLIENTS = {"aiohttp", "botocore", "fsspec", "gcsfs", "google", "requests", "s3fs", "urllib3"}
"""Packages whose exceptions mean that the storage did not answer, or refused."""

_REFUSED = ("Forbidden", "Bad Request")
"""How messages of gcsfs begin that come as plain OSError or ValueError."""


class StorageError(LaughterError):
    """A storage that does not answer or refuses; the message names the file or folder, the cause and what to do."""


class Entry(NamedTuple):
    """A file or folder as its storage lists it.

    Attributes:
        path: local path, or URL.
        is_folder: whether it is one; object storage has them only in listings.
        is_file: whether it is a file itself: no folder, link, pipe or device.
        size_bytes: -1 where the storage does not tell.
        changed: when its content last changed, in whatever type the storage tells it; None where it does not.
        version: changes whenever the file is written again.
    """

    path: str
    is_folder: bool
    is_file: bool
    size_bytes: int
    changed: Any
    version: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rsplit("/", 1)[-1]


def entry_of(filesystem: Any, info: Mapping[str, Any], path: str) -> Entry:
    """What fsspec tells of a file or folder, `info`, as an Entry; `path` is any of the same storage."""
    # Google Cloud Storage changes `updated` with the storage class too, but never the content of what it created
    changed = _first_of(info, ("timeCreated", "mtime", "updated", "LastModified", "last_modified", "created"))
    told = _first_of(info, ("generation", "etag", "ETag", "ino"))
    size = info.get("size")
    return Entry(
        path=filesystem.unstrip_protocol(info["name"]) if is_remote(path) else info["name"],
        is_folder=info["type"] == "directory",
        is_file=info["type"] == "file",
        size_bytes=-1 if size is None else int(size),
        changed=changed,
        version=f"{size}-{changed}-{'' if told is None else told}",
    )


def _first_of(info: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((info[name] for name in names if info.get(name) is not None), None)


def filesystem_of(path: str) -> tuple[Any, str]:
    """The fsspec filesystem of a path or URL, and the path there; for libraries that take one, and for `listing`.

    Raises:
        UsageError: nothing here speaks the URL's protocol.
    """
    with storage_errors(path):
        if not is_remote(path):  # whose `::` would be taken for a chain of filesystems
            filesystem = fsspec.filesystem("file")
            return filesystem, filesystem._strip_protocol(path)
        if is_gcs(path):
            filesystem = _gcs(os.getpid())
            return filesystem, filesystem._strip_protocol(path)
        try:
            return fsspec.core.url_to_fs(path, use_listings_cache=False)
        except (ImportError, ValueError) as error:  # no such protocol, or one whose package is not installed
            protocol = path.split("://", 1)[0]
            raise UsageError(
                f"{redact(path)} cannot be reached: nothing that is installed speaks {protocol}:// "
                f"({error_reason(error)}); check the URL, or install the package that fsspec needs for it"
            ) from error


@functools.cache
def _gcs(_process: int) -> Any:
    """One gcsfs for all threads of a process: fsspec by itself would sign in anew in each of them."""
    import aiohttp

    # gcsfs waits for ever by itself; so a silent connection becomes an error, after which it tries again
    patience = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_TIMEOUT_S)
    return fsspec.filesystem("gs", use_listings_cache=False, skip_instance_cache=True, requests_timeout=patience)


def is_remote(path: str) -> bool:
    """Whether it is a URL."""
    return "://" in path


def is_gcs(path: str) -> bool:
    """Whether it lies on Google Cloud Storage."""
    return path.startswith(("gs://", "gcs://"))


def canonical_url(url: str) -> str:
    """The URL as entries of its storage have it."""
    filesystem, place = filesystem_of(url)
    return str(filesystem.unstrip_protocol(place))


def local_path(path: str) -> str | None:
    """The path on this machine's own disk; None where the file lies elsewhere."""
    filesystem, place = filesystem_of(path)
    protocols = [filesystem.protocol] if isinstance(filesystem.protocol, str) else filesystem.protocol
    return place if "file" in protocols else None


def look_up(path: str) -> Entry | None:
    """The file or folder `path` (local or a URL) as its storage has it now; None where there is none.

    Raises:
        StorageError: the storage does not answer, which says nothing of the file.
    """
    filesystem, place = filesystem_of(path)
    try:
        with storage_errors(path):
            return entry_of(filesystem, filesystem.info(place), path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def exists(path: str) -> bool:
    """Whether there is a file or folder `path`; errors are those of `look_up`."""
    return look_up(path) is not None


def is_file(path: str) -> bool:
    """Whether there is a file `path`; errors are those of `look_up`."""
    found = look_up(path)
    return found is not None and not found.is_folder


def remove_file(path: str) -> None:
    """Remove the file `path` (local or a URL), if it is there.

    Raises:
        OSError, StorageError: it cannot be removed.
    """
    filesystem, place = filesystem_of(path)
    with storage_errors(path), contextlib.suppress(FileNotFoundError):
        filesystem.rm_file(place)


def remove_empty_folder(path: str) -> None:
    """Remove a folder of this machine's disk if it is empty; object storage has none."""
    place = local_path(path)
    if place is not None:
        with contextlib.suppress(OSError):
            os.rmdir(place)


@contextlib.contextmanager
def storage_errors(path: str) -> Iterator[None]:
    """Turn what clients of storages raise, once they have given up trying again, into StorageError.

    FileNotFoundError and whatever else tells of the file itself stays as it is.
    """
    try:
        yield
    except Exception as error:
        if not is_remote(path) or not _is_storages(error):
            raise
        raise StorageError(
            f"{redact(path)} cannot be reached ({error_reason(error)}); run again when the storage answers, or see "
            "to the credentials and the permissions"
        ) from error


def _is_storages(error: Exception) -> bool:
    if isinstance(error, LaughterError | FileNotFoundError | FileExistsError | IsADirectoryError | NotADirectoryError):
        return False
    if isinstance(error, ConnectionError | TimeoutError | PermissionError) or str(error).startswith(_REFUSED):
        return True
    return any(base.__module__.split(".")[0] in {*_CLIENTS, "asyncio"} for base in type(error).__mro__)


def error_reason(error: Exception) -> str:
    """One line that says what went wrong, without secrets."""
    said = " ".join(str(error).split())[:300]
    return redact(said) or type(error).__name__


@contextlib.contextmanager
def open_file(path: str, mode: str = "rb", **how: Any) -> Iterator[IO[Any]]:
    """Open the file `path` (local or a URL) for reading; `how` is as for open().

    Raises:
        FileNotFoundError: there is none.
        OSError: it is no regular file: a pipe or a device may never end, nor begin.
        StorageError: the storage does not answer.
    """
    refuse_irregular(path)
    filesystem, place = filesystem_of(path)
    with storage_errors(path), filesystem.open(place, mode, **how) as file:
        yield file


def refuse_irregular(path: str) -> None:
    """Refuse, with an OSError, a pipe or a device where a file should be: it may never end, nor begin."""
    place = local_path(path)
    if place is not None:
        mode = os.stat(place).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # folders have errors of their own
            raise OSError(errno.EINVAL, "it is a pipe or a device and no file", path)


def download_to(path: str, local: str) -> None:
    """Copy the file `path` to the local path `local`, which is there only when whole.

    Raises:
        FileNotFoundError: there is none.
        StorageError: the storage does not answer, however often it was asked.
    """
    filesystem, place = filesystem_of(path)
    try:
        with storage_errors(path):
            if is_gcs(path):
                _fetch_gcs(filesystem, place, local)
            else:
                filesystem.get_file(place, local)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(local)
        raise


def _fetch_gcs(filesystem: Any, place: str, local: str) -> None:
    """Copy an object a block at a time, each of which gcsfs asks for again where it breaks off.

    Its own get_file begins anew each time, does not try again at all after a 503, and checks no checksum.
    """
    info = filesystem.info(place)
    if info["type"] != "file":
        raise FileNotFoundError(place)
    url, size = f"{filesystem.url(place)}&generation={info['generation']}", int(info["size"])
    checksum = google_crc32c.Checksum()
    with open(local, "wb") as file:
        for start in range(0, size, BLOCK_BYTES):
            end = min(start + BLOCK_BYTES, size)
            _, data = filesystem.call("GET", url, headers={"Range": f"bytes={start}-{end - 1}"})
            checksum.update(data)
            file.write(data)
    if base64.b64encode(checksum.digest()).decode() != info["crc32c"]:
        raise ConnectionError("what came has another checksum")


@contextlib.contextmanager
def local_copy(path: str, *, sha256: str | None = None) -> Iterator[str]:
    """A local path of the file `path` (local or a URL) with the same name; a copy goes when the block ends.

    Args:
        path: of the file.
        sha256: where given, the file's must be this, or ValueError.

    Raises:
        FileNotFoundError, StorageError: as `download_to`.
        OSError: it is no regular file.
    """
    refuse_irregular(path)
    with tempfile.TemporaryDirectory(prefix="laughter-") if is_remote(path) else contextlib.nullcontext() as folder:
        local = path
        if folder is not None:
            local = os.path.join(folder, path.rsplit("/", 1)[-1])
            download_to(path, local)
        if sha256 is not None and sha256_of(local) != sha256:
            raise ValueError(f"{path} is not the file that this run began with; let nobody replace it and run again")
        yield local


def sha256_of(local: str | os.PathLike[str]) -> str:
    """The SHA-256 of a local file, read piece by piece."""
    digest = hashlib.sha256()
    with open(local, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def upload(local: str, path: str) -> None:
    """Write the local file `local` to the URL `path`, as one object that is whole or not there.

    Raises:
        StorageError: the storage does not answer, however often it was asked.
    """
    filesystem, place = filesystem_of(path)
    with storage_errors(path):
        try:
            filesystem.put_file(local, place)
        except AttributeError as error:  # gcsfs fails so while it cleans up after an upload that failed
            raise StorageError(f"{path} could not be uploaded ({error_reason(_first(error))}); run again") from error


def _first(error: BaseException) -> Exception:
    """What went wrong before `error` did."""
    return error.__context__ if isinstance(error.__context__, Exception) else Exception("the upload broke off")
