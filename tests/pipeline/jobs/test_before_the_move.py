"""A store and tables that were written before the house was redrawn are used as they are: nothing is computed anew."""

import json
import pathlib
import shutil

import pyarrow.parquet as pq
import pytest

from common import listing, storage
from models.bundles.selection import select_models
from models.sounds.synthesis import laugh
from pipeline import cli
from tests.data.before_the_move.make import ARCHIVE, NAMES, make_archive
from tests.helpers.archive import contents, rows, states
from transforms.embed.store import list_day, read_part

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


@pytest.fixture
def same_versions(tables, monkeypatch):
    """Files have the versions that they had when they were made: a copy has another inode and time."""
    noted = {str(tables / name): version for name, version in json.loads((MADE / "versions.json").read_text()).items()}
    plain = storage.entry_of

    def entry_of(filesystem, info, path):
        entry = plain(filesystem, info, path)
        return entry._replace(version=noted.get(entry.path, entry.version))

    monkeypatch.setattr(storage, "entry_of", entry_of)
    monkeypatch.setattr(listing, "entry_of", entry_of)


def detect(inputs, tables):
    return cli.main(["detect", *inputs, "--bundle", "compact", "--output", str(tables)])


def test_a_run_touches_neither_store_nor_annotations_nor_tables(archive, tables, same_versions, capsys):
    before = states(tables)
    assert detect(archive, tables) == 0
    assert "nothing to embed" in capsys.readouterr().err
    assert states(tables) == before


def test_a_moved_copy_is_annotated_to_the_same_bytes_and_nothing_is_decoded(archive, tables):
    before, parts = contents(tables), states(tables / "store")
    assert detect(archive, tables) == 0  # a copy has other versions, so its days are written again
    assert contents(tables) == before
    assert states(tables / "store") == parts


def test_what_the_footers_say_is_read_and_written_back_as_it_was(tables):
    found = [part for date in ("2016-01-01", "2016-01-02") for part in list_day(str(tables / "store"), date)]
    assert len(found) == 3
    for part in found:
        _, info = read_part(part.path)
        noted = json.loads(pq.read_metadata(part.path).metadata[b"laughter"])
        assert info.to_document() == noted
    assert {row["status"] for row in rows(tables, "recordings")} == {"done", "failed"}


def test_the_fingerprints_of_what_ships_are_as_they_were(tables):
    models = select_models(bundle="compact")
    (row, *_) = rows(tables, "events")
    assert row["embedder"] == models.embedder.label
    assert row["head"] == models.head.label
    assert json.loads((tables / "store" / "embedder.json").read_text()) == models.embedder.space.to_document()
