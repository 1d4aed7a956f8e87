"""`laughter completion`: what a shell needs to complete the command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

PATHS = (
    *("inputs", "tables", "found", "truth", "file", "media", "views", "output", "store", "root", "embedder", "head"),
    *("input", "labels_csv", "shards", "train_shards", "spans", "audio", "manifest", "teacher", "work"),
)
"""Arguments, by their names in the parser, whose values are files or folders."""


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Print the completion."""
    import shtab

    from pipeline.parser import build_parser

    parser = build_parser()
    for action in actions(parser):
        if action.dest in PATHS and action.choices is None and not isinstance(action.const, bool):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, arguments.shell))
    return 0


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All arguments of the parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from actions(command)
