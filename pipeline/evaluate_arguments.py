"""What `laughter evaluate` can be told."""

from __future__ import annotations

import argparse

EPILOG = """examples:
  laughter evaluate --shards shards/ --head vggish
  laughter evaluate --shards shards/ --head trained/ --head 2017/67top1acc.h5 --baselines --output report/
  laughter evaluate --shards own/ --side held_out --head trained/ --threshold 0.7
  laughter evaluate --shards shards/ --head trained/ --spans laugh_spans.csv

OUTPUT/evaluation.json holds all that was measured, beside precision_recall.png, reliability.png and confusion.png.
exit status: 0 all done, 2 bad usage, 1 anything else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("--shards", required=True, metavar="SHARDS", help="folder or URL that `laughter shards` wrote")
    add(
        "--side",
        choices=("eval", "held_out", "train"),
        default="eval",
        help="which of its clips to measure on (default: %(default)s)",
    )
    add(
        "--head",
        action="append",
        metavar="HEAD",
        help="a shipped bundle's name, a bundle's folder, or a .h5 file of 2017; may be given again (default: vggish, "
        "where the shards are its)",
    )
    add("--baselines", action="store_true", help="fit simple models on the side train, and measure them too")
    add("--train-shards", metavar="SHARDS", help="whose side train the baselines learn from (default: --shards)")
    add(
        "--threshold",
        type=float,
        help="detection score from which a clip counts as laughter, for all models (default: each card's "
        "clip_threshold, else 0.5)",
    )
    add(
        "--spans",
        metavar="CSV",
        help="file or URL of clips in which laughter was marked by hand; measures how well 1 s windows, 10 s windows "
        "and both combined find it. Columns: video_id, start_time_seconds, end_time_seconds, laugh_segments_rel_s "
        "(`a-b a-b ...`, in seconds from the clip's start)",
    )
    add("--output", default="report", help="folder or URL of the report (default: %(default)s)")
    add("--bootstraps", type=int, default=1000, help="resamples for the intervals, 0 for none (default: %(default)s)")
    add("--seed", type=int, default=0, help="of resamples and of the baselines' samples (default: %(default)s)")
    add("--note-on-cards", action="store_true", help="write what was measured onto the heads' cards too")
    add("--quiet", action="store_true", help="no progress, only the table")
    add("--debug", action="store_true", help="show tracebacks")
