"""Files beside recordings: captions, pictures, texts that the shell's `*` names together with the recordings."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence

from common import storage
from common.redaction import redact_url
from transforms.embed.walk import Findings, is_hidden


def is_list(item: str) -> bool:
    """Whether an input of this name lists inputs."""
    return redact_url(item).lower().endswith(".txt")


def without_sidecars(
    items: Sequence[str], extensions: Sequence[str], findings: Findings, *, folder: str = ""
) -> list[str]:
    """The inputs but for those that only lie beside a recording; what is left out is counted in `findings`.

    Left out is, of what is named:

    - a file that is no recording by its extension, where one is named with it or lies beside it under the same stem;
    - a `.txt` beside a recording of its stem, and one named with recordings of its own folder that lists nothing;
    - what is hidden or the system's, folders too, where anything else is named with it.

    A single file of whatever name is taken.

    Args:
        items: inputs, as `expand_input` takes them.
        extensions: of recordings, in lower case.
        findings: gets what was left out.
        folder: where relative paths begin; the working folder where it is empty.
    """
    named = [item for item in items if _is_media(item, extensions) and not is_hidden(_name(item))]
    stems, folders = {_stem(item) for item in named}, {os.path.dirname(item) for item in named}
    kept = []
    alone = all(is_hidden(_name(item)) for item in items)
    for item in items:
        place = item if storage.is_remote(item) else os.path.join(folder, item)
        if is_hidden(_name(item)):
            sidecar = not alone
        elif is_list(item):
            beside = _stem(item) in stems or any(_siblings(place, extensions))
            sidecar = beside or (os.path.dirname(item) in folders and not _lists_something(place, folder))
        elif _is_media(item, extensions):
            sidecar = False
        else:
            is_file = not glob.has_magic(item) and (storage.is_remote(item) or not os.path.isdir(place))
            sidecar = (
                is_file and _has_extension_or_is_there(place) and (bool(named) or any(_siblings(place, extensions)))
            )
        if sidecar:
            findings.pass_over(_name(item))
        else:
            kept.append(item)
    return kept


def _name(item: str) -> str:
    return redact_url(item).rstrip("/").rsplit("/", 1)[-1]


def _is_media(item: str, extensions: Sequence[str]) -> bool:
    return os.path.splitext(_name(item))[1].lower() in extensions


def _stem(item: str) -> str:
    """The path up to the first dot of the name that ends a stem: X for X.mp4, X.srt, X.en.srt and X.mp4.part."""
    return os.path.splitext(redact_url(item))[0]


def _siblings(place: str, extensions: Sequence[str]) -> Iterator[str]:
    """Recordings on this machine that the file at `place` belongs to."""
    if storage.is_remote(place):
        return
    stem = place
    while (shorter := os.path.splitext(stem)[0]) != stem:
        stem = shorter
        if os.path.splitext(stem)[1].lower() in extensions and os.path.lexists(stem):
            yield stem
        for extension in extensions:
            for cased in (extension, extension.upper()):
                if os.path.lexists(stem + cased):
                    yield stem + cased


def _has_extension_or_is_there(place: str) -> bool:
    """Whether it is a file, not a place in object storage that may be a folder."""
    return bool(os.path.splitext(_name(place))[1]) if storage.is_remote(place) else os.path.isfile(place)


def _lists_something(place: str, folder: str) -> bool:
    """Whether the first line of a text on this machine is a URL, a pattern that matches, or the path of a file."""
    if storage.is_remote(place):
        return True
    try:
        with open(place, "rb") as file:
            lines = (os.fsdecode(line.strip()) for line in file)
            first = next((line for line in lines if line and not line.startswith("#")), "")
    except OSError:
        return True  # it is said when it is read
    path = os.path.join(folder, first.removeprefix("file://"))
    return storage.is_remote(first) or (bool(first) and (os.path.lexists(path) or bool(glob.glob(path))))
