"""How far a run of `laughter detect` is, by the parts that it writes: the engine says nothing before the end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from pipeline.console import hours_and_minutes

if TYPE_CHECKING:
    from pipeline.jobs.plan import Plan
    from transforms.embed.part_state import EmbedSettings
    from transforms.embed.store import PartInfo, StorePart


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

    def _list(self, date: str) -> list[StorePart]:
        from common.storage import StorageError
        from transforms.embed.store import list_day

        with contextlib.suppress(OSError, StorageError):
            return list_day(self._store, date)
        return []

    def refresh(self) -> None:
        """Update the counts."""
        from transforms.embed.store import read_info

        for date, waiting in self._waiting.items():
            for part in self._list(date) if waiting else []:
                if part.recording_id in waiting and self._before.get(part.path) != part.version:
                    waiting.discard(part.recording_id)
                    self._count(read_info(part.path))

    def _count(self, info: PartInfo | None) -> None:
        self.done += 1
        self.failed += bool(info and info.status == "failed")
        self.audio_s += info.audio_s if info else 0.0

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
