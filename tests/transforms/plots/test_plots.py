"""Figures of `laughter plot`: what they show, by what matplotlib was told to draw."""

import io

import numpy as np
import pytest
from PIL import Image

from transforms.maps.figure import map_plot
from transforms.plots.archive import LaughterRate, bars_plot, columns_plot
from transforms.plots.style import KIND_COLOURS, png
from transforms.plots.timeline import COLUMNS, timeline_plot

HOSTILE = r"$\frac{ <b>_^% 電視"
LABELS = {"heading": HOSTILE, "note": HOSTILE}


def colours(figure):
    image = Image.open(io.BytesIO(png(figure)))
    assert image.format == "PNG"
    return {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in image.convert("RGB").getcolors(1 << 20)}


def timeline(probability, events=(), **changes):
    settings = {"length_s": float(len(probability)), "thresholds": {"onset": 0.5, "offset": 0.3}, **LABELS, **changes}
    return timeline_plot(np.asarray(probability, np.float32), events, **settings)


def test_a_timeline_shows_kinds_in_their_lanes_and_colours():
    events = [(10.0, 30.0, "giggle"), (50.0, 51.0, "belly_laugh"), (60.0, 70.0, "giggle")]
    figure = timeline(np.linspace(0, 1, 100), events)
    above, below = figure.axes
    assert [text.get_text() for text in below.get_yticklabels()] == ["giggle (2)", "belly laugh (1)"]
    assert {KIND_COLOURS["giggle"], KIND_COLOURS["belly_laugh"]} <= colours(figure)
    assert KIND_COLOURS["snicker"] not in colours(figure)
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["onset 0.5", "offset 0.3"]


def test_a_long_timeline_keeps_every_peak_and_shows_short_laughs():
    probability = np.zeros(24 * 3600)
    probability[40_001] = 0.9
    figure = timeline(probability, [(40_001.0, 40_002.0, "snicker")], thresholds={})
    curve = figure.axes[0].patches[0].get_data()
    assert len(curve.values) <= COLUMNS
    assert curve.values.max() == pytest.approx(0.9)
    assert np.flatnonzero(curve.values).tolist() == [40_001 // 87]
    assert KIND_COLOURS["snicker"] in colours(figure)


def test_a_timeline_of_tenths_has_its_own_times_and_a_peak():
    track = np.zeros(600)
    track[123:140] = 0.9
    levels = {"onset": 0.5, "offset": 0.3, "peak": 0.8}
    figure = timeline(track, [(12.3, 14.0, "giggle")], hz=10, length_s=60.0, thresholds=levels)
    curve = figure.axes[0].patches[0].get_data()
    assert curve.edges[[123, 140]].tolist() == [12.3, 14.0]
    assert curve.values[123] == pytest.approx(0.9)
    legend = figure.axes[0].get_legend().get_texts()
    assert [text.get_text() for text in legend] == ["onset 0.5", "offset 0.3", "peak 0.8"]


@pytest.mark.parametrize("seconds", [0, 1, 7])
def test_short_timelines_without_events_are_drawn(seconds):
    figure = timeline(np.full(seconds, 0.2), length_s=max(0.4, seconds))
    assert "no events" in [text.get_text() for text in figure.axes[1].texts]
    assert colours(figure)


def test_a_map_counts_its_kinds_and_gives_each_its_colour_and_shape():
    groups = ["none"] * 5 + ["giggle"] * 2 + ["unknown"]
    names = {"none": "no laughter", "unknown": "not known", "giggle": HOSTILE, "snicker": "snicker"}
    xy = np.random.default_rng(0).uniform(-1, 1, (8, 2)).astype(np.float32)
    figure = map_plot(xy, groups, names, **LABELS)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [f"{HOSTILE} (2)", "not known (1)", "no laughter (5)"]
    shapes = [len(drawn.get_paths()[0]) for drawn in figure.axes[0].collections]
    assert len(set(shapes)) == 3
    assert {KIND_COLOURS["giggle"]} <= colours(figure)


def test_columns_stand_at_their_places_and_gaps_stay():
    shares = [LaughterRate("2016-01", 10.0, 3, 1.5), LaughterRate("2016-03", 20.0, 9, 2.5)]
    figure = columns_plot(shares, names=["2016-01", "2016-02", "2016-03"], below="month", **LABELS)
    laughter, audio = figure.axes
    assert [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in laughter.patches] == [(0, 1.5), (2, 2.5)]
    assert [bar.get_height() for bar in audio.patches] == [10, 20]
    assert [text.get_text() for text in audio.get_xticklabels()] == ["2016-01", "2016-02", "2016-03"]
    assert colours(figure)


def test_ten_years_of_months_fit_below_the_columns():
    names = [f"{year}-{month:02}" for year in range(2006, 2016) for month in range(1, 13)]
    figure = columns_plot([LaughterRate(name, 1.0, 1, 1.0) for name in names], names=names, below="month", **LABELS)
    assert len(figure.axes[1].get_xticklabels()) == 24
    assert colours(figure)


def test_bars_tell_the_hours_they_come_from():
    figure = bars_plot([LaughterRate(HOSTILE, 1200.0, 3, 1.5), LaughterRate("not known", 0.4, 0, 0.0)], **LABELS)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [HOSTILE, "not known"]
    assert [text.get_text().strip() for text in axes.texts if " in " in text.get_text()] == [
        "1.50 in 1,200 h",
        "0.00 in 0 h",
    ]
    assert colours(figure)


def test_the_same_figure_gives_the_same_bytes():
    assert png(timeline([0.1, 0.9])) == png(timeline([0.1, 0.9]))
