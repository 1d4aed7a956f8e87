"""What a test's commands were, how they ended and what they wrote: shown where the test fails.

A plugin of pytest that needs nothing of the tests: it listens at `cli.main`, at `subprocess.run`, and at the fixtures
that take away what was written before pytest could show it.
"""

import shlex
import subprocess
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pipeline import cli

_MOST = 20_000  # characters shown of one stream


class Transcript:
    """Registered in `pytest_configure`; one a session, emptied before each test."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        cli.main = self._heard_main(cli.main)  # type: ignore[assignment]
        subprocess.run = self._heard_run(subprocess.run)  # type: ignore[assignment]
        pytest.CaptureFixture.readouterr = self._heard_read(pytest.CaptureFixture.readouterr)  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self.lines.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and self.lines:
            report.sections.append(("Commands of this test", "\n".join(self.lines)))
        return report

    def _ended(self, command: Any, status: object) -> None:
        words = [command] if isinstance(command, str | bytes) else command
        self.lines.append(f"$ {shlex.join(map(str, words))}\n-> {status}")

    def _wrote(self, stream: str, text: str | bytes | None) -> None:
        if text:
            shown = text.decode(errors="replace") if isinstance(text, bytes) else text
            self.lines.append(f"{stream}:\n{shown[-_MOST:]}")

    def _heard_main(self, main: Callable[..., int]) -> Callable[..., int]:
        def heard(arguments: list[str] | None = None, *rest: Any, **options: Any) -> int:
            command = ["laughter", *(arguments or [])]
            try:
                status = main(arguments, *rest, **options)
            except BaseException as error:
                self._ended(command, repr(error))
                raise
            self._ended(command, f"exit status {status}")
            return status

        return heard

    def _heard_run(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def heard(command: Any, *rest: Any, **options: Any) -> Any:
            try:
                done = run(command, *rest, **options)
            except (OSError, subprocess.SubprocessError) as error:
                self._ended(command, repr(error))
                self._wrote("stdout", getattr(error, "stdout", None))
                self._wrote("stderr", getattr(error, "stderr", None))
                raise
            self._ended(command, f"exit status {done.returncode}")
            self._wrote("stdout", done.stdout)
            self._wrote("stderr", done.stderr)
            return done

        return heard

    def _heard_read(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def heard(fixture: Any) -> Any:
            said = read(fixture)
            self._wrote("stdout, as the test read it", said.out)
            self._wrote("stderr, as the test read it", said.err)
            return said

        return heard
