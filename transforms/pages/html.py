"""HTML files that work alone, from disk and without a network: a template with data, style and scripts in it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import pathlib
import re
import string
from collections.abc import Sequence
from typing import Any

COMMON = pathlib.Path(__file__).parent / "assets" / "common"


def html_page(
    assets: pathlib.Path,
    body: str,
    *,
    title: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    data: dict[str, Any],
    note: str = "",
    media: Sequence[str | None] = (),
    own_media: bool = False,
) -> str:
    """A page; its policy lets nothing run or load but what is in it, and its media.

    Args:
        assets: folder of the files that are named.
        body: template of the body, in which $title and $note may stand.
        title, note: plain text.
        styles: sheets that come after the common one.
        scripts: in their order; they find `data` as JSON in the element of that id.
        data: of JSON's types.
        media: links to the media, relative or not; None for none.
        own_media: whether people may give the page a media file of theirs.
    """
    style = "\n".join(path.read_text("utf-8") for path in (COMMON / "base.css", *(assets / name for name in styles)))
    script = "\n".join((assets / name).read_text("utf-8") for name in scripts)
    sources = f"'self' file:{' blob:' if own_media else ''}{_hosts(media)}"
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        f"media-src {sources}; base-uri 'none'; form-action 'none'"
    )
    texts = {"title": html.escape(title), "note": html.escape(note)}
    return string.Template((COMMON / "page.html").read_text("utf-8")).substitute(
        title=texts["title"],
        policy=html.escape(policy),
        style=style,
        body=string.Template((assets / body).read_text("utf-8")).substitute(texts),
        script=script,
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),  # nothing in it can end its element
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _hosts(links: Sequence[str | None]) -> str:
    """The hosts of media that are not on disk, for the policy."""
    found = {host[0] for link in links if (host := re.match(r"https?://[\w.:\[\]-]+", link or ""))}
    return "".join(f" {host}" for host in sorted(found))
