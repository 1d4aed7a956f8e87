"""Everything at gs://, in an emulator process: what comes out is what comes out on local disk."""

import json
import os
import pathlib
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from common.parquet_files import open_parquet
from common.storage import filesystem_of
from models.bundles.bundle import open_bundle
from pipeline import cli
from tests.helpers import tfrecords
from tests.helpers.archive import NAMES, make_recording
from tests.helpers.media import film

pytestmark = pytest.mark.engines

HOME = pathlib.Path(__file__).resolve().parents[2]
TABLES = ("recordings", "windows", "events")
WHERE = ("path", "modified")
"""Columns that tell where and when a file was written."""


@pytest.fixture(scope="module")
def local(tmp_path_factory, loudness_bundle):
    """An archive on local disk, one of its recordings broken, and its tables."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "archive").mkdir()
    for number, name in enumerate(NAMES):
        make_recording(folder / "archive" / f"{name}.wav", loud=((5 + number, 8 + number),), seed=number)
    film(folder / "archive" / "2016-01-02_0100_US_KABC_Film.mp4", [5, 20], "-c:a", "aac", duration_s=30)
    (folder / "archive" / "2016-01-02_0200_US_KABC_Broken.mp4").write_bytes(b"no recording")
    command = ["detect", str(folder / "archive"), "--output", str(folder / "tables"), "--quiet"]
    assert cli.main([*command, "--bundle", str(loudness_bundle)]) == 3
    return folder


@pytest.fixture(scope="module")
def detected(storage, local, loudness_bundle):
    """The same archive and bundle at gs://, and what its run said; two workers, processes of their own."""
    storage.files.put(f"{local}/archive/", "archive/2016/", recursive=True)
    storage.files.put(f"{loudness_bundle}/", "models/loudness/", recursive=True)
    arguments = ["gs://archive/2016/*", "--output", "gs://out/tables", "--bundle", "gs://models/loudness"]
    command = [sys.executable, "-m", "pipeline.cli", "detect", *arguments, "--direct_num_workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 3, done.stderr
    return done.stdout + done.stderr


def rows(url, table):
    """The rows of a table, without the columns that tell where its recordings lie."""
    filesystem, place = filesystem_of(str(url))
    found = sorted(filesystem.glob(f"{place}/{table}/*/*.parquet"))
    assert found
    every = []
    for name in found:
        with open_parquet(filesystem.unstrip_protocol(name).removeprefix("file://")) as parquet:
            every += parquet.read().to_pylist()
    for row in every:
        if row.get("error"):
            row["error"] = row["error"].replace(row["path"], "FILE")
    return [{name: value for name, value in row.items() if name not in WHERE} for row in every]


def test_without_credentials_none_are_sent(storage, detected):
    assert {request.authorization for request in storage.requests} == {None}


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_are_those_of_a_local_run(table, detected, local):
    assert rows("gs://out/tables", table) == rows(local / "tables", table)


def test_the_store_holds_the_same_embeddings(storage, detected, local):
    parts = sorted((local / "tables" / "store").glob("*/*.parquet"))
    assert len(parts) == 5
    for part in parts:
        with open_parquet(f"gs://out/tables/store/{part.parent.name}/{part.name}") as parquet:
            assert parquet.read().equals(pq.read_table(part, partitioning=None))


def test_a_second_run_finds_everything_done(storage, detected, local, capsys):
    before = {name: info["generation"] for name, info in storage.files.find("out/tables", detail=True).items()}
    seen = len(storage.requests)
    arguments = [
        "gs://archive/2016",
        "--output",
        "gs://out/tables",
        "--bundle",
        "gs://models/loudness",
        "--only",
        "new",
    ]
    assert cli.main(["detect", *arguments]) == 0
    assert "5 were in the store already" in capsys.readouterr().out
    after = {name: info["generation"] for name, info in storage.files.find("out/tables", detail=True).items()}
    assert after == before
    assert not [one for one in storage.requests[seen:] if one.method == "GET" and one.path.endswith(".wav")]


def test_tables_are_exported_and_asked_where_they_lie(storage, detected, local, tmp_path):
    for tables, output in ((f"{local}/tables", tmp_path / "here"), ("gs://out/tables", "gs://out/exported")):
        export = ["export", tables, "--format", "csv", "--format", "vtt", "--output", str(output), "--quiet"]
        assert cli.main(export) == 0
        assert cli.main(["query", tables, "longest-laughs", "--output", f"{output}/longest.csv"]) == 0
    assert sorted(name.rsplit("/", 1)[-1] for name in storage.files.find("out/exported")) == sorted(
        path.name for path in (tmp_path / "here").iterdir()
    )
    for path in (tmp_path / "here").iterdir():
        assert storage.files.cat(f"out/exported/{path.name}") == path.read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        ["report", "--no-waveform", "--media", "none", "--quiet"],
        ["plot", "timeline", "--recording", NAMES[0], "--quiet"],
        ["plot", "archive", "--quiet"],
        ["score", "{tables}", "--no-curves"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_reads_tables_reads_them_there_and_writes_there(command, storage, detected, local):
    arguments = [*(word.format(tables=f"{local}/tables") for word in command), "--output", "gs://out/seen"]
    words = 2 if command[0] == "plot" else 1
    before = set(storage.files.find("out/seen"))
    assert cli.main([*arguments[:words], "gs://out/tables", *arguments[words:]]) == 0
    assert set(storage.files.find("out/seen")) - before


@pytest.fixture(scope="module")
def shards(storage, tmp_path_factory):
    """A small release of AudioSet's kind, made to shards locally and at gs://."""
    folder = tmp_path_factory.mktemp("release")
    tfrecords.make_split(folder / "audioset" / "bal_train", clips=60, files=7, seed=1)
    storage.files.put(f"{folder}/audioset/", "archive/audioset/", recursive=True)
    options = ["--shards", "4", "--held-out", "0.3", "--quiet"]
    assert cli.main(["shards", "--input", f"{folder}/audioset", "--output", f"{folder}/shards", *options]) == 0
    command = ["shards", "--input", "gs://archive/audioset/*/*.tfrecord", "--output", "gs://out/shards", *options]
    assert cli.main(command) == 0
    return folder / "shards"


def test_shards_are_the_same_bytes(storage, shards):
    written = [path.relative_to(shards) for path in sorted(shards.rglob("*.parquet"))]
    names = ["manifest.json", *written]
    assert sorted(storage.files.find("out/shards")) == sorted(f"out/shards/{name}" for name in names)
    for name in written:
        assert storage.files.cat(f"out/shards/{name}") == (shards / name).read_bytes()


def test_a_head_trained_on_them_is_the_same_and_is_loaded_from_there(storage, shards, tmp_path):
    small = ["--members", "1", "--units", "4", "--epochs", "1", "--quiet"]
    for place, output in ((shards, tmp_path / "one"), ("gs://out/shards", tmp_path / "two")):
        assert cli.main(["train", "--shards", str(place), "--output", str(output), "--name", "mine", *small]) == 0
    assert (tmp_path / "one" / "head.npz").read_bytes() == (tmp_path / "two" / "head.npz").read_bytes()
    storage.files.put(f"{tmp_path}/two/", "models/mine/", recursive=True)
    head = open_bundle("gs://models/mine").head()
    assert head.path == "gs://models/mine/head.npz"
    assert len(head.load().forward.bias) == 4 * 4
    command = ["evaluate", "--shards", "gs://out/shards", "--side", "held_out", "--head", "gs://models/mine"]
    assert cli.main([*command, "--bootstraps", "0", "--output", "gs://out/report", "--quiet"]) == 0
    assert json.loads(storage.files.cat("out/report/evaluation.json"))["models"][0]["name"] == "mine"


def test_own_labels_and_the_store_make_shards(storage, detected, local, tmp_path):
    labels = "".join(f"{name},{5 + n},{8 + n},giggle\n{name},15,25,none\n" for n, name in enumerate(NAMES))
    (tmp_path / "labels.csv").write_text("recording,start_s,end_s,label\n" + labels)
    storage.files.put_file(f"{tmp_path}/labels.csv", "out/labels.csv")
    here, there = (str(tmp_path / "own"), f"{local}/tables/store"), ("gs://out/own", "gs://out/tables/store")
    for (output, store), place in ((here, f"{tmp_path}/labels.csv"), (there, "gs://out/labels.csv")):
        command = ["shards", "--store", store, "--labels-csv", place, "--output", output, "--shards", "1", "--quiet"]
        assert cli.main(command) == 0
    for path in (tmp_path / "own").rglob("*.parquet"):
        assert storage.files.cat(f"out/own/{path.relative_to(tmp_path / 'own')}") == path.read_bytes()


def test_training_does_not_write_to_a_folder_that_is_called_gs(storage, shards, capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--shards", "gs://out/shards", "--output", "gs://models/other"])
    assert "must be a folder on this machine" in capsys.readouterr().err
