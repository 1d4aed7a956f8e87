"""`laughter plot tsne`: a map of clips, as a picture and as a page."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import math
from collections.abc import Sequence

from common.errors import UsageError
from common.extras import require
from models.constants import LAUGHTER_KINDS
from pipeline.analysis.tally import find_days
from pipeline.outputs import PlotOutput, StepProgress, show_progress
from pipeline.paths import absolute_media, absolute_path
from transforms.maps.clips import NO_LAUGHTER, UNKNOWN, MapClips, clips_of_shards, clips_of_tables
from transforms.maps.figure import group_name, map_plot
from transforms.maps.projection import COMPONENTS, MIN_POINTS, Projection, project
from transforms.pages.map import map_page

GROUPS = (NO_LAUGHTER, UNKNOWN, *LAUGHTER_KINDS)
"""In the order in which they are drawn."""


@dataclasses.dataclass(frozen=True)
class TsneOptions:
    """Everything `laughter plot tsne` was told, checked.

    Attributes:
        output: where the map goes.
        shards, tables, audio: where the clips come from; two of them are None or empty.
        sides: of the shards; all where empty.
        store: the embedding store of the tables.
        media: where the recordings lie; None where the tables say.
        clips: at most.
        perplexity: see `transforms.maps.projection.project`.
        seed: of the sample.
    """

    output: PlotOutput
    shards: str | None = None
    tables: str | None = None
    audio: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    store: str | None = None
    media: str | None = None
    clips: int = 1000
    perplexity: float = 30.0
    seed: int = 0


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> TsneOptions:
    """Check the command line and put it in order."""
    places = (arguments.shards, arguments.tables, arguments.store, arguments.output, *(arguments.audio or ()))
    if "" in places:
        raise UsageError("folders must not be empty; see `laughter plot tsne --help`")
    for name, needs in (("side", "shards"), ("store", "tables"), ("media", "tables")):
        if getattr(arguments, name) and not getattr(arguments, needs):
            raise UsageError(f"--{name} is for --{needs}; leave it out")
    if arguments.clips < MIN_POINTS:
        raise UsageError(f"--clips must be at least {MIN_POINTS}, not {arguments.clips}")
    if not 1 <= arguments.perplexity < math.inf:
        raise UsageError(f"--perplexity must be at least 1, not {arguments.perplexity:g}")
    if not 0 <= arguments.seed < 2**32:
        raise UsageError(f"--seed must be from 0 to 4294967295, not {arguments.seed}")
    tables = absolute_path(arguments.tables).rstrip("/") if arguments.tables else None
    return TsneOptions(
        output=PlotOutput(absolute_path(arguments.output).rstrip("/"), arguments.dry_run, arguments.quiet),
        shards=absolute_path(arguments.shards).rstrip("/") if arguments.shards else None,
        tables=tables,
        audio=tuple(absolute_path(folder) for folder in arguments.audio or ()),
        sides=tuple(dict.fromkeys(arguments.side or ())),
        store=absolute_path(arguments.store).rstrip("/") if arguments.store else f"{tables}/store" if tables else None,
        media=absolute_media(arguments.media),
        clips=arguments.clips,
        perplexity=arguments.perplexity,
        seed=arguments.seed,
    )


def run(options: TsneOptions) -> int:
    """Make the map.

    Returns:
        The exit status: 0, or 3 where some clips could not be used.

    Raises:
        UsageError: there are no clips, too few, or a package is missing.
        LaughterError: the output cannot be written.
    """
    for module in ("matplotlib", "sklearn"):
        require(module, purpose="maps of clips", extra="plot")
    name = "tsne_spectrograms" if options.audio else "tsne_embeddings"
    work, output = StepProgress(), options.output
    with show_progress(work, output):
        clips = _clips(options, work)
        _say(clips)
        if not output.dry_run:
            work.begin(f"t-SNE of {len(clips.clips)} clips")
            projection = project(clips.features, perplexity=options.perplexity)
            work.on_done(1, 1)
            _write(name, clips, projection, options)
    return output.close([f"{name}.png", f"{name}.html"], clips.troubles)


def _clips(options: TsneOptions, work: StepProgress) -> MapClips:
    sample = {"size": options.clips, "seed": options.seed}
    if options.shards:
        work.begin("shards read")
        return clips_of_shards(options.shards, options.sides, **sample)
    if options.audio:
        from transforms.maps.sounds import clips_of_sounds  # with TensorFlow, which the others do without

        work.begin("sounds read")
        return clips_of_sounds(options.audio, on_done=work.on_done, **sample)
    tables = str(options.tables)
    days = find_days(tables)
    work.begin("days read", len(days))
    return clips_of_tables(tables, str(options.store), days, media=options.media, on_done=work.on_done, **sample)


def _say(clips: MapClips) -> None:
    taken = collections.Counter(clip.group for clip in clips.clips)
    print(f"{len(clips.clips):,} clips: {clips.source}")
    for group in GROUPS:
        if clips.offered[group]:
            print(f"  {group_name(group)}: {taken[group]:,} of {clips.offered[group]:,}")


def _write(name: str, clips: MapClips, projection: Projection, options: TsneOptions) -> None:
    groups = [clip.group for clip in clips.clips]
    names = {group: group_name(group) for group in GROUPS if group in groups}
    heading = "Spectrograms of sounds, by t-SNE" if options.audio else "Embeddings of sounds, by t-SNE"
    note = f"{len(groups):,} clips: {clips.source}"
    how = (
        f"{COMPONENTS} principal components hold {projection.explained:.0%} of the variance; perplexity "
        f"{projection.perplexity:.3g}"
    )
    output = options.output
    output.draw(f"{name}.png", map_plot(projection.coordinates, groups, names, heading=heading, note=note))
    path = output.path(f"{name}.html")
    page = map_page(clips, projection.coordinates, names, path=path, heading=heading, note=f"{note}. {how}.")
    output.write(f"{name}.html", page.encode("utf-8", "replace"))
