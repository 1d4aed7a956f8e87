"""What `laughter score` can be told."""

from __future__ import annotations

import argparse

FORMATS = ("sfx", "eaf", "textgrid", "audacity", "vtt", "rttm", "csv", "jsonl")
"""As in transforms.formats.readers, which imports too much for a parser."""

EPILOG = """examples:
  laughter score tables/ truth/ --output score/              # a folder of .eaf files, or of another format
  laughter score tables/ truth.csv --label laugh=laughter --label applause=none
  laughter score one.TextGrid two.TextGrid                   # two annotators
  laughter score other_tool.rttm tables/ --duration 3600

Files are known by the recording's name: 2016-01-01_0000_US_CNN_Anderson_Cooper.eaf. Only recordings that TRUTH knows
are measured. A .csv file has a line a stretch (recording_id, start_s, end_s, kind; without times for a recording
without laughter). OUTPUT/score.json holds all that was measured, beside precision_recall.png and false_alarms.png.
It needs packages: pip install -e '.[score]'
exit status: 0 all done, 2 bad usage, 3 something could not be used as it is (it is listed), 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
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
