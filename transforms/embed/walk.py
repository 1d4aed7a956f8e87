"""Folders and patterns of this machine's disk, gone through for files.

What belongs to the system or is no media is passed over and counted; what may not be listed is remembered, never left
out without a word.
"""

from __future__ import annotations

import collections
import dataclasses
import fnmatch
import glob
import os
from collections.abc import Callable, Iterator

from common.text import display_text

SYSTEM_FOLDERS = {
    *("@eadir", "@recycle", "#recycle", "$recycle.bin", "lost+found", "system volume information"),
    *("__macosx", "network trash folder", "temporary items", "#snapshot", "@recently-snapshot"),
}
"""Folders that servers and systems put beside recordings, in lower case; those that begin with a dot are others."""


@dataclasses.dataclass
class Findings:
    """What a search came by besides the files it gave.

    Attributes:
        passed_over: how many by kind: an extension, "hidden", "system folder", "without extension".
        unlisted: folders that may not be listed, each with the reason.
    """

    passed_over: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    unlisted: list[str] = dataclasses.field(default_factory=list)

    def pass_over(self, name: str) -> None:
        """Count a file or folder that is left alone."""
        self.passed_over[_kind(name)] += 1

    def cannot_list(self, error: OSError) -> None:
        """Remember a folder; `error` is what listing it raised."""
        told = f"{display_text(error.filename)} ({error.strerror})"
        if told not in self.unlisted:  # a pattern with ** comes by more than once
            self.unlisted.append(told)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name belongs to the system rather than to the archive."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def _kind(name: str) -> str:
    if name.startswith("."):
        return "hidden"
    if name.lower() in SYSTEM_FOLDERS:
        return "system folder"
    return os.path.splitext(name)[1].lower() or "without extension"


def walk(folder: str, wants: Callable[[str], bool], findings: Findings) -> Iterator[str]:
    """The paths of the files below `folder`, at any depth, whose names `wants` takes; links are followed once."""
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=findings.cannot_list):
        seen.add(os.path.realpath(parent))  # links may lead in circles
        for name in filter(is_hidden, folders):
            findings.pass_over(name)
        visible = sorted(name for name in folders if not is_hidden(name))
        folders[:] = (name for name in visible if os.path.realpath(os.path.join(parent, name)) not in seen)
        for name in sorted(files):
            if wants(name):
                yield os.path.join(parent, name)
            else:
                findings.pass_over(name)


def expand_pattern(pattern: str, findings: Findings) -> Iterator[str]:
    """The files and folders that a pattern means, by name, as `glob` has it with `**`.

    Unlike `glob`, folders that may not be listed are remembered; signs match no system folder and nothing hidden,
    unless the pattern itself begins with a dot there.
    """
    drive = "/" if pattern.startswith("/") else ""
    parts = [part for part in pattern.split("/") if part]
    yield from dict.fromkeys(_expand(drive, parts, findings, ()))


def _expand(folder: str, parts: list[str], findings: Findings, above: tuple[str, ...]) -> Iterator[str]:
    if not parts:
        yield folder
        return
    part, *rest = parts
    if part == "**":
        here = os.path.realpath(folder or ".")
        if here in above:  # a circle of links
            return
        if rest:
            yield from _expand(folder, rest, findings, ())
        for name, is_folder in _names(folder, findings):
            if not is_hidden(name):
                if is_folder:
                    yield from _expand(os.path.join(folder, name), parts, findings, (*above, here))
                elif not rest:
                    yield os.path.join(folder, name)
    elif glob.has_magic(part):
        for name, is_folder in _names(folder, findings):
            fits = fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not is_hidden(name))
            if fits and (is_folder or not rest):
                yield from _expand(os.path.join(folder, name), rest, findings, ())
    elif os.path.lexists(os.path.join(folder, part)):
        yield from _expand(os.path.join(folder, part), rest, findings, ())


def _names(folder: str, findings: Findings) -> list[tuple[str, bool]]:
    """The names in a folder, and whether each is one; none where it cannot be listed."""
    try:
        with os.scandir(folder or ".") as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries)
    except NotADirectoryError:
        return []
    except OSError as error:
        findings.cannot_list(error)
        return []
