"""What ffmpeg says about a recording while it decodes it, read line by line from its standard error.

A recording writes into that log too, by its tags and its name. So nothing in a line decides what is decoded, what the
tables hold of codecs and rates comes from elsewhere (`stream_facts`), and a line counts only where it begins as ffmpeg
begins one: with the time of day, to the millisecond, at which it is written, which no recording can know.
"""

import collections
import dataclasses
import datetime as dt
import re

_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (?P<source>(?:\[[^\]]* @ 0x[0-9a-f]+\] )*)"
    r"\[(?P<level>[a-z]+)\] (?P<text>.*)"
)
_DURATION = re.compile(r"  Duration: (\d{2,7}):(\d\d):(\d\d(?:\.\d{1,3})?)")
_CLOCK = re.compile(r"timestamp discontinuity \(stream id=-?\d+\): (-?\d+)")
_DECODED = re.compile(r"  Input stream #0:\d+ \(audio\): .* (\d{1,9}) decode errors")
_TRUNCATED = re.compile(r"partial file|ended prematurely|Error during demuxing|[Tt]runcat|Read error")

_CLOCK_SLACK_S = 2.0
_KEPT_ERRORS = 20
_MAX_LINE_BYTES = 4096


@dataclasses.dataclass
class FfmpegReport:
    """Facts gathered from ffmpeg's standard error; `add` takes any bytes, memory stays bounded."""

    opened: bool = False
    """The container was recognised and opened."""
    duration_s: float | None = None
    duration_is_estimate: bool = False
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
    _began: str = dataclasses.field(default_factory=lambda: _time_of_log(-_CLOCK_SLACK_S))
    _now: str = ""

    def add(self, data: bytes) -> None:
        """Take the next bytes of standard error, cut anywhere."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_MAX_LINE_BYTES]
        self._now = _time_of_log(_CLOCK_SLACK_S)
        for line in lines:
            self._add_line(line[:_MAX_LINE_BYTES].decode("utf-8", "replace"))

    def _add_line(self, line: str) -> None:
        found = _LINE.match(line)
        if not found or not self._began <= found["time"] <= self._now:
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

    def _add_event(self, text: str) -> None:
        if _CLOCK.match(text):
            self.clock_resets += 1
        elif found := _DECODED.match(text):
            self.decode_errors += int(found[1])
        elif text.startswith("Estimating duration from bitrate"):
            self.duration_is_estimate = True
        else:
            self._look_for_truncation(text)

    def _look_for_truncation(self, text: str) -> None:
        if self.truncation is None and _TRUNCATED.search(text):
            self.truncation = text


def _time_of_log(later_s: float) -> str:
    """The present time, UTC, or somewhat later, as the log has it."""
    moment = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=later_s)
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
