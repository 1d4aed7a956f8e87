"""From a package made on the spot, fetched by the real apt from a repository made on the spot."""

import dataclasses
import io
import pathlib
import shutil
import zipfile

import numpy as np
import pytest
import soundfile

from common.errors import UsageError
from models.sounds.labelled_clips import LAUGHTER, OTHER, UNKNOWN, _holds
from models.sounds.manifest import MANIFEST_COLUMNS, read_manifest
from tests.helpers import debian
from transforms.collect import collect
from transforms.collect.debian_sources import PACKAGES
from transforms.collect.package import Package
from transforms.collect.speech import SENTENCES, SYNTHESISERS

HZ = 16000
PACKAGE = Package(
    "test-sounds",
    "1:2.0-1",
    "CC0",
    "speech",
    5,
    skip=r"footsteps",
    speaker=r"/voices/(\w+)/",
    labels=((r"/player/", "unlabelled"), (r"/music/", "music")),
)


def noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * HZ)).astype(np.float32)


def sound(path, seconds: float, seed: int):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(seconds, seed), HZ)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with a package with speech, laughs, music, a ZIP archive, duplicates, silence and rubbish."""
    debian.need_tools()
    tmp_path = tmp_path_factory.mktemp("built")
    share = tmp_path / "tree" / "usr" / "share" / "games" / "test-sounds"
    for speaker in ("ann", "bob"):
        for number in range(8):
            sound(share / "voices" / speaker / f"word{number}.ogg", 0.9, hash_of(speaker, number))
        sound(share / "voices" / speaker / "EvilLaugh2.wav", 2, hash_of(speaker, 99))
    shutil.copy(share / "voices" / "ann" / "EvilLaugh2.wav", share / "z_the_same_again.wav")
    sound(share / "music" / "theme.wav", 95, 1)
    sound(share / "footsteps1.wav", 2, 2)
    soundfile.write(share / "silence.wav", np.zeros(HZ), HZ)
    (share / "broken.wav").write_text("rubbish")
    pain = io.BytesIO()
    soundfile.write(pain, noise(0.5, 3), HZ, format="WAV")
    with zipfile.ZipFile(share / "pak0.pk3", "w") as archive:
        archive.writestr("sound/player/pain.wav", pain.getvalue())
    debian.build_package(tmp_path / "tree", tmp_path / "repository", name=PACKAGE.name, version=PACKAGE.version)
    return tmp_path / "repository"


@pytest.fixture
def repository(built, tmp_path, monkeypatch):
    """A repository of its own with that package, known to apt."""
    shutil.copytree(built, tmp_path / "repository")
    settings = debian.serve(tmp_path / "repository", tmp_path / "apt", name=PACKAGE.name, version=PACKAGE.version)
    monkeypatch.setenv("APT_CONFIG", str(settings))
    return tmp_path / "repository"


def hash_of(speaker: str, number: int) -> int:
    return sum(map(ord, speaker)) * 1000 + number


def collected(output) -> dict[str, dict[str, str]]:
    return {row["path"]: row for row in collect.read_manifest_rows(output / "manifest.csv")}


@pytest.mark.usefixtures("repository")
def test_a_package_becomes_labelled_clips_and_a_manifest(tmp_path):
    output = tmp_path / "audio"
    assert collect.collect([PACKAGE], output) == []
    rows = list(collected(output).values())
    assert tuple(rows[0]) == collect.COLUMNS
    assert set(MANIFEST_COLUMNS) <= set(rows[0])
    assert len(read_manifest(output)) == len(rows)
    assert {(row["use"], row["licence"]) for row in rows} == {("train", "CC0")}
    found = {(row["label"], row["group"]) for row in rows}
    assert found == {
        ("laughter", "test-sounds/ann"),
        ("laughter", "test-sounds/bob"),
        ("speech", "test-sounds/ann"),
        ("speech", "test-sounds/bob"),
        ("music", "test-sounds"),
        ("unlabelled", "test-sounds"),
    }
    assert [row["label"] for row in rows[:2]] == ["laughter", "laughter"]
    for row in rows:
        samples, rate_hz = soundfile.read(output / row["path"])
        assert rate_hz == HZ
        assert len(samples) / HZ == pytest.approx(float(row["seconds"]), abs=0.001)
        assert 0.25 <= float(row["seconds"]) <= 10
    assert sum(row["label"] == "music" for row in rows) == collect.PIECES_PER_FILE
    (pain,) = [row for row in rows if row["label"] == "unlabelled"]
    assert pain["source"] == "Debian test-sounds 1:2.0-1: test-sounds/pak0.pk3.d/sound/player/pain.wav"
    phrases = [row for row in rows if row["label"] == "speech"]
    assert max(float(row["seconds"]) for row in phrases) > 5
    assert any(row["source"].endswith(" and 5 more") for row in phrases)
    assert sum("Laugh" in row["source"] for row in rows) == 2
    assert sorted(path.name for path in output.iterdir()) == [".done", "manifest.csv", "test-sounds"]


@pytest.mark.usefixtures("repository")
def test_the_same_package_gives_the_same_bytes_and_the_minutes_are_a_limit(tmp_path):
    short = dataclasses.replace(PACKAGE, minutes=0.1)
    for name in ("one", "two"):
        collect.collect([short], tmp_path / name)
    rows = collected(tmp_path / "one")
    assert rows == collected(tmp_path / "two")
    assert 6 <= sum(float(row["seconds"]) for row in rows.values()) < 16
    for path in rows:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_goes_on_where_it_was_stopped_and_redoes_what_the_plan_changed(tmp_path, repository):
    output, said = tmp_path / "audio", []
    missing = dataclasses.replace(PACKAGE, name="not-there")
    failed = collect.collect([missing, PACKAGE], output, report=said.append)
    assert len(failed) == 1
    assert "not-there 1:2.0-1 could not be downloaded" in failed[0]
    assert "apt-get update" in failed[0]
    before = collected(output)
    (package,) = repository.glob("*.deb")
    package.rename(tmp_path / "gone.deb")  # so that a second download would fail
    assert collect.collect([PACKAGE], output, report=said.append) == []
    assert collected(output) == before
    (tmp_path / "gone.deb").rename(package)
    relabelled = dataclasses.replace(PACKAGE, label="sfx")
    collect.collect([relabelled], output, report=said.append)
    assert {row["label"] for row in collected(output).values()} == {"laughter", "sfx", "music", "unlabelled"}
    assert {path.name for path in (output / "test-sounds").iterdir()} == {
        row["path"].split("/")[1] for row in collected(output).values()
    }


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("downloads", [None, "kept"])
def test_folders_may_be_named_from_the_working_directory(tmp_path, monkeypatch, downloads):
    """Debian's tools run in other folders."""
    monkeypatch.chdir(tmp_path)
    if downloads:
        (tmp_path / downloads).mkdir()
    assert collect.collect([PACKAGE], pathlib.Path("audio"), downloads=downloads and pathlib.Path(downloads)) == []
    assert len(collected(tmp_path / "audio")) > 5


@pytest.mark.usefixtures("repository")
def test_packages_kept_are_used_again_and_damaged_ones_fetched_again(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    collect.collect([PACKAGE], tmp_path / "one", downloads=kept)
    (package,) = kept.iterdir()
    package.write_bytes(package.read_bytes()[:-100])
    assert collect.collect([PACKAGE], tmp_path / "two", downloads=kept) == []
    assert collected(tmp_path / "one") == collected(tmp_path / "two")


def test_another_system_is_told_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"apt-get and dpkg-deb.*Debian 12"):
        collect.collect([PACKAGE], tmp_path / "audio")
    assert not (tmp_path / "audio").exists()


@pytest.mark.usefixtures("repository")
def test_two_runs_on_one_folder_do_not_meet(tmp_path):
    output, refused = tmp_path / "audio", []

    def run_another(_: str) -> None:
        with pytest.raises(UsageError, match="another run writes to"):
            collect.collect([PACKAGE], output)
        refused.append(True)

    assert collect.collect([PACKAGE], output, report=run_another) == []
    assert refused == [True]
    assert collected(output)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("x/Evil_Laugh.wav", "laughter"),
        ("x/haha2.ogg", "laughter"),
        ("x/giggle.wav", "giggle"),
        ("x/Cough-male.wav", "cough"),
        ("x/BabyCry.mp3", "crying"),
        ("x/cryo_gun.wav", "sfx"),
        ("x/crystal.wav", "sfx"),
        ("x/kamikaze-scream.ogg", "scream"),
        ("x/sight.wav", "sfx"),
        ("laughing/door.wav", "sfx"),
        ("x/crowdcheer.wav", "crowd"),
    ],
)
def test_names_of_files_tell_labels(name, label):
    assert collect.label_of(Package("x", "1", "CC0", "sfx", 1), name) == label


def test_the_plan_is_well_formed():
    names = [source.name for source in (*PACKAGES, *SYNTHESISERS)]
    assert len(names) == len(set(names))
    for package in PACKAGES:
        assert package.licence
        assert package.minutes > 0
        assert collect.label_of(package, "a/b/plain.xyz")
    assert {voice.language for synthesiser in SYNTHESISERS for voice in synthesiser.voices} == set(SENTENCES)


def test_what_is_unlabelled_is_neither_laughter_nor_its_absence():
    assert [_holds(label) for label in ("unlabelled", "laughter", "speech")] == [UNKNOWN, LAUGHTER, OTHER]


def test_synthesisers_read_from_unpacked_packages(tmp_path):
    """With a program of the same behaviour in the place of the real one: it copies a recording."""
    recording = tmp_path / "recording.wav"
    sound(recording, 2, 5)
    program = tmp_path / "root" / "usr" / "bin" / "flite"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp "{recording}" "$2"\n')
    program.chmod(0o755)
    clips = list(collect.spoken(SYNTHESISERS[0], pathlib.Path(tmp_path / "root")))
    assert len(clips) == 4 * len(SENTENCES["en"])
    assert len({clip.group for clip in clips}) == 4
    assert {clip.label for clip in clips} == {"speech"}
    assert clips[0].origin == "-voice slt, sentence 1 in en"
