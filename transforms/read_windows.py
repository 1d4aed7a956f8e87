"""The windows table read back: scores a second of chosen recordings."""

from __future__ import annotations

import math
from collections.abc import Collection

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from models.classes import CLASSES
from models.events import WHAT_S, WHEN_S, Floats
from models.score_curves import second_scores
from transforms.printable import printable
from transforms.read_tables import TableError
from transforms.write_tables import table_path


def read_second_scores(tables: str, date: str, recordings: Collection[str]) -> dict[str, Floats]:
    """Scores of each second, float32 [seconds, 7] as `second_scores` gives them, by recording_id.

    Args:
        tables: folder or URL that `laughter detect` wrote.
        date: YYYY-MM-DD, or Hive's null partition.
        recordings: ids; those that have no windows are left out.

    Raises:
        TableError: the table is absent or damaged.
    """
    filesystem, place = fsspec.core.url_to_fs(table_path(tables, "windows", date))
    columns = ["recording_id", "window_s", "start_s", "end_s", *CLASSES]
    try:
        rows = ds.dataset(place, filesystem=filesystem, format="parquet").to_table(
            columns=columns, filter=ds.field("recording_id").isin(sorted(recordings))
        )
    except (OSError, pa.ArrowException, KeyError) as error:
        raise TableError(
            f"the windows of date={date} cannot be read ({printable(str(error), longest=300)}); run laughter detect "
            "again, which writes them anew"
        ) from error
    ids = np.asarray(rows["recording_id"].to_pylist(), dtype=object)
    return {name: _second_scores(rows.filter(ids == name)) for name in sorted(set(ids))}


def _second_scores(rows: pa.Table) -> Floats:
    lengths, starts = rows["window_s"].to_numpy(), rows["start_s"].to_numpy()
    scores = np.stack([rows[name].to_numpy() for name in CLASSES], axis=1).astype(np.float32)
    order = np.argsort(starts, kind="stable")
    when, what = (order[lengths[order] == length] for length in (WHEN_S, WHAT_S))
    hop_s = int(starts[when[1]] - starts[when[0]]) if len(when) > 1 else 1
    # windows are cut off at the sound's end, which the longest ones reach even with a long hop
    seconds = math.ceil(rows["end_s"].to_numpy().max())
    return second_scores(scores[when], scores[what], seconds, hop_s=hop_s)
