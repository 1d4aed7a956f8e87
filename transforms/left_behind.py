"""Temporary files and folders, each locked while somebody works on it, so that what a killed run left can be swept.

The kernel drops a lock (flock) when its process ends, however it ends: what can be locked is nobody's any more.
Where the file system has no locks, nothing is ever swept.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator

_FILE = re.compile(r"\.[0-9a-f]{32}\.tmp")
_FOLDER_PREFIX = "laughter-run-"


@contextlib.contextmanager
def held_file(folder: str) -> Iterator[str]:
    """A new, empty, locked file in `folder`, removed at the end of the block if it is still there."""
    with contextlib.ExitStack() as stack:
        held = None
        while held is None:  # a sweeper may take it in the moment before it is locked
            path = os.path.join(folder, f".{uuid.uuid4().hex}.tmp")
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
            held = stack.enter_context(_held(path, os.O_RDWR, wait=True))
        try:
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


@contextlib.contextmanager
def scratch_folder() -> Iterator[str]:
    """A folder for all temporary files of this process and those it starts; it goes with all it holds.

    Such folders that killed runs left are swept first.
    """
    parent, before = _temporary_folder(), os.environ.get("TMPDIR")
    _sweep_folders(parent)
    with contextlib.ExitStack() as stack:
        held = None
        while held is None:
            folder = tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=parent)
            held = stack.enter_context(_held(folder, os.O_RDONLY, wait=True))
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield folder
        finally:
            tempfile.tempdir = None
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before
            shutil.rmtree(folder, ignore_errors=True)


def sweep(root: str) -> int:
    """Remove the temporary files below the local folder `root` that no process holds; returns how many."""
    swept = 0
    for parent, _, files in os.walk(root):
        for name in filter(_FILE.fullmatch, files):
            path = os.path.join(parent, name)
            with _held(path, os.O_RDWR) as held, contextlib.suppress(OSError):
                if held:
                    os.unlink(path)
                    swept += 1
    return swept


def _temporary_folder() -> str:
    """As tempfile.gettempdir, which tries a folder by writing a file to it, and that may be when a run is killed."""
    for folder in (tempfile.tempdir, *(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")), "/tmp", "/var/tmp"):
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return os.getcwd()


def _sweep_folders(parent: str) -> None:
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        if name.startswith(_FOLDER_PREFIX) and not os.path.islink(path):
            with _held(path, os.O_RDONLY) as held:
                if held:
                    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _held(path: str, flags: int, *, wait: bool = False) -> Iterator[bool | None]:
    """Lock `path` while the block runs: True, None where it has gone, False where that cannot be done."""
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        yield None
        return
    except OSError:
        yield False
        return
    try:
        yield _lock(handle, wait=wait) and (os.path.exists(path) or None)
    finally:
        os.close(handle)


def _lock(handle: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
