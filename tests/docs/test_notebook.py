"""The notebook runs from top to bottom, on made tables and on given ones."""

import pathlib

import nbformat
import pytest
from nbclient import NotebookClient

from tests.helpers.tables import event_row, recording_row, write_tables
from transforms.tables.query import queries

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return nbformat.read(ROOT / "docs" / "questions.ipynb", as_version=4)


def run(notebook, folder):
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(str(output.get("text") or output.get("data")) for output in outputs)


def test_it_ships_without_outputs_and_asks_the_ten(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    text = "\n".join(cell.source for cell in cells)
    assert all(f'answer("{name}"' in text for name in queries())


def test_it_runs_on_made_tables(notebook, tmp_path, monkeypatch):
    monkeypatch.delenv("TABLES", raising=False)
    said = run(notebook, tmp_path)
    assert all(query.question in said for query in queries().values())
    assert "Show 11" in said  # which never laughs


def test_it_runs_on_given_tables_that_tell_no_time(notebook, tmp_path, monkeypatch):
    write_tables(
        tmp_path / "tables", [recording_row("0123456789abcdef0123")], [event_row("0123456789abcdef0123", 3, 5)]
    )
    monkeypatch.setenv("TABLES", str(tmp_path / "tables"))
    said = run(notebook, tmp_path)
    assert "0123456789abcdef0123" in said
    assert "no recording" in said
