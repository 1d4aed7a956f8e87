"""Progress while a local run goes on: the engine says nothing before the end, so what it writes is watched."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from pipeline.console import say

LINE_EVERY_S = 30.0
"""Between lines where output is no terminal."""


class Watcher(Protocol):
    """Looks now and then at how far a run is."""

    total: int
    done: int

    def refresh(self) -> None:
        """Update the counts."""

    def describe(self) -> str:
        """One line for the user."""


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
        watcher.refresh()
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
