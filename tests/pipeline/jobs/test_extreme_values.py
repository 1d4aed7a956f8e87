"""A store that holds every extreme is healed by a run, and all that reads tables reads what comes of it."""

import dataclasses

import numpy as np
import pytest

from pipeline import cli
from tests.helpers.archive import NAMES, rows
from transforms.decode.outcome import MediaInfo
from transforms.embed.recordings import recording_at
from transforms.embed.store import list_day, read_part, write_part
from transforms.tables import write_tables
from transforms.tables.query import queries

EXTREMES = {
    "Huge": {"recording": {"size_bytes": 2**70}},
    "Year_11476": {"recording": {"modified": "@300000000000.000000000"}},
    "Junk": {"recording": {"modified": "yesterday"}},
    "Rates": {"media": MediaInfo(sample_rate_hz=2**40, channels=-(2**40), codec="a\rb")},
    "Endless": {"media": MediaInfo(duration_s=float("inf"))},
    "None": {"media": MediaInfo(duration_s=float("nan")), "silence_filled_s": float("inf")},
}


@pytest.fixture
def store(archive, detect):
    """That of a run, with a part of every extreme beside, all of CNN's first hour of a day each."""
    output = detect(archive)
    (part, *_) = list_day(str(output / "store"), "2016-01-01")
    embeddings, info = read_part(part.path)
    for day, (name, change) in enumerate(EXTREMES.items(), 1):
        recording = recording_at(f"/gone/2017-01-{day:02d}_0000_US_CNN_{name}.wav", 1, "")
        recording = dataclasses.replace(recording, **change.get("recording", {}))
        others = {key: value for key, value in change.items() if key != "recording"}
        with write_part(str(output / "store"), recording) as writer:
            writer.append(embeddings)
            writer.set_info(dataclasses.replace(info, recording=recording, **others))
    for name in ("9999-12-31_2359_US_CNN_Last", "0001-01-01_0000_US_CNN_First"):
        with write_part(str(output / "store"), recording_at(f"/gone/{name}.wav", 1, "")) as writer:
            writer.append(np.tile(embeddings, (3, 1)))
            writer.set_info(dataclasses.replace(info, recording=recording_at(f"/gone/{name}.wav", 1, ""), audio_s=90.0))
    return output


def test_every_extreme_is_written_and_read_by_everything(archive, detect, store, tmp_path, capsys):
    detect(archive)
    found = {row["recording_id"]: row for row in rows(store, "recordings")}
    assert len(found) == len(NAMES) + len(EXTREMES) + 2
    assert {row["status"] for row in found.values()} == {"done"}
    assert "no column holds such values: size_bytes" in found["2017-01-01_0000_US_CNN_Huge"]["error"]
    last = [row for row in rows(store, "events") if row["recording_id"].endswith("_Last")]
    assert [row["start_utc"] is None for row in last] == [False, False, True]
    capsys.readouterr()
    for name in queries():
        values = ["--param", "time=2016-01-01T00:10:00"] if name == "laughs-near" else []
        assert cli.main(["query", str(store), name, *values]) == 0
    formats = [f"--format={name}" for name in ("eaf", "textgrid", "audacity", "vtt", "rttm", "csv", "jsonl")]
    assert cli.main(["export", str(store), *formats, "--output", str(tmp_path / "out"), "--quiet"]) == 0
    assert len((tmp_path / "out" / "laughter.jsonl").read_text().splitlines()) == len(found)
    report = ["report", str(store), "--output", str(tmp_path / "pages"), "--no-waveform", "--quiet"]
    assert cli.main(report) == 0
    assert len(list((tmp_path / "pages").glob("*.html"))) == len(found) + 1
    assert cli.main(["plot", "archive", str(store), "--output", str(tmp_path / "plots"), "--quiet"]) == 0


def test_a_row_that_cannot_be_written_fails_its_recording_and_its_day_is_written(archive, detect, monkeypatch):
    plain = write_tables.event_rows

    def broken(info, events, models):
        found = plain(info, events, models)
        if info.recording.recording_id == NAMES[0]:
            found[0]["score_max"] = float("nan")
        return found

    monkeypatch.setattr(write_tables, "event_rows", broken)
    output = detect(archive, status=3)
    found = {row["recording_id"]: row for row in rows(output, "recordings")}
    assert [found[name]["status"] for name in NAMES] == ["failed", "done", "done"]
    assert "its rows cannot be written (score_max is nan); run on the recording again" in found[NAMES[0]]["error"]
    assert {row["recording_id"] for table in ("events", "windows") for row in rows(output, table)} == {*NAMES[1:]}
