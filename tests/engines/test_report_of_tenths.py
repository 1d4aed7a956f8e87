"""The page of a recording that a tracker heard, in Chromium: tenths, what is heard beside, marks of before."""

import json

import pytest

from models.events.find import Tracked
from models.events.segments import TrackThresholds
from pipeline import cli
from tests.engines.report_pages import DAY, all_of, one_of, retype, saved_rows, set_slider
from tests.helpers.report import THRESHOLDS, TRACK_THRESHOLDS, as_found, random_scores, random_tracks, write_scored
from transforms.tables.read_tables import read_day

pytestmark = pytest.mark.engines

NAME = f"{DAY}_0200_US_CNN_Tracked"
SECONDS = 120
SCORES, TRACKS = random_scores(SECONDS, seed=8), random_tracks(SECONDS, seed=8, steady=0.97)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracked")
    write_scored(folder / "tables", {NAME: SCORES}, tracked={NAME: TRACKS})
    command = ["report", str(folder / "tables"), "--output", str(folder / "pages"), "--media", "none"]
    assert cli.main([*command, "--quiet"]) == 0
    return folder


@pytest.fixture
def events(folder):
    return next(one.events for one in read_day(str(folder / "tables"), DAY))


@pytest.fixture
def page(folder, open_page):
    window = open_page(folder / "pages" / f"{NAME}.html")
    window.execute_script("marks.unsaved = false; localStorage.clear()")
    yield open_page(folder / "pages" / f"{NAME}.html")
    window.execute_script("marks.unsaved = false; localStorage.clear()")


def found_with(thresholds):
    return as_found(SCORES, THRESHOLDS, SECONDS - 0.4, Tracked(TRACKS, thresholds))


def test_the_page_shows_tenths_and_what_is_heard_beside(page, events):
    assert len(events) > 5
    assert any(event["start_s"] % 1 for event in events)
    assert page.execute_script("return events.map((e) => [e.start, e.end])") == [
        [event["start_s"], event["end_s"]] for event in events
    ]
    assert not one_of(page, "#warning").is_displayed()  # what its scripts find is what the tables say
    assert page.execute_script("return findEvents(scores, data.thresholds)") == found_with(TRACK_THRESHOLDS)
    told = [cell.text for cell in all_of(page, "#table tbody td:nth-child(4)")]
    beside = ("speech", "music", "applause", "crowd")
    assert told == [", ".join(name for name in beside if event[name] >= 0.5) for event in events]
    one_of(page, "#beside option[value='2']").click()
    assert page.execute_script("return table.rows.length") == sum(event["music"] >= 0.5 for event in events)


def test_thresholds_of_tracks_move_together_and_find_what_the_pipeline_would(page):
    set_slider(page, "peak", 0.4)
    levels = page.execute_script("return thresholds")
    assert levels == {"onset": 0.4, "offset": 0.35, "peak": 0.4, "minOn": 0.2, "minOff": 0.3}
    retype(one_of(page, "#minOn-number"), "0.7")
    retype(one_of(page, "#minOff-number"), "0")
    case = found_with(TrackThresholds(0.4, 0.35, 0.4, 0.7, 0.0))
    assert page.execute_script("return events") == case
    assert one_of(page, "#minOn").get_attribute("step") == "0.1"


def test_marks_of_whole_seconds_stay_with_their_events_and_others_are_listed(page, folder, open_page, events):
    first = events[0]
    before = [
        {"start": int(first["start_s"]), "end": int(first["end_s"]) + 1, "label": "none"},
        {"start": SECONDS + 5, "end": SECONDS + 9, "label": "giggle"},
    ]
    page.execute_script(
        "localStorage.setItem(arguments[0], arguments[1])", f"laughter marks {NAME}", json.dumps(before)
    )
    page = open_page(folder / "pages" / f"{NAME}.html")
    assert page.execute_script("return marks.get(events[0]).verdict") == "wrong"
    assert [line.text for line in all_of(page, "#stray-list li")] == ["0:02:05 to 0:02:09: giggle take back"]
    _, rows = saved_rows(page)
    assert [(row["start_s"], row["label"]) for row in rows] == [
        (str(before[0]["start"]), "none"), (str(SECONDS + 5), "giggle"),
    ]  # fmt: skip
    all_of(page, "#table [aria-label^='right']")[0].click()  # the mark of before gives way to one of the event's times
    one_of(page, "#stray-list [aria-label^='Take back']").click()
    assert not one_of(page, "#strays").is_displayed()
    _, rows = saved_rows(page)
    assert [(row["start_s"], row["end_s"], row["label"]) for row in rows] == [
        (f"{first['start_s']:g}", f"{first['end_s']:g}", first["kind"])
    ]
