"""What the plots of `laughter plot` share: where they go, how far they are, what came of them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from common.atomic_files import write_bytes, write_errors, write_text
from common.redaction import redact, redact_url
from common.text import display_text
from pipeline import progress
from pipeline.console import say
from transforms.plots.style import png

TROUBLES_SHOWN = 20


@dataclasses.dataclass(frozen=True)
class PlotOutput:
    """Where plots go.

    Attributes:
        folder: or URL.
        dry_run: write nothing.
        quiet: show no progress.
    """

    folder: str
    dry_run: bool = False
    quiet: bool = False

    def path(self, name: str) -> str:
        """Of the file of that name."""
        return f"{self.folder}/{name}"

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            LaughterError: it cannot be written.
        """
        path = self.path(name)
        with write_errors(path):
            write_bytes(path, content)

    def draw(self, name: str, figure: Any) -> None:
        """Write a figure as PNG."""
        self.write(name, png(figure))

    def close(self, names: list[str], troubles: list[str]) -> int:
        """Say what could not be used, and what was written; returns the exit status."""
        for trouble in troubles[:TROUBLES_SHOWN]:
            say(trouble)
        if len(troubles) > TROUBLES_SHOWN:
            say(f"and {len(troubles) - TROUBLES_SHOWN} more such sentences")
        files = ", ".join(names) or "nothing"
        if self.dry_run:
            print(f"nothing was written (--dry-run), but would be to {display_text(self.folder)}: {files}")
        else:
            print(f"written to {display_text(self.folder)}: {files}")
        return 3 if troubles else 0


@dataclasses.dataclass
class StepProgress:
    """Progress of one thing after the other."""

    total: int = 1
    done: int = 0
    doing: str = ""

    def refresh(self) -> None:
        """Nothing to look at: the run itself keeps this up."""

    def describe(self) -> str:
        """One line."""
        return f"{self.doing}: {self.done} of {self.total}"

    def begin(self, doing: str, total: int = 1) -> None:
        """Go on with something else, in so many steps."""
        self.doing, self.done, self.total = doing, 0, total

    def on_done(self, done: int, total: int) -> None:
        """So many steps are done."""
        self.done, self.total = done, total


@contextlib.contextmanager
def show_progress(work: StepProgress, output: PlotOutput) -> Iterator[None]:
    """Show the progress while the block runs, unless nobody wants it."""
    with contextlib.nullcontext() if output.quiet else progress.watching(work):
        yield


def _without_secrets(value: Any) -> Any:
    """A document of JSON's types whose texts hold no passwords, signatures or tokens of URLs."""
    if isinstance(value, Mapping):
        return {redact(str(name)): _without_secrets(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(one) for one in value]
    return redact(redact_url(value)) if isinstance(value, str) else value


def write_report(output: str, name: str, document: Mapping[str, Any], figures: Mapping[str, Any]) -> list[str]:
    """Write the figures, then the document; each file is whole or absent.

    Args:
        output: folder or URL.
        name: of the document's file.
        document: of JSON's types.
        figures: by the names of their files.

    Returns:
        The names of all files.

    Raises:
        LaughterError: the folder cannot be written.
    """
    text = json.dumps(_without_secrets(document), indent=1, ensure_ascii=False, allow_nan=False)
    with write_errors(output):
        for file, figure in figures.items():
            write_bytes(f"{output}/{file}", png(figure))
        write_text(f"{output}/{name}", text + "\n")
    return [name, *figures]
