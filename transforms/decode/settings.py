"""Settings of decoding that a person may choose."""

import dataclasses
import math

from models.constants import SAMPLE_RATE_HZ

RULES_VERSION = 2
"""Of the rules of decoding: 2 believes a transport stream's clock only where it can be believed.

A part says which rules made it; which parts older rules void is decided where parts are used.
"""

_FINGERPRINTED_RULES = 1
"""Raise it when the rules change the samples of all recordings: no part is used on then."""


@dataclasses.dataclass(frozen=True)
class DecodeSettings:
    """Which audio to decode and where to stop; `audio_stream` counts among the audio streams, from 0."""

    audio_stream: int = 0
    max_gap_s: float = 600.0
    """The longest jump of the times that is taken for missing sound; behind a longer one the sound is joined."""
    stall_timeout_s: float = 120.0
    """ffmpeg is given up when it gives nothing for so long; time that the reader takes does not count."""
    max_duration_s: float = 48 * 3600.0
    """A recording that is longer, silence in holes included, or never ends, is cut there, `partial`."""
    max_decode_s: float = 12 * 3600.0
    """A recording on which ffmpeg takes longer is given up; time that the reader takes does not count."""
    max_size_bytes: float = 1e12
    """A larger file is not opened."""

    def __post_init__(self) -> None:
        """Refuse values that make no sense; ValueError in one sentence."""
        if self.audio_stream < 0:
            raise ValueError(f"audio_stream must be 0 or more, not {self.audio_stream}")
        for name in ("max_gap_s", "stall_timeout_s", "max_duration_s", "max_decode_s", "max_size_bytes"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a number above 0, not {value}")

    def fingerprint(self) -> dict[str, object]:
        """Return what changes the samples, and nothing else, for the key of a stored result."""
        return {
            "rules": _FINGERPRINTED_RULES,
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "audio_stream": self.audio_stream,
            "max_gap_s": float(self.max_gap_s),
            "max_duration_s": float(self.max_duration_s),
        }
