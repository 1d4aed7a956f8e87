"""The closing summary of detect."""

from pipeline.jobs import summary


def test_failures_are_gathered_by_cause():
    failures = [(f"/a/{name}.mp4", f"/a/{name}.mp4 is empty; copy it again") for name in "ab"]
    failures.append(("/a/c.mp4", "/a/c.mp4 does not exist; check the path"))
    assert summary.causes(failures) == [
        ("FILE is empty; copy it again", 2),
        ("FILE does not exist; check the path", 1),
    ]
