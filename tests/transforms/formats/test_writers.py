"""Each format read back by another reader than the library that wrote it."""

import datetime as dt
import json
import pathlib
import re
import xml.etree.ElementTree as ET

import duckdb
import pytest
import tgt

from common.errors import UsageError
from models.constants import LAUGHTER_KINDS
from tests.helpers.tables import event_row, recording_row
from transforms.formats import names
from transforms.formats.writers import FORMATS, FormatSettings
from transforms.tables.media import NO_MEDIA
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents
from transforms.tables.schemas import EVENTS

NAME = "2016-01-01_2359_US_CNN_Anderson_Cooper"
ODD = 'a "quoted",\nid/with | everything\t<&>é'
EVENTS_OF = (
    event_row(NAME, 3, 5.5, "giggle", 0.83),
    event_row(NAME, 4, 9, "belly_laugh", 0.5),
    event_row(NAME, 9, 61.9996, "giggle", 0.25),
)


def annotated(*events, name=NAME, **changes):
    rows = [{**event, "recording_id": name} for event in events]
    return RecordingWithEvents(recording_row(name, **changes), rows)


def text(format_name, one, **settings):
    return FORMATS[format_name].text(one, FormatSettings(**settings))


def test_the_command_line_names_the_formats_there_are():
    assert tuple(FORMATS) == names.FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_equal_recordings_give_equal_texts(name):
    assert text(name, annotated(*EVENTS_OF)) == text(name, annotated(*EVENTS_OF))


# sfx


def test_sfx_has_header_legend_events_and_end_at_absolute_times():
    lines = text("sfx", annotated(*EVENTS_OF, duration_s=3725.5), collection="An|archive").splitlines()
    fields = [line.split("|") for line in lines]
    assert [line[0] for line in fields[:6]] == ["TOP", "COL", "UID", "SRC", "DUR", "VID"]
    assert fields[0] == ["TOP", "20160101235900", NAME]
    assert fields[1] == ["COL", "An/archive"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", fields[2][1])
    assert fields[3] == ["SRC", "CNN, US"]
    assert fields[4] == ["DUR", "1:02:05.50"]
    assert fields[6][:2] == ["SFX_01", "2016-01-01"]
    assert "|Codebook=Start|End|Tag|Kind|" in lines[6]
    assert fields[7:-1] == [
        ["20160101235903.000", "20160101235905.500", "SFX_01", "giggle", "0.8300", "0.4150"],
        ["20160101235904.000", "20160101235909.000", "SFX_01", "belly_laugh", "0.5000", "0.2500"],
        ["20160101235909.000", "20160102000002.000", "SFX_01", "giggle", "0.2500", "0.1250"],
    ]
    assert fields[-1] == ["END", "20160102010106", NAME]


def test_sfx_takes_name_and_uuid_from_the_recording():
    one = text("sfx", annotated(path="/x/2016-01-01_2359_US_CNN_a|b.c\n.ts")).splitlines()
    assert one[0] == "TOP|20160101235900|2016-01-01_2359_US_CNN_a/b.c\\n"
    other = text("sfx", annotated(name=NAME + "2")).splitlines()
    assert one[2] != other[2]
    assert len(one) == 8


def test_sfx_needs_a_start():
    with pytest.raises(InvalidRecording, match="tells no start in UTC"):
        text("sfx", annotated(name="0123abcd"))


def test_sfx_of_unknown_duration_ends_with_the_sound():
    lines = text("sfx", annotated(duration_s=None, audio_s=12.376)).splitlines()
    assert lines[4] == "DUR|0:00:12.38"
    assert lines[-1] == f"END|20160101235913|{NAME}"


# eaf


def eaf_tiers(document):
    """{tier: [(start_ms, end_ms, value)]}; a reference that leads nowhere is a KeyError."""
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in document.iter("TIME_SLOT")}
    return {
        tier.attrib["TIER_ID"]: [
            (slots[one.attrib["TIME_SLOT_REF1"]], slots[one.attrib["TIME_SLOT_REF2"]], one[0].text)
            for one in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        for tier in document.iter("TIER")
    }


def test_eaf_has_a_tier_a_kind_with_ordered_slots_and_references_that_resolve():
    document = ET.fromstring(text("eaf", annotated(*EVENTS_OF)).encode())
    tiers = eaf_tiers(document)
    assert tuple(tiers) == LAUGHTER_KINDS
    assert tiers.pop("giggle") == [(3000, 5500, "giggle 0.83"), (9000, 62000, "giggle 0.25")]
    assert tiers.pop("belly_laugh") == [(4000, 9000, "belly_laugh 0.50")]
    assert not any(tiers.values())
    times = [int(slot.attrib["TIME_VALUE"]) for slot in document.iter("TIME_SLOT")]
    assert times == sorted(times)
    ids = [slot.attrib["TIME_SLOT_ID"] for slot in document.iter("TIME_SLOT")]
    ids += [one.attrib["ANNOTATION_ID"] for one in document.iter("ALIGNABLE_ANNOTATION")]
    assert len(set(ids)) == len(ids) == 9
    # ELAN counts on from here, and would give an id twice
    used = max(int(one.attrib["ANNOTATION_ID"][1:]) for one in document.iter("ALIGNABLE_ANNOTATION"))
    assert document.find("HEADER/PROPERTY[@NAME='lastUsedAnnotationId']").text == str(used)
    types = {one.attrib["LINGUISTIC_TYPE_ID"] for one in document.iter("LINGUISTIC_TYPE")}
    assert {tier.attrib["LINGUISTIC_TYPE_REF"] for tier in document.iter("TIER")} <= types
    assert document.attrib["DATE"] == "2016-01-02T03:04:05+00:00"


@pytest.mark.parametrize(
    ("path", "media", "url", "mime"),
    [
        ("/archive/x.mp4", "D:\\tv", "file:///D:/tv/x.mp4", "video/mp4"),
        ("/archive/a b.mp4", None, "file:///archive/a%20b.mp4", "video/mp4"),
        ("/archive/x.ts", "/mnt/tv/", "file:///mnt/tv/x.ts", "video/*"),
        ("gs://bucket/x.mp3", None, "gs://bucket/x.mp3", "audio/*"),
        ("/archive/x.WAV", "gs://bucket", "gs://bucket/x.WAV", "audio/x-wav"),
        ("/archive/\x01\n<&>.mpg", None, "file:///archive/%01%0A%3C%26%3E.mpg", "video/mpeg"),
    ],
)
def test_eaf_links_the_media_file(path, media, url, mime):
    document = ET.fromstring(text("eaf", annotated(path=path), media=media).encode())
    (link,) = document.iter("MEDIA_DESCRIPTOR")
    assert (link.attrib["MEDIA_URL"], link.attrib["MIME_TYPE"]) == (url, mime)
    assert link.attrib["RELATIVE_MEDIA_URL"] == "./" + url.rsplit("/", 1)[-1]


@pytest.mark.parametrize(("path", "media"), [("/archive/x.mp4", NO_MEDIA), ("", None)])
def test_eaf_without_media_links_none(path, media):
    assert "MEDIA_DESCRIPTOR" not in text("eaf", annotated(path=path), media=media)


def test_an_event_shorter_than_a_millisecond_lasts_one():
    one = annotated(event_row(NAME, 3, 3.0001))
    assert eaf_tiers(ET.fromstring(text("eaf", one).encode()))["giggle"] == [(3000, 3001, "giggle 0.75")]
    assert "00:00:03.000 --> 00:00:03.001" in text("vtt", one)


# textgrid


def read_grid(tmp_path, content):
    (tmp_path / "x.TextGrid").write_text(content, encoding="utf-8")
    return tgt.io.read_textgrid(str(tmp_path / "x.TextGrid"), encoding="utf-8")


def test_textgrid_has_a_tier_a_kind_from_start_to_end(tmp_path):
    content = text("textgrid", annotated(*EVENTS_OF))
    grid = read_grid(tmp_path, content)
    assert grid.get_tier_names() == list(LAUGHTER_KINDS)
    giggles = [(one.start_time, one.end_time, one.text) for one in grid.get_tier_by_name("giggle")]
    assert giggles == [(3, 5.5, "giggle 0.83"), (9, 61.9996, "giggle 0.25")]
    assert [(one.start_time, one.end_time) for one in grid.get_tier_by_name("belly_laugh")] == [(4, 9)]
    assert not len(grid.get_tier_by_name("snicker"))
    assert {(tier.start_time, tier.end_time) for tier in grid} == {(0, 61.9996)}
    # Praat wants every tier filled from end to end, with blanks between the events
    assert re.findall(r"intervals: size = (\d+)", content) == ["1", "1", "4", "1", "3", "1"]


def test_textgrid_of_unknown_duration_is_as_long_as_the_sound(tmp_path):
    grid = read_grid(tmp_path, text("textgrid", annotated(duration_s=None, audio_s=12.5)))
    assert {(tier.start_time, tier.end_time, len(tier)) for tier in grid} == {(0, 12.5, 0)}
    with pytest.raises(InvalidRecording, match="how long it is"):
        text("textgrid", annotated(duration_s=None, audio_s=0.0))


@pytest.mark.parametrize("name", ["eaf", "textgrid"])
def test_tiers_refuse_events_of_one_kind_that_overlap(name):
    with pytest.raises(InvalidRecording, match="events of one kind overlap"):
        text(name, annotated(event_row(NAME, 3, 6), event_row(NAME, 5, 9)))


# audacity, vtt, rttm


def test_audacity_labels_are_three_columns():
    lines = [line.split("\t") for line in text("audacity", annotated(*EVENTS_OF)).splitlines()]
    assert [(float(start), float(end), label) for start, end, label in lines] == [
        (3, 5.5, "giggle 0.83"),
        (4, 9, "belly_laugh 0.50"),
        (9, 61.9996, "giggle 0.25"),
    ]


def test_vtt_has_a_cue_an_event():
    content = text("vtt", annotated(*EVENTS_OF, event_row(NAME, 3661.5, 360000, "snicker", 1.0)))
    head, *cues = content.strip().split("\n\n")
    assert head == "WEBVTT"
    cue = re.compile(r"(\d\d+:[0-5]\d:[0-5]\d\.\d{3}) --> (\d\d+:[0-5]\d:[0-5]\d\.\d{3})\n\[(.*)\]")
    assert [cue.fullmatch(one).groups() for one in cues] == [
        ("00:00:03.000", "00:00:05.500", "giggle 0.83"),
        ("00:00:04.000", "00:00:09.000", "belly_laugh 0.50"),
        ("00:00:09.000", "00:01:02.000", "giggle 0.25"),
        ("01:01:01.500", "100:00:00.000", "snicker 1.00"),
    ]


def test_rttm_lines_have_ten_fields_whatever_the_id():
    lines = [line.split() for line in text("rttm", annotated(*EVENTS_OF, name=ODD)).splitlines()]
    assert {len(line) for line in lines} == {10}
    assert len({line[1] for line in lines}) == 1
    assert [(line[0], float(line[3]), float(line[4]), line[7], float(line[8])) for line in lines[:2]] == [
        ("SPEAKER", 3, 2.5, "giggle", 0.83),
        ("SPEAKER", 4, 5, "belly_laugh", 0.5),
    ]


# csv, jsonl


def test_csv_is_the_events_table(tmp_path):
    moment = dt.datetime(2016, 1, 1, 23, 59, 3, tzinfo=dt.timezone.utc)
    events = [{**event, "start_utc": moment} for event in EVENTS_OF]
    body = text("csv", annotated(*events, name=ODD)) + text("csv", annotated(EVENTS_OF[0]))
    (tmp_path / "x.csv").write_text(FORMATS["csv"].header + body, encoding="utf-8", newline="")
    read = duckdb.sql(f"SELECT * FROM read_csv('{tmp_path}/x.csv', header = true, delim = ',', quote = '\"')")
    assert read.columns == [*EVENTS.names, "file_name"]
    rows = read.project("recording_id, start_s, end_s, kind, score_max, giggle, epoch(start_utc)").fetchall()
    assert rows == [
        (ODD, 3, 5.5, "giggle", 0.83, 0.83, moment.timestamp()),
        (ODD, 4, 9, "belly_laugh", 0.5, 0.125, moment.timestamp()),
        (ODD, 9, 61.9996, "giggle", 0.25, 0.25, moment.timestamp()),
        (NAME, 3, 5.5, "giggle", 0.83, 0.83, None),
    ]


def test_jsonl_has_a_line_a_recording(tmp_path):
    body = text("jsonl", annotated(*EVENTS_OF)) + text("jsonl", annotated(name=ODD))
    (tmp_path / "x.jsonl").write_text(body, encoding="utf-8")
    query = "SELECT recording_id, len(events), duration_s, list_transform(events, lambda x: x.end_s)"
    read = duckdb.sql(f"{query} FROM read_json('{tmp_path}/x.jsonl')").fetchall()
    assert read == [(NAME, 3, 60.0, [5.5, 9.0, 61.9996]), (ODD, 0, 60.0, [])]
    assert json.loads(body.splitlines()[0])["start_utc"] == "2016-01-01T23:59:00Z"


@pytest.mark.parametrize("name", FORMATS)
def test_no_events_is_a_text_nonetheless(name):
    content = text(name, annotated())
    assert "0.83" in text(name, annotated(*EVENTS_OF))
    assert "0.83" not in content
    assert bool(content) is (name not in ("audacity", "rttm", "csv"))


@pytest.mark.parametrize(("name", "module"), [("eaf", "pympi"), ("textgrid", "praatio"), ("vtt", "webvtt")])
def test_a_missing_package_is_one_sentence(monkeypatch, name, module):
    for loaded in ("pympi", "pympi.Elan", "praatio", "praatio.textgrid", "webvtt"):
        monkeypatch.setitem(__import__("sys").modules, loaded, None)
    assert FORMATS[name].package == module
    with pytest.raises(UsageError, match=re.escape("pip install -e '.[export]'")):
        text(name, annotated())


def test_nothing_is_left_of_the_library_that_writes_files_only(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    text("textgrid", annotated(*EVENTS_OF))
    assert not list(pathlib.Path(tmp_path).iterdir())
