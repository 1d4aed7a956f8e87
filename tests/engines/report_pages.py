"""Pages of a made recording, and how tests of them use a browser."""

import csv
import time

from tests.helpers.report import random_scores

DAY = "2016-01-01"
ONE, BROKEN, HOSTILE = f"{DAY}_0000_US_CNN_One", f"{DAY}_0100_US_CNN_Broken", 'x"><script>alert(1)</script>, "odd"'
SECONDS = 400
SCORES = random_scores(SECONDS, seed=5, steady=0.85)
"""They hold eight events of four kinds."""


def until(condition, *, within_s=20.0):
    """What `condition()` gives as soon as that is true; AssertionError where it never is."""
    end = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


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
