"""`laughter score` as its users run it, on the tables and on every format that they are exported to."""

import json
import pathlib
import sys
import unicodedata

import pytest

from common.text import safe_file_name
from pipeline import cli
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows
from transforms.formats import names
from transforms.formats.annotations import read_annotations
from transforms.formats.readers import READERS
from transforms.formats.writers import FORMATS

ONE, QUIET = "2016-01-01_0000_US_CNN_One", "2016-01-01_0100_US_CNN_Quiet"
BROKEN = "2016-01-01_0200_US_CNN_Broken"
ODD = 'an "odd" id / of mine'
EVENTS = [event_row(ONE, 3, 9), event_row(ONE, 30, 35, "snicker", 1.0), event_row(ONE, 50, 52.5, "belly_laugh")]


@pytest.fixture
def tables(tmp_path):
    recordings = [recording_row(name) for name in (ONE, QUIET, ODD)]
    recordings.append(recording_row(BROKEN, status="failed", audio_s=0.0))
    write_tables(tmp_path / "tables", recordings, [*EVENTS, event_row(ODD, 1, 2)])
    probability = [0.1] * 60
    for start, end, value in ((3, 9, 0.9), (30, 35, 0.8), (50, 53, 0.6)):
        probability[start:end] = [value] * (end - start)
    write_windows(tmp_path / "tables", recordings[0], probability)
    return tmp_path / "tables"


def score(*arguments):
    return cli.main(["score", *map(str, arguments)])


def export(tables, output, name):
    assert cli.main(["export", str(tables), "--output", str(output), "--format", name, "--quiet"]) in (0, 3)
    return output


def written(folder):
    return json.loads((pathlib.Path(folder) / "score.json").read_text(encoding="utf-8"))


def truth_csv(path, *lines):
    path.write_text("\n".join(["recording_id,start_s,end_s,kind", *lines, ""]), encoding="utf-8")
    return path


def test_the_command_line_names_the_formats_there_are():
    assert tuple(READERS) == tuple(FORMATS) == names.FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_what_export_writes_is_read_back(tables, tmp_path, name):
    files = export(tables, tmp_path / "out", name)
    found, expected = read_annotations(str(files)), read_annotations(str(tables))
    assert not found.troubles
    without_start, without_lines = name == "sfx", name in ("rttm", "csv")
    keys = {ONE, *([] if without_start else [safe_file_name(ODD)]), *([] if without_lines else [QUIET])}
    assert found.recordings.keys() == keys
    for key in keys:
        kinds = {kind: intervals.tolist() for kind, intervals in expected.recordings[key].kinds.items()}
        assert {kind: intervals.tolist() for kind, intervals in found.recordings[key].kinds.items()} == kinds
        told = {"sfx": 60.0, "textgrid": 60.0, "jsonl": 60.0}.get(name)
        assert found.recordings[key].length_s == told


@pytest.mark.parametrize("name", FORMATS)
def test_tables_agree_with_themselves_in_every_format(tables, tmp_path, name, capsys):
    files = export(tables, tmp_path / "out", name)
    assert score(tables, files, "--output", tmp_path / "score", "--no-curves") == 0
    total = written(tmp_path / "score")["total"]
    for kind, events in (("any laughter", 3 if name == "sfx" else 4), ("snicker", 1), ("giggle", 1 + (name != "sfx"))):
        assert (total[kind]["laughs"], total[kind]["events"]) == (events, events)
        assert total[kind]["frame_f1"] == total[kind]["event_f1"] == total[kind]["reached"] == 1
    assert total["baby_laughter"]["event_f1"] is None
    incomplete = name in ("sfx", "rttm", "csv")  # these leave out recordings without a start, or without laughter
    assert score(files, tables, "--duration", 60) == (3 if incomplete else 0)
    assert "any laughter" in capsys.readouterr().out


def test_numbers_of_a_known_case(tables, tmp_path, capsys):
    lines = [f"{ONE},3.5,9,Giggle", f"{ONE},20,22,laughter", f"{ONE},33,38,snicker", f"{QUIET},,,"]
    truth = truth_csv(tmp_path / "truth.csv", *lines)
    assert score(tables, truth, "--output", tmp_path / "score") == 3  # Quiet has no windows in these tables
    found = written(tmp_path / "score")
    total = found["total"]["any laughter"]
    assert (total["hours"], total["laughs"], total["events"]) == (120 / 3600, 3, 3)
    assert total["frame_precision"] == pytest.approx((5.5 + 2) / 13.5)
    assert total["frame_recall"] == pytest.approx((5.5 + 2) / 12.5)
    assert (total["event_precision"], total["event_recall"]) == (1 / 3, 1 / 3)
    assert (total["false_alarms_per_hour"], total["reached"]) == (1 / (120 / 3600), 2 / 3)
    assert (total["onset_error_s"], total["onset_bias_s"], total["offset_error_s"]) == (0.5, -0.5, 0.0)
    assert found["recordings"][QUIET]["any laughter"]["false_alarms_per_hour"] == 0
    assert found["total"]["snicker"]["event_f1"] == 0
    curves = found["curves"]["any laughter"]
    assert curves["psds_strict"] == pytest.approx(1 / 3)
    assert curves["best_event_f1"] == pytest.approx(0.5)  # at 0.7, which leaves the false alarm out
    assert set(found["curves"]) == {"any laughter", "laughter", "giggle", "snicker"}
    assert {path.name for path in (tmp_path / "score").iterdir()} == {
        "score.json", "precision_recall.png", "false_alarms.png",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "PSDS" in said
    assert "the curves leave out recordings that have no windows (1)" in said


def test_files_alone_have_no_curves(tables, tmp_path):
    truth = truth_csv(tmp_path / "truth.csv", f"{ONE},3,9,giggle")
    found = truth_csv(tmp_path / "found.csv", f"{ONE},3,9,giggle", f"{ONE},70,71,giggle")
    assert score(found, truth, "--duration", 3600, "--output", tmp_path / "score") == 0
    document = written(tmp_path / "score")
    assert document["curves"] == {}
    assert document["total"]["any laughter"]["false_alarms_per_hour"] == 1
    assert [path.name for path in (tmp_path / "score").iterdir()] == ["score.json"]


def test_an_unknown_length_is_told_of(tmp_path, capsys):
    truth = truth_csv(tmp_path / "truth.csv", f"{ONE},3,9,giggle")
    assert score(truth, truth) == 3
    assert "give --duration" in capsys.readouterr().out


def test_labels_of_ones_own(tables, tmp_path, capsys):
    rows = [f"{ONE},3,9,Lacher!", f"{ONE},10,11,Applause", f"{ONE},12,12,giggle", f"{ONE},30,35,snicker 0.50"]
    rows += [f"{ONE},31,33,snicker", f"{ONE},40,41,none"]
    truth = truth_csv(tmp_path / "truth.csv", *rows)
    assert score(tables, truth, "--no-curves", "--output", tmp_path / "one") == 3
    said = capsys.readouterr().out
    assert "the label 'Lacher!' (1 times) is no kind of laughter and is left out" in said
    assert "the label 'Applause' (1 times)" in said
    assert "that do not end after their start are left out (1)" in said
    assert "that overlap another of their kind are joined with it (1)" in said
    assert written(tmp_path / "one")["total"]["any laughter"]["laughs"] == 1
    mapped = ["--label", "lacher=giggle", "--label", "applause=none"]
    assert score(tables, truth, "--no-curves", *mapped, "--output", tmp_path / "two") == 3
    assert "is no kind" not in capsys.readouterr().out
    assert written(tmp_path / "two")["total"]["giggle"]["laughs"] == 1


DAMAGED = {
    "sfx": "TOP|20160101000000|x\n20160101000003.000|20160101000005.000|SFX_01|giggle|1|1\n",
    "eaf": "<ANNOTATION_DOCUMENT><TIER",
    "textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax =',
    "audacity": "1.0\tx\tgiggle\n",
    "vtt": "no captions",
    "rttm": "SPEAKER x 1\n",
    "csv": "a,b\n1,2\n",
    "jsonl": '{"recording_id": "x", "events": [{"start_s": 1}]}\n',
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("content", ["damaged", "binary"])
def test_a_damaged_file_is_one_sentence_and_the_rest_goes_on(tables, tmp_path, name, content, capsys):
    files = export(tables, tmp_path / "out", name)
    path = files / f"2015-01-01_0000_US_CNN_Bad.{FORMATS[name].ending}"
    path.write_bytes(DAMAGED[name].encode() if content == "damaged" else b"\xff\xfe\x00\x81" * 9)
    assert score(tables, files, "--no-curves") == 3
    said = capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if "cannot be read" in line]
    assert f"{path} cannot be read as {name} (" in line
    assert line.endswith("it is left out")
    assert ONE in said


@pytest.mark.parametrize("name", ["audacity", "eaf", "textgrid", "vtt"])
def test_files_without_laughter_are_recordings_without_it(tables, tmp_path, name):
    files = export(tables, tmp_path / "out", name)
    assert score(tables, files / f"{QUIET}.{FORMATS[name].ending}", "--no-curves", "--output", tmp_path / "s") == 0
    total = written(tmp_path / "s")["total"]["any laughter"]
    assert (total["laughs"], total["events"], total["false_alarms_per_hour"]) == (0, 0, 0)


def test_what_only_one_side_knows(tables, tmp_path, capsys):
    truth = truth_csv(tmp_path / "t.csv", f"{ONE},3,9,giggle", f"{BROKEN},1,2,giggle", "gone,1,2,giggle")
    assert score(tables, truth, "--no-curves") == 3
    said = capsys.readouterr().out
    assert f"{BROKEN} failed in {tables}; it is left out" in said
    assert f"gone is not in {tables}; it is left out" in said
    assert score(tables, truth_csv(tmp_path / "none.csv", "gone,1,2,giggle")) == 2
    assert "no recording of" in capsys.readouterr().err


def test_a_folder_of_several_formats_needs_a_word(tables, tmp_path, capsys):
    files = export(tables, tmp_path / "out", "vtt")
    export(tables, files, "audacity")
    assert score(tables, files) == 2
    assert "holds files of the formats audacity, vtt; name one" in capsys.readouterr().err
    assert score(tables, files, "--truth-format", "vtt", "--no-curves") == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--label", "laugh"], "--label laugh is no LABEL=KIND"),
        (["--collar", "0"], "--collar must be above 0"),
        (["--duration", "nan"], "--duration must be above 0"),
        (["--collar-share", "-1"], "--collar-share must not be negative"),
    ],
)
def test_bad_options_are_refused(tables, arguments, sentence, capsys):
    assert score(tables, tables, *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_nothing_there_is_refused(tables, tmp_path, capsys):
    assert score(tables, tmp_path / "nothing") == 2
    assert "holds neither tables nor annotation files" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "package"), [("mir_eval", "mir_eval"), ("sed_scores_eval", "sed_scores_eval")])
def test_a_missing_package_is_told(tables, tmp_path, module, package, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    truth = truth_csv(tmp_path / "t.csv", f"{ONE},3,9,giggle")
    assert score(tables, truth) == 2
    error = capsys.readouterr().err
    assert package in error
    assert "pip install -e '.[score]'" in error


def test_annotations_named_after_a_file_whatever_system_wrote_it(tmp_path):
    name = unicodedata.normalize("NFD", "Müller live")
    rows = [recording_row("aaaa", path=f"/archive/{name}.ts"), recording_row(ONE)]
    rows += [recording_row(one, path=f"/archive/{one}/show.mp4") for one in ("bbbb", "cccc")]
    events = [event_row("aaaa", 3, 9), *EVENTS, event_row("bbbb", 1, 5), event_row("cccc", 1, 5)]
    write_tables(tmp_path / "tables", rows, events)
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / f"{unicodedata.normalize('NFC', name)}.txt").write_text("3\t9\tgiggle\n")
    assert score(tmp_path / "tables", truth, "--no-curves", "--output", tmp_path / "out") == 0
    assert written(tmp_path / "out")["total"]["giggle"]["event_f1"] == 1.0
    found = read_annotations(str(tmp_path / "tables"), only={"show", ONE})
    assert set(found.recordings) == {ONE}
    assert "several recordings of" in found.troubles[0]


@pytest.mark.parametrize("start", [1_451_606_400, 1e12, 500_000, 3_000])
def test_times_of_another_clock_are_left_out_in_constant_memory(tables, tmp_path, start, capsys):
    """A second of 1970's clock among the others would make a recording of 50 years."""
    lines = [f"{ONE},3,9,giggle", f"{ONE},{start},{start + 5},giggle"]
    truth = truth_csv(tmp_path / "truth.csv", *lines)
    assert score(tables, truth, "--output", tmp_path / "score", "--no-curves") == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "are left out (1); give seconds from its start" in said
    total = written(tmp_path / "score")["total"]["giggle"]
    assert (total["laughs"], total["hours"]) == (1, pytest.approx(60 / 3600))
