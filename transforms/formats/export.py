"""The files of one export: one a recording and format, or one a format for streams; each whole or absent."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO

from common.atomic_files import atomic_file, write_errors, write_text
from common.errors import LaughterError
from common.text import display_text
from transforms.formats.writers import FORMATS, FormatSettings
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents

STREAM_NAME = "laughter"


class ExportFiles:
    """Writes recordings in some formats to a folder; streams appear when the block ends well.

    Attributes:
        recordings: by format, those written (or, in a dry run, those that would be).
    """

    def __init__(self, output: str, formats: Sequence[str], settings: FormatSettings, *, dry_run: bool = False) -> None:
        """Note where to write (`output`: folder or URL) and what."""
        self.recordings: collections.Counter[str] = collections.Counter(dict.fromkeys(formats, 0))
        self._output = output.rstrip("/")
        self._settings = settings
        self._dry_run = dry_run
        self._streams: dict[str, IO[str]] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> ExportFiles:
        """Begin the streams.

        Raises:
            LaughterError: the folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            for name in self.recordings:
                if FORMATS[name].stream and not self._dry_run:
                    self._streams[name] = stack.enter_context(_stream(self.path(name), FORMATS[name].header))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the streams; after an exception they are dropped."""
        self._stack.__exit__(kind, error, at)

    def path(self, name: str, annotated: RecordingWithEvents | None = None) -> str:
        """The file of a format, and of a recording where the format is no stream."""
        leaf = STREAM_NAME if FORMATS[name].stream or annotated is None else annotated.file_stem
        return f"{self._output}/{leaf}.{FORMATS[name].ending}"

    def add(self, annotated: RecordingWithEvents, name: str) -> None:
        """Write a recording in the format `name`.

        Raises:
            InvalidRecording: it does not fit the format; nothing is written of it.
            LaughterError: the file cannot be written.
        """
        path = self.path(name, annotated)
        with write_errors(path):
            text = _text(annotated, name, self._settings)
            if name in self._streams:
                self._streams[name].write(text)
            elif not self._dry_run:
                write_text(path, text)
        self.recordings[name] += 1


def _text(annotated: RecordingWithEvents, name: str, settings: FormatSettings) -> str:
    try:
        return FORMATS[name].text(annotated, settings)
    except (LaughterError, OSError):
        raise
    except Exception as error:  # the libraries raise what they like, and one recording must not stop the rest
        reason = f"it does not fit the format {name} ({display_text(str(error), longest=200) or type(error).__name__})"
        raise InvalidRecording(annotated.name, reason) from error


@contextlib.contextmanager
def _stream(path: str, header: str) -> Iterator[IO[str]]:
    with (
        write_errors(path),
        atomic_file(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as file,
    ):
        file.write(header)
        yield file
