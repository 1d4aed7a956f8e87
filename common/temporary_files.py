"""Temporary files and folders, each locked while somebody works on it, so that what a killed run left can be swept.

The kernel drops a lock (flock) when its process ends, however it ends: what can be locked is nobody's any more.
Where the file system has no locks, nothing is ever swept.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator

_FILE = re.compile(r"\.([0-9a-f]{32})\.(?:tmp|lock)")
_FOLDER_PREFIX = "laughter-run-"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextlib.contextmanager
def locked_temporary_file(folder: str) -> Iterator[str]:
    """The name of a new file in `folder`, to be written by the block, and removed at its end if it is still there.

    A lock lies beside it: some network disks let nobody, not even its writer, open a locked file anew. What killed runs
    left in the folder is swept by the first file of a process in it, whatever command it is.
    """
    _sweep_once(os.path.realpath(folder))
    with contextlib.ExitStack() as stack:
        held = None
        while held is None:  # a sweeper may take it in the moment before it is locked
            name = os.path.join(folder, f".{uuid.uuid4().hex}")
            os.close(os.open(f"{name}.lock", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
            held = stack.enter_context(_flock(f"{name}.lock", os.O_RDWR, wait=True))
        try:
            yield f"{name}.tmp"
        finally:
            for path in (f"{name}.tmp", f"{name}.lock"):
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
            held = stack.enter_context(_flock(folder, _FOLDER_FLAGS, wait=True))
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
    return sum(_sweep_files(parent, files) for parent, _, files in os.walk(root))


@functools.cache
def _sweep_once(folder: str) -> None:
    with contextlib.suppress(OSError):
        _sweep_files(folder, os.listdir(folder))


def _sweep_files(folder: str, files: Iterable[str]) -> int:
    swept = 0
    for name in {found[1] for found in map(_FILE.fullmatch, files) if found}:
        path = os.path.join(folder, f".{name}")
        with _flock(f"{path}.lock", os.O_RDWR) as held:
            if held is False:  # somebody's, or nobody can tell
                continue
            for end in (".tmp", ".lock"):
                with contextlib.suppress(OSError):
                    os.unlink(path + end)
                    swept += end == ".tmp"
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
        if name.startswith(_FOLDER_PREFIX):
            with _flock(path, _FOLDER_FLAGS) as held:
                if held:
                    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _flock(path: str, flags: int, *, wait: bool = False) -> Iterator[bool | None]:
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
