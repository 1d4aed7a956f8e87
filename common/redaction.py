"""What may open a door, struck out of what is said and written: passwords, signatures, tokens."""

import re

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)
_PASSWORD = re.compile(r"(?<=://)[^\s/?#]*:[^\s/?#]*@")
_USER = re.compile(r"(\bhttps?://)[^\s/?#]*@", re.IGNORECASE)
_QUERY = re.compile(r"(\bhttps?://[^\s?#'\"<>]*)[?#][^\s'\"<>)]*", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i)(\b(?:x-goog-[a-z-]+|x-amz-[a-z-]+|signature|googleaccessid|sig|access_token|refresh_token|id_token|token|"
    r"client_secret|private_key|assertion)[\"']?\s*[=:]\s*[\"']?|\bauthorization[\"']?\s*[=:]\s*[\"']?bearer\s+|"
    r"\bbearer\s+(?!\S*\.\w{2,4}(?:\s|$))(?=\S*[.\d]))"  # what has an extension is a file's name
    r"[^&\s\"',}]+"
)


def redact(text: str) -> str:
    """A message without passwords and users in URLs, what follows the `?` of `https://` URLs, and named tokens.

    All of the query goes, for a signature may have any name there.
    """
    return _NAMED.sub(r"\1...", _QUERY.sub(r"\1", _USER.sub(r"\1", _PASSWORD.sub("", text))))


def redact_url(place: str) -> str:
    """A path as it is, or a URL without its password; if it is an `https://` one, without user and query too."""
    if not _URL.fullmatch(place):
        return place
    place = _USER.sub(r"\1", _PASSWORD.sub("", place, count=1), count=1)
    return re.split(r"[?#]", place, maxsplit=1)[0] if place.lower().startswith(("http://", "https://")) else place
