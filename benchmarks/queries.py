"""The ten questions on ten million made events, each beside a plain scan of the events: python -m benchmarks.queries.

The scan reads every column of the same files batch by batch with pyarrow and keeps nothing. The tables have no windows,
which no question asks for.
"""

from __future__ import annotations

import argparse
import pathlib
import resource
import statistics
import time

import pyarrow.dataset as ds

from benchmarks.made_tables import make_tables
from transforms.tables.query import ask, connect, queries, values_of

GIVEN = {"laughs-near": {"time": "2014-06-01T12:00:00"}}
ROWS_SHOWN = 20


def main() -> None:
    """Make the tables where they are not there yet, then time the scan and the questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for the tables; kept")
    parser.add_argument("--events", type=int, default=10_000_000, help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--memory-limit", default="3GB", help="of DuckDB (default: %(default)s)")
    arguments = parser.parse_args()
    tables = arguments.work / f"tables-{arguments.events}"
    make_tables(tables, events=arguments.events)
    ask_one(tables, "failed-recordings", arguments.memory_limit)  # loads DuckDB
    scans, rows = [], 0
    taken: dict[str, list[float]] = {name: [] for name in queries()}
    for _ in range(arguments.repeats):
        began = time.monotonic()
        rows = scan(tables)
        scans.append(time.monotonic() - began)
        for name, seconds in taken.items():
            seconds.append(ask_one(tables, name, arguments.memory_limit))
    plain = statistics.median(scans)
    print(f"{rows} events; plain scan {plain:.2f} s ({', '.join(f'{one:.2f}' for one in scans)})")
    for name, seconds in taken.items():
        ratios = ", ".join(f"{one / before:.2f}" for one, before in zip(seconds, scans, strict=True))
        median = statistics.median(seconds)
        print(f"{name}: {median:.2f} s, over the scan {median / plain:.2f} ({ratios})")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"peak memory {peak:.2f} GiB")


def scan(tables: pathlib.Path) -> int:
    """Read every column of the events; returns the rows."""
    dataset = ds.dataset(tables / "events", partitioning="hive")
    return sum(batch.num_rows for batch in dataset.to_batches(batch_readahead=4, fragment_readahead=2))


def ask_one(tables: pathlib.Path, name: str, memory_limit: str) -> float:
    """Seconds from nothing to the first rows of an answer, as `laughter query` shows them."""
    began = time.monotonic()
    with connect(str(tables), memory_limit=memory_limit) as connection:
        ask(
            connection, queries()[name].sql, values_of(queries()[name], GIVEN.get(name, {})), limit=ROWS_SHOWN
        ).fetchall()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
