"""The pages for people: links lead somewhere, every page is found, and commands are those that there are."""

import argparse
import itertools
import pathlib
import re
import shlex

import pytest
from markdown_it import MarkdownIt

from pipeline import engine_options
from pipeline.dataflow.arguments import build_dataflow_parser
from pipeline.parser import build_parser
from transforms.formats.names import FORMATS
from transforms.tables.query import queries

HOME = pathlib.Path(__file__).resolve().parents[2]
PAGES = [HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))]
OURS = ("laughter", "./run_local.sh", "./run_dataflow.sh")


def tokens(page):
    """All tokens, those inside paragraphs too."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def links(page):
    for token in tokens(page):
        target = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if target:
            yield target


def anchors(page):
    """What GitHub makes of the headings: letters, digits, dashes and underscores, spaces as dashes."""
    found, heading = set(), False
    for token in tokens(page):
        if heading and token.type == "inline":
            found.add(re.sub(r"[^\w\- ]", "", token.content.lower()).replace(" ", "-"))
        heading = token.type == "heading_open"
    return found


def test_an_anchor_is_what_github_makes_of_a_heading(tmp_path):
    (tmp_path / "a.md").write_text("# `laughter`, and *more*\n\n## Flink 1.19\n\n[a](b.md#c)\n")
    assert anchors(tmp_path / "a.md") == {"laughter-and-more", "flink-119"}
    assert list(links(tmp_path / "a.md")) == ["b.md#c"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert HOME in target.parents, link
        assert not anchor or anchor in anchors(target), link


def test_readme_is_short_and_leads_to_every_page():
    readme = HOME / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 150
    assert {f"docs/{page.name}" for page in PAGES[1:]} <= set(links(readme))
    assert "docs/questions.ipynb" in links(readme)


@pytest.fixture(scope="module")
def parsers():
    ours = build_parser()
    return dict(zip(OURS, (ours, subcommands(ours)["detect"], build_dataflow_parser()), strict=True))


def subcommands(parser):
    """The parsers below, by name."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return below[0].choices if below else {}


def commands(page):
    """Each command of ours in blocks of code and within sentences, as words."""
    for token in tokens(page):
        if (token.type == "fence" and token.info == "") or token.type == "code_inline":
            for line in token.content.replace("\\\n", " ").splitlines():
                if line.strip().startswith(tuple(f"{name} " for name in OURS)):
                    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
                    lexer.whitespace_split = True
                    for ends, words in itertools.groupby(lexer, lambda word: set(word) <= set("&|;<>")):
                        words = list(words)
                        if not ends and words[0] in OURS:
                            yield words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_are_those_that_there_are(page, parsers):
    for words in commands(page):
        name, *rest = words
        parser = parsers[name]
        while rest and not rest[0].isupper() and (below := subcommands(parser)):
            assert rest[0] in below, words
            parser, rest = below[rest[0]], rest[1:]
        known = set(parser._option_string_actions)
        if name == "./run_dataflow.sh":  # the job's own options go through it
            for job in ("detect", "shards"):
                known |= set(subcommands(parsers["laughter"])[job]._option_string_actions)
        assert {word.partition("=")[0] for word in engine_options.split(rest)[0] if word.startswith("--")} <= known, (
            words
        )


def test_the_lists_of_questions_and_formats_are_whole():
    for page, names in (("queries.md", queries()), ("annotators.md", FORMATS)):
        text = (HOME / "docs" / page).read_text(encoding="utf-8")
        assert sorted(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == sorted(names)
