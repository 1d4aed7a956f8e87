"""Names and paths as text: for messages, for tables, and as names of files.

They may hold any bytes, and URLs keys.
"""

import hashlib
import os
import re

from common.redaction import redact_url

Path = str | bytes | os.PathLike

MAX_NAME_BYTES = 200
"""Names of files end at 255 bytes, and an ending and a temporary name need some."""

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Control characters and what else ends a line for some reader: one of them in a name would ruin a file of lines."""

_HASH_ID = re.compile("[0-9a-f]{20}")
"""Of recordings whose name is not in the archive's style."""

_FORBIDDEN = re.compile(r'[/\\:*?"<>|~\s]|[^\w\x21-\x7e]')
"""What some file system, shell or URL takes for something else; the tilde marks names that were changed."""


def display_text(text: Path, *, longest: int | None = None) -> str:
    """Return a path or message fit for one line: control and undecodable characters escaped."""
    characters = utf8_text(text)
    if longest and len(characters) > longest:
        characters = characters[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in characters)


def utf8_text(path: Path) -> str:
    r"""Return a path as tables hold it: itself, without the secrets of URLs.

    Bytes that are no UTF-8 are shown as \xNN, control characters and line breaks as \n, \x1b, \u2028.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return redact_url(_BREAKS.sub(lambda found: found[0].encode("unicode_escape").decode(), text))


def safe_file_name(recording_id: str) -> str:
    """A file's name, without an ending, that lies in its folder whatever the id is; other ids give other names.

    An id that is a good name is kept. Any other has its odd characters replaced, is shortened, and ends with a tilde
    and a hash of the whole id; kept names have no tilde, so the two kinds cannot collide.
    """
    good = _FORBIDDEN.sub("_", recording_id)
    if good == recording_id and good[:1] not in ("", ".", "-") and len(good.encode()) <= MAX_NAME_BYTES:
        return good
    digest = hashlib.sha256(recording_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_shortened(good)}~{digest}"


def file_stem(recording_id: str, file_name: str) -> str:
    """A file's name, without an ending, by which people know a recording: the safe name of its id.

    Where the id is a hash, the recording's own name stands before it: `Evening_News~0123456789abcdef0123`.
    """
    stem = os.path.splitext(file_name)[0]
    if not _HASH_ID.fullmatch(recording_id) or stem == recording_id:
        return safe_file_name(recording_id)
    return f"{_shortened(_FORBIDDEN.sub('_', stem))}~{recording_id}".lstrip("~")


def id_in_stem(stem: str) -> str | None:
    """The hash of a recording at the end of a name that `file_stem` gave; None where there is none."""
    before, tilde, last = stem.rpartition("~")
    return last if before and tilde and _HASH_ID.fullmatch(last) else None


def _shortened(good: str) -> str:
    return good.encode("utf-8", "replace")[: MAX_NAME_BYTES - 21].decode("utf-8", "ignore").lstrip(".-")
