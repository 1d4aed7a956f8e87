"""Beam's arguments are told from ours, wherever they stand."""

import os

import pytest
from apache_beam.options.pipeline_options import DirectOptions, StandardOptions

from pipeline import engine_options

RUNNERS = {"FnApiRunner": False, "PrismRunner": True, "FlinkRunner": True, "PortableRunner": False}


@pytest.mark.parametrize(
    ("argv", "ours", "beams"),
    [
        (["detect", "a.mp4"], ["detect", "a.mp4"], []),
        (["detect", "--runner", "FlinkRunner", "a.mp4"], ["detect", "a.mp4"], ["--runner", "FlinkRunner"]),
        (["detect", "a", "--direct_num_workers=2", "--output", "t"], ["detect", "a", "--output", "t"], None),
        (["detect", "a", "--onsett", "1"], ["detect", "a", "--onsett", "1"], []),
        (["x", "--project", "x", "--region", "r", "x"], ["x", "x"], ["--project", "x", "--region", "r"]),
        (["detect", "a", "--root", "r", "--project", "p"], ["detect", "a", "--root", "r"], ["--project", "p"]),
    ],
)
def test_split(argv, ours, beams):
    found = engine_options.split(argv)
    assert found == (ours, ["--direct_num_workers=2"] if beams is None else beams)


def test_the_runner_is_beams_local_one_unless_named():
    assert engine_options.engine_options([]).view_as(StandardOptions).runner == "FnApiRunner"
    other = engine_options.engine_options(["--runner", "FlinkRunner"])
    assert other.view_as(StandardOptions).runner == "FlinkRunner"
    assert not engine_options.is_local(other)


def test_several_local_workers_are_processes_that_share_the_cores():
    options = engine_options.engine_options(["--direct_num_workers", "2"])
    assert options.view_as(DirectOptions).direct_running_mode == "multi_processing"
    assert engine_options.threads_per_worker(options) == max(1, len(os.sched_getaffinity(0)) // 2)
    assert engine_options.threads_per_worker(engine_options.engine_options([])) == len(os.sched_getaffinity(0))


def test_runners_that_start_a_server_are_known():
    found = {name: engine_options.starts_server(engine_options.engine_options(["--runner", name])) for name in RUNNERS}
    assert found == RUNNERS


def test_on_dataflow_a_process_has_a_core_of_its_own_unless_it_is_the_only_one():
    dataflow = ["--runner", "DataflowRunner"]
    assert engine_options.threads_per_worker(engine_options.engine_options(dataflow)) == 1
    alone = [*dataflow, "--experiments", "no_use_multiple_sdk_containers"]
    assert engine_options.threads_per_worker(engine_options.engine_options(alone)) is None
    assert engine_options.threads_per_worker(engine_options.engine_options(["--runner", "FlinkRunner"])) is None
