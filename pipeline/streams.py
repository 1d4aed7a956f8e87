"""Standard streams as commands find them: closed from the start, closed half-way (`| head`), or on a full disk.

None of these may lose the work or its exit status: what nobody reads is dropped, and what cannot be written is said.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any

_STANDARD = {0: "stdin", 1: "stdout", 2: "stderr"}


class _Forgiving(io.RawIOBase):
    """A descriptor whose reader may go away: from then on what is written is dropped.

    Attributes:
        failed: what else went wrong, such as a full disk; None where nothing did.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._dropping = False
        self.failed: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        if not self._dropping:
            try:
                return os.write(self._descriptor, data)
            except InterruptedError:
                raise
            except OSError as error:
                self._dropping = True
                if error.errno != errno.EPIPE:
                    self.failed = error
        return len(data)


def make_forgiving() -> None:
    """Open what is closed of the standard streams, and have output survive a reader that has gone.

    A descriptor that is free would be taken by the next file that is opened, and get what is meant for the terminal.
    """
    for descriptor, name in _STANDARD.items():
        try:
            os.fstat(descriptor)
        except OSError:
            while os.open(os.devnull, os.O_RDWR) < descriptor:
                pass
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "r" if descriptor == 0 else "w", closefd=False))  # noqa: SIM115
    for descriptor in (1, 2):
        stream = getattr(sys, _STANDARD[descriptor])
        if (
            isinstance(stream, io.TextIOWrapper)
            and not isinstance(_raw(stream), _Forgiving)
            and _is(stream, descriptor)
        ):
            with contextlib.suppress(OSError):
                stream.flush()
            setattr(sys, _STANDARD[descriptor], _forgiving(stream, descriptor))


def trouble() -> OSError | None:
    """Write out what is still held of standard output; what went wrong with it, None where nothing did."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    raw = _raw(sys.stdout)
    return raw.failed if isinstance(raw, _Forgiving) else None


def _forgiving(stream: io.TextIOWrapper, descriptor: int) -> io.TextIOWrapper:
    """Another stream on the same descriptor; characters that it cannot encode are escaped."""
    buffer = io.BufferedWriter(_Forgiving(descriptor))
    lines = stream.line_buffering or descriptor == 2
    return io.TextIOWrapper(buffer, encoding=stream.encoding, errors="backslashreplace", line_buffering=lines)


def _is(stream: io.TextIOWrapper, descriptor: int) -> bool:
    """Whether a stream is that of the process, and not a test's."""
    try:
        return stream.fileno() == descriptor
    except (OSError, ValueError):
        return False


def _raw(stream: Any) -> Any:
    return getattr(getattr(stream, "buffer", None), "raw", None)
