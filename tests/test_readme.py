"""The README's data dictionary says what the tables hold."""

import pathlib
import re

import pytest

from transforms.tables import SCHEMAS

README = (pathlib.Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
TYPES = {"string": "string", "int64": "int64", "int32": "int32", "int8": "int8", "float": "float", "double": "double"}
TYPES["timestamp UTC"] = "timestamp[us, tz=UTC]"


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_data_dictionary_lists_every_column_with_its_type(table):
    section = README.split(f"\n**{table}**:")[1].split("\n\n**")[0].split("\n\nThe ")[0]
    listed = re.findall(r"^\| ([a-z_, 0-9]+) \| ([a-zA-Z0-9 ]+) \|", section, re.MULTILINE)
    columns = [(name, TYPES[kind]) for names, kind in listed if names != "column" for name in names.split(", ")]
    assert columns == [(field.name, str(field.type)) for field in SCHEMAS[table]]
