"""Recordings by the names that people give them, looked up in the tables: nothing is guessed from a name."""

from __future__ import annotations

import dataclasses
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from common.parquet_files import open_parquet
from common.text import display_text, utf8_text
from transforms.embed.recordings import names_of
from transforms.tables.schemas import table_path


@dataclasses.dataclass(frozen=True)
class Named:
    """What some names mean.

    Attributes:
        by_day: ids of the recordings, by their day in the tables.
        troubles: a reason for each name that means none or more than one, by the name.
    """

    by_day: dict[str, set[str]]
    troubles: dict[str, str]


def find_named(tables: str, days: Iterable[str], names: Sequence[str]) -> Named:
    """The recordings that names mean: an id, a file's name with or without its extension, or a path.

    A name is compared in Unicode's composed form, so that it does not matter which system wrote it.
    """
    wanted = {name: set(map(_composed, (name, utf8_text(name), utf8_text(os.path.abspath(name))))) for name in names}
    found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in names}
    unread = []
    for date in days:
        try:
            for recording_id, path in ids_and_paths(tables, date):
                known = names_of(recording_id, path)
                for name, forms in wanted.items():
                    if forms & known:
                        found[name][recording_id] = (date, path)
        except (OSError, KeyError, pa.ArrowException):
            unread.append(date)
    closed = f"; date={unread[0]} cannot be read, run laughter detect again, which writes it anew" if unread else ""
    by_day: dict[str, set[str]] = {}
    troubles = {}
    for name, recordings in found.items():
        recordings = {name: recordings[name]} if name in recordings else recordings  # an id means that one alone
        if not recordings:
            troubles[name] = f"it is not in the tables; check --recording{closed}"
        elif len(recordings) > 1:
            paths = ", ".join(display_text(path) for _, path in list(recordings.values())[:3])
            troubles[name] = f"several recordings are called so ({paths}); give the path or the id"
        else:
            ((recording_id, (date, _)),) = recordings.items()
            by_day.setdefault(date, set()).add(recording_id)
    return Named(by_day, troubles)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def ids_and_paths(tables: str, date: str) -> Iterator[tuple[str, str]]:
    """Of each recording of a day.

    Raises:
        OSError, KeyError, pyarrow.ArrowException: its table cannot be read.
    """
    with open_parquet(table_path(tables, "recordings", date)) as parquet:
        for batch in parquet.iter_batches(columns=["recording_id", "path"]):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
