"""Pages: what they hold, that nothing in it can break out, and that their scripts find what the pipeline finds."""

import base64
import hashlib
import html.parser
import json
import re
import shutil
import subprocess

import pytest

from models.constants import LAUGHTER_KINDS
from tests.helpers.report import (
    FIND_ALL,
    THRESHOLDS,
    as_found,
    as_page,
    random_cases,
    random_scores,
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
    assert data["events"] == [[3, 5, LAUGHTER_KINDS.index("snicker"), 0.75, 0.375, *[0.125] * 3, 0.75, *[0.125] * 2]]
    assert len(base64.b64decode(data["scores"]["probability"])) == 4 * 60
    assert len(base64.b64decode(data["scores"]["kinds"])) == 4 * 60 * 6
    assert data["thresholds"] == {"onset": 0.6, "offset": 0.45, "minOn": 2, "minOff": 2}
    assert data["peaks"] is None


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
    assert max(event["end"] - event["start"] for events in found for event in events) > 600


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
    const taken = again.load(marks.csv() + others, ({ start }) => ({ 7: 2, 3: 0, 11: 0 })[start]);
    const verdicts = [...again.byStretch.values()].map(({ verdict }) => verdict);
    console.log(JSON.stringify({ csv: marks.csv(), again: again.csv(), taken, verdicts }));
    """
    said = node(("marks.js",), code, recording=recording, kinds=LAUGHTER_KINDS)
    (tmp_path / "labels.csv").write_text(said["csv"], newline="")
    labels = read_labels(str(tmp_path / "labels.csv"))
    assert [(one.start_s, one.end_s, one.label) for one in labels] == [(3, 5, None), (7, 9.375, 18), (11, 12, 19)]
    assert {one.recording for one in labels} == {recording.strip()}
    assert said["again"] == said["csv"]
    assert (said["taken"], said["verdicts"]) == (3, ["wrong", "right", "other"])


def test_a_file_of_something_else_is_no_marks(node):
    code = """
    const marks = new Marks("a", kinds, null);
    let said = "";
    try { marks.load("name,age\\n", () => -1); } catch (error) { said = error.message; }
    console.log(JSON.stringify([said, marks.size]));
    """
    assert node(("marks.js",), code, kinds=LAUGHTER_KINDS) == [
        "the file's first line is not recording,start_s,end_s,label",
        0,
    ]


def test_times_for_people(node):
    code = "console.log(JSON.stringify([0, 59, 3723, 9.25, 59.96, 90000.5].map((second) => clock(second))))"
    assert node(("format.js",), code) == ["0:00:00", "0:00:59", "1:02:03", "0:00:09.3", "0:01:00.0", "25:00:00.5"]
