"""A noise at a known time of a recording, of whatever format, becomes an event within a second of it."""

import pyarrow.parquet as pq
import pytest

from pipeline import cli
from tests.helpers.media import ffmpeg, picture_source

pytestmark = pytest.mark.tensorflow

LENGTH_S, NOISE_S = 24, (14, 18)


def noise(*, rate_hz=48000, channels="stereo", length_s=LENGTH_S, times_s=NOISE_S):
    """Input arguments for near silence with a noise in `times_s`."""
    gate = f"between(t,{times_s[0]},{times_s[1]})"
    one = f"(random(0)-0.5)*(0.001+1.2*{gate})"
    count = {"mono": 1, "stereo": 2, "5.1": 6}[channels]
    source = f"aevalsrc='{'|'.join([one] * count)}':s={rate_hz}:d={length_s}:c={channels}"
    return ["-f", "lavfi", "-i", source]


def lost(start_s, end_s):
    return ["-bsf:a", f"noise=drop='between(pts*tb,{start_s},{end_s})'"]


def recordings():
    """Names of recordings and the arguments that make them; each holds the noise at NOISE_S of its own time."""
    video = picture_source(duration_s=LENGTH_S)
    yield "plain.mp4", [*video, *noise()]
    yield "longer-video.mp4", [*picture_source(duration_s=LENGTH_S + 20), *noise()]
    yield "cd.mov", [*video, *noise(rate_hz=44100)]
    yield "surround.mkv", [*video, *noise(channels="5.1"), "-c:a", "ac3"]
    yield "vbr.mp3", [*noise(rate_hz=44100), "-q:a", "4", "-write_xing", "0"]
    yield "phone.wav", [*noise(rate_hz=8000, channels="mono")]
    yield "studio.flac", [*noise(rate_hz=96000, channels="5.1")]
    yield "old.avi", [*video, *noise(), "-c:a", "mp2"]
    yield "older.wmv", [*video, *noise()]
    yield "radio.ogg", [*noise(), "-c:a", "libvorbis"]
    yield "speech.opus", [*noise(), "-c:a", "libopus"]
    yield "raw.aac", [*noise()]
    transport = ["-c:v", "mpeg2video", "-c:a", "aac"]
    yield "elsewhere.ts", [*video, *noise(), *transport, "-output_ts_offset", "5000"]
    late = noise(length_s=LENGTH_S - 3, times_s=(NOISE_S[0] - 3, NOISE_S[1] - 3))
    yield "late.ts", [*video, "-itsoffset", "3", *late, *transport]
    yield "late-too.mp4", [*video, "-itsoffset", "3", *late]


def late_in_a_long_hole(hole_s):
    whole = [*picture_source(duration_s=LENGTH_S + hole_s)]
    times = (NOISE_S[0] + hole_s, NOISE_S[1] + hole_s)
    whole += noise(length_s=LENGTH_S + hole_s, times_s=times)
    return f"hole{hole_s}.ts", whole, times


@pytest.fixture(scope="module")
def events(tmp_path_factory, loudness_bundle):
    """The events of each recording, (start_s, end_s), by the recording's name; all found in one run."""
    folder = tmp_path_factory.mktemp("media")
    for name, arguments in recordings():
        ffmpeg(*arguments, folder / f"2016-01-01_0000_US_TEST_{name}")
    for hole_s in (5, 30, 300):
        name, arguments, _ = late_in_a_long_hole(hole_s)
        ffmpeg(*arguments, "-c:v", "mpeg2video", "-c:a", "aac", folder / "whole.mkv")
        target = folder / f"2016-01-01_0000_US_TEST_{name}"
        ffmpeg("-i", folder / "whole.mkv", "-c", "copy", *lost(8, 8 + hole_s), target)
    (folder / "whole.mkv").unlink()
    output = str(folder / "tables")
    assert cli.main(["detect", str(folder), "--output", output, "--bundle", str(loudness_bundle), "--quiet"]) == 0
    found: dict[str, list[tuple[float, float]]] = {}
    for row in pq.read_table(f"{output}/events").to_pylist():
        name = row["recording_id"].removeprefix("2016-01-01_0000_US_TEST_")
        found.setdefault(name, []).append((row["start_s"], row["end_s"]))
    return found


@pytest.mark.parametrize("name", [name for name, _ in recordings()])
def test_the_event_is_where_the_noise_was(events, name):
    key = name.rsplit(".", 1)[0]
    assert events[key] == [pytest.approx(NOISE_S, abs=1)]


@pytest.mark.parametrize("hole_s", [5, 30, 300])
def test_the_event_is_where_the_noise_was_after_a_hole(events, hole_s):
    name, _, times = late_in_a_long_hole(hole_s)
    assert events[name.removesuffix(".ts")] == [pytest.approx(times, abs=1)]
