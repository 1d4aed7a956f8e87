"""A map of clips as a page: one HTML file that works alone, from disk and without a network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import pathlib
import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.classes import LAUGHTER_KINDS
from transforms.map_clips import MapClips
from transforms.media_places import media_link
from transforms.printable import storable

ASSETS = pathlib.Path(__file__).parent / "plot_assets"
SCRIPTS = ("view.js", "choice.js", "map.js")
STYLE = "map.css"


def map_page(
    clips: MapClips,
    coordinates: npt.NDArray[np.float32],
    groups: Mapping[str, str],
    *,
    path: str,
    heading: str,
    note: str,
) -> str:
    """The page of a map.

    Args:
        clips: n of them.
        coordinates: [n, 2], x to the right and y upwards, from -1 to 1.
        groups: names of all groups of the clips, in the order in which they are drawn.
        path: where the page will lie, from which links to media files on disk start.
        heading, note: title, and a line below it.
    """
    order = {group: number for number, group in enumerate(groups)}
    points = []
    for clip, (x, y) in zip(clips.clips, coordinates.tolist(), strict=True):
        media = media_link(clip.media, path) if clip.media else None
        place = [round(x, 4), round(y, 4), order[clip.group]]
        points.append([*place, storable(clip.name), clip.label, media, clip.start_s, clip.end_s, clip.link])
    points.sort(key=lambda point: point[2])  # rare groups last, on top of the others
    data = {
        "groups": [
            {"style": LAUGHTER_KINDS.index(group) if group in LAUGHTER_KINDS else group, "name": name}
            for group, name in groups.items()
        ],
        "points": points,
    }
    return _fill(heading, note, data, hosts=_hosts([point[5] for point in points]))


def _fill(heading: str, note: str, data: dict[str, Any], *, hosts: str) -> str:
    """Put data and assets into the template; the policy lets nothing run or load but these and the media."""
    script = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    style = (ASSETS / STYLE).read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        f"media-src 'self' file:{hosts}; base-uri 'none'; form-action 'none'"
    )
    return string.Template((ASSETS / "map.html").read_text("utf-8")).substitute(
        title=html.escape(heading),
        note=html.escape(note),
        policy=html.escape(policy),
        style=style,
        script=script,
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),  # nothing in it can end its element
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _hosts(links: Sequence[str | None]) -> str:
    """The hosts of media that are not on disk, for the policy."""
    found = {host[0] for link in links if (host := re.match(r"https?://[\w.:\[\]-]+", link or ""))}
    return "".join(f" {host}" for host in sorted(found))
