"""Names of files, which may hold any bytes and URLs with keys in them, as text for messages and for tables."""

import os

from models.secrets import place_without_secrets

Path = str | bytes | os.PathLike


def printable(text: Path, *, longest: int | None = None) -> str:
    """Return a path or message fit for one line: control and undecodable characters escaped."""
    characters = storable(text)
    if longest and len(characters) > longest:
        characters = characters[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in characters)


def storable(path: Path) -> str:
    r"""Return a path as tables hold it: itself, but for bytes that are no UTF-8, shown as \xNN, and secrets in URLs."""
    return place_without_secrets(os.fsencode(path).decode("utf-8", "backslashreplace"))
