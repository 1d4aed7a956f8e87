"""Every test that docs/promises.md names is there."""

import ast
import pathlib
import re

HOME = pathlib.Path(__file__).resolve().parents[2]


def test_every_promise_names_tests_that_exist():
    text = (HOME / "docs" / "promises.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for path, name in named:
            functions = ast.parse((HOME / path).read_text(encoding="utf-8")).body
            assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"
