"""Going through the recordings of some tables, and counting what comes of it."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Sequence

from rich.console import Console

from common.errors import UsageError
from common.text import display_text
from transforms.tables.find_named import find_named
from transforms.tables.read_tables import RecordingWithEvents, TableError, list_days, read_day

EXAMPLES = 5
"""Recordings named with each trouble."""

UNREADABLE_DAY = "the tables of a day cannot be read to their end"


@dataclasses.dataclass
class TablesProgress:
    """What came of the recordings; also the progress, a day at a time.

    Attributes:
        total, done: days.
        doing: what takes its time just now; "" for nothing.
        statuses: recordings by status.
        events: of the recordings that were used.
        troubles: recordings, or days, by reason.
        examples: some of their names, by reason; for days what was wrong.
    """

    total: int
    done: int = 0
    doing: str = ""
    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    events: int = 0
    troubles: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    examples: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def trouble(self, reason: str, example: str) -> None:
        """Count one more of `reason`."""
        self.troubles[reason] += 1
        if self.troubles[reason] <= EXAMPLES:
            self.examples.setdefault(reason, []).append(example)

    def refresh(self) -> None:
        """Nothing to look at: the counts are kept up by the run itself."""

    def describe(self) -> str:
        """One line of progress."""
        troubles = f", {sum(self.troubles.values())} troubles" if self.troubles else ""
        line = f"{self.done} of {self.total} days, {sum(self.statuses.values())} recordings{troubles}"
        return f"{line}; {self.doing}" if self.doing else line

    def recordings(self) -> str:
        """How many, and of which status."""
        statuses = ", ".join(f"{count} {status}" for status, count in self.statuses.most_common())
        return f"{sum(self.statuses.values())}" + (f" ({statuses})" if statuses else "")

    def show_troubles(self, console: Console) -> None:
        """Print each reason with its count and some names."""
        for reason, count in self.troubles.most_common():
            console.print(f"{count} x {reason}:", markup=False)
            for example in self.examples[reason]:
                console.print(f"  {display_text(example)}", markup=False)
            if count > EXAMPLES:
                console.print(f"  and {count - EXAMPLES} more", markup=False)


def find_days(tables: str) -> list[str]:
    """The days that the tables have recordings of.

    Raises:
        UsageError: there are none.
    """
    days = list_days(tables)
    if not days:
        raise UsageError(f"{display_text(tables)} holds no tables; give the folder that laughter detect wrote")
    return days


def each_recording(
    tables: str, days: Sequence[str], wanted: Sequence[str], tally: TablesProgress
) -> Iterator[tuple[str, RecordingWithEvents]]:
    """Every recording of `days` with its day, counted; only those that `wanted` names, where any are.

    What cannot be read, or is wanted and means no recording or several, becomes a trouble of the tally.
    """
    named = find_named(tables, days, wanted) if wanted else None
    for date in days:
        ids = named.by_day.get(date, set()) if named else None
        if ids is None or ids:
            try:
                for annotated in read_day(tables, date):
                    if ids is None or annotated.recording_id in ids:
                        tally.statuses[annotated.recording["status"]] += 1
                        yield date, annotated
            except TableError as error:
                tally.trouble(UNREADABLE_DAY, str(error))
        tally.done += 1
    for name, reason in sorted(named.troubles.items()) if named else ():
        tally.trouble(reason, name)
