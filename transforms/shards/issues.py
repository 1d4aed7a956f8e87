"""What a job met in its input: counts under fixed names, and a few examples of each trouble, in one sentence each."""

from __future__ import annotations

import dataclasses
import heapq
from collections import Counter
from collections.abc import Iterable

from common.errors import LaughterError

EXAMPLES = 10
"""Examples kept of each trouble: the first by text, so that they do not depend on the order of work."""

ISSUES = {
    "unlisted_folders": "folders that may not be listed; what they hold is left out",
    "unreadable_files": "files that cannot be opened, left out",
    "empty_files": "empty files, left out",
    "truncated_files": "files cut off in the middle of a record; what comes before is kept",
    "damaged_files": "files with a record of wrong checksum; what comes before is kept",
    "unreadable_clips": "records that are no clips (not a SequenceExample of AudioSet's fields), left out",
    "clips_without_id": "clips without a video_id, left out",
    "clips_without_times": "clips without start or end time, left out",
    "clips_without_labels": "clips without labels, left out",
    "clips_without_frames": "clips without frames, left out",
    "clips_of_bad_frames": "clips with a frame that is not 128 bytes, left out",
    "clips_cut": "clips of more than 10 frames, cut to 10",
    "unknown_labels": "clips with a label outside 0 to 526; the label is left out",
    "duplicate_clips": "clips met more than once (same video_id and start), kept once",
    "unknown_recordings": "labelled recordings that the store does not hold, left out",
    "labels_past_end": "labels past the end of their recording, left out",
}
"""Names of what counts as trouble, and what is said of it."""


class BadInput(LaughterError):
    """Trouble in the input of a job that was told to be strict."""


@dataclasses.dataclass
class InputIssues:
    """Counts by name, and examples of the troubles.

    Attributes:
        counts: how often each thing was met: the names of ISSUES, and others that are no trouble.
        examples: a few sentences for each trouble, sorted.
        strict: raise BadInput at the first trouble.
    """

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    examples: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    strict: bool = False

    def count(self, name: str, number: int = 1) -> None:
        """Count what is no trouble."""
        self.counts[name] += number

    def add(self, name: str, example: str) -> None:
        """Count a trouble of ISSUES; `example` names the file or the clip, and the cause.

        Raises:
            BadInput: where `strict`.
        """
        if self.strict:
            raise BadInput(f"{example} ({name}); mend or remove it, or run without --strict")
        self.counts[name] += 1
        self.examples[name] = heapq.nsmallest(EXAMPLES, {*self.examples.get(name, ()), example})


def merge_issues(several: Iterable[InputIssues]) -> InputIssues:
    """All of them together, whatever their order."""
    total = InputIssues()
    for issues in several:
        total.counts.update(issues.counts)
        for name, examples in issues.examples.items():
            total.examples[name] = heapq.nsmallest(EXAMPLES, {*total.examples.get(name, ()), *examples})
    return total
