"""The reference of all commands, from the parser itself: python -m pipeline.reference > docs/reference.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipeline.dataflow.arguments import build_dataflow_parser
from pipeline.parser import build_parser

HEAD = """# Reference of the command `laughter`, and of `run_dataflow.sh`

Made from the commands' own parsers by `python -m pipeline.reference > docs/reference.md`; a test compares the two.
"""


def text() -> str:
    """The reference, in Markdown."""
    dataflow = build_dataflow_parser()
    return "\n".join([HEAD, *_lines(build_parser(), "laughter", ""), *_lines(dataflow, "run_dataflow.sh", "")])


def _lines(parser: argparse.ArgumentParser, name: str, summary: str) -> Iterator[str]:
    positional = [action for action in parser._actions if not action.option_strings]
    commands = [action for action in positional if isinstance(action, argparse._SubParsersAction)]
    if name != "laughter":
        yield from (f"## {name}", "", *_description(parser, summary), f"    {_synopsis(name, parser)}", "")
        yield from _options(parser)
        if parser.epilog:
            yield from ("```", parser.epilog, "```", "")
    for action in commands:
        summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for command, below in action.choices.items():
            yield from _lines(below, f"{name} {command}", summaries.get(command, ""))


def _description(parser: argparse.ArgumentParser, summary: str) -> list[str]:
    sentence = parser.description or f"{summary[:1].upper()}{summary[1:]}."
    return [sentence, ""]


def _synopsis(name: str, parser: argparse.ArgumentParser) -> str:
    """The command with what has to be given."""
    needed = [
        " ".join([*action.option_strings[:1], _value(action)]).strip()
        for action in sorted(parser._actions, key=lambda action: bool(action.option_strings))
        if action.required or (not action.option_strings and action.nargs in ("?", "*"))
    ]
    return " ".join([name, *needed, "[OPTION ...]"])


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = parser._get_formatter()
    for group in parser._action_groups:
        shown = [
            action
            for action in group._group_actions
            if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
        ]
        if not shown:
            continue
        if group.title and group not in (parser._positionals, parser._optionals):
            yield from (f"{group.title[:1].upper()}{group.title[1:]}:", "")
        yield from ("| option | what |", "|---|---|")
        for action in shown:
            option = " ".join([", ".join(action.option_strings), _value(action)]).strip()
            yield f"| `{option}` | {formatter._expand_help(action).replace('|', '&#124;') if action.help else ''} |"
        yield ""


def _value(action: argparse.Action) -> str:
    """How a value is written; nothing for a switch."""
    if action.nargs == 0:
        return ""
    name = str(action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""))
    name = name or (action.dest.upper() if action.option_strings else action.dest)
    if isinstance(action, argparse._SubParsersAction):
        return str(action.metavar)
    return {"+": f"{name} [{name} ...]", "*": f"[{name} ...]", "?": f"[{name}]"}.get(str(action.nargs), name)


if __name__ == "__main__":
    print(text(), end="")
