"""The shards job on a release of AudioSet's size, against a bare pass over the same files and the plain Beam way.

Prints the job's rate, end to end in a process of its own, over that of `TFRecordDataset.batch(1024)` with
`parse_sequence_example`, its peak memory, and at a tenth of the size what ReadFromTFRecord, a parse of each record,
Reshuffle and WriteToTFRecord take.

    python -m benchmarks.shards --work /var/tmp/release
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.made_release import CLIPS, FILES, make_release


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for the release; kept")
    parser.add_argument("--scale", type=float, default=1.0, help="of the release's size (default: 1)")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--no-plain", action="store_true", help="leave the plain Beam way out")
    parser.add_argument("--child", choices=("bare", "job", "plain"), help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    folder, clips = _release(arguments.work, arguments.scale)
    if arguments.child:
        {"bare": bare_pass, "job": _job, "plain": _plain}[arguments.child](folder)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"peak_mb": usage.ru_maxrss / 1024}))
        return 0
    for repeat in range(1, arguments.repeats + 1):
        bare_s, _ = _timed("bare", arguments.work, arguments.scale)
        job_s, peak_mb = _timed("job", arguments.work, arguments.scale)
        print(
            f"{repeat}: {clips} clips; bare pass {bare_s:.1f} s ({clips / bare_s:.0f} clips/s); job {job_s:.1f} s "
            f"({clips / job_s:.0f} clips/s), peak {peak_mb / 1024:.2f} GiB; its rate over the bare pass's "
            f"{bare_s / job_s:.2f}",
            flush=True,
        )
    if not arguments.no_plain:
        tenth = arguments.scale / 10
        _, clips = _release(arguments.work, tenth)
        for child in ("job", "plain"):
            wall_s, peak_mb = _timed(child, arguments.work, tenth)
            name = {"job": "job", "plain": "plain Beam way"}[child]
            print(
                f"a tenth, {clips} clips: {name} {wall_s:.1f} s ({clips / wall_s:.0f} clips/s), "
                f"peak {peak_mb / 1024:.2f} GiB"
            )
    return 0


def _release(work: pathlib.Path, scale: float) -> tuple[pathlib.Path, int]:
    clips, files = round(CLIPS * scale), max(1, round(FILES * scale))
    folder = work / f"release-{clips}"
    make_release(folder, clips=clips, files=files)
    return folder, clips


def _timed(child: str, work: pathlib.Path, scale: float) -> tuple[float, float]:
    """Wall seconds, imports included, and peak memory in MiB of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.shards", "--work", str(work), "--scale", str(scale), "--child", child]
    began = time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return time.monotonic() - began, json.loads(done.stdout.splitlines()[-1])["peak_mb"]


def bare_pass(folder: pathlib.Path) -> None:
    """Read and parse all files, as plainly and fast as TensorFlow does it."""
    import tensorflow as tf

    context = {
        "video_id": tf.io.FixedLenFeature([], tf.string),
        "start_time_seconds": tf.io.FixedLenFeature([], tf.float32),
        "end_time_seconds": tf.io.FixedLenFeature([], tf.float32),
        "labels": tf.io.VarLenFeature(tf.int64),
    }
    sequence = {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string)}
    files = sorted(map(str, folder.glob("*/*.tfrecord")))
    for batch in tf.data.TFRecordDataset(files).batch(1024):
        _, frames, _ = tf.io.parse_sequence_example(batch, context, sequence)
        tf.io.decode_raw(frames["audio_embedding"], tf.uint8, fixed_length=128)


def _job(folder: pathlib.Path) -> None:
    from pipeline import cli

    output = folder.with_name(f"{folder.name}-shards")
    status = cli.main(["shards", "--input", str(folder), "--output", str(output), "--quiet"])
    if status not in (0, 3):
        raise SystemExit(status)


def _plain(folder: pathlib.Path) -> None:
    import apache_beam as beam
    import tensorflow as tf

    output = folder.with_name(f"{folder.name}-plain")
    output.mkdir(exist_ok=True)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.io.ReadFromTFRecord(str(folder / "*/*.tfrecord"))
            | beam.Map(lambda record: tf.train.SequenceExample.FromString(record).SerializeToString())
            | beam.Reshuffle()
            | beam.io.WriteToTFRecord(str(output / "part"), num_shards=64)
        )


if __name__ == "__main__":
    sys.exit(main())
