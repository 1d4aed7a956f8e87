"""What ffmpeg says about a recording while it decodes it, read line by line from its standard error.

The wheel of imageio-ffmpeg has no ffprobe, and a second look at the file would cost a second opening; the
report of the decoding itself (at `-v level+verbose`) holds everything that is needed.
"""

import collections
import dataclasses
import re

_LINE = re.compile(r"(?P<source>(?:\[[^\]]* @ 0x[0-9a-f]+\] )*)\[(?P<level>[a-z]+)\] (?P<text>.*)")
_DURATION = re.compile(r"  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_STREAM = re.compile(r"  Stream #0:\d+\S*: (Audio|Video): (\w+)(.*)")
_DECODED_FORMAT = re.compile(r"tb:.* samplerate:(\d+) chlayout:(?:(\d+) channels)?")
_MIXED_CHANNELS = re.compile(r"ch:(\d+) chl:.* -> ch:1 ")
_CLOCK = re.compile(r"timestamp discontinuity \(stream id=-?\d+\): (-?\d+)")
_DECODED = re.compile(r"  Input stream #0:\d+ \(audio\): .* (\d+) decode errors")
_TRUNCATED = re.compile(r"partial file|ended prematurely|Error during demuxing|[Tt]runcat|Read error")

_KEPT_ERRORS = 20
_MAX_LINE_BYTES = 4096


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
    """Both as first decoded; no channels where there was nothing to mix, which means one."""
    clock_resets: int = 0
    """Breaks of the container's clock that ffmpeg joined without a gap."""
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
        self._rest = rest[:_MAX_LINE_BYTES]
        for line in lines:
            self._add_line(line[:_MAX_LINE_BYTES].decode("utf-8", "replace"))

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
            self._add_event(text)

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

    def _add_event(self, text: str) -> None:
        if self.sample_rate_hz is None and (found := _DECODED_FORMAT.match(text)):
            self.sample_rate_hz = int(found[1])
            self.channels = int(found[2]) if found[2] else None
        elif self.channels is None and (found := _MIXED_CHANNELS.match(text)):
            self.channels = int(found[1])
        elif _CLOCK.match(text):
            self.clock_resets += 1
        elif found := _DECODED.match(text):
            self.decode_errors = int(found[1])
        elif text.startswith("Estimating duration from bitrate"):
            self.duration_is_estimate = True
        else:
            self._look_for_truncation(text)

    def _look_for_truncation(self, text: str) -> None:
        if self.truncation is None and _TRUNCATED.search(text):
            self.truncation = text
