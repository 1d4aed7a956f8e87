"""Files that are either whole or absent, on local disk and on object storage.

Every file is written to a temporary name, synced and renamed once complete (on object storage: written to local disk,
then put as one object), so that a power cut leaves the old file or the new one too.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from common import storage
from common.errors import LaughterError
from common.temporary_files import locked_temporary_file
from common.text import display_text


@contextlib.contextmanager
def atomic_file(path: str) -> Iterator[str]:
    """A local temporary path to write; what is there when the block ends well becomes `path` (local or a URL)."""
    place = storage.local_path(path)
    if place is not None:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with locked_temporary_file(os.path.dirname(place)) as temporary:
            yield temporary
            _sync(temporary)
            os.replace(temporary, place)
            _sync(os.path.dirname(place))
    else:
        with locked_temporary_file(tempfile.gettempdir()) as temporary:
            yield temporary
            storage.upload(temporary, path)


def _sync(path: str) -> None:
    """Have the disk hold what was written to a file or folder, where the file system can."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: str, text: str) -> None:
    """Write a small text file `path` (local or a URL), whole or not at all."""
    with atomic_file(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


def write_bytes(path: str, content: bytes) -> None:
    """Write a small file `path` (local or a URL), whole or not at all."""
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        file.write(content)


@contextlib.contextmanager
def write_errors(path: str, *, instead: str = "another --output") -> Iterator[None]:
    """Turn errors of the disk, while the block writes `path`, into one sentence, which tells what to give `instead`.

    Raises:
        LaughterError: naming the path, the cause and what to do.
    """
    try:
        yield
    except OSError as error:
        raise LaughterError(
            f"{display_text(path)} cannot be written ({error.strerror or error}); see to the disk and its permissions, "
            f"or give {instead}"
        ) from error


def read_text(path: str) -> str | None:
    """The text of the file `path` (local or a URL); None where there is none."""
    try:
        with storage.open_file(path, "r", encoding="utf-8") as file:
            return str(file.read())
    except FileNotFoundError:
        return None
