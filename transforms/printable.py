"""Names of files, which may hold any bytes and URLs with keys in them, as text for messages and for tables."""

import os
import re

Path = str | bytes | os.PathLike


_USER = re.compile(r"(?<=://)[^\s/?#@'\"]*@")
_SIGNED = re.compile(r"(\bhttps?://[^\s?#'\"<>]*)[?#][^\s'\"<>)]*", re.IGNORECASE)
_TOKEN = re.compile(r"\b(Bearer|access_token[\"':= ]+|private_key[\"':= ]+)\s*[^\s,'\"&]+")


def without_secrets(text: str) -> str:
    """Return a text without what may open a door: names and passwords, signatures and tokens of the URLs in it.

    Of `https://` URLs all that follows a `?` goes, for there signed ones have their signature.
    """
    return _TOKEN.sub(r"\1 ...", _SIGNED.sub(r"\1", _USER.sub("", text)))


def printable(text: Path, *, longest: int | None = None) -> str:
    """Return a path or message fit for one line: control and undecodable characters escaped."""
    characters = storable(text)
    if longest and len(characters) > longest:
        characters = characters[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in characters)


def storable(path: Path) -> str:
    r"""Return a path as tables hold it: itself, but for bytes that are no UTF-8, shown as \xNN, and secrets in URLs."""
    return without_secrets(os.fsencode(path).decode("utf-8", "backslashreplace"))
