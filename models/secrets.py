"""What may open a door, struck out of what is said and written: passwords, signatures, tokens."""

import re

_USER = re.compile(r"(?<=://)[^\s/?#@'\"]*@")
_QUERY = re.compile(r"(\bhttps?://[^\s?#'\"<>]*)[?#][^\s'\"<>)]*", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i)(\b(?:x-goog-[a-z-]+|x-amz-[a-z-]+|signature|googleaccessid|sig|access_token|refresh_token|id_token|token|"
    r"client_secret|private_key|assertion)[\"']?\s*[=:]\s*[\"']?|\bbearer\s+)[^&\s\"',}]+"
)


def without_secrets(text: str) -> str:
    """The text without names and passwords in URLs, what follows the `?` of `https://` URLs, and named tokens.

    All of the query goes, for a signature may have any name there.
    """
    return _NAMED.sub(r"\1...", _QUERY.sub(r"\1", _USER.sub("", text)))
