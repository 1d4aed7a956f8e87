"""The page of `laughter plot tsne` in a real Chromium: named by pointing and by keys, played by a click, zoomed."""

import csv

import pytest

from models.sounds.manifest import MANIFEST_COLUMNS
from pipeline import cli
from tests.engines.report_pages import HOSTILE, one_of, press, until
from tests.helpers.media import beeps

pytestmark = pytest.mark.engines

RIGHT = "\ue014"
ENTER = "\ue007"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    with open(folder / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(MANIFEST_COLUMNS)
        for number in range(12):
            beeps(folder / f"{number}.wav", [0.15 * beep for beep in range(1 + number)], duration_s=2 + number / 4)
            writer.writerow([f"{number}.wav", "giggle" if number % 2 else HOSTILE, "g", "train", "CC0", "here"])
    assert cli.main(["plot", "tsne", "--quiet", "--audio", str(folder), "--output", str(folder / "out")]) == 0
    return folder / "out" / "tsne_spectrograms.html"


def place(window, name):
    """Where a clip is drawn, from the middle of the map."""
    return window.execute_script(
        "const to = view.place(points.find((one) => one.name === arguments[0]));"
        "return [Math.round(to.x - map.clientWidth / 2), Math.round(to.y - map.clientHeight / 2)]",
        name,
    )


def test_pointing_names_a_clip_and_a_click_plays_it(page, open_page):
    from selenium.webdriver import ActionChains

    window = open_page(page)
    ActionChains(window).move_to_element_with_offset(one_of(window, "#map"), *place(window, "3.wav")).perform()
    assert until(lambda: one_of(window, "#tip").text) == "3.wav: giggle"
    ActionChains(window).click().perform()
    assert until(lambda: one_of(window, "#chosen").text) == "3.wav: giggle"
    until(lambda: window.execute_script("return player.currentTime > 0.2"))
    assert one_of(window, "#link a").get_attribute("href").endswith("/3.wav")


def test_keys_go_from_clip_to_clip_and_play(page, open_page):
    window = open_page(page)
    window.execute_script("map.focus()")
    press(window, RIGHT)
    first = until(lambda: one_of(window, "#chosen").text.partition(":")[0])
    assert first != "None yet."
    assert window.execute_script("return player.paused")
    ways = ("\ue014", "\ue012", "\ue013", "\ue015")
    press(window, *ways)
    assert one_of(window, "#tip").text == one_of(window, "#chosen").text
    press(window, ENTER)
    until(lambda: window.execute_script("return player.currentTime > 0"))
    press(window, "+", "+")
    assert window.execute_script("return view.zoom") > 2
    press(window, "0")
    assert window.execute_script("return view.zoom") == 1


def test_kinds_are_hidden_and_names_are_found_and_shown_as_they_are(page, open_page):
    window = open_page(page)
    assert one_of(window, "#count").text == "12 clips"
    one_of(window, "#kinds label").click()
    assert one_of(window, "#count").text == "6 clips"
    one_of(window, "#search").send_keys("alert")
    assert one_of(window, "#count").text == "6 clips"
    assert HOSTILE in one_of(window, "#found").text
    one_of(window, "#search").send_keys("no such")
    assert one_of(window, "#count").text == "0 clips"
    assert window.execute_script("return document.scripts.length") == 2
