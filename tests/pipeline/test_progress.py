"""Progress, whatever is watched."""

import dataclasses

from pipeline import progress


@dataclasses.dataclass
class Counted:
    """A run of three steps, of which each look finds one more done."""

    total: int = 3
    done: int = 0

    def refresh(self):
        self.done = min(self.total, self.done + 1)

    def describe(self):
        return f"{self.done} of {self.total}"


def test_the_last_line_is_said_when_the_block_ends(capsys):
    with progress.watching(Counted()):
        pass
    assert capsys.readouterr().err == "laughter: 1 of 3\n"


def test_lines_come_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    watcher = Counted()
    waits = iter([False, False, True])
    progress._show_lines(watcher, lambda pause_s: next(waits))
    assert capsys.readouterr().err.splitlines() == ["laughter: 1 of 3", "laughter: 2 of 3", "laughter: 3 of 3"]
