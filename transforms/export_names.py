"""Names of annotation files: from a recording's id, which may hold any characters."""

from __future__ import annotations

import hashlib
import re

LONGEST_NAME_BYTES = 200
"""Names of files end at 255 bytes, and an ending and a temporary name need some."""

_FORBIDDEN = re.compile(r'[/\\:*?"<>|~\s]|[^\w\x21-\x7e]')
"""What some file system, shell or URL takes for something else; the tilde marks names that were changed."""


def safe_name(recording_id: str) -> str:
    """A file's name, without an ending, that lies in its folder whatever the id is; other ids give other names.

    An id that is a good name is kept. Any other has its odd characters replaced, is shortened, and ends with a tilde
    and a hash of the whole id; kept names have no tilde, so the two kinds cannot collide.
    """
    good = _FORBIDDEN.sub("_", recording_id)
    if good == recording_id and good[:1] not in ("", ".", "-") and len(good.encode()) <= LONGEST_NAME_BYTES:
        return good
    digest = hashlib.sha256(recording_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    short = good.encode("utf-8", "replace")[: LONGEST_NAME_BYTES - 20].decode("utf-8", "ignore").lstrip(".-")
    return f"{short}~{digest}"
