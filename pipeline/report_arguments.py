"""What `laughter report` can be told."""

from __future__ import annotations

import argparse

EPILOG = """examples:
  laughter report tables/ --output pages/                         # a page a recording, and pages/index.html
  laughter report tables/ --recording 2016-01-01_0000_US_CNN_Anderson_Cooper
  laughter report tables/ --media /archive/2016/ --no-waveform    # quick: no recording is decoded

Open the pages in a browser, from disk; they need no network. A page plays the recording from where it lies, jumps to
its events, finds events anew as you move the thresholds, and saves what you mark as right, wrong or of another kind to
a CSV file for `laughter shards --store tables/store --labels-csv`.
exit status: 0 all done, 2 bad usage, 3 some pages could not be made (they are listed), 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
    add("--output", default="pages", help="folder or URL of the pages (default: %(default)s)")
    add("--recording", action="append", metavar="ID", help="only this recording; may be given again (default: all)")
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
