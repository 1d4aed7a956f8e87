"""Options for the engine: everything on the command line that Apache Beam declares is Beam's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    PipelineOptions,
    StandardOptions,
    _BeamArgumentParser,  # Beam offers no public way to ask which arguments are its own
)

LOCAL_RUNNERS = ("FnApiRunner", "DirectRunner", "PrismRunner")

SERVING_RUNNERS = ("PrismRunner", "FlinkRunner", "SparkRunner")
"""Runners that may start a server of their own."""


def split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that are not Beam's, and those that are, each with their values.

    Beam's come first off the command line, or `--runner NAME INPUT` would take NAME for an input.
    """
    parser = _BeamArgumentParser(allow_abbrev=False, add_help=False)
    for cls in {option_class.__name__: option_class for option_class in _all(PipelineOptions)}.values():
        if "_add_argparse_args" in vars(cls):
            cls._add_argparse_args(parser)
    tokens = [_Token(argument) for argument in argv]
    ours = parser.parse_known_args(tokens)[1]
    kept = {id(token) for token in ours}
    return list(map(str, ours)), [str(token) for token in tokens if id(token) not in kept]


class _Token(str):
    """One place on the command line: arguments of equal text are told apart by identity."""


def _all(option_class: Any) -> list[Any]:
    """The direct subclasses that Beam itself ships."""
    return [found for found in option_class.__subclasses__() if found.__module__.startswith("apache_beam.options")]


def engine_options(argv: Sequence[str]) -> PipelineOptions:
    """Beam's options: its own local runner unless another is named.

    The runner is named in full because Beam's default tries to download another engine first. More than one local
    worker means processes, for threads would share one interpreter lock.
    """
    options = PipelineOptions(list(argv))
    standard, direct = options.view_as(StandardOptions), options.view_as(DirectOptions)
    standard.runner = standard.runner or "FnApiRunner"
    if direct.direct_num_workers != 1 and direct.direct_running_mode == "in_memory":
        direct.direct_running_mode = "multi_processing"
    return options


def is_local(options: PipelineOptions) -> bool:
    """Whether the job runs on this machine, where its progress can be watched."""
    return runner_name(options) in LOCAL_RUNNERS


def starts_server(options: PipelineOptions) -> bool:
    """Whether the runner starts a server, which Beam ends, with its temporary files, only when Python ends."""
    return runner_name(options) in SERVING_RUNNERS


def runner_name(options: PipelineOptions) -> str:
    """The runner, without the module that it may have been named with."""
    return str(options.view_as(StandardOptions).runner).rsplit(".", 1)[-1]


def threads_per_worker(options: PipelineOptions) -> int | None:
    """Batches that one worker process embeds at a time, so that all processes of a machine together fill its cores.

    None, which is one a core, where nothing is known of the processes. Dataflow has one a core unless told otherwise.
    """
    if not is_local(options):
        process_a_core = not options.view_as(DebugOptions).lookup_experiment("no_use_multiple_sdk_containers")
        return 1 if runner_name(options) == "DataflowRunner" and process_a_core else None
    cores = len(os.sched_getaffinity(0))
    return max(1, cores // (options.view_as(DirectOptions).direct_num_workers or cores))
