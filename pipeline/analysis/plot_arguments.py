"""Options of `laughter plot`. Nothing heavy is imported: --help has to be quick."""

from __future__ import annotations

import argparse

from models.constants import SIDES

PLOT_EPILOG = """examples:
  laughter plot tsne --shards shards/ --output plots/
  laughter plot timeline tables/ --recording 2016-01-01_0000_US_CNN_Anderson_Cooper
  laughter plot archive tables/ --zone America/New_York

It needs packages: pip install -e '.[plot]'"""

STATUS = "exit status: 0 all done, 2 bad usage, 3 something could not be used (it is listed), 1 anything else."

TSNE = f"""examples:
  laughter plot tsne --shards shards/ --output plots/         # AudioSet's embeddings
  laughter plot tsne --tables tables/ --clips 2000            # an archive's events, and what lies between them
  laughter plot tsne --audio sounds/ --output plots/          # spectrogram features of labelled sounds

It writes tsne_embeddings.png and .html (of --audio: tsne_spectrograms) to OUTPUT. The page works alone: pointing at a
clip names it, and a click plays it where its file is there. Half of the clips are laughter, its kinds as evenly as
there are enough of each. The same input and seed give the same map on the same machine.
{STATUS}"""

TIMELINE = f"""examples:
  laughter plot timeline tables/ --recording 2016-01-01_0000_US_CNN_Anderson_Cooper --output plots/
  laughter plot timeline tables/ --recording ONE --recording ANOTHER

It writes timeline_RECORDING.png for each.
{STATUS}"""

ARCHIVE = f"""examples:
  laughter plot archive tables/ --output plots/
  laughter plot archive tables/ --zone America/New_York

It writes laughter_by_hour.png, laughter_by_network.png and laughter_by_month.png: minutes of laughter per hour of
audio, and the hours of audio. Recordings whose name tells no time are in no hour and no month, and are counted.
{STATUS}"""


def add_plot_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the plots."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = PLOT_EPILOG
    plots = parser.add_subparsers(dest="plot", required=True, metavar="PLOT")
    for name, sentence, epilog, declare, run in (
        ("tsne", "a map on which clips that sound alike lie together", TSNE, _tsne, "pipeline.analysis.plot_tsne:main"),
        (
            "timeline",
            "a recording's probability a second and its events",
            TIMELINE,
            _timeline,
            "pipeline.analysis.plot_timeline:main",
        ),
        (
            "archive",
            "laughter by hour of the day, by network, by month",
            ARCHIVE,
            _archive,
            "pipeline.analysis.plot_archive:main",
        ),
    ):
        plot = plots.add_parser(name, help=sentence, epilog=epilog, allow_abbrev=False)
        plot.formatter_class = argparse.RawDescriptionHelpFormatter
        declare(plot)
        add = plot.add_argument
        add("--output", default="plots", metavar="FOLDER", help="folder or URL of the plots (default: %(default)s)")
        add("--dry-run", action="store_true", help="say what would be plotted, and write nothing")
        add("--quiet", action="store_true", help="no progress, only the closing summary")
        add("--debug", action="store_true", help="show tracebacks")
        plot.set_defaults(run=run)


def _tsne(parser: argparse.ArgumentParser) -> None:
    source = parser.add_argument_group("clips (one of these)").add_mutually_exclusive_group(required=True)
    add = source.add_argument
    add("--shards", metavar="SHARDS", help="folder that `laughter shards` wrote")
    add("--tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote, its embedding store in it")
    add("--audio", action="append", metavar="FOLDER", help="labelled sounds, a manifest.csv in it; may be given again")
    add = parser.add_argument
    add("--side", action="append", choices=SIDES, help="of the shards (default: all); may be given again")
    add("--store", metavar="STORE", help="folder or URL of the embedding store (default: TABLES/store)")
    add("--media", metavar="MEDIA", help="folder or URL of the recordings, or none (default: as the tables say)")
    add("--clips", type=int, default=1000, metavar="N", help="at most (default: %(default)s)")
    add("--perplexity", type=float, default=30.0, metavar="X", help="about how many neighbours count (default: 30)")
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the sample, where there are more clips (default: %(default)s)",
    )


def _timeline(parser: argparse.ArgumentParser) -> None:
    _add_tables(parser)
    parser.add_argument(
        "--recording", action="append", required=True, metavar="NAME", help="id, file name or path; may be given again"
    )


def _archive(parser: argparse.ArgumentParser) -> None:
    _add_tables(parser)
    parser.add_argument(
        "--zone", default="UTC", metavar="ZONE", help="time zone of the hours and months (default: UTC)"
    )


def _add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", metavar="TABLES", help="folder or URL that `laughter detect` wrote (its --output)")
