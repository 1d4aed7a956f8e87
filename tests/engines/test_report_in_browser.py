"""The pages of `laughter report` in a real Chromium, as people use them: load, click, play, slide, mark, save."""

import csv
import json

import pytest

from models.bundle import Thresholds
from models.classes import LAUGHTER_KINDS
from pipeline import cli
from tests.engines.conftest import until
from tests.made_report import FIND_ALL, as_found, as_page, random_cases, random_scores, write_scored
from tests.media import film
from tests.pipeline.test_detect import make_recording
from transforms.read_labelled import read_labels
from transforms.read_tables import read_day

pytestmark = pytest.mark.engines

DAY = "2016-01-01"
ONE, BROKEN, HOSTILE = f"{DAY}_0000_US_CNN_One", f"{DAY}_0100_US_CNN_Broken", 'x"><script>alert(1)</script>, "odd"'
SECONDS = 400
SCORES = random_scores(SECONDS, seed=5, steady=0.85)
"""They hold eight events of four kinds."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of a recording with video and of one that failed, and the events in their tables."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "tv").mkdir()
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    film(folder / "tv" / f"{ONE}.mp4", [5, 50], *options, duration_s=SECONDS)
    write_scored(folder / "tables", {ONE: SCORES}, failed=[BROKEN])
    command = ["report", str(folder / "tables"), "--output", str(folder / "pages"), "--media", str(folder / "tv")]
    assert cli.main([*command, "--quiet"]) == 0
    return folder


@pytest.fixture
def page(pages, open_page):
    """The recording's page, as for somebody who has not seen it before."""
    window = open_page(pages / "pages" / f"{ONE}.html")
    window.execute_script("marks.unsaved = false; localStorage.clear()")
    return open_page(pages / "pages" / f"{ONE}.html")


@pytest.fixture
def events(pages):
    """The recording's rows of the events table."""
    return next(one.events for one in read_day(str(pages / "tables"), DAY) if one.recording_id == ONE)


def all_of(window, selector):
    return window.find_elements("css selector", selector)


def one_of(window, selector):
    return window.find_element("css selector", selector)


def press(window, *keys):
    """Press keys wherever the focus is."""
    from selenium.webdriver import ActionChains

    for key in keys:
        ActionChains(window).send_keys(key).perform()


def shown(window):
    """(start, kind) of the table's lines."""
    lines = window.execute_script(
        "return [...table.body.rows].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    return [(cells[0].strip(), cells[2].strip()) for cells in lines]


def position(window):
    return window.execute_script("return player.position")


def set_slider(window, name, value):
    window.execute_script(
        "const [slider, value] = arguments; slider.value = value; slider.dispatchEvent(new Event('input'))",
        one_of(window, f"#{name}"),
        value,
    )


def retype(field, text):
    """Put text into a field in place of what is there, as people do."""
    field.send_keys("\ue009a\ue000", "\ue003", text)


def saved_rows(window):
    """The rows of the file that the button saves."""
    for old in window.downloads.iterdir():
        old.unlink()
    one_of(window, "#save").click()
    (path,) = until(lambda: list(window.downloads.glob("*.csv")))
    with path.open(newline="") as file:
        return path, list(csv.DictReader(file))


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


def test_everything_works_from_the_keyboard(page, events):
    until(lambda: page.execute_script("return player.media.readyState >= 2"))
    press(page, "n", "r", "n", "w", "n", "6", "n", "r", "u", "p")
    assert page.execute_script("return events.indexOf(selected)") == 2
    verdicts = page.execute_script("return events.slice(0, 4).map((event) => marks.get(event)?.label ?? null)")
    assert verdicts == [events[0]["kind"], "none", LAUGHTER_KINDS[5], None]
    press(page, " ")
    until(lambda: not page.execute_script("return player.playing"))
    before = position(page)
    press(page, "\ue014")
    until(lambda: position(page) == pytest.approx(before + 5, abs=0.1))
    one_of(page, "#keys").click()
    press(page, "n")
    assert page.execute_script("return events.indexOf(selected)") == 2
    slider = one_of(page, "#position")
    slider.send_keys("\ue010")
    until(lambda: slider.get_attribute("aria-valuenow") == str(SECONDS))
    slider.send_keys("\ue011")
    until(lambda: slider.get_attribute("aria-valuenow") == "0")
    assert slider.get_attribute("aria-valuetext").startswith("0:00:00, 00:00:00 UTC, probability 0.")
    page.execute_script("marks.unsaved = false")


def test_letters_typed_into_a_field_are_no_commands(page):
    press(page, "n")
    one_of(page, "#least").send_keys("r0.1")
    assert page.execute_script("return marks.size") == 0


def test_every_control_has_a_name_and_can_be_reached(page):
    nameless = page.execute_script(
        """return [...document.querySelectorAll("button, input, select, a, video, [role]")].filter((one) => {
             const name = one.ariaLabel || one.textContent.trim() || one.labels?.length;
             return !name && !one.hasAttribute("aria-labelledby") && !one.matches("[role=status]");
           }).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(60):
        press(page, "\ue004")
        reached.add(
            page.execute_script("return document.activeElement.id || document.activeElement.dataset.focus || ''")
        )
    wanted = {"onset", "offset-number", "zoom-in", "position", "kind", "least", "in-view"}
    assert wanted <= reached
    assert any(one.startswith("jump ") for one in reached)
    assert any(one.startswith("other ") for one in reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(page, scheme):
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    colours = page.execute_script(
        """const style = getComputedStyle(document.documentElement);
           const rgb = (name) => {
             const text = style.getPropertyValue(`--${name}`).trim().slice(1);
             return [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16));
           };
           const names = ["page", "panel", "text", "muted", "accent", "on-accent", "threshold", "note", "chosen"];
           const kinds = [0, 1, 2, 3, 4, 5].map((number) => `kind-${number}`);
           return Object.fromEntries([...names, ...kinds].map((name) => [name, rgb(name)]))"""
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert (sum(colours["panel"]) > 380) == (scheme == "light")
    for text, ground in (
        ("text", "page"),
        ("text", "panel"),
        ("text", "note"),
        ("text", "chosen"),
        ("muted", "panel"),
        ("muted", "page"),
        ("accent", "page"),
        ("on-accent", "accent"),
    ):
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for number in range(6):
        assert contrast(colours[f"kind-{number}"], colours["panel"]) >= 3, number


def contrast(one, other):
    """Of two colours, as WCAG has it."""

    def luminance(colour):
        parts = [value / 255 for value in colour]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def test_the_index_lists_and_leads(pages, open_page):
    window = open_page(pages / "pages" / "index.html")
    lines = [line.text for line in all_of(window, "#table tbody tr")]
    assert len(lines) == 2
    assert f"{BROKEN} is no recording; check it" in next(line for line in lines if line.startswith("Broken"))
    one_of(window, "#search").send_keys("broken")
    assert len(all_of(window, "#table tbody tr")) == 1
    retype(one_of(window, "#search"), "")
    one_of(window, "#table a").click()
    assert window.title == "One: laughter"
    one_of(window, "header a").click()
    assert window.title == "Laughter in recordings"


def test_a_page_without_its_recording_says_so_and_takes_another_file(pages, open_page, tmp_path):
    command = ["report", str(pages / "tables"), "--output", str(tmp_path), "--media", str(tmp_path / "gone")]
    assert cli.main([*command, "--quiet", "--recording", ONE]) == 0
    window = open_page(tmp_path / f"{ONE}.html", expect=["ERR_FILE_NOT_FOUND"])
    until(lambda: "is not where this page looks for it" in one_of(window, "#player .note").text)
    all_of(window, "#table .jump")[1].click()
    assert position(window) == window.execute_script("return events[1].start")
    one_of(window, "#player input[type=file]").send_keys(str(pages / "tv" / f"{ONE}.mp4"))
    until(lambda: window.execute_script("return player.media && player.media.currentTime") == position(window))


def test_a_day_is_shown_whole_and_paged(open_page, tmp_path):
    seconds = 86400
    name = f"{DAY}_0000_US_CNN_Day"
    write_scored(tmp_path / "t", {name: random_scores(seconds, seed=3)})
    assert cli.main(["report", str(tmp_path / "t"), "--output", str(tmp_path), "--media", "none", "--quiet"]) == 0
    window = open_page(tmp_path / f"{name}.html")
    events = next(read_day(str(tmp_path / "t"), DAY)).events
    assert window.execute_script("return sameEvents(findEvents(scores, data.thresholds), fromTables)")
    assert one_of(window, "#count").text.startswith(f"{len(events):,} events")
    assert len(all_of(window, "#table tbody tr")) == 50
    set_slider(window, "onset", 0.9)
    assert 50 < window.execute_script("return events.length") < len(events)
    one_of(window, "#pager button:last-of-type").click()
    assert one_of(window, "#pager span").text.startswith("51 to 100 of ")
    took = window.execute_script(
        """const began = performance.now();
           for (let i = 0; i < 20; i++) setThreshold("onset", 0.5 + i / 100);
           return (performance.now() - began) / 20"""
    )
    print(f"finding the events of a day anew and listing them: {took:.1f} ms")


def test_hostile_names_do_nothing(open_page, tmp_path):
    write_scored(tmp_path / "t", {HOSTILE: SCORES}, title=HOSTILE, network=HOSTILE, error=HOSTILE)
    assert cli.main(["report", str(tmp_path / "t"), "--output", str(tmp_path), "--media", "none", "--quiet"]) == 0
    window = open_page(tmp_path / "index.html")
    assert one_of(window, "#table a").text == HOSTILE
    one_of(window, "#table a").click()
    assert one_of(window, "h1").text == HOSTILE
    press(window, "n", "r")
    _, rows = saved_rows(window)
    assert [row["recording"] for row in rows] == [HOSTILE]


def test_what_is_marked_trains(open_page, tmp_path, loudness_bundle):
    recording = make_recording(tmp_path / f"{ONE}.wav", loud=((5, 8), (14, 17), (22, 25)))
    tables = tmp_path / "tables"
    command = ["detect", str(recording), "--bundle", str(loudness_bundle), "--output", str(tables), "--quiet"]
    assert cli.main(command) == 0
    assert cli.main(["report", str(tables), "--output", str(tmp_path / "pages"), "--quiet"]) == 0
    window = open_page(tmp_path / "pages" / f"{ONE}.html")
    press(window, "n", "r", "n", "w", "n", "4")
    path, rows = saved_rows(window)
    assert [row["label"] for row in rows] == ["giggle", "none", "snicker"]
    command = ["shards", "--store", str(tables / "store"), "--labels-csv", str(path), "--output", str(tmp_path / "own")]
    assert cli.main([*command, "--shards", "1", "--held-out", "0", "--quiet"]) == 0
    manifest = json.loads((tmp_path / "own" / "manifest.json").read_text())
    classes = manifest["sides"]["train"]["classes"]
    assert {name: count for name, count in classes.items() if count} == {"giggle": 1, "snicker": 1, "none": 1}
