"""What `laughter query` can be told."""

from __future__ import annotations

import argparse

FORMATS = ("table", "csv", "json", "parquet")

EPILOG = """examples:
  laughter query tables/                                   # the questions that ship
  laughter query tables/ longest-laughs --limit 20
  laughter query tables/ laughs-near --param time=2016-01-01T00:10:00 --param within=30
  laughter query tables/ coverage --format csv --output coverage.csv
  laughter query tables/ --sql "SELECT kind, count(*) FROM events WHERE date >= '2016-01-01' GROUP BY kind"
  laughter query tables/ --views views.sql                 # then: duckdb -init views.sql

The views are recordings, windows and events, each with the column date; all times are UTC.
It needs a package: pip install -e '.[query]'
exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
    add("name", nargs="?", metavar="NAME", help="a question; without it, and without SQL, they are listed")
    add("--sql", metavar="SELECT", help="own SQL over the views, instead of NAME")
    add("--views", metavar="FILE.sql", help="write the views to a file of SQL for DuckDB, instead of NAME")
    add("--param", action="append", metavar="KEY=VALUE", help="value of a question's parameter; may be given again")
    add("--limit", type=int, metavar="N", help="rows at most (default: 20 in a table on the terminal, else all)")
    add("--format", choices=FORMATS, help="default: by the ending of --output, else table")
    add("--output", metavar="FILE", help="file or URL of the answer (default: the terminal)")
    add("--debug", action="store_true", help="show tracebacks")
