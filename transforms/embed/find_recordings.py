"""FindRecordings: files, folders, globs, object-storage patterns and lists of paths become recordings."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from common.storage import is_remote
from common.text import display_text
from transforms.decode.containers import MEDIA_EXTENSIONS
from transforms.embed.inputs import NothingFound, expand_input
from transforms.embed.recordings import Recording, recording_at
from transforms.embed.sidecars import without_sidecars
from transforms.embed.walk import Findings


def recordings_named(inputs: Sequence[str], findings: Findings) -> list[str]:
    """The inputs of a job but for what only lies beside recordings, such as the shell's `*` names it.

    Raises:
        NothingFound: nothing else is there.
    """
    kept = without_sidecars(inputs, MEDIA_EXTENSIONS, findings)
    if not kept:
        raise NothingFound(
            f"{display_text(inputs[0])} lies beside a recording of its name, and is neither a recording nor a list of "
            "recordings; name the recording"
        )
    return kept


def find(
    inputs: Sequence[str], *, root: str | None = None, folder: str = "", findings: Findings | None = None
) -> Iterator[Recording]:
    """Every recording of the inputs, in order, those of one path possibly more than once.

    Args:
        inputs: paths of files and folders (searched for media files, at any depth), globs (`**` goes down),
            URLs of object storage, patterns there, and `.txt` files that list such inputs, one a line.
        root: the archive's folder; ids made from paths are relative to it.
        folder: where relative paths in a list begin; the working folder where it is empty.
        findings: gets what was passed over, and which folders may not be listed.

    Raises:
        NothingFound: naming the first input that matches nothing.
    """
    if root is not None and not is_remote(root):
        root = os.path.abspath(root)
    for item in inputs:
        found = expand_input(item, extensions=MEDIA_EXTENSIONS, what="recording", folder=folder, findings=findings)
        for path, size, modified in found:
            yield recording_at(path, size, modified, root=root)


def by_path(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Recordings of one id in the order in which they are tried, one for each path."""
    return tuple(sorted({recording.path: recording for recording in recordings}.values(), key=lambda one: one.path))


@dataclasses.dataclass(eq=False)
class FindRecordings(beam.PTransform):
    """Patterns to recordings, those of one id together, spread over the workers.

    Attributes:
        root: the archive's folder, for ids made from paths.
        folder: where relative paths in a list begin, on whatever machine it is read.
    """

    root: str | None = None
    folder: str = ""

    def expand(self, patterns: beam.PCollection[str]) -> beam.PCollection[tuple[Recording, ...]]:
        """Match, key by id, put those of one id in order."""
        root, folder = self.root, self.folder
        return (
            patterns
            | "Match" >> beam.FlatMap(lambda pattern: find([pattern], root=root, folder=folder))
            | "KeyById"
            >> beam.WithKeys(lambda recording: recording.recording_id).with_output_types(tuple[str, Recording])
            | "GroupById" >> beam.GroupByKey()
            | "ByPath" >> beam.MapTuple(lambda _, same: by_path(same))
        )
