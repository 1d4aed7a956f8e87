"""What ffmpeg says about a recording while it decodes it, read line by line from its standard error.

The wheel of imageio-ffmpeg has no ffprobe, and a second look at the file would cost a second opening; the
report of the decoding itself (at `-v level+verbose`) holds everything that is needed.
"""

import collections
import dataclasses
import re

from transforms.decode_settings import SAMPLE_RATE_HZ

_LINE = re.compile(r"(?P<source>(?:\[[^\]]* @ 0x[0-9a-f]+\] )*)\[(?P<level>[a-z]+)\] (?P<text>.*)")
_DURATION = re.compile(r"  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_STREAM = re.compile(r"  Stream #0:\d+\S*: (Audio|Video): (\w+)(.*)")
_AUDIO_FORMAT = re.compile(r"ch:(\d+) chl:.* r:(\d+)Hz -> ch:1 ")
_JUMP = re.compile(r"n: *0 .*pts_time:(\d+(?:\.\d+)?)")
_SILENCE = re.compile(r"adding (\d+) audio samples of silence")
_DISCARD = re.compile(r"discarding (\d+) audio samples")
_CLOCK = re.compile(r"timestamp discontinuity \(stream id=-?\d+\): (-?\d+)")
_DECODED = re.compile(r"\(audio\): .* (\d+) frames decoded; (\d+) decode errors")
_TRUNCATED = re.compile(r"partial file|ended prematurely|Error during demuxing|[Tt]runcat|Read error")

_KEPT_ERRORS = 20
_LONGEST_LINE = 4096


@dataclasses.dataclass
class FfmpegReport:
    """Facts gathered from ffmpeg's standard error; `add` takes any bytes, memory stays bounded."""

    opened: bool = False
    """The container was recognised and opened."""
    duration_s: float | None = None
    duration_is_estimate: bool = False
    audio_codecs: list[str] = dataclasses.field(default_factory=list)
    """One entry an audio stream."""
    video_streams: int = 0
    sample_rate_hz: int | None = None
    channels: int | None = None
    jump_to_s: float | None = None
    """Where the audio went on after a gap longer than allowed."""
    silence_samples: int = 0
    """Samples of silence filled into holes, at 16 kHz."""
    discarded_samples: int = 0
    """Samples dropped because their time was already taken, at 16 kHz."""
    clock_resets: int = 0
    """Breaks of the container's clock that ffmpeg joined without a gap."""
    frames_decoded: int | None = None
    decode_errors: int = 0
    layout_unknown: bool = False
    """ffmpeg could not mix the channels, for it does not know their places."""
    truncation: str | None = None
    """The first line that says the file ends too early."""
    first_errors: list[str] = dataclasses.field(default_factory=list)
    last_errors: collections.deque[str] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=_KEPT_ERRORS)
    )
    _rest: bytes = b""
    _in_input: bool = False

    def add(self, data: bytes) -> None:
        """Take the next bytes of standard error, cut anywhere."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_LONGEST_LINE]
        for line in lines:
            self._add_line(line[:_LONGEST_LINE].decode("utf-8", "replace"))

    def _add_line(self, line: str) -> None:
        found = _LINE.match(line)
        if not found:
            return
        source, level, text = found.group("source", "level", "text")
        if level in ("error", "fatal", "panic"):
            self._add_error(text)
        elif level == "info" and not source:
            self._add_description(text)
        else:
            self._add_event(source, text)

    def _add_error(self, text: str) -> None:
        self._look_for_truncation(text)
        self.layout_unknown = self.layout_unknown or text.startswith("Rematrix is needed")
        if len(self.first_errors) < _KEPT_ERRORS:
            self.first_errors.append(text)
        self.last_errors.append(text)

    def _add_description(self, text: str) -> None:
        """Take a line of the printed description of input and outputs; only the input's matter."""
        if text.startswith("Input #0"):
            self.opened = self._in_input = True
        elif text.startswith(("Stream mapping", "Output #")):
            self._in_input = False
        elif self._in_input and (found := _DURATION.match(text)):
            self.duration_s = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
        elif self._in_input and (found := _STREAM.match(text)):
            self._add_stream(*found.groups())

    def _add_stream(self, kind: str, codec: str, rest: str) -> None:
        if kind == "Audio":
            self.audio_codecs.append(codec)
        elif "(attached pic)" not in rest:
            self.video_streams += 1

    def _add_event(self, source: str, text: str) -> None:
        if found := _SILENCE.match(text):
            self.silence_samples += int(found[1])
        elif found := _DISCARD.match(text):
            self.discarded_samples += int(found[1])
        elif "ashowinfo" in source and (found := _JUMP.match(text)):
            self.jump_to_s = float(found[1])
        elif (found := _AUDIO_FORMAT.match(text)) and self.channels is None:
            self.channels, self.sample_rate_hz = int(found[1]), int(found[2])
        elif _CLOCK.match(text):
            self.clock_resets += 1
        elif found := _DECODED.search(text):
            self.frames_decoded, self.decode_errors = int(found[1]), int(found[2])
        elif text.startswith("Estimating duration from bitrate"):
            self.duration_is_estimate = True
        else:
            self._look_for_truncation(text)

    def _look_for_truncation(self, text: str) -> None:
        if self.truncation is None and _TRUNCATED.search(text):
            self.truncation = text

    @property
    def silence_filled_s(self) -> float:
        """Seconds of silence filled into holes of the audio."""
        return self.silence_samples / SAMPLE_RATE_HZ

    @property
    def discarded_s(self) -> float:
        """Seconds of audio dropped because their time was already taken."""
        return self.discarded_samples / SAMPLE_RATE_HZ
