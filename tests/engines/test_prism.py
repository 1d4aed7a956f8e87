"""Prism, Beam's portable local runner: the same tables and shards as from the local runner."""

import os
import pathlib

import psutil
import pytest

from tests.engines.jobs import ENGINES, check_detect, check_shards, make_input, need

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def prism():
    """The options that run a job on Prism, which ends with it."""
    found = sorted(ENGINES.glob("prism-v*"))
    need(found[-1] if found else ENGINES / "prism", "Prism")
    yield ("--runner=PrismRunner", f"--prism_location={found[-1]}")
    assert not [process for process in psutil.process_iter(["exe"]) if process.info["exe"] == str(found[-1])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("prism")
    make_input(folder)
    return folder


def test_tables_are_the_local_runners(folder, loudness_bundle, prism):
    temporary = set(os.listdir("/tmp"))
    check_detect(folder, loudness_bundle, *prism)
    assert not [name for name in set(os.listdir("/tmp")) - temporary if name.startswith("beam-temp")]


def test_shards_are_the_local_runners(folder, prism):
    check_shards(folder, *prism)
