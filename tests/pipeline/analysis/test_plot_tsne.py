"""`laughter plot tsne` as its users run it: a picture and a page, the same each time, that run nothing of a name's."""

import base64
import csv
import hashlib
import html
import json
import re

import numpy as np
import pytest

from models.sounds.manifest import MANIFEST_COLUMNS
from pipeline import cli
from tests.helpers.media import beeps
from tests.helpers.shards import made_clips, write
from tests.helpers.store import made_part
from tests.helpers.tables import event_row, recording_row, write_tables
from transforms.embed.recordings import recording_at
from transforms.maps.clips import clips_of_shards, clips_of_tables

ONE, TWO = "2016-01-01_0000_US_CNN_One", "2016-01-02_0000_DE_ZDF_Two"
HOSTILE = "</script><img src=x onerror=alert(1)>\"&'.wav"


def plot(*arguments):
    return cli.main(["plot", "tsne", "--quiet", *map(str, arguments)])


def leaves(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def page_data(path):
    """The page's data, after a look at its policy: only what the page holds may run."""
    text = path.read_text(encoding="utf-8")
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    assert base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text)
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


@pytest.fixture
def shards(tmp_path):
    clips = made_clips(80)
    clips.video_ids[:] = [f"video-{number:05d}" for number in range(80)]  # eleven characters, as those of videos
    clips.video_ids[3] = HOSTILE
    return write(tmp_path / "shards", {"train": clips, "eval": made_clips(40, seed=1)})


def test_shards_give_a_picture_and_a_page_with_links_to_videos(shards, tmp_path, capsys):
    assert plot("--shards", shards, "--output", tmp_path / "out") == 0
    assert leaves(tmp_path / "out") == ["tsne_embeddings.html", "tsne_embeddings.png"]
    data = page_data(tmp_path / "out" / "tsne_embeddings.html")
    assert len(data["points"]) == 120
    assert [group["name"] for group in data["groups"]][:2] == ["no laughter", "laughter"]
    by_name = {point[3]: point for point in data["points"]}
    assert by_name["video-00000 at 0 s"][8] == "https://www.youtube.com/watch?v=video-00000&t=0s"
    assert by_name[f"{HOSTILE} at 0 s"][8] is None
    assert "no laughter: 90 of 90" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_bytes_and_another_another_sample(shards, tmp_path):
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        assert plot("--shards", shards, "--clips", 60, "--seed", seed, "--output", tmp_path / name) == 0
    for leaf in leaves(tmp_path / "one"):
        one, again, other = ((tmp_path / name / leaf).read_bytes() for name in ("one", "again", "other"))
        assert one == again
        assert one != other


def test_a_side_alone(shards, tmp_path, capsys):
    assert plot("--shards", shards, "--side", "eval", "--output", tmp_path / "out", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "40 clips: mean vggish embeddings of clips of training shards (eval)" in said
    assert "nothing was written (--dry-run), but would be to" in said
    assert leaves(tmp_path / "out") == []


def test_features_of_shards_are_means_over_frames(shards):
    clips = clips_of_shards(str(shards), ["train"], size=1000, seed=0)
    made = made_clips(80)
    row = [clip.name for clip in clips.clips].index("video-00005 at 0 s")
    np.testing.assert_allclose(clips.features[row], made.embedding[5, : made.n_frames[5]].mean(axis=0), rtol=1e-5)


@pytest.fixture
def archive(tmp_path):
    """Tables of two recordings of 100 s with their store: byte k of second s is s in One, 200 in Two."""
    rows = [recording_row(name, audio_s=100.0, path=f"/archive/{name}.mp4") for name in (ONE, TWO)]
    write_tables(tmp_path / "tables", rows, [event_row(ONE, 12, 16), event_row(TWO, 40, 41.5, "snicker")])
    seconds = np.repeat(np.arange(100, dtype=np.uint8)[:, None], 128, axis=1)
    for row, embeddings in zip(rows, (seconds, np.full_like(seconds, 200)), strict=True):
        made_part(tmp_path / "tables" / "store", recording_at(row["path"], 1, ""), embeddings)
    return tmp_path / "tables"


def test_an_archive_gives_its_events_and_what_no_event_touches(archive):
    told = []
    clips = clips_of_tables(
        str(archive),
        str(archive / "store"),
        ["2016-01-01", "2016-01-02"],
        media=None,
        size=100,
        seed=0,
        on_done=lambda *done: told.append(done),
    )
    found = {clip.name: (clip, mean) for clip, mean in zip(clips.clips, clips.features[:, 0], strict=True)}
    assert clips.offered == {"giggle": 1, "snicker": 1, "none": 18}
    laugh, mean = found[f"{ONE} at 12 s"]
    assert (laugh.group, laugh.label, laugh.media, laugh.start_s, laugh.end_s, mean) == (
        *("giggle", "giggle, 4 s", f"/archive/{ONE}.mp4", 12, 16),
        13.5,
    )
    assert f"{ONE} at 10 s" not in found
    assert found[f"{ONE} at 20 s"][1] == 24.5
    assert found[f"{TWO} at 40 s"][0].group == "snicker"
    assert told == [(0, 2), (1, 2)]


def test_a_missing_part_is_told_and_the_rest_is_drawn(archive, tmp_path, capsys):
    (archive / "store" / "date=2016-01-02" / f"{TWO}.parquet").unlink()
    assert plot("--tables", archive, "--media", "https://tv.example/files", "--output", tmp_path / "out") == 3
    assert f"{TWO}.parquet cannot be read" in capsys.readouterr().err
    page = tmp_path / "out" / "tsne_embeddings.html"
    assert {point[5] for point in page_data(page)["points"]} == {f"https://tv.example/files/{ONE}.mp4"}
    assert "media-src &#x27;self&#x27; file: https://tv.example;" in page.read_text(encoding="utf-8")


def test_sounds_of_hostile_names_are_linked_and_run_nothing(tmp_path, capsys):
    folder = tmp_path / "sounds"
    folder.mkdir()
    names = [HOSTILE.replace("/", ""), *(f"{number}.wav" for number in range(9))]
    for number, name in enumerate(names):
        beeps(folder / name, [0.2 + 0.05 * number], duration_s=0.6 + 0.1 * number)
    (folder / "broken.wav").write_text("no sound")
    with open(folder / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(MANIFEST_COLUMNS)
        labels = ("laughter", "giggle", "crowd", "<b>speech</b>")
        for number, name in enumerate([*names, "broken.wav"]):
            writer.writerow([name, labels[number % 4], "g", "train", "CC0", "here"])
    assert plot("--audio", folder, "--output", tmp_path / "out") == 3
    assert "broken.wav" in capsys.readouterr().err
    data = page_data(tmp_path / "out" / "tsne_spectrograms.html")
    points = {point[3]: point for point in data["points"]}
    assert points.keys() == set(names)
    assert points["2.wav"][4:6] == ["<b>speech</b>", "../sounds/2.wav"]
    assert [group["name"] for group in data["groups"]] == ["no laughter", "not known", "laughter", "giggle"]
    assert "<" not in points[names[0]][5]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shards", "nowhere"], "manifest.json cannot be read"),
        (["--tables", "nowhere"], "holds no tables"),
        (["--audio", "nowhere"], "manifest.csv cannot be read"),
        (["--audio", "nowhere", "--side", "eval"], "--side is for --shards; leave it out"),
        (["--shards", "nowhere", "--clips", "3"], "--clips must be at least 8, not 3"),
        (["--shards", "nowhere", "--perplexity", "0"], "--perplexity must be at least 1, not 0"),
        (["--shards", "nowhere", "--seed", "-1"], "--seed must be from 0"),
        (["--shards", ""], "folders must not be empty"),
    ],
)
def test_what_cannot_be_mapped_is_one_sentence(tmp_path, monkeypatch, arguments, sentence, capsys):
    monkeypatch.chdir(tmp_path)
    assert plot(*arguments) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "\n" not in said
    assert leaves(tmp_path) == []


def test_too_few_clips_are_refused(tmp_path, capsys):
    shards = write(tmp_path / "shards", {"train": made_clips(5)})
    assert plot("--shards", shards, "--output", tmp_path / "out") == 2
    assert "a map takes at least 8 clips, and there are 5; give more" in capsys.readouterr().err
