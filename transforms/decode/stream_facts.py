"""What ffmpeg knows of a recording's streams, told where neither names nor tags can write: the head of its `framecrc`.

A recording writes into ffmpeg's log as it likes: tags, languages and its own name appear there as they are.
"""

from __future__ import annotations

import dataclasses
import re

_LINE = re.compile(r"#(media_type|codec_id|sample_rate|channel_layout_name) (\d{1,4}): ([^\n]{1,200})")
_COUNTED = re.compile(r"(\d{1,4}) channels")
_NAMED = {
    "mono": 1,
    "stereo": 2,
    "downmix": 2,
    "binaural": 2,
    "quad": 4,
    "hexagonal": 6,
    "octagonal": 8,
    "cube": 8,
    "hexadecagonal": 16,
}
_SUMMED = re.compile(r"\d{1,2}(\.\d{1,2}){1,2}")
_AMBISONIC = re.compile(r"ambisonic (\d{1,2})")
_MAX_RATE_HZ = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class StreamFacts:
    """Of the streams that were asked for: that of sound which is decoded, then all of sound, then the picture's.

    Attributes:
        codec, sample_rate_hz, channels: of the sound that is decoded; None where unknown.
        sounds: streams of sound.
        has_video: whether there is a picture that is no cover.
    """

    codec: str | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    sounds: int = 0
    has_video: bool = False


def parse_facts(text: str) -> StreamFacts:
    """Read the lines that `framecrc` begins with; what is not among them is None or 0."""
    found = {(key, int(number)): value for key, number, value in _LINE.findall(text)}
    kinds = [value for (key, _), value in sorted(found.items(), key=lambda item: item[0][1]) if key == "media_type"]
    rate = found.get(("sample_rate", 0), "")
    rate_hz = int(rate) if rate.isdecimal() and len(rate) < 12 else 0
    return StreamFacts(
        codec=found.get(("codec_id", 0)),
        sample_rate_hz=rate_hz if 0 < rate_hz <= _MAX_RATE_HZ else None,
        channels=count_channels(found.get(("channel_layout_name", 0), "")),
        sounds=max(0, kinds.count("audio") - 1),
        has_video="video" in kinds,
    )


def count_channels(layout: str) -> int | None:
    """The channels of a layout, by ffmpeg's name of it, such as "5.1(side)"; None where that does not tell."""
    name = layout.split("(", 1)[0].strip()
    if found := _COUNTED.fullmatch(name):
        return int(found[1]) or None
    if name in _NAMED:
        return _NAMED[name]
    if _SUMMED.fullmatch(name):
        return sum(map(int, name.split("."))) or None
    if found := _AMBISONIC.match(layout):
        return (int(found[1]) + 1) ** 2
    return None
