"""The data dictionary, the columns of shards, the metrics and the first look say what there is."""

import pathlib
import re

import pytest

from models.shard_format import SCHEMA as SHARD_SCHEMA
from transforms import run_metrics
from transforms.tables.schemas import SCHEMAS

HOME = pathlib.Path(__file__).resolve().parents[2]
TYPES = {"string": "string", "int64": "int64", "int32": "int32", "int8": "int8", "float": "float", "double": "double"}
TYPES["list of float"] = "list<item: float>"
TYPES["timestamp UTC"] = "timestamp[us, tz=UTC]"


def page(name):
    return (HOME / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_data_dictionary_lists_every_column_with_its_type(table):
    section = re.split(r"\n\n\*\*|\n## ", page("docs/tables.md").split(f"\n**{table}**:")[1])[0]
    listed = re.findall(r"^\| ([a-z_, 0-9]+) \| ([a-zA-Z0-9 ]+) \|", section, re.MULTILINE)
    columns = [(name, TYPES[kind]) for names, kind in listed if names != "column" for name in names.split(", ")]
    assert columns == [(field.name, str(field.type)) for field in SCHEMAS[table]]


def test_the_columns_of_shards_are_listed_with_their_types():
    section = page("docs/training.md").split("\n| column of a shard |")[1].split("\n\n")[0]
    listed = re.findall(r"^\| ([a-z_]+) \| ([a-z0-9 ]+) \|", section, re.MULTILINE)
    types = {**TYPES, "list of int16": "list<element: int16 not null>"}
    sized = {f"{size} bytes": f"fixed_size_binary[{size}]" for size in (66, 1280)}
    assert [(name, {**types, **sized}[kind]) for name, kind in listed] == [
        (field.name, str(field.type)) for field in SHARD_SCHEMA
    ]


def test_every_metric_is_listed_with_what_it_is():
    section = page("docs/operations.md").split("\n| metric | what |\n|---|---|\n")[1].split("\n\n")[0]
    listed = dict(re.findall(r"^\| (\w+) \| (.*) \|$", section, re.MULTILINE))
    assert listed == {**run_metrics.COUNTERS, **run_metrics.DISTRIBUTIONS}


def test_the_first_look_works_in_duckdb(tmp_path, loudness_bundle, monkeypatch):
    import duckdb

    from pipeline import cli
    from tests.helpers.archive import make_recording

    recording = make_recording(tmp_path / "2016-01-01_0000_US_CNN_One.wav")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["detect", str(recording), "--bundle", str(loudness_bundle), "--quiet"]) == 0
    shell = re.search(r"python -c .*'''(.*?)'''", page("README.md"))
    python = re.search(r'duckdb\.sql\("""(.*?)"""\)', page("README.md"), re.DOTALL)
    assert shell
    assert python
    assert duckdb.sql(shell[1]).fetchall()[0][:4] == ("2016-01-01_0000_US_CNN_One", 8.0, 11.0, "giggle")
    assert duckdb.sql(python[1]).fetchall() == [("CNN", "One", 1, 3.0)]
