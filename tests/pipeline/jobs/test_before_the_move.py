"""A store of before is used as it is, nothing is decoded anew; its tables are written once with what is new in them."""

import json
import pathlib
import shutil

import pyarrow.parquet as pq
import pytest

from models.bundles.selection import select_models
from models.sounds.synthesis import laugh
from pipeline import cli
from tests.data.before_the_move.make import ARCHIVE, NAMES, make_archive
from tests.helpers.archive import rows, states
from transforms.embed.store import list_day, read_part
from transforms.tables.schemas import SCHEMAS

MADE = pathlib.Path(__file__).parents[2] / "data" / "before_the_move"


@pytest.fixture
def archive():
    """The recordings that the store knows, at the very path that it knows."""
    try:
        make_archive(laugh)
    except FileExistsError:
        pytest.skip(f"{ARCHIVE} is there already: another run may be at work in it, or it was left; remove it")
    yield [str(ARCHIVE / name) for name in NAMES]
    shutil.rmtree(ARCHIVE)


@pytest.fixture
def tables(tmp_path):
    shutil.copytree(MADE / "tables", tmp_path / "tables")
    return tmp_path / "tables"


def detect(inputs, tables):
    return cli.main(["detect", *inputs, "--bundle", "compact", "--output", str(tables)])


def test_the_store_is_used_and_the_tables_are_written_once_with_what_is_new(archive, tables, capsys):
    before, parts = {table: rows(tables, table) for table in SCHEMAS}, states(tables / "store")
    assert detect(archive, tables) == 0
    said = capsys.readouterr().err
    assert "nothing to embed" in said
    assert "3 recordings in the store were embedded without a tracker: their events begin and end on whole" in said
    assert states(tables / "store") == parts
    for table, old in before.items():
        assert [{name: row[name] for name in old[0]} for row in rows(tables, table)] == old
    assert all(row["path"].endswith(f"/{row['file_name']}") for row in rows(tables, "recordings"))
    (path, *_) = (tables / "windows").glob("*/*.parquet")
    assert str(pq.read_schema(path).field("window_s").type) == "int32"
    after = states(tables)
    assert detect(archive, tables) == 0
    assert states(tables) == after


SINCE_THEN = {
    **{"rules": 1, "is_transport_stream": None, "clock": (), "peak_dbfs": None, "mean_dbfs": None},
    **{"tracker": "", "tracker_fingerprint": ""},
}
"""What footers say since then, as it is taken of those that do not."""


def test_what_the_footers_say_is_read_and_written_back_as_it_was(tables):
    found = [part for date in ("2016-01-01", "2016-01-02") for part in list_day(str(tables / "store"), date)]
    assert len(found) == 3
    for part in found:
        _, info = read_part(part.path)
        noted = json.loads(pq.read_metadata(part.path).metadata[b"laughter"])
        written = info.to_document()
        assert {name: written.pop(name) for name in set(written) - set(noted)} == SINCE_THEN
        assert written == noted
    assert {row["status"] for row in rows(tables, "recordings")} == {"done", "failed"}


def test_the_fingerprints_of_what_ships_are_as_they_were(tables):
    models = select_models(bundle="compact")
    (row, *_) = rows(tables, "events")
    assert row["embedder"] == models.embedder.label
    assert row["head"] == models.head.label
    assert json.loads((tables / "store" / "embedder.json").read_text()) == models.embedder.space.to_document()
