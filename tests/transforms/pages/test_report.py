"""Pages: what they hold, that nothing in it can break out, and that their scripts find what the pipeline finds."""

import base64
import hashlib
import html.parser
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from models.constants import BESIDE, LAUGHTER_KINDS
from models.events.find import Tracked
from tests.helpers.report import (
    FIND_ALL,
    THRESHOLDS,
    TRACK_THRESHOLDS,
    as_found,
    as_page,
    random_cases,
    random_scores,
    random_tracks,
)
from tests.helpers.tables import event_row, recording_row
from transforms.pages.report import ASSETS, index_page, index_row, page_name, recording_page
from transforms.shards.read_labelled import read_labels
from transforms.tables.read_tables import RecordingWithEvents
from transforms.tables.schemas import RECORDINGS

ID = "2016-01-01_0000_US_CNN_One"
HOSTILE = "</script><script>alert(1)</script><!-- \"'&\u2028 <img src=x onerror=alert(1)>"


class Elements(html.parser.HTMLParser):
    """The elements of a page: (tag, attributes, text in it)."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.found, self.ended = [], True
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.ended = False

    def handle_endtag(self, tag):
        self.ended = True

    def handle_data(self, data):
        if not self.ended:
            self.found[-1][2] += data

    def of(self, tag):
        return [one for one in self.found if one[0] == tag]


def annotated_as(recording_id=ID, events=(), **changes):
    row = {**dict.fromkeys(RECORDINGS.names), **recording_row(recording_id, **changes)}  # as it is read from the table
    return RecordingWithEvents(row, list(events))


def page_of(recording_id=ID, events=(), **changes):
    annotated = annotated_as(recording_id, events, **changes)
    return recording_page(annotated, random_scores(60), THRESHOLDS, media="./a.mp4")


def data_of(page):
    return json.loads(
        next(text for _, attributes, text in Elements(page).of("script") if attributes.get("id") == "data")
    )


def test_a_page_holds_the_recording_its_events_and_the_link():
    data = data_of(page_of(events=[event_row(ID, 3, 5, "snicker")]))
    assert (data["recording_id"], data["start_utc"], data["media"]) == (ID, "2016-01-01T00:00:00Z", "./a.mp4")
    assert data["events"] == [
        [3, 5, LAUGHTER_KINDS.index("snicker"), 0.75, 0.375, *[0.125] * 3, 0.75, *[0.125] * 2, *[None] * 4]
    ]
    assert len(base64.b64decode(data["scores"]["probability"])) == 4 * 60
    assert len(base64.b64decode(data["scores"]["kinds"])) == 4 * 60 * 6
    assert data["thresholds"] == {"onset": 0.6, "offset": 0.45, "minOn": 2, "minOff": 2}
    assert (data["peaks"], data["tracks"]) == (None, None)


def test_a_page_of_a_tracked_recording_holds_the_tracks_of_its_sound():
    tracks = random_tracks(60, seed=3)
    beside = dict(zip(BESIDE, (0.25, 0.5, 0.75, 1.0), strict=True))
    annotated = annotated_as(ID, [event_row(ID, 3.1, 5.4, "snicker", **beside)], audio_s=59.33)
    tracked = Tracked(tracks, TRACK_THRESHOLDS)
    data = data_of(recording_page(annotated, random_scores(60), THRESHOLDS, tracked=tracked))
    assert data["events"][0][:2] == [3.1, 5.4]
    assert data["events"][0][-4:] == [0.25, 0.5, 0.75, 1.0]
    assert data["thresholds"] == {"onset": 0.5, "offset": 0.35, "peak": 0.7, "minOn": 0.2, "minOff": 0.3}
    rows = np.frombuffer(base64.b64decode(data["tracks"]), np.uint8).reshape(5, -1)
    assert np.array_equal(rows, tracks.reshape(-1, 5)[:594].T)


def test_a_page_of_an_hour_is_below_a_megabyte():
    tracked = Tracked(random_tracks(3600), TRACK_THRESHOLDS)
    events = [event_row(ID, second, second + 1.3, **dict.fromkeys(BESIDE, 0.123456)) for second in range(0, 3600, 18)]
    peaks = np.zeros(36000, np.uint8)
    annotated = annotated_as(ID, events, audio_s=3600.0)
    page = recording_page(annotated, random_scores(3600), THRESHOLDS, tracked=tracked, peaks=peaks)
    assert 450_000 < len(page.encode()) < 1_000_000


def test_a_page_asks_nobody_for_anything():
    page = page_of()
    elements = Elements(page)
    assert not [one for one in elements.found if "src" in one[1] or one[0] == "link"]
    assert [attributes["href"] for _, attributes, _ in elements.of("a")] == ["#events", "index.html"]
    assert not re.search(r"https?://(?!schemas)", page)


def test_the_policy_lets_only_the_pages_own_scripts_and_styles_run():
    for page in (page_of(), index_page([])):
        elements = Elements(page)
        policy = next(meta[1]["content"] for meta in elements.of("meta") if "http-equiv" in meta[1])
        allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert allowed["default-src"] == "'none'"
        for tag, source in (("script", "script-src"), ("style", "style-src")):
            (text,) = [one[2] for one in elements.of(tag) if "type" not in one[1]]
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert allowed[source] == f"'sha256-{digest}'"


def test_media_of_another_host_are_allowed_and_no_more():
    page = recording_page(
        annotated_as(), random_scores(9), THRESHOLDS, media="https://tv.example:8080/a;script-src *.mp4"
    )
    policy = next(meta[1]["content"] for meta in Elements(page).of("meta") if "http-equiv" in meta[1])
    assert "media-src 'self' file: blob: https://tv.example:8080;" in policy
    assert "*" not in policy


def test_hostile_names_stay_text():
    plain = [one[0] for one in Elements(page_of(title="One")).found]
    page = page_of(HOSTILE, title=HOSTILE, network=HOSTILE, error=HOSTILE)
    assert [one[0] for one in Elements(page).found] == plain
    assert data_of(page)["title"] == HOSTILE
    row = index_row(annotated_as(HOSTILE, title=HOSTILE), page="a.html", trouble=HOSTILE)
    assert [one[0] for one in Elements(index_page([row])).found] == [one[0] for one in Elements(index_page([])).found]


def test_equal_input_gives_equal_pages():
    assert page_of() == page_of()


def test_no_page_is_called_as_the_index():
    names = [page_name(annotated_as(name)) for name in ("index", "INDEX", ID, "index~", "a/b", "..")]
    assert len({name.lower() for name in names}) == len(names) - 1  # the first two differ by case alone
    assert "index.html" not in {name.lower() for name in names}
    assert not any("/" in name or name.startswith(".") for name in names)


def test_rows_of_the_index_say_what_is_known():
    annotated = annotated_as(events=[event_row(ID, 3, 5), event_row(ID, 7, 11.5)])
    row = index_row(annotated, page="a b.html")
    assert (row["page"], row["laughs"], row["laughing_s"], row["error"]) == ("a%20b.html", 2, 6.5, None)
    row = index_row(annotated, page=None, trouble="no page: it is odd")
    assert (row["page"], row["laughs"], row["laughing_s"], row["error"]) == (None, None, None, "no page: it is odd")


@pytest.fixture
def node():
    """Runs JavaScript after some of the pages' scripts; what it prints comes back from JSON."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed; ./run_tests.sh --engines runs the same in a browser")

    def run(scripts, code, **given):
        source = "".join((ASSETS / name).read_text() for name in scripts)
        source += "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
        done = subprocess.run([program, "-"], input=source + code, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_page_finds_what_the_pipeline_finds_to_the_last_bit(node):
    cases = list(random_cases(200))
    given = [as_page(*case) for case in cases]
    found = node(("format.js", "events.js"), FIND_ALL + "console.log(JSON.stringify(found));", cases=given)
    assert found == [as_found(*case) for case in cases]
    assert sum(map(len, found)) > 1000
    lengths = [
        (event["end"] - event["start"]) * (10 if case[3] else 1)
        for events, case in zip(found, cases, strict=True)
        for event in events
    ]
    assert max(lengths) > 10_000  # numpy adds 8,192 at a time


@pytest.mark.parametrize("recording", [ID, 'a "b", c\nd', " odd ", "é"])
def test_marks_become_labels_and_come_back(node, tmp_path, recording):
    code = """
    const marks = new Marks(recording, kinds, null);
    marks.set({ start: 7, end: 9.375, kind: 2 }, "right");
    marks.set({ start: 3, end: 5, kind: 0 }, "wrong");
    marks.set({ start: 11, end: 12, kind: 0 }, "other", "snicker");
    marks.set({ start: 20, end: 21, kind: 0 }, "right");
    marks.clear({ start: 20, end: 21 });
    const again = new Marks(recording, kinds, null);
    const others = "other,1,2,none\\r\\n";
    const taken = again.load(marks.csv() + others);
    const events = [{ start: 3, end: 5, kind: 0 }, { start: 7, end: 9.375, kind: 2 }, { start: 11, end: 12, kind: 0 }];
    again.assign(events);
    const verdicts = events.map((event) => again.get(event).verdict);
    console.log(JSON.stringify({ csv: marks.csv(), again: again.csv(), taken, verdicts }));
    """
    said = node(("marks.js",), code, recording=recording, kinds=LAUGHTER_KINDS)
    (tmp_path / "labels.csv").write_text(said["csv"], newline="")
    labels = read_labels(str(tmp_path / "labels.csv"))
    assert [(one.start_s, one.end_s, one.label) for one in labels] == [(3, 5, None), (7, 9.375, 18), (11, 12, 19)]
    assert {one.recording for one in labels} == {recording.strip()}
    assert said["again"] == said["csv"]
    assert (said["taken"], said["verdicts"]) == (3, ["wrong", "right", "other"])


def test_marks_of_before_find_the_event_they_overlap_most(node):
    """Events to whole seconds were marked; found to tenths they are others, and none of the marks is lost."""
    code = """
    const marks = new Marks("a", kinds, null);
    for (const [start, end] of [[3, 6], [9, 12], [20, 22]]) marks.set({ start, end, kind: 0 }, "right");
    marks.set({ start: 30, end: 33, kind: 1 }, "wrong");
    const events = [[3.4, 4.1, 0], [4.4, 5.9, 2], [9.2, 12.6, 0], [21, 21.9, 0], [21.95, 25, 1], [30, 33, 1]].map(
      ([start, end, kind]) => ({ start, end, kind }),
    );
    marks.assign(events);
    const told = () => events.map((event) => marks.get(event)?.verdict ?? null);
    const before = told();
    marks.set(events[1], "right"); // takes the place of the mark of before
    marks.clear(events[2]);
    marks.assign(events.slice(0, 3));
    const strays = marks.strays.map(({ start }) => start);
    marks.drop(marks.strays[0]);
    console.log(JSON.stringify({ before, after: told(), strays, left: marks.strays.length, csv: marks.csv() }));
    """
    said = node(("marks.js",), code, kinds=LAUGHTER_KINDS)
    assert said["before"] == [None, "other", "right", "right", None, "wrong"]
    assert said["after"] == [None, "right", None, None, None, None]
    assert (said["strays"], said["left"]) == ([20, 30], 1)
    assert said["csv"] == "recording,start_s,end_s,label\na,4.4,5.9,giggle\na,30,33,none\n"


def test_a_file_of_something_else_is_no_marks(node):
    code = """
    const marks = new Marks("a", kinds, null);
    let said = "";
    try { marks.load("name,age\\n"); } catch (error) { said = error.message; }
    console.log(JSON.stringify([said, marks.size]));
    """
    assert node(("marks.js",), code, kinds=LAUGHTER_KINDS) == [
        "the file's first line is not recording,start_s,end_s,label",
        0,
    ]


def test_times_for_people(node):
    code = "console.log(JSON.stringify([0, 59, 3723, 9.25, 59.96, 90000.5].map((second) => clock(second))))"
    assert node(("format.js",), code) == ["0:00:00", "0:00:59", "1:02:03", "0:00:09.3", "0:01:00.0", "25:00:00.5"]
