"""FindRecordings: files, folders, globs, object-storage patterns and lists of paths become recordings."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence

import apache_beam as beam

from common.storage import is_remote
from transforms.embed.inputs import expand_input
from transforms.embed.recordings import MEDIA_EXTENSIONS, Recording, recording_at


def find(inputs: Sequence[str], *, root: str | None = None, folder: str = "") -> Iterator[Recording]:
    """Every recording of the inputs, in order, those of one path possibly more than once.

    Args:
        inputs: paths of files and folders (searched for media files, at any depth), globs (`**` goes down),
            URLs of object storage, patterns there, and `.txt` files that list such inputs, one a line.
        root: the archive's folder; ids made from paths are relative to it.
        folder: where relative paths in a list begin; the working folder where it is empty.

    Raises:
        NothingFound: naming the first input that matches nothing.
    """
    if root is not None and not is_remote(root):
        root = os.path.abspath(root)
    for item in inputs:
        for path, size, modified in expand_input(item, extensions=MEDIA_EXTENSIONS, what="recording", folder=folder):
            yield recording_at(path, size, modified, root=root)


def first_of(recordings: Sequence[Recording]) -> Recording:
    """The one to keep of several recordings with one id: the first by path."""
    return min(recordings, key=lambda recording: recording.path)


@dataclasses.dataclass(eq=False)
class FindRecordings(beam.PTransform):
    """Patterns to recordings, one for each id, spread over the workers.

    Attributes:
        root: the archive's folder, for ids made from paths.
        folder: where relative paths in a list begin, on whatever machine it is read.
    """

    root: str | None = None
    folder: str = ""

    def expand(self, patterns: beam.PCollection[str]) -> beam.PCollection[Recording]:
        """Match, key by id, keep one of each."""
        root, folder = self.root, self.folder
        return (
            patterns
            | "Match" >> beam.FlatMap(lambda pattern: find([pattern], root=root, folder=folder))
            | "KeyById"
            >> beam.WithKeys(lambda recording: recording.recording_id).with_output_types(tuple[str, Recording])
            | "GroupById" >> beam.GroupByKey()
            | "KeepFirst" >> beam.MapTuple(lambda _, same: first_of(list(same)))
        )
