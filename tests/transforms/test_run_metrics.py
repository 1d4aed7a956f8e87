"""What a run counts and measures, read as an operator's dashboard reads it: from the result of the engine."""

import fsspec
import pytest

from models.bundles import selection
from pipeline import engine_options
from pipeline.jobs import detect, detect_options
from pipeline.parser import build_parser
from tests.helpers.archive import NAMES, make_recording
from tests.helpers.media import ffmpeg
from transforms import run_metrics


@pytest.fixture
def archive(tmp_path):
    """70 s and 30 s of sound on object storage, the second broken off in the middle, and a file that is none."""
    make_recording(tmp_path / "one.wav", seconds=70)
    make_recording(tmp_path / "two.wav", seconds=30)
    ffmpeg("-i", tmp_path / "two.wav", "-c:a", "flac", tmp_path / "two.flac")
    half = (tmp_path / "two.flac").read_bytes()
    files = fsspec.filesystem("memory")
    files.put(str(tmp_path / "one.wav"), f"/measured/{NAMES[0]}.wav")
    files.pipe(f"/measured/{NAMES[1]}.flac", half[: len(half) // 2])
    files.pipe(f"/measured/{NAMES[2]}.mp4", b"no recording")
    yield files
    files.rm("/measured", recursive=True)


def measured(bundle, output):
    """The metrics of one run on the archive."""
    command = ["detect", "memory://measured", "--output", str(output), "--bundle", str(bundle), "--quiet"]
    models = selection.select_models(bundle=str(bundle))
    beams = engine_options.engine_options([])
    options = detect_options.with_models(build_parser().parse_args(command), beams, models)
    return run_metrics.read(detect.run_engine(options))


def test_a_run_tells_what_it_did_and_what_it_took(archive, loudness_bundle, tmp_path):
    told = measured(loudness_bundle, tmp_path / "tables")
    statuses = {name: told[f"recordings_{name}"] for name in ("done", "partial", "failed", "reused")}
    assert statuses == {"done": 1, "partial": 1, "failed": 1, "reused": 0}
    partial_s = told["audio_seconds"] - 70
    assert 5 < partial_s < 25
    assert told["bytes_staged"] == sum(archive.sizes(archive.find("/measured")))
    assert told["windows_classified"] == 2 * (70 + partial_s)
    batches = told["batch_seconds"]
    assert (batches.count, batches.sum, batches.min, batches.max) == (3, 70 + partial_s, 6, 64)
    assert told["stage_ms"].count == told["decode_ms"].count == 3
    assert told["embed_ms"].count == 2
    assert told["classify_ms"].count == 3
    for name in ("decode_ms", "embed_ms"):
        assert 0 < told[name].sum < 600_000
    assert set(told) == {*run_metrics.COUNTERS, *run_metrics.DISTRIBUTIONS} - {
        "parts_damaged",
        "days_changed_meanwhile",
    }


def test_what_the_store_holds_costs_nothing_again(archive, loudness_bundle, tmp_path):
    measured(loudness_bundle, tmp_path / "tables")
    archive.rm(f"/measured/{NAMES[2]}.mp4")
    told = measured(loudness_bundle, tmp_path / "tables")
    assert (told["recordings_reused"], told["recordings_done"], told["recordings_partial"]) == (2, 1, 1)
    assert told["audio_seconds"] == 0
    assert not {"bytes_staged", "stage_ms", "decode_ms", "embed_ms", "batch_seconds"} & set(told)


def test_there_are_no_other_names():
    with pytest.raises(AssertionError):
        run_metrics.count("recordings")
    with pytest.raises(AssertionError):
        run_metrics.record("audio_seconds", 1)
