"""The entry of the command `laughter`: which command was chosen, and what its errors become."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import pathlib
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import cast

from pipeline.streams import make_forgiving, trouble

HOME = pathlib.Path(__file__).resolve().parents[1]


def check_home() -> None:
    """Refuse to run with another distribution's package of the name `transforms`, `models` or `common`."""
    for name in ("transforms", "models", "common"):
        spec = importlib.util.find_spec(name)
        found = pathlib.Path(spec.origin).resolve().parents[1] if spec and spec.origin else None
        if found is None:
            raise SystemExit(
                f"laughter: the package {name} is not installed, as after an update; install laughter from {HOME} again"
            )
        if found != HOME:
            raise SystemExit(
                f"laughter: the package {name} is taken from {found}, not from {HOME}; install laughter in a virtual "
                "environment of its own, or start it from another folder"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    check_home()
    argv = list(sys.argv[1:] if argv is None else argv)
    make_forgiving()
    for polite in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):  # they clean up as Ctrl-C does
        with contextlib.suppress(ValueError):  # only the main thread may
            if signal.getsignal(polite) is not signal.SIG_IGN:  # as under nohup
                signal.signal(polite, signal.default_int_handler)
    status = exit_status_of(lambda: _run(argv), debug="--debug" in argv)
    if error := trouble():
        print(f"laughter: standard output cannot be written ({error.strerror}); see to where it goes", file=sys.stderr)
        return status or 1
    return status


def exit_status_of(work: Callable[[], int], *, debug: bool) -> int:
    """The exit status that `work` gives; what it raises becomes a sentence and a status, or a trace with `debug`."""
    from common.errors import LaughterError
    from common.redaction import redact

    _configure_logging(debug)
    try:
        return work()
    except LaughterError as error:
        print(f"laughter: {redact(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return _stopped()
    except Exception as error:
        if "KeyboardInterrupt" in str(error):  # so the engine passes on what stopped a worker
            return _stopped()
        if debug:
            print(redact(traceback.format_exc()), file=sys.stderr)
            return 1
        print(f"laughter: {redact(_last_sentence(error))} (--debug shows more)", file=sys.stderr)
        return 1


def _stopped() -> int:
    print("laughter: stopped; run the same command again to go on from here", file=sys.stderr)
    return 130


class _RedactingFormatter(logging.Formatter):
    """Formats log records, the engine's too, without the secrets of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        from common.redaction import redact  # once check_home has looked where it is

        return redact(super().format(record))


def _configure_logging(debug: bool) -> None:
    """Keep the libraries' chatter from the user, who asked for none of it."""
    # The engine logs the trace of what it then raises; one sentence at the end says it better.
    logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_RedactingFormatter("laughter: %(message)s"))
    for ours in ("transforms", "models", "common"):
        logging.getLogger(ours).setLevel(logging.WARNING)
    if not debug:
        warnings.filterwarnings("ignore", category=FutureWarning)


def _run(argv: list[str]) -> int:
    from pipeline.parser import build_parser

    beam_argv: list[str] = []
    serving = False
    if argv[:1] in (["detect"], ["shards"]) and not {"-h", "--help"} & set(argv):
        from pipeline import engine_options

        argv, beam_argv = engine_options.split(argv)
        serving = engine_options.starts_server(engine_options.engine_options(beam_argv))
    arguments = build_parser().parse_args(argv)
    from common.temporary_files import scratch_folder

    with contextlib.nullcontext() if serving else scratch_folder():  # an engine's server would miss its files in there
        return int(_resolve(arguments.run)(arguments, beam_argv))


def _resolve(name: str) -> Callable[..., int]:
    """The function that MODULE:FUNCTION names."""
    module, _, function = name.partition(":")
    return cast("Callable[..., int]", getattr(importlib.import_module(module), function))


def _last_sentence(error: Exception) -> str:
    """What went wrong, without the trace that the engine wraps around a worker's exception."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith((" ", "Traceback"))]
    named = re.compile(r"(?:\w+\.)+[A-Z]\w*: ")  # the exception's class, where the engine passes on no more than text
    return named.sub("", lines[-1], count=1) if lines else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
