"""One ffmpeg process: fed and read without ever hanging, its standard error drained, always reaped."""

import contextlib
import io
import math
import os
import resource
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, Any

from transforms.decode.ffmpeg_command import FACTS, FACTS_END

MAX_MEMORY_BYTES = 4 << 30
"""Address space of an ffmpeg: a header that lies about sizes asks for more, a real recording for some hundred MB."""

_POLL_S = 1.0
_KILL_WAIT_S = 30.0
_BUFFER_BYTES = 1 << 18
_FEEDER_WAIT_S = 5.0
_MAX_FACTS_BYTES = 1 << 16


class FfmpegStalled(Exception):
    """ffmpeg gave neither output nor its end within the stall timeout."""


class FfmpegTooSlow(Exception):
    """ffmpeg was waited for longer than it may take in all."""


class FfmpegProcess:
    """A running command in a process group of its own; leaving the `with` block kills and reaps it.

    `stdout` reads its standard output. Only the time spent waiting for ffmpeg counts towards the stall
    timeout, every byte it writes there restarts it, and FfmpegStalled is raised where it is over; all waiting together
    may take `longest_s`, else FfmpegTooSlow. `on_stderr` gets the bytes of standard error as they come, in another
    thread. `feed` gives, in a thread too, what the process reads from standard input; it is not asked further once the
    process reads no more. The process may use MAX_MEMORY_BYTES and gets no more. The argument FACTS is replaced by a
    pipe, and `facts` is what was written there.
    """

    def __init__(
        self,
        command: list[str],
        *,
        stall_timeout_s: float,
        longest_s: float = math.inf,
        on_stderr: Callable[[bytes], None],
        feed: Iterator[bytes] | None = None,
    ) -> None:
        """Start `command`; RuntimeError when it cannot be started."""
        self.facts = b""
        self.feed_error: Exception | None = None
        self._facts_known = threading.Event()
        self._stall_timeout_s = stall_timeout_s
        self._on_stderr = on_stderr
        self._closing = threading.Event()
        self._process, self._facts = _start(command, fed=feed is not None)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stderr: IO[bytes] = self._process.stderr
        patient = _PatientReader(
            self._process.stdout, closing=self._closing, stall_timeout_s=stall_timeout_s, longest_s=longest_s
        )
        self.stdout = io.BufferedReader(patient, _BUFFER_BYTES)
        self._drainers = [threading.Thread(target=self._drain_stderr, name="ffmpeg-stderr", daemon=True)]
        self._drainers.append(threading.Thread(target=self._drain_facts, name="ffmpeg-facts", daemon=True))
        self._feeder: threading.Thread | None = None
        if feed is not None:
            self._feeder = threading.Thread(target=self._write, args=(feed,), name="ffmpeg-stdin", daemon=True)
            self._feeder.start()
        for drainer in self._drainers:
            drainer.start()

    def __enter__(self) -> "FfmpegProcess":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill what still runs, reap it and close both pipes."""
        self.close()

    def wait(self) -> int:
        """Wait for the end after all output has been read; return the exit status (negative: a signal)."""
        for thread in (*self._drainers, *([self._feeder] if self._feeder else [])):
            thread.join(self._stall_timeout_s)
        try:
            return self._process.wait(self._stall_timeout_s)
        except subprocess.TimeoutExpired as error:
            raise FfmpegStalled from error

    def wait_for_facts(self) -> bytes:
        """What was written to FACTS once the streams are described there; sooner where that does not come."""
        self._facts_known.wait(self._stall_timeout_s)
        return self.facts

    def close(self) -> None:
        """Kill the whole group, reap the child, let go of both pipes; harmless when called again.

        Whoever still reads `stdout` in another thread gets its end.
        """
        self._closing.set()
        if self._process.returncode is None:  # not reaped, so its number still names this very group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):  # only where the kernel itself hangs
                self._process.wait(_KILL_WAIT_S)
        for drainer in self._drainers:
            drainer.join()
        if self._feeder is not None:  # it may wait for a disk that hangs
            self._feeder.join(_FEEDER_WAIT_S)
        self._stderr.close()
        self._facts.close()
        self.stdout.close()

    def _write(self, feed: Iterator[bytes]) -> None:
        """Feed the process until it wants no more; its end of the pipe breaks when it ends or is killed."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            with pipe:
                for data in feed:
                    if self._closing.is_set():
                        return
                    _write_all(pipe, data)
        except BrokenPipeError:
            return
        except Exception as error:  # raised where it is waited for, not in this thread
            self.feed_error = error

    def _drain_facts(self) -> None:
        while data := _read_patiently(self._facts, 1 << 16, closing=self._closing, stall_timeout_s=math.inf):
            self.facts += data[: _MAX_FACTS_BYTES - len(self.facts)]
            if b"\n" in self.facts.partition(FACTS_END)[2]:
                self._facts_known.set()
        self._facts_known.set()

    def _drain_stderr(self) -> None:
        while data := _read_patiently(self._stderr, 1 << 16, closing=self._closing, stall_timeout_s=math.inf):
            self._on_stderr(data)


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _start(command: list[str], *, fed: bool) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """The process, and the reading end of its pipe for facts."""
    reading, writing = os.pipe()
    arguments = [f"pipe:{writing}" if argument == FACTS else argument for argument in command]
    facts = open(reading, "rb", buffering=0)  # noqa: SIM115 (closed with the process)
    try:
        return _popen(arguments, writing, fed=fed), facts
    except BaseException:
        facts.close()
        raise
    finally:
        os.close(writing)


def _popen(command: list[str], writing: int, *, fed: bool) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command,
            stdin=pipe if fed else subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            bufsize=0,
            start_new_session=True,
            pass_fds=(writing,),
            env=os.environ | {"TZ": "UTC0"},  # of the times in its log
        )
    except OSError as error:
        cure = "install imageio-ffmpeg, or let IMAGEIO_FFMPEG_EXE name an ffmpeg"
        raise RuntimeError(f"ffmpeg cannot be started ({error}); {cure}") from error
    if hasattr(resource, "prlimit"):  # Linux
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    return process


class _PatientReader(io.RawIOBase):
    """A pipe whose reads end with FfmpegStalled when nothing comes for too long, and at once when closing.

    All reads together may take `longest_s`; FfmpegTooSlow.
    """

    def __init__(self, pipe: IO[bytes], *, closing: threading.Event, stall_timeout_s: float, longest_s: float) -> None:
        self._pipe = pipe
        self._closing = closing
        self._stall_timeout_s = stall_timeout_s
        self._left_s = longest_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left_s <= 0:
            raise FfmpegTooSlow
        began_s, timeout_s = time.monotonic(), min(self._stall_timeout_s, self._left_s)
        try:
            data = _read_patiently(self._pipe, len(buffer), closing=self._closing, stall_timeout_s=timeout_s)
        except FfmpegStalled as error:
            raise (FfmpegTooSlow if self._left_s < self._stall_timeout_s else FfmpegStalled) from error
        self._left_s -= time.monotonic() - began_s
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._pipe.close()
        super().close()


def _read_patiently(pipe: IO[bytes], size: int, *, closing: threading.Event, stall_timeout_s: float) -> bytes:
    """Read what is there, at most `size` bytes; nothing at the end, or when closing with nothing left.

    Polls, because a stray grandchild may keep a pipe open after ffmpeg itself was killed.
    """
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    deadline_s = time.monotonic() + stall_timeout_s
    while not poll.poll(1000 * max(0.0, min(_POLL_S, deadline_s - time.monotonic()))):
        if closing.is_set():
            return b""
        if time.monotonic() >= deadline_s:
            raise FfmpegStalled
    return os.read(pipe.fileno(), size)
