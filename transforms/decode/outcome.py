"""What came of decoding a recording, said in one sentence where it is not simply done."""

import dataclasses
import os
import signal
import stat
from collections.abc import Iterable

from common.text import Path, display_text
from models.constants import SAMPLE_RATE_HZ
from transforms.decode.ffmpeg_report import FfmpegReport
from transforms.decode.settings import DecodeSettings
from transforms.decode.timeline import Timeline

MIN_AUDIO_S = 0.1
"""A last, unfinished second counts from this much audio; so does a whole recording."""

_SHORTFALL_S = 2.0
_MAX_FRAME_S = 0.1
_OVERLAP_S = 1.0
_NOTED_S = 0.3
_QUOTE_LENGTH = 200


@dataclasses.dataclass(frozen=True)
class MediaInfo:
    """What the container says of itself, of the audio stream that was decoded; None where it says nothing."""

    duration_s: float | None = None
    codec: str | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None


@dataclasses.dataclass(frozen=True)
class DecodeOutcome:
    """The result of a recording that gave audio."""

    info: MediaInfo
    audio_s: float
    """Seconds of audio on the timeline, filled silence included."""
    silence_filled_s: float
    status: str
    """"done", or "partial" where the audio breaks off before the recording's end."""
    error: str | None
    """One sentence: why it is partial, or, where done, what to know of its times; mostly None."""


class DecodeError(Exception):
    """A recording gave no audio; the message is one sentence that names the file, the cause, what to do."""

    def __init__(self, sentence: str, info: MediaInfo | None = None) -> None:
        """`info` is what could be learnt of the recording all the same."""
        super().__init__(sentence)
        self.info = info or MediaInfo()


def check_readable(path: Path) -> None:
    """Refuse what is not a readable, regular, non-empty file; DecodeError."""
    name = display_text(path)
    try:
        facts = os.stat(path)
        if stat.S_ISDIR(facts.st_mode):
            raise DecodeError(f"{name} is a folder, not a recording; name the recordings in it")
        if not stat.S_ISREG(facts.st_mode):
            raise DecodeError(f"{name} is not a regular file; save the recording to a file first")
        os.close(os.open(path, os.O_RDONLY))
    except FileNotFoundError as error:
        raise DecodeError(f"{name} does not exist; check the path") from error
    except PermissionError as error:
        raise DecodeError(f"{name} may not be read by this user; change its permissions") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DecodeError(f"{name} cannot be read ({reason}); check the path and the disk") from error
    if facts.st_size == 0:
        raise DecodeError(f"{name} is empty (0 bytes); record or copy it again")


@dataclasses.dataclass(frozen=True)
class DecodeRun:
    """One run of ffmpeg over a recording: what was asked, what it said and what it gave."""

    path: Path
    settings: DecodeSettings
    report: FfmpegReport
    timeline: Timeline

    @property
    def name(self) -> str:
        """The path, fit for one line."""
        return display_text(self.path)

    @property
    def audio_s(self) -> float:
        """Seconds of audio on the timeline."""
        return self.timeline.samples / SAMPLE_RATE_HZ

    @property
    def info(self) -> MediaInfo:
        """What ffmpeg reported; no duration where the clock broke, for it then means nothing."""
        report, codecs = self.report, self.report.audio_codecs[self.settings.audio_stream :]
        return MediaInfo(
            duration_s=None if report.clock_resets else report.duration_s,
            codec=codecs[0] if codecs else None,
            sample_rate_hz=report.sample_rate_hz,
            channels=report.channels or (1 if report.sample_rate_hz else None),
        )


def outcome_of(run: DecodeRun, *, exit_status: int) -> DecodeOutcome:
    """Return the outcome of an ended run; DecodeError where it gave no audio to speak of.

    A negative exit status names the signal that ended ffmpeg.
    """
    if exit_status < 0:
        how = f"ffmpeg was stopped by {_signal_name(-exit_status)} while decoding {run.name}"
        raise DecodeError(f"{how}; run it again, with more memory if that was the cause", run.info)
    if run.audio_s < MIN_AUDIO_S:
        raise DecodeError(_why_nothing(run), run.info)
    broken = _why_partial(run, exit_status=exit_status)
    return DecodeOutcome(
        info=run.info,
        audio_s=run.audio_s,
        silence_filled_s=run.timeline.silence_samples / SAMPLE_RATE_HZ,
        status="partial" if broken else "done",
        error=broken or _note(run),
    )


def stall_error(run: DecodeRun) -> DecodeError:
    """Return the error for a recording that ffmpeg hangs on."""
    what = f"decoding {run.name} stalled: nothing came for {run.settings.stall_timeout_s:g} s"
    return DecodeError(f"{what}; check the disk or network it lies on, then run it again", run.info)


def timeout_error(run: DecodeRun) -> DecodeError:
    """Return the error for a recording that takes ffmpeg longer than it may."""
    limit = f"--max-decode-time ({run.settings.max_decode_s / 3600:g} h)"
    return DecodeError(f"decoding {run.name} took longer than {limit}; check the file, or raise the limit", run.info)


def check_size(path: Path, size_bytes: int, settings: DecodeSettings) -> None:
    """Refuse a file that is larger than the settings allow; DecodeError."""
    if size_bytes > settings.max_size_bytes:
        size, limit = size_bytes / 1e9, f"--max-size ({settings.max_size_bytes / 1e9:g} GB)"
        raise DecodeError(f"{display_text(path)} holds {size:.3g} GB, more than {limit}; raise it to have it decoded")


def _why_nothing(run: DecodeRun) -> str:
    report, stream, streams = run.report, run.settings.audio_stream, len(run.report.audio_codecs)
    if not report.opened:
        return _why_unopened(run)
    if streams == 0:
        return f"{run.name} has no audio stream, so there is nothing to listen to"
    if stream >= streams:
        return f"{run.name} has no audio stream {stream}; choose --audio-stream from 0 to {streams - 1}"
    if run.timeline.jump_to is not None:
        start_s, limit = run.timeline.jump_to / SAMPLE_RATE_HZ, f"--max-gap ({run.settings.max_gap_s:g} s)"
        return f"the audio of {run.name} starts only {start_s:.0f} s in, more than {limit}; raise --max-gap to keep it"
    if run.audio_s > 0 or not report.first_errors:
        return f"{run.name} holds only {run.audio_s:.3f} s of audio; at least {MIN_AUDIO_S:g} s are needed"
    return f"no audio of {run.name} could be decoded{_quote(report.first_errors)}; record or copy it again"


def _why_unopened(run: DecodeRun) -> str:
    said = " ".join(run.report.first_errors)
    if "moov atom not found" in said:
        cause = "it was cut off before it was finished, or is no recording at all"
        return f"{run.name} has no index (moov atom): {cause}; record or copy it again"
    if "whitelist" in said:
        cause = "not a single recording but a playlist, a script or another kind that is never opened"
        return f"{run.name} is {cause}; name the recordings themselves"
    return f"{run.name} is not a recording that ffmpeg can read{_quote(run.report.first_errors)}; check the file"


def _why_partial(run: DecodeRun, *, exit_status: int) -> str | None:
    report, timeline, kept = run.report, run.timeline, f"kept the first {run.audio_s:.0f} s"
    where = f"at {run.audio_s:.1f} s"
    if timeline.jump_to is not None:
        gap_s, limit = timeline.jump_to / SAMPLE_RATE_HZ - run.audio_s, f"--max-gap ({run.settings.max_gap_s:g} s)"
        return f"{run.name}: a gap of {gap_s:.0f} s in the audio {where} is longer than {limit}; {kept}"
    if timeline.cut:
        return f"{run.name} is longer than {run.settings.max_duration_s / 3600:g} h; {kept}"
    if exit_status:
        return f"decoding {run.name} broke off {where}{_quote(reversed(report.last_errors))}; {kept}"
    if _fell_short(run):
        said = _quote([report.truncation] if report.truncation else reversed(report.last_errors))
        return f"{run.name} seems cut off: its audio ends {where} of {report.duration_s:.1f} s{said}; {kept}"
    if (dropped_s := timeline.dropped_samples / SAMPLE_RATE_HZ) > _OVERLAP_S:
        return f"{run.name}: {dropped_s:.1f} s of audio were dropped, for their time was already taken"
    return None


def _fell_short(run: DecodeRun) -> bool:
    """Tell whether the audio ends early because the file is broken; a longer video alone is no fault."""
    report = run.report
    if report.duration_s is None or report.clock_resets:
        return False
    missing_s = report.duration_s - run.audio_s
    if missing_s <= _SHORTFALL_S:
        return False
    only_audio = report.video_streams == 0 and len(report.audio_codecs) == 1
    cut_off = only_audio and not report.duration_is_estimate
    return bool(report.truncation) or cut_off or report.decode_errors * _MAX_FRAME_S > missing_s


def _note(run: DecodeRun) -> str | None:
    breaks, told_s = run.report.clock_resets, run.report.duration_s
    if breaks:
        times = f"{breaks} time{'s' if breaks > 1 else ''}"
        return f"the clock of {run.name} breaks off {times}; what follows a break counts on without a gap"
    if told_s is not None and run.report.first_errors and (missing_s := told_s - run.audio_s) > _NOTED_S:
        cause = _quote(run.report.first_errors)
        return f"{run.name} is damaged{cause} and {missing_s:.1f} s short: later times may be early by as much"
    return None


def _quote(errors: Iterable[str]) -> str:
    """Return the first of ffmpeg's error lines in brackets, or nothing."""
    first = next(iter(errors), None)
    return f" (ffmpeg: {display_text(first.strip(), longest=_QUOTE_LENGTH)})" if first else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
