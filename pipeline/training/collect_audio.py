"""`laughter collect-audio`: real sounds out of Debian packages, as labelled clips to train the compact bundle on."""

from __future__ import annotations

import argparse
import pathlib
from collections import defaultdict
from collections.abc import Sequence

from common.errors import UsageError


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Collect, and say what came of it; returns the exit status."""
    from models.sounds.manifest import MANIFEST
    from pipeline.console import say
    from transforms.collect import collect, debian
    from transforms.collect.debian_sources import PACKAGES
    from transforms.collect.speech import SYNTHESISERS

    sources: list[collect.Source] = [*PACKAGES, *SYNTHESISERS]
    if arguments.only:
        unknown = sorted(set(arguments.only) - {source.name for source in sources})
        if unknown:
            raise UsageError(f"--only {unknown[0]}: there is no source of that name; --dry-run lists them")
        sources = [source for source in sources if source.name in arguments.only]
    if arguments.dry_run:
        debian.check_system()
        _list(sources, arguments.output)
        return 0
    if arguments.downloads:
        arguments.downloads.mkdir(parents=True, exist_ok=True)
    failed = collect.collect(
        sources,
        arguments.output,
        downloads=arguments.downloads,
        report=(lambda _: None) if arguments.quiet else say,
    )
    _summarise(arguments.output / MANIFEST)
    for sentence in failed:
        say(sentence)
    return 3 if failed else 0


def _list(sources: Sequence, output: pathlib.Path) -> None:
    from transforms.collect import collect, debian

    waiting = [source for source in sources if not collect.done_file(source, output).exists()]
    for source in sources:
        state = "to do" if source in waiting else "done"
        print(f"{state:6s}{source.name} {source.version}, at most {source.minutes:g} min, {source.licence}")
    size = debian.download_bytes([package for source in waiting for package in source.packages])
    print(f"{len(waiting)} of {len(sources)} sources would be fetched: {size / 1e6:.0f} MB")
    print("nothing was done (--dry-run)")


def _summarise(manifest: pathlib.Path) -> None:
    from transforms.collect.collect import read_manifest_rows

    seconds: defaultdict[str, list[float]] = defaultdict(list)
    rows = read_manifest_rows(manifest)
    for row in rows:
        seconds[row["label"]].append(float(row["seconds"]))
    for label, each in sorted(seconds.items(), key=lambda pair: -len(pair[1])):
        print(f"{label:14s} {len(each):6d} clips {sum(each) / 60:8.1f} min")
    print(f"{len(rows)} clips, {sum(map(sum, seconds.values())) / 3600:.2f} h, are listed in {manifest}")
