"""What `laughter export` can be told."""

from __future__ import annotations

import argparse

FORMATS = ("sfx", "eaf", "textgrid", "audacity", "vtt", "rttm", "csv", "jsonl")
"""As in transforms.formats.writers, which imports too much for a parser."""

DEFAULT_COLLECTION = "Communication Studies Archive, UCLA"

EPILOG = """examples:
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
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
    add("--recording", action="append", metavar="ID", help="only this recording; may be given again (default: all)")
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
