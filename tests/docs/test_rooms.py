"""The house keeps its rules: a room says what lives there, and where what has no test file of its name is tested."""

import ast
import pathlib
import re

import pytest

HOME = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("common", "models", "transforms", "pipeline")
ROOMS = sorted(init.parent.relative_to(HOME) for package in PACKAGES for init in (HOME / package).rglob("__init__.py"))


def modules(room):
    return sorted(path for path in (HOME / room).glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_a_room_says_what_lives_there_and_where_it_is_tested(room):
    tree = ast.parse((HOME / room / "__init__.py").read_text(encoding="utf-8"))
    said = ast.get_docstring(tree)
    assert said
    assert len(tree.body) == (3 if room.name == "models" else 1)  # a docstring, and in models what TensorFlow needs
    elsewhere = said.partition("Tested elsewhere:")[2]
    without = [one.stem for one in modules(room) if not (HOME / "tests" / room / f"test_{one.name}").exists()]
    assert not [name for name in without if not re.search(rf"\b{name}\b", re.sub(r"\([^)]*\)", "", elsewhere))]
    for group in re.findall(r"\(([^)]*)\)", elsewhere):
        folder = pathlib.Path()
        for name in re.split(r",\s+", group):
            folder = pathlib.Path(name).parent if "/" in name else folder
            assert (HOME / folder / pathlib.Path(name).name).is_file(), name


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_a_room_has_a_few_modules(room):
    assert len(modules(room)) <= 13


def test_every_room_is_installed():
    setup = (HOME / "setup.py").read_text(encoding="utf-8")
    listed = re.findall(r'^        "([a-z.]+)",$', setup.partition("packages=[")[2].partition("]")[0], re.MULTILINE)
    assert sorted(listed) == sorted(str(room).replace("/", ".") for room in ROOMS)
