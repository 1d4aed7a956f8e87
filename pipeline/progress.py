"""Progress while a local run goes on: the engine says nothing before the end, so what it writes is watched."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only shows progress needs neither the engine nor TensorFlow
    from pipeline.plan import Plan
    from transforms.embed.embed_recordings import EmbedSettings
    from transforms.embed.store import PartFile

LINE_EVERY_S = 30.0
"""Between lines where output is no terminal."""


def say(sentence: str) -> None:
    """Tell the user something that is not a result."""
    print(f"laughter: {sentence}", file=sys.stderr, flush=True)


class Watcher(Protocol):
    """Looks now and then at how far a run is."""

    total: int
    done: int

    def look(self) -> None:
        """Update the counts."""

    def describe(self) -> str:
        """One line for the user."""


class PartWatcher:
    """Counts what a run has finished by looking for the parts it is to write."""

    def __init__(self, plan: Plan, settings: EmbedSettings) -> None:
        """Note which parts there are now, so that only those written from now on count."""
        self.total = len(plan.pending)
        self.done = self.failed = 0
        self.audio_s = 0.0
        self._store = settings.store
        self._began = time.monotonic()
        self._waiting: dict[str, set[str]] = {}
        for recording in plan.pending:
            self._waiting.setdefault(recording.date, set()).add(recording.recording_id)
        self._before = {part.path: part.version for date in self._waiting for part in self._list(date)}

    def _list(self, date: str) -> list[PartFile]:
        from common.storage import StorageError
        from transforms.embed.store import list_day

        with contextlib.suppress(OSError, StorageError):
            return list_day(self._store, date)
        return []

    def look(self) -> None:
        """Update the counts."""
        from transforms.embed.store import read_info

        for date, waiting in self._waiting.items():
            for part in self._list(date) if waiting else []:
                if part.recording_id in waiting and self._before.get(part.path) != part.version:
                    waiting.discard(part.recording_id)
                    self._count(read_info(part.path))

    def _count(self, info: dict | None) -> None:
        self.done += 1
        self.failed += bool(info and info["status"] == "failed")
        self.audio_s += info["audio_s"] if info else 0.0

    def describe(self) -> str:
        """One line: recordings and hours done, times realtime, failures, time left."""
        elapsed = max(1e-9, time.monotonic() - self._began)
        line = f"{self.done} of {self.total} recordings, {self.audio_s / 3600:.2f} h of audio"
        line += f", {self.audio_s / elapsed:.0f} x realtime, {self.failed} failed"
        if self.done == self.total:
            line += "; classifying and writing tables"
        elif self.done:
            line += f", about {hours_and_minutes(elapsed * (self.total - self.done) / self.done)} left"
        return line


def hours_and_minutes(seconds: float) -> str:
    """A duration for people: `3 h 20 min`, `4 min 10 s`, `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


@contextlib.contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """While the block runs, show a bar on a terminal, or a line now and then elsewhere."""
    stop = threading.Event()
    show = _show_bar if sys.stderr.isatty() else _show_lines
    thread = threading.Thread(target=show, args=(watcher, stop.wait), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _polls(watcher: Watcher, wait: Callable[[float], bool]) -> Iterator[None]:
    """Look again and again, spending at most a twentieth of the time on looking; once more at the end."""
    stopped, pause_s = False, 1.0
    while not stopped:
        stopped = wait(pause_s)
        began = time.monotonic()
        watcher.look()
        pause_s = max(1.0, 20 * (time.monotonic() - began))
        yield


def _show_lines(watcher: Watcher, wait: Callable[[float], bool]) -> None:
    said = time.monotonic()
    for _ in _polls(watcher, wait):
        if watcher.done == watcher.total:
            break
        if time.monotonic() - said >= LINE_EVERY_S:
            say(watcher.describe())
            said = time.monotonic()
    say(watcher.describe())


def _show_bar(watcher: Watcher, wait: Callable[[float], bool]) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("starting", total=watcher.total)
        for _ in _polls(watcher, wait):
            bar.update(task, completed=watcher.done, description=watcher.describe())
