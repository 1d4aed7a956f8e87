"""The page of a recording in a real Chromium, as people use it: load, click, play, slide, mark, save."""

import json

import pytest

from models.constants import LAUGHTER_KINDS
from models.events.segments import Thresholds
from tests.engines.report_pages import (
    ONE,
    SCORES,
    SECONDS,
    all_of,
    one_of,
    position,
    press,
    retype,
    saved_rows,
    set_slider,
    shown,
    until,
)
from tests.helpers.report import FIND_ALL, as_found, as_page, random_cases
from transforms.shards.read_labelled import read_labels

pytestmark = pytest.mark.engines


def test_the_page_shows_the_events_of_the_table(page, events):
    times = [f"0:{int(event['start_s']) // 60:02d}:{int(event['start_s']) % 60:02d}" for event in events]
    assert shown(page) == [(time, e["kind"].replace("_", " ")) for time, e in zip(times, events, strict=True)]
    assert page.execute_script(
        "return events.map((e) => [e.start, e.end, data.kinds[e.kind], e.max, e.mean, ...e.kinds])"
    ) == [
        [e[name] for name in ("start_s", "end_s", "kind", "score_max", "score_mean", *LAUGHTER_KINDS)] for e in events
    ]
    assert page.execute_script("return findEvents(scores, data.thresholds)") == page.execute_script("return fromTables")
    assert not one_of(page, "#warning").is_displayed()


def test_the_browser_finds_what_the_pipeline_finds_to_the_last_bit(page):
    cases = list(random_cases(150, seed=1000))
    given = [as_page(*case) for case in cases]
    found = page.execute_script(f"const cases = arguments[0]; {FIND_ALL} return JSON.stringify(found)", given)
    assert json.loads(found) == [as_found(*case) for case in cases]


def test_a_click_on_an_event_plays_it_from_its_start(page, events):
    until(lambda: page.execute_script("return player.media.readyState >= 2"))
    event = events[1]
    all_of(page, "#table .jump")[1].click()
    until(
        lambda: page.execute_script("return player.playing && player.position > arguments[0] + 0.3", event["start_s"])
    )
    assert position(page) < event["start_s"] + 10
    until(lambda: int(one_of(page, "#position").get_attribute("aria-valuenow")) > event["start_s"])
    assert one_of(page, "tr[aria-current=true] .jump").get_attribute("aria-label").startswith("Play ")
    page.execute_script("player.toggle()")
    assert not page.execute_script("return player.playing")


def test_playing_stops_at_the_end_of_the_event_where_asked(page, events):
    until(lambda: page.execute_script("return player.media.readyState >= 2"))
    shortest = min(range(len(events)), key=lambda i: events[i]["end_s"] - events[i]["start_s"])
    one_of(page, "#stop").click()
    all_of(page, "#table .jump")[shortest].click()
    until(lambda: page.execute_script("return player.playing"))
    until(lambda: not page.execute_script("return player.playing"))
    assert position(page) == pytest.approx(events[shortest]["end_s"], abs=0.3)


def test_a_click_on_the_timeline_goes_there(page, events):
    from selenium.webdriver import ActionChains

    canvas = one_of(page, "#detail")
    left, top = -canvas.size["width"] / 2, -canvas.size["height"] / 2
    in_lane = page.execute_script(
        "const e = events[2]; return [timeline.x((e.start + e.end) / 2), timeline.tops.lanes + 15 * e.kind + 7]"
    )
    ActionChains(page).move_to_element_with_offset(canvas, left + in_lane[0], top + in_lane[1]).click().perform()
    assert page.execute_script("return selected === events[2]")
    until(lambda: position(page) >= events[2]["start_s"])
    page.execute_script("player.media.pause()")
    free = page.execute_script("return [timeline.x(123.4), timeline.tops.wave + 9]")
    ActionChains(page).move_to_element_with_offset(canvas, left + free[0], top + free[1]).click().perform()
    until(lambda: position(page) == pytest.approx(123.4, abs=0.5))


def test_the_timeline_zooms_and_moves(page):
    from selenium.webdriver import ActionChains

    one_of(page, "#zoom-in").click()
    one_of(page, "#zoom-in").click()
    view = page.execute_script("return timeline.view")
    assert view["end"] - view["start"] == pytest.approx(SECONDS / 4, rel=0.01)
    canvas = one_of(page, "#detail")
    ActionChains(page).drag_and_drop_by_offset(canvas, -200, 0).perform()
    moved = page.execute_script("return timeline.view")
    assert moved["start"] > view["start"] + 5
    assert moved["end"] - moved["start"] == pytest.approx(view["end"] - view["start"])
    one_of(page, "#in-view").click()
    inside = page.execute_script(
        "return events.filter((e) => e.end > timeline.view.start && e.start < timeline.view.end).length"
    )
    assert len(shown(page)) == inside
    one_of(page, "#zoom-all").click()
    assert page.execute_script("return timeline.view") == {"start": 0, "end": SECONDS}


def test_sliding_finds_the_events_that_the_pipeline_would_find(page, events):
    set_slider(page, "onset", 0.3)
    assert page.execute_script("return thresholds") == {"onset": 0.3, "offset": 0.3, "minOn": 2, "minOff": 2}
    set_slider(page, "minOff", 4)
    set_slider(page, "minOn", 1)
    case = as_found(SCORES, Thresholds(onset=0.3, offset=0.3, min_on_s=1.0, min_off_s=4.0), SECONDS - 0.4)
    assert page.execute_script("return events") == case
    assert len(case) != len(events)
    assert one_of(page, "#count").text.startswith(f"{len(case)} events")
    assert one_of(page, "#source").text == "found anew with these thresholds"
    one_of(page, "#reset").click()
    assert page.execute_script("return events === fromTables")
    assert one_of(page, "#onset-number").get_attribute("value") == "0.6"


def test_a_threshold_can_be_typed(page):
    field = one_of(page, "#offset-number")
    retype(field, "0.71")
    assert page.execute_script("return thresholds.offset") == 0.71
    assert page.execute_script("return thresholds.onset") == 0.71  # an offset above the onset takes it along
    retype(field, "7")
    assert page.execute_script("return thresholds.offset") == 0.71
    press(page, "\ue004")  # leaving the field puts back what holds
    assert field.get_attribute("value") == "0.71"


def test_the_table_sorts_and_filters(page, events):
    highest = one_of(page, "th:nth-child(4)")
    highest.find_element("css selector", "button").click()
    assert highest.get_attribute("aria-sort") == "descending"
    scores = [float(cell.text) for cell in all_of(page, "#table tbody td:nth-child(4)")]
    assert scores == sorted((round(event["score_max"], 3) for event in events), reverse=True)
    kind = events[0]["kind"]
    one_of(page, f"#kind option[value={kind}]").click()
    assert {found for _, found in shown(page)} == {kind.replace("_", " ")}
    assert len(shown(page)) == sum(event["kind"] == kind for event in events)
    one_of(page, "#least").send_keys("0.999")
    assert shown(page) == []
    assert "; 0 events shown" in one_of(page, "#count").text


def test_marks_are_saved_as_labels_and_kept(page, pages, open_page, events):
    from selenium.webdriver.support.select import Select

    all_of(page, "#table [aria-label^='right']")[0].click()
    assert page.execute_script("return document.activeElement.getAttribute('aria-label')").startswith("right")
    all_of(page, "#table [aria-label^='wrong']")[1].click()
    other = next(kind for kind in LAUGHTER_KINDS[::-1] if kind != events[2]["kind"])
    Select(all_of(page, "#table .marking select")[2]).select_by_value(other)
    assert [mark.get_attribute("aria-pressed") for mark in all_of(page, "#table [aria-label^='right']")[:2]] == [
        "true",
        "false",
    ]
    assert one_of(page, "#marks").text == "3 marks, not saved to a file yet"
    path, rows = saved_rows(page)
    assert rows == [
        {"recording": ONE, "start_s": f"{event['start_s']:g}", "end_s": f"{event['end_s']:g}", "label": label}
        for event, label in zip(events[:3], (events[0]["kind"], "none", other), strict=True)
    ]
    assert len(read_labels(str(path))) == 3
    assert one_of(page, "#marks").text == "3 marks"
    again = open_page(pages / "pages" / f"{ONE}.html")
    assert again.execute_script("return marks.csv()") == path.read_text()
    again.execute_script("localStorage.clear()")
    again = open_page(pages / "pages" / f"{ONE}.html")
    assert again.execute_script("return marks.size") == 0
    one_of(again, "#load").send_keys(str(path))
    until(lambda: again.execute_script("return marks.size") == 3)
    assert again.execute_script("return marks.csv()") == path.read_text()
    assert one_of(again, "#marks").text == f"3 marks of this recording taken from {path.name}"
    again.execute_script("marks.unsaved = false")
