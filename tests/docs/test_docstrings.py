"""What a docstring says is raised is an error there is: a name that was changed elsewhere sends its reader nowhere."""

import ast
import builtins
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = [
    ast.parse(path.read_text(encoding="utf-8"))
    for package in ("common", "models", "transforms", "pipeline")
    for path in sorted((ROOT / package).rglob("*.py"))
]
ERRORS = {node.name for module in MODULES for node in ast.walk(module) if isinstance(node, ast.ClassDef)}
_ENTRY = re.compile(r"^    ([A-Z]\w*): ", re.MULTILINE)  # an error of another library is written with its module


def test_every_error_that_a_docstring_names_exists() -> None:
    named = {
        (name, getattr(node, "name", ""))
        for module in MODULES
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for _, _, raises in [(ast.get_docstring(node) or "").partition("Raises:\n")]
        for name in _ENTRY.findall(raises)
    }
    assert len(named) > 50
    assert {(name, where) for name, where in named if name not in ERRORS and not hasattr(builtins, name)} == set()
