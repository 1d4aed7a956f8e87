"""The options of export, query, report and score. Nothing heavy is imported: --help has to be quick."""

from __future__ import annotations

import argparse

from transforms.formats.names import FORMATS

DEFAULT_COLLECTION = "Communication Studies Archive, UCLA"

EXPORT_EPILOG = """examples:
  laughter export tables/ --format eaf --format sfx --output exported/
  laughter export tables/ --format eaf --media /archive/2016/ --recording 2016-01-01_0000_US_CNN_Anderson_Cooper
  laughter export tables/ --format csv --dry-run

formats:
  sfx       Red Hen; only recordings whose name tells their start in UTC
  eaf       ELAN, a tier a kind, linked to the media file
  textgrid  Praat, a tier a kind
  audacity  labels for Audacity (.txt)
  vtt       WebVTT captions for players
  rttm      all recordings in one file: lines of type SPEAKER, the kind in the speaker's place
  csv       all recordings in one file: a line an event
  jsonl     all recordings in one file: a line a recording with a list of its events

eaf, textgrid and vtt need packages: pip install -e '.[export]'
A recording without laughter gets a file without events; one that failed gets none, and is counted.
exit status: 0 all done, 2 bad usage, 3 something could not be exported (it is listed), 1 anything else."""


RECORDING_HELP = "only this one, by id, file name or path; may be given again (default: all)"


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPORT_EPILOG
    add = parser.add_argument
    add("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
    add(
        "--format",
        action="append",
        required=True,
        choices=FORMATS,
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; may be given again",
    )
    add("--output", default="exported", help="folder or URL of the files (default: %(default)s)")
    add("--recording", action="append", metavar="NAME", help=RECORDING_HELP)
    add(
        "--media",
        metavar="FOLDER",
        help="folder or URL in which .eaf files look for the recordings, or none for no link (default: where they "
        "were when `laughter detect` ran)",
    )
    add("--collection", default=DEFAULT_COLLECTION, help="COL in the header of .sfx files (default: %(default)s)")
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    add("--quiet", action="store_true", help="no progress, only the closing summary")
    add("--debug", action="store_true", help="show tracebacks")


ANSWER_FORMATS = ("table", "csv", "json", "parquet")

QUERY_EPILOG = """examples:
  laughter query tables/                                   # the questions that ship
  laughter query tables/ longest-laughs --limit 20
  laughter query tables/ laughs-near --param time=2016-01-01T00:10:00 --param within=30
  laughter query tables/ coverage --format csv --output coverage.csv
  laughter query tables/ --sql "SELECT kind, count(*) FROM events WHERE date >= '2016-01-01' GROUP BY kind"
  laughter query tables/ --views views.sql                 # then: duckdb -init views.sql

The views are recordings, windows and events, each with the column date; all times are UTC.
It needs a package: pip install -e '.[query]'
exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_query_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = QUERY_EPILOG
    add = parser.add_argument
    add("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
    add("name", nargs="?", metavar="NAME", help="a question; without it, and without SQL, they are listed")
    add("--sql", metavar="SELECT", help="own SQL over the views, instead of NAME")
    add("--views", metavar="FILE.sql", help="write the views to a file of SQL for DuckDB, instead of NAME")
    add("--param", action="append", metavar="KEY=VALUE", help="value of a question's parameter; may be given again")
    add("--limit", type=int, metavar="N", help="rows at most (default: 20 in a table on the terminal, else all)")
    add("--format", choices=ANSWER_FORMATS, help="default: by the ending of --output, else table")
    add("--output", metavar="FILE", help="file or URL of the answer (default: the terminal)")
    add("--raw", action="store_true", help="CSV for machines: text that a spreadsheet may take for a formula, as it is")
    add("--bom", action="store_true", help="CSV that begins with the mark by which Excel knows UTF-8")
    add("--debug", action="store_true", help="show tracebacks")


REPORT_EPILOG = """examples:
  laughter report tables/ --output pages/                         # a page a recording, and pages/index.html
  laughter report tables/ --recording 2016-01-01_0000_US_CNN_Anderson_Cooper
  laughter report tables/ --media /archive/2016/ --no-waveform    # quick: no recording is decoded

Open the pages in a browser, from disk; they need no network. A page plays the recording from where it lies, jumps to
its events, finds events anew as you move the thresholds, and saves what you mark as right, wrong or of another kind to
a CSV file for `laughter shards --store tables/store --labels-csv`.
exit status: 0 all done, 2 bad usage, 3 some pages could not be made (they are listed), 1 anything else."""


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = REPORT_EPILOG
    add = parser.add_argument
    add("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
    add("--output", default="pages", help="folder or URL of the pages (default: %(default)s)")
    add("--recording", action="append", metavar="NAME", help=RECORDING_HELP)
    add(
        "--media",
        metavar="FOLDER",
        help="folder or URL in which the recordings lie, or none for no player (default: where they were when "
        "`laughter detect` ran)",
    )
    add("--no-waveform", action="store_true", help="decode nothing, and draw no waveform")
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    add("--quiet", action="store_true", help="no progress, only the closing summary")
    add("--debug", action="store_true", help="show tracebacks")


SCORE_EPILOG = """examples:
  laughter score tables/ truth/ --output score/              # a folder of .eaf files, or of another format
  laughter score tables/ truth.csv --label laugh=laughter --label applause=none
  laughter score one.TextGrid two.TextGrid                   # two annotators
  laughter score other_tool.rttm tables/ --duration 3600

Files are known by the recording's name: 2016-01-01_0000_US_CNN_Anderson_Cooper.eaf. Only recordings that TRUTH knows
are measured. A .csv file has a line a stretch (recording_id, start_s, end_s, kind; without times for a recording
without laughter). OUTPUT/score.json holds all that was measured, beside precision_recall.png and false_alarms.png.
It needs packages: pip install -e '.[score]'
exit status: 0 all done, 2 bad usage, 3 something could not be used as it is (it is listed), 1 anything else."""


def add_score_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = SCORE_EPILOG
    add = parser.add_argument
    known = ", ".join(FORMATS)
    add("found", metavar="FOUND", help="folder or URL of the tables that `laughter detect` wrote, or annotation files")
    add("truth", metavar="TRUTH", help=f"what is true: annotation file or folder of them ({known}), or tables")
    add("--found-format", choices=FORMATS, metavar="FORMAT", help="of FOUND (default: by the names' endings)")
    add("--truth-format", choices=FORMATS, metavar="FORMAT", help="of TRUTH (default: by the names' endings)")
    add(
        "--label",
        action="append",
        metavar="LABEL=KIND",
        help="a kind of laughter, or none, for what the files call LABEL; may be given again",
    )
    add("--collar", type=float, default=1.0, metavar="S", help="starts and ends may differ so much (default: 1 s)")
    add(
        "--collar-share",
        type=float,
        default=0.2,
        metavar="X",
        help="ends may also differ by this share of the laugh's length (default: %(default)g)",
    )
    add("--duration", type=float, metavar="S", help="length of recordings of which nothing tells it, seconds")
    add("--no-curves", action="store_true", help="leave out what the tables' windows tell of other thresholds")
    add("--output", metavar="FOLDER", help="folder or URL for score.json and the plots (default: the table only)")
    add("--debug", action="store_true", help="show tracebacks")
