"""Pages of `laughter report` from the keyboard, without a recording, of a day, of odd names; and what marks become."""

import json

import pytest

from pipeline import cli
from tests.engines.report_pages import (
    BROKEN,
    DAY,
    HOSTILE,
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
    until,
)
from tests.helpers.archive import make_recording
from tests.helpers.report import random_scores, write_scored
from transforms.tables.read_tables import read_day

pytestmark = pytest.mark.engines


def test_everything_works_from_the_keyboard(page, events):
    until(lambda: page.execute_script("return player.media.readyState >= 2"))
    press(page, "n", "r", "n", "w", "n", "4", "n", "r", "u", "p")
    assert page.execute_script("return events.indexOf(selected)") == 2
    assert one_of(page, "#chosen").text.startswith("Event 3 of 8: ")
    assert one_of(page, "#chosen").text.endswith("marked of another kind, snicker")
    verdicts = page.execute_script("return events.slice(0, 4).map((event) => marks.get(event)?.label ?? null)")
    assert verdicts == [events[0]["kind"], "none", "snicker", None]
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
