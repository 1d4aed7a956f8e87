"""What is known of a Debian package with sounds: which files to use, what is heard in them, and who."""

import dataclasses
import re

SPEECH, UNLABELLED = "speech", "unlabelled"
"""UNLABELLED: nobody has said what is heard, as of grunts, taunts and cries in games; some are laughs."""


@dataclasses.dataclass(frozen=True)
class Package:
    """One Debian package and how to use it.

    Attributes:
        name: as apt knows it.
        version: the very version to fetch.
        licence: of its sounds, in short.
        label: of every sound whose name tells nothing else (see NAME_LABELS).
        minutes: the most audio to keep of it.
        take: pattern of the files to use, searched in their paths below /usr/share, archives' names included.
        skip: pattern of those to leave out.
        speaker: pattern whose groups, searched in the path, name who is heard; where it is empty, the whole
            package is one group.
        labels: patterns of paths, with labels that go before the name's words; the first that is found counts.
        raw_hz: the sampling rate of its `.raw` files (16 bits, little-endian, one channel).
        names_tell: whether words in a file's name tell what is heard (see NAME_LABELS).
    """

    name: str
    version: str
    licence: str
    label: str
    minutes: float
    take: str = ""
    skip: str = r"^$"
    speaker: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    raw_hz: int = 0
    names_tell: bool = True

    @property
    def packages(self) -> tuple[tuple[str, str], ...]:
        """Name and version of what must be fetched."""
        return ((self.name, self.version),)


_START, _END = r"(?:^|[^a-zA-Z])(?i:", r")(?:[^a-z]|$)"
"""A word of a file's name begins after anything but a letter and ends before anything but a small letter."""

NAME_LABELS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words), label)
    for words, label in (
        (r"(?i:giggl|snicker|titter)", "giggle"),
        (r"(?i:laugh|chuckle|cackle|guffaw|haha|hehehe)", "laughter"),
        (r"(?i:scream|shriek)", "scream"),
        (r"(?i:cough)", "cough"),
        (r"(?i:sneeze)", "sneeze"),
        (r"(?i:babycry)" + "|" + _START + r"cry(?:ing)?|sob(?:bing)?|weep(?:ing)?|wail" + _END, "crying"),
        (_START + r"moan|groan" + _END, "moan"),
        (_START + r"sigh" + _END, "sigh"),
        (_START + r"yawn" + _END, "yawn"),
        (_START + r"snor(?:e|ing)" + _END, "snore"),
        (r"(?i:applause|clapping)", "applause"),
        (r"(?i:crowd|cheer)", "crowd"),
    )
)
