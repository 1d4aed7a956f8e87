"""A map of clips as a page: one HTML file that works alone, from disk and without a network."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from common.text import utf8_text
from models.constants import LAUGHTER_KINDS
from transforms.maps.clips import MapClips
from transforms.pages.html import html_page
from transforms.tables.media import media_href

ASSETS = pathlib.Path(__file__).parent / "assets" / "map"
SCRIPTS = ("view.js", "choice.js", "map.js")
STYLES = ("map.css",)


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
        media = media_href(clip.media, path) if clip.media else None
        place = [round(x, 4), round(y, 4), order[clip.group]]
        points.append([*place, utf8_text(clip.name), clip.label, media, clip.start_s, clip.end_s, clip.link])
    points.sort(key=lambda point: point[2])  # rare groups last, on top of the others
    data = {
        "groups": [
            {"style": LAUGHTER_KINDS.index(group) if group in LAUGHTER_KINDS else group, "name": name}
            for group, name in groups.items()
        ],
        "points": points,
    }
    return html_page(
        ASSETS,
        "map.html",
        title=heading,
        note=note,
        styles=STYLES,
        scripts=SCRIPTS,
        data=data,
        media=[point[5] for point in points],
    )
