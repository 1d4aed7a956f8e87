"""One ffmpeg process: its output read without ever hanging, its standard error drained, always reaped."""

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from types import TracebackType

_POLL_S = 1.0
_KILL_WAIT_S = 30.0


class FfmpegStalled(Exception):
    """ffmpeg gave neither output nor its end within the stall timeout."""


class FfmpegProcess:
    """A running command in a process group of its own; leaving the `with` block kills and reaps it.

    `on_stderr` gets the bytes of standard error as they come, in another thread; once it returns True, ffmpeg is
    asked to read no further and to write out what it has.
    """

    def __init__(self, command: list[str], *, stall_timeout_s: float, on_stderr: Callable[[bytes], bool]) -> None:
        """Start `command`; OSError when it cannot be started."""
        self._stall_timeout_s = stall_timeout_s
        self._on_stderr = on_stderr
        self._closing = threading.Event()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdout, self._stderr = self._process.stdout, self._process.stderr
        self._drainer = threading.Thread(target=self._drain_stderr, name="ffmpeg-stderr", daemon=True)
        self._drainer.start()

    def __enter__(self) -> "FfmpegProcess":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill what still runs, reap it and close both pipes."""
        self.close()

    def read_into(self, buffer: memoryview) -> int:
        """Fill `buffer` from standard output; return the bytes read, fewer than its length only at the end.

        Only the time spent waiting for ffmpeg counts towards the stall timeout, and each byte restarts it.
        """
        filled = 0
        while filled < len(buffer) and self._wait_readable(self._stdout.fileno()):
            count = os.readv(self._stdout.fileno(), [buffer[filled:]])
            if count == 0:
                break
            filled += count
        return filled

    def wait(self) -> int:
        """Wait for the end after all output has been read; return the exit status (negative: a signal)."""
        self._drainer.join(self._stall_timeout_s)
        try:
            return self._process.wait(self._stall_timeout_s)
        except subprocess.TimeoutExpired as error:
            raise FfmpegStalled from error

    def close(self) -> None:
        """Kill the whole group, reap the child, close the pipes; harmless when called again."""
        self._closing.set()
        if self._process.returncode is None:  # not reaped, so its number still names this very group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):  # only where the kernel itself hangs
                self._process.wait(_KILL_WAIT_S)
        self._drainer.join()
        self._stdout.close()
        self._stderr.close()

    def _wait_readable(self, descriptor: int) -> bool:
        """Wait until there is something to read; False when closing; FfmpegStalled when it takes too long."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        deadline_s = time.monotonic() + self._stall_timeout_s
        while not self._closing.is_set():
            left_s = deadline_s - time.monotonic()
            if poll.poll(1000 * max(0.0, min(_POLL_S, left_s))):
                return True
            if left_s <= 0:
                raise FfmpegStalled
        return False

    def _drain_stderr(self) -> None:
        """Pass on standard error until its end; polls, for a stray grandchild may keep the pipe open."""
        descriptor = self._stderr.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        asked = False
        while True:
            if poll.poll(1000 * _POLL_S):
                if not (data := os.read(descriptor, 1 << 16)):
                    return
                if self._on_stderr(data) and not asked:  # once only: ffmpeg quits at once when asked often
                    asked = True
                    self._process.terminate()
            elif self._closing.is_set():
                return
