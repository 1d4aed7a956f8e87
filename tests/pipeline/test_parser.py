"""The parser: every command's help, the reference, completion; and what --help loads."""

import argparse
import pathlib
import shlex
import shutil
import subprocess
import sys

import pytest

from pipeline import cli, reference
from pipeline.parser import COMMANDS, SHELLS, build_parser

HEAVY = ("apache_beam", "tensorflow", "pyarrow", "keras", "matplotlib", "sklearn", "duckdb")

HELP_LOADS = """
import contextlib, sys
from pipeline import cli
with contextlib.suppress(SystemExit):
    cli.main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("command", [[], *([one.name] for one in COMMANDS), ["plot", "tsne"], ["models", "import"]])
def test_help_is_quick_to_import_and_names_every_command(command):
    argv = [sys.executable, "-c", HELP_LOADS, *command, "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    *told, loaded = done.stdout.splitlines()
    assert not set(HEAVY) & set(loaded.split())
    assert told[0].startswith(" ".join(["usage: laughter", *command]))
    if not command:
        assert all(any(line.strip().startswith(one.name) for line in told) for one in COMMANDS)


def test_every_command_names_a_function_that_is_there():
    named = [one.run for one in COMMANDS if one.run]
    for _, parser in commands(build_parser()):
        named += [parser.get_default("run")] if parser.get_default("run") else []
    assert len(set(named)) == len(COMMANDS) - 2 + 3 + 4  # plot and models have three and four below them
    for name in named:
        assert callable(cli._resolve(name))


def commands(parser, name="laughter"):
    """Every command with its parser, those below others too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, below in action.choices.items():
                yield f"{name} {verb}", below
                yield from commands(below, f"{name} {verb}")


@pytest.mark.parametrize(("name", "parser"), commands(build_parser()))
def test_help_of_every_command_has_an_example_that_its_parser_takes(name, parser):
    assert name in parser.format_help().split("example")[1]
    lines = [line.strip().removeprefix("example: ").split("&&")[0] for line in parser.epilog.splitlines()]
    for line in lines:
        if line.startswith("laughter ") and ">" not in line:
            argv = [word for word in shlex.split(line, comments=True)[1:] if word != "..."]
            _, beams = build_parser().parse_known_args(argv)
            assert not beams or beams[0] == "--runner"


def test_the_reference_is_that_of_the_parser():
    page = pathlib.Path(cli.HOME, "docs", "reference.md").read_text(encoding="utf-8")
    assert page == reference.text(), "run python -m pipeline.reference > docs/reference.md"
    assert page.count("\n## laughter ") == len(list(commands(build_parser())))


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_names_commands_and_options(shell, capsys):
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "train-compact" in script
    assert "with-scores" not in script
    assert "truth-format" in script


def test_bash_completes_commands_options_and_choices(tmp_path, capsys):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not here")
    cli.main(["completion", "bash"])
    (tmp_path / "completion.bash").write_text(capsys.readouterr().out)
    for words, expected in (
        (["laughter", "sc"], "score"),
        (["laughter", "query", "--for"], "--format"),
        (["laughter", "export", "--format", "text"], "textgrid"),
        (["laughter", "completion", "z"], "zsh"),
    ):
        complete = "; ".join(
            [
                f"source {tmp_path}/completion.bash",
                f"COMP_WORDS=({' '.join(words)})",
                f"COMP_CWORD={len(words) - 1}",
                "$(complete -p laughter | sed 's/.*-F \\([^ ]*\\).*/\\1/')",
                'echo "${COMPREPLY[@]}"',
            ]
        )
        done = subprocess.run([bash, "-c", complete], capture_output=True, text=True, check=False)
        assert done.stdout.split() == [expected], done.stderr
