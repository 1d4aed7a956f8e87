"""What came of decoding a recording, said in one sentence where it is not simply done."""

import dataclasses
import itertools
import os
import signal
import stat
from collections.abc import Iterable, Iterator

from common.text import Path, display_text
from models.constants import SAMPLE_RATE_HZ
from transforms.decode.ffmpeg_report import FfmpegReport
from transforms.decode.mixing import Mixer
from transforms.decode.settings import DecodeSettings
from transforms.decode.stream_facts import StreamFacts
from transforms.decode.timeline import Timeline
from transforms.decode.wav_header import WavSound
from transforms.transport.clock import Break
from transforms.transport.surroundings import TICKS_PER_S
from transforms.transport.waiting import SoundFacts

MIN_AUDIO_S = 0.1
"""A last, unfinished second counts from this much audio; so does a whole recording."""

_SHORTFALL_S = 2.0
_MAX_FRAME_S = 0.1
_OVERLAP_S = 1.0
_NOTED_S = 0.3
_NOTED_SILENCE_S = 1.0
_NOTED_SHARE = 0.005
QUIET_DBFS = -50.0
"""Of the mean level; what is lower is said."""
_LISTED = 5
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
    """One sentence: why it is partial, and what to know of its times; mostly None."""
    is_transport_stream: bool = False
    changed: bool = False
    """Whether the file was written while it was read, so that it has to be read again."""
    peak_dbfs: float | None = None
    """The loudest sample, against full scale; None of silence. So too the mean level of what was heard."""
    mean_dbfs: float | None = None
    clock: tuple[tuple[float, ...], ...] = ()
    """Where the clock of a transport stream breaks: second of the timeline, time in the stream (s), byte position."""


class DecodeError(Exception):
    """A recording gave no audio; the message is one sentence that names the file, the cause, what to do."""

    def __init__(self, sentence: str, info: MediaInfo | None = None) -> None:
        """`info` is what could be learnt of the recording all the same."""
        super().__init__(sentence)
        self.info = info or MediaInfo()


def check_readable(path: Path) -> tuple[int, ...]:
    """Refuse what is not a readable, regular, non-empty file; DecodeError. What it returns changes with the file."""
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
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


@dataclasses.dataclass
class DecodeRun:
    """The decoding of a recording: what was asked, what ffmpeg said and what it gave.

    Attributes:
        path, settings: what was asked.
        report: what ffmpeg said.
        timeline: what it gave.
        facts: of the streams; None where it did not come to tell.
        sound: of a transport stream, what was met in it.
        undecoded: the codecs of epochs of a transport stream's sound that gave nothing.
        read_error: why the file could not be read on.
        changed: whether the file is another, or longer, than when it was opened.
        wav: what a WAV holds whose header does not fit the file.
        mixer: of the channels.
        louder_stream: another stream of sound that is not silent, where the one that was decoded nearly is.
    """

    path: Path
    settings: DecodeSettings
    report: FfmpegReport = dataclasses.field(default_factory=FfmpegReport)
    timeline: Timeline = dataclasses.field(init=False)
    facts: StreamFacts | None = None
    sound: SoundFacts | None = None
    undecoded: list[str] = dataclasses.field(default_factory=list)
    read_error: Exception | None = None
    changed: bool = False
    wav: WavSound | None = None
    mixer: Mixer = dataclasses.field(default_factory=Mixer)
    louder_stream: int | None = None

    def __post_init__(self) -> None:
        """Begin the timeline."""
        self.timeline = Timeline(self.settings)

    @property
    def name(self) -> str:
        """The path, fit for one line."""
        return display_text(self.path)

    @property
    def audio_s(self) -> float:
        """Seconds of audio on the timeline."""
        return self.timeline.samples / SAMPLE_RATE_HZ

    @property
    def mean_dbfs(self) -> float | None:
        """The mean level of what was heard, against full scale; None of silence."""
        return self.mixer.mean_dbfs(self.timeline.heard_s * SAMPLE_RATE_HZ)

    @property
    def duration_s(self) -> float | None:
        """What the container says; None where its clock broke or it only estimates, for it then means nothing."""
        report = self.report
        if self.wav is not None:
            return self.wav.duration_s
        if self.sound is not None:
            trailing_s = self.sound.trailing_s
            return self.audio_s + (trailing_s if trailing_s > _SHORTFALL_S else 0.0)
        return None if report.clock_resets or report.duration_is_estimate else report.duration_s

    @property
    def info(self) -> MediaInfo:
        """What is known of the container and of the stream that was decoded."""
        facts = self.facts or StreamFacts()
        return MediaInfo(self.duration_s, facts.codec, facts.sample_rate_hz, facts.channels)


def outcome_of(run: DecodeRun, *, exit_status: int) -> DecodeOutcome:
    """Return the outcome of an ended run; DecodeError where it gave no audio to speak of.

    A negative exit status names the signal that ended ffmpeg.
    """
    if exit_status < 0:
        how = f"ffmpeg was stopped by {_signal_name(-exit_status)} while decoding {run.name}"
        raise DecodeError(f"{how}; run it again, with more memory if that was the cause", run.info)
    if run.timeline.heard_s < MIN_AUDIO_S:
        raise DecodeError(_why_nothing(run), run.info)
    broken = _why_partial(run, exit_status=exit_status)
    return DecodeOutcome(
        info=run.info,
        audio_s=run.audio_s,
        silence_filled_s=run.timeline.silence_samples / SAMPLE_RATE_HZ,
        status="partial" if broken else "done",
        error="; ".join(filter(None, [broken, *_notes(run)])) or None,
        is_transport_stream=run.sound is not None,
        changed=run.changed,
        peak_dbfs=run.mixer.peak_dbfs,
        mean_dbfs=run.mean_dbfs,
        clock=_clock_map(run),
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
    report, stream, streams = run.report, run.settings.audio_stream, run.facts.sounds if run.facts else 0
    if run.read_error is not None:
        return f"{run.name} cannot be read ({_reason(run.read_error)}); check the disk it lies on"
    if run.sound is not None and run.sound.scrambled > run.sound.packets // 2:
        return f"the sound of {run.name} is scrambled, so there is nothing to listen to; record it again, descrambled"
    if not report.opened:
        return _why_unopened(run)
    if streams == 0:
        return f"{run.name} has no audio stream, so there is nothing to listen to"
    if stream >= streams and run.sound is None:
        return f"{run.name} has no audio stream {stream}; choose --audio-stream from 0 to {streams - 1}"
    if run.timeline.heard_s > 0 or not report.first_errors:
        heard_s = run.timeline.heard_s
        return f"{run.name} holds only {heard_s:.3f} s of audio; at least {MIN_AUDIO_S:g} s are needed"
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
    if run.changed:
        return f"{run.name} was written to while it was read; {kept}, run again once it is finished"
    if run.read_error is not None:
        return f"{run.name} cannot be read on {where} ({_reason(run.read_error)}); {kept}"
    if timeline.cut:
        return f"{run.name} is longer than {run.settings.max_duration_s / 3600:g} h; {kept}"
    if exit_status:
        return f"decoding {run.name} broke off {where}{_quote(reversed(report.last_errors))}; {kept}"
    if run.undecoded:
        codecs = ", ".join(sorted(set(run.undecoded)))
        return f"sound of {run.name} could not be decoded ({codecs}){_quote(report.first_errors)}; {kept}"
    if _fell_short(run):
        said = _quote([report.truncation] if report.truncation else reversed(report.last_errors))
        told_s = run.wav.duration_s if run.wav else report.duration_s
        of = "" if told_s is None else f" of {told_s:.1f} s"
        return f"{run.name} seems cut off: its audio ends {where}{of}{said}; {kept}"
    if (dropped_s := timeline.dropped_samples / SAMPLE_RATE_HZ) > _OVERLAP_S:
        return f"{run.name}: {dropped_s:.1f} s of audio were dropped, for their time was already taken"
    return None


def _fell_short(run: DecodeRun) -> bool:
    """Tell whether the audio ends early because the file is broken; a longer video alone is no fault."""
    report, facts = run.report, run.facts or StreamFacts()
    if run.sound is not None or report.clock_resets:
        return False
    if run.wav is not None:
        return run.wav.is_cut
    if report.duration_s is None:
        return False
    missing_s = report.duration_s - run.audio_s
    if missing_s <= _SHORTFALL_S:
        return False
    cut_off = not facts.has_video and facts.sounds == 1 and not report.duration_is_estimate
    return bool(report.truncation) or cut_off or report.decode_errors * _MAX_FRAME_S > missing_s


def _notes(run: DecodeRun) -> Iterator[str]:
    """What to know of a recording's times and sound, each as a part of a sentence that names it."""
    report, timeline, told_s = run.report, run.timeline, run.report.duration_s
    if run.sound is not None:
        yield from _transport_notes(run, run.sound)
    if cancelled_s := run.mixer.cancelled_s:
        yield f"the two channels of {run.name} cancel in {cancelled_s} s: there, their difference was taken"
    mean_dbfs = run.mean_dbfs
    if mean_dbfs is None:
        others = f"; give --audio-stream {run.louder_stream} to hear another" if run.louder_stream is not None else ""
        yield f"the sound of {run.name} is silence{others}"
    elif run.louder_stream is not None:
        yield f"the sound of {run.name} is nearly silence; give --audio-stream {run.louder_stream} to hear another"
    elif mean_dbfs < QUIET_DBFS:
        yield f"the sound of {run.name} is very low (mean {mean_dbfs:.0f} dBFS): laughs will be missed; make it louder"
    if report.clock_resets:
        yield f"the clock of {run.name} breaks off {_times(report.clock_resets)}; what follows counts on without a gap"
    if timeline.joined:
        said = _listed(f"{by_s:.1f} s at {at_s:.1f} s" for at_s, by_s in timeline.joined)
        yield (
            f"the times of {run.name} jump ahead by more than --max-gap ({run.settings.max_gap_s:g} s), {said}: "
            f"joined; up to {sum(by_s for _, by_s in timeline.joined):.1f} s may be missing"
        )
    if (silence_s := timeline.silence_samples / SAMPLE_RATE_HZ) >= _NOTED_SILENCE_S:
        said = _listed(f"{length_s:.1f} s at {at_s:.1f} s" for at_s, length_s in timeline.filled)
        yield f"{silence_s:.1f} s of the sound of {run.name} are missing and filled with silence: {said}"
    if run.sound is not None or run.wav is not None or told_s is None or report.clock_resets:
        return
    missing_s = told_s - run.audio_s
    if report.duration_is_estimate:
        if abs(missing_s) > _SHORTFALL_S:
            yield (
                f"{run.name} tells no length: players guess {told_s:.0f} s where {run.audio_s:.0f} s are there, and "
                "show other places for its times"
            )
    elif report.first_errors and missing_s > _NOTED_S and not _fell_short(run):
        cause = _quote(report.first_errors)
        yield f"{run.name} is damaged{cause} and {missing_s:.1f} s short: later times may be early by as much"


def _transport_notes(run: DecodeRun, sound: SoundFacts) -> Iterator[str]:
    breaks = [one for one in sound.breaks if one.at_s is not None and not one.filled]
    if breaks:
        said = _listed((_said_of_break(one) for one in breaks), more=sound.more_breaks)
        yield f"the clock of {run.name} jumps {_times(len(breaks) + sound.more_breaks)}: {said}"
    if sound.scrambled > _NOTED_SHARE * sound.packets:
        share = sound.scrambled / max(1, sound.packets)
        yield f"{share:.0%} of the sound of {run.name} is scrambled and cannot be heard"
    if len(sound.codecs) > 1:
        kinds = [codec for codec, _ in itertools.groupby(codec for codec, _ in sound.codecs)]
        if len(kinds) > 1:
            yield f"the codec of {run.name} changes: {_listed(kinds)}"
    if sound.programmes > 1:
        yield f"{run.name} holds {sound.programmes} programmes; the sound of programme {sound.programme} was taken"


def _said_of_break(one: Break) -> str:
    said = f"by {one.by_s:+.1f} s at {one.at_s:.1f} s: joined"
    return f"{said}; up to {one.by_s:.1f} s may be missing" if one.maybe_missing else said


def _clock_map(run: DecodeRun) -> tuple[tuple[float, ...], ...]:
    breaks = run.sound.breaks if run.sound else []
    return tuple(
        (round(one.at_s, 3), round(one.stamp / TICKS_PER_S, 3), float(one.position))
        for one in breaks
        if one.at_s is not None
    )


def _listed(said: Iterable[str], *, more: int = 0) -> str:
    """The first few, and how many more there are."""
    everything = list(said)
    more += len(everything) - _LISTED
    return ", ".join(everything[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _times(count: int) -> str:
    return f"{count} time{'s' if count > 1 else ''}"


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _quote(errors: Iterable[str]) -> str:
    """Return the first of ffmpeg's error lines in brackets, or nothing."""
    first = next(iter(errors), None)
    return f" (ffmpeg: {display_text(first.strip(), longest=_QUOTE_LENGTH)})" if first else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
