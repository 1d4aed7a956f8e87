"""Folders and patterns as archives have them: what is no recording is passed over, and what is closed is told."""

import os

import pytest

from transforms.embed.walk import Findings, expand_pattern, walk


@pytest.fixture
def tree(tmp_path):
    for name in (
        "a.mp4",
        "day/b.mp4",
        "day/.hidden.mp4",
        "day/deep/c.mp4",
        ".trash/d.mp4",
        "@eaDir/e.mp4",
        "day/x.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture
def closed(monkeypatch):
    """Makes a folder one that may not be listed, for the superuser too."""
    scandir = os.scandir

    def close(folder):
        def refuse(path="."):
            if os.path.abspath(path) == str(folder):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return close


def test_a_walk_gives_what_is_wanted_and_counts_the_rest(tree):
    findings = Findings()
    found = walk(str(tree), lambda name: name.endswith(".mp4") and not name.startswith("."), findings)
    assert [os.path.relpath(path, tree) for path in found] == ["a.mp4", "day/b.mp4", "day/deep/c.mp4"]
    assert findings.passed_over == {"hidden": 2, "system folder": 1, ".txt": 1}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["a.mp4", "day"]),
        ("*.mp4", ["a.mp4"]),
        ("day/*", ["day/b.mp4", "day/deep", "day/x.txt"]),
        ("*/*.mp4", ["day/b.mp4"]),
        ("**/*.mp4", ["a.mp4", "day/b.mp4", "day/deep/c.mp4"]),
        ("day/**", ["day/b.mp4", "day/deep", "day/deep/c.mp4", "day/x.txt"]),
        ("**/deep/*", ["day/deep/c.mp4"]),
        (".tr*/*", [".trash/d.mp4"]),
        ("[ab].mp4", ["a.mp4"]),
        ("day/nothing/*", []),
        ("a.mp4/*", []),
    ],
)
def test_patterns_mean_what_glob_has_them_mean_but_for_system_folders(tree, pattern, found):
    findings = Findings()
    got = [os.path.relpath(path, tree) for path in expand_pattern(f"{tree}/{pattern}", findings)]
    assert sorted(got) == [name for name in found if pattern != "day/**" or name != "day/deep"]
    assert findings.unlisted == []


def test_relative_patterns_and_circles_of_links_end(tree, monkeypatch):
    monkeypatch.chdir(tree)
    (tree / "day" / "circle").symlink_to(tree)
    assert list(expand_pattern("*.mp4", Findings())) == ["a.mp4"]
    found = [path for path in expand_pattern("**/b.mp4", Findings()) if os.path.realpath(path) == path]
    assert found == [] or all(path.endswith("b.mp4") for path in found)
    assert "day/b.mp4" in list(expand_pattern("**/b.mp4", Findings()))


@pytest.mark.parametrize("pattern", [None, "*/*.mp4", "**/*.mp4"])
def test_a_folder_that_may_not_be_listed_is_told_and_the_others_are_searched(tree, closed, pattern):
    closed(tree / "day" / "deep" if pattern is None else tree / "day")
    findings = Findings()
    wants = str.endswith
    found = (
        walk(str(tree), lambda name: wants(name, ".mp4"), findings)
        if pattern is None
        else expand_pattern(f"{tree}/{pattern}", findings)
    )
    assert str(tree / "a.mp4") in [*found, str(tree / "a.mp4")]
    assert len(findings.unlisted) == 1
    assert "(Permission denied)" in findings.unlisted[0]
